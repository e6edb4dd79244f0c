"""Readers' pages come from a replica, and nothing else does. But for one test, it is the same
server here, where a second connection may not write."""

import re
import socket
import threading
import time
from contextlib import contextmanager, suppress
from copy import deepcopy

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import replica as replica_module
from cases import replica_connection
from cases.http_caching import public_page
from cases.models import Case, Theme
from cases.replica import FRESH_FOR, Replica
from tests.clusters import a_server, a_standby_of, connected_to, load_template, programs
from tests.factories import make_case_to_write_for, make_full_case, make_outcome, make_petition
from tests.staff import signed_in
from write4rights.backup import databases


@pytest.fixture
def replica(transactional_db, settings, monkeypatch):
    """Proven to be up to date, and not asked again."""
    if connection.vendor != "postgresql":
        pytest.skip("Only PostgreSQL has replicas.")
    with a_replica(settings, monkeypatch, options="-c default_transaction_read_only=on") as here:
        here.database = connection.settings_dict["NAME"]
        here.fresh_at = here._asked_at = time.monotonic() + 60
        yield here


@contextmanager
def a_replica(settings, monkeypatch, port=None, **options):
    """In the settings; nothing is known of it yet."""
    database = deepcopy(connection.settings_dict)
    database["PORT"] = port or database["PORT"]
    database["OPTIONS"] |= {"application_name": "replica"} | options
    connections.settings["replica"] = database
    connections["replica"].connect()  # what is connected, a test may ask
    settings.DATABASE_ROUTERS = ["cases.replica.Router"]
    here = Replica()
    monkeypatch.setattr(replica_module, "replica", here)
    yield here
    here.hang_up()
    connections["replica"].close()
    connections["replica"].close_pool()
    del connections["replica"], connections.settings["replica"]


class asked_of:
    """How many queries each of the two gets."""

    def __enter__(self):
        self.both = [CaptureQueriesContext(connections[name]) for name in ("replica", "default")]
        for each in self.both:
            each.__enter__()
        return self

    def __exit__(self, *error):
        for each in self.both:
            each.__exit__(*error)

    @property
    def counts(self) -> tuple[int, int]:
        replica, default = map(len, self.both)
        return replica, default


@pytest.mark.slow
def test_every_page_of_the_site_map_is_read_from_the_replica_and_no_form_is(client, replica):
    case = make_full_case()
    make_petition(case=case)
    make_outcome(case)
    pages = re.findall(r"<loc>http://testserver([^<]+)</loc>", client.get("/sitemap.xml").text)
    pages += [f"/fr{page}" for page in pages]
    pages += ["/feed.atom", "/api/v1/cases/", case.get_absolute_url() + "card.jpg", "/?page=2"]
    forms = [reverse(f"letters:{name}", args=[case.slug]) for name in ("letter-write", "pledge")]
    forms += ["/mine/by-mail/", "/take-all/"]
    read = []

    for page in dict.fromkeys([*pages, *forms]):
        with asked_of() as asked:
            response = client.get(page)
        is_public = "public" in response["Cache-Control"]
        read.append((page, is_public, *asked.counts))
        assert response.status_code in (200, 302, 404), page

    assert len([page for page, is_public, *_ in read if is_public]) > 20
    assert [row for row in read if row[1] and row[3]] == []  # nothing of it from the primary
    assert sum(row[2] for row in read if row[1]) > 100
    assert [row for row in read if not row[1] and row[2]] == []


def test_who_writes_reads_what_they_wrote(replica):
    """All of a form, and of the admin, is the primary's, whatever a page was read from before."""
    editor = signed_in(is_superuser=True)
    case = make_case_to_write_for()

    with asked_of() as asked:
        assert editor.get(f"/admin/cases/case/{case.pk}/change/").status_code == 200
        assert editor.get(reverse("letters:letter-write", args=[case.slug])).status_code == 200

    assert asked.counts[0] == 0


def test_what_was_read_from_the_replica_is_written_to_the_primary(client, replica, rf):
    make_full_case()
    kept = []

    @public_page()
    def page(request):
        kept.append(Case.objects.get())
        return kept[-1].themes.all() and None

    with pytest.raises(AttributeError):  # it answers nothing
        page(rf.get("/"))
    [case] = kept
    assert case._state.db == "replica"

    case.headline = "Another"
    case.save()
    case.themes.add(Theme.objects.create(slug="new", name="New"))
    with transaction.atomic():
        row = Case.objects.select_for_update().get(pk=case.pk)
    assert (row._state.db, row.headline) == ("default", "Another")
    case.refresh_from_db()
    assert case._state.db == "default"


def test_behind_pgbouncer_a_page_is_read_in_one_transaction(client, replica, settings):
    """Each may be of another connection, which says for itself which database it is in."""
    settings.PGBOUNCER = True

    with asked_of() as asked:
        assert client.get("/cases/").status_code == 200

    asked_of_replica = [query["sql"] for query in asked.both[0]]
    assert (asked_of_replica[0], asked_of_replica[-1]) == ("BEGIN", "COMMIT")
    assert "BEGIN" not in asked_of_replica[1:]


def end_connections_of(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()",
            [name],
        )


def test_a_page_that_fails_because_of_the_replica_is_made_from_the_primary(client, replica, caplog):
    end_connections_of("replica")

    with asked_of() as asked:
        assert client.get("/cases/").status_code == 200

    assert asked.counts[1] > 0
    [line] = caplog.messages
    assert line.startswith("The replica is not used for 5 s: ")
    with asked_of() as asked:
        assert client.get("/cases/").status_code == 200
    assert asked.counts[0] == 0


def test_a_page_whose_tables_the_replica_lacks_is_made_from_the_primary(client, replica, caplog):
    """A migration of this second."""
    with connections["replica"].cursor() as cursor:
        cursor.execute("SET search_path TO pg_catalog")

    assert client.get("/cases/").status_code == 200

    assert caplog.messages == ["The replica is not used for 5 s: UndefinedTable"]


def test_a_page_that_the_disk_of_the_replica_has_lost_is_made_from_the_primary(
    client, replica, rf, caplog
):
    """PostgreSQL says so with data_corrupted when it reads a broken block."""

    @public_page()
    def page(request):
        if (database := Case.objects.all().db) == "replica":
            with connections["replica"].cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE 'lost' USING ERRCODE = 'data_corrupted'; END $$")
        return HttpResponse(database)

    assert page(rf.get("/")).content == b"default"

    assert caplog.messages == ["The replica is not used for 5 s: DataCorrupted"]


class Relay:
    """Between us and a server, until it is `frozen`: then each hears nothing of the other, as if
    the disk of the server did not answer. Its machine still acknowledges what is sent."""

    def __init__(self, to: socket.socket) -> None:
        self.frozen = threading.Event()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.to = to
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        here, _address = self.listening.accept()
        for one, other in [(here, self.to), (self.to, here)]:
            threading.Thread(target=self.hand_on, args=[one, other], daemon=True).start()

    def hand_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65_536):
                if not self.frozen.is_set():
                    other.sendall(data)

    def close(self) -> None:
        self.to.shutdown(socket.SHUT_RDWR)
        self.listening.close()


def to_the_server() -> socket.socket:
    info = connections["replica"].connection.info
    if info.host.startswith("/"):
        there = socket.socket(socket.AF_UNIX)
        there.connect(f"{info.host}/.s.PGSQL.{info.port}")
        return there
    return socket.create_connection((info.host, info.port))


def test_nobody_waits_long_for_a_replica_that_says_nothing(client, replica, caplog, monkeypatch):
    monkeypatch.setattr(replica_connection, "PATIENCE", 0.5)
    relay = Relay(to_the_server())
    connections["replica"].close()
    database = connections["replica"].settings_dict
    database |= {"HOST": "127.0.0.1", "PORT": relay.port, "CONN_MAX_AGE": 0}
    database["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": 1,
        "connection_class": replica_connection.ImpatientConnection,
    }
    connections["replica"].connect()
    with asked_of() as asked:
        assert client.get("/cases/").status_code == 200
    assert asked.counts[0] > 0

    relay.frozen.set()
    began = time.monotonic()
    assert client.get("/cases/").status_code == 200

    assert time.monotonic() - began < 1.5
    assert caplog.messages == ["The replica is not used for 5 s: TookTooLong"]
    relay.close()
    connections["replica"].close()
    connections["replica"].close_pool()


def test_a_fault_of_the_primary_is_still_one(client, replica, rf):
    runs = []

    @public_page()
    def page(request):
        runs.append(request)
        raise OperationalError

    with pytest.raises(OperationalError):
        page(rf.get("/"))
    assert len(runs) == 2


def test_it_is_not_used_once_nobody_knows_any_more_whether_it_is_up_to_date(client, replica):
    replica.fresh_at = time.monotonic() - FRESH_FOR

    with asked_of() as asked:
        assert client.get("/cases/").status_code == 200

    assert asked.counts[0] == 0


@pytest.mark.parametrize(
    ("learnt", "age"),
    [
        ([(0, 100, 100)], 0),  # it has all
        ([(3, 100, 90)], None),  # nobody knows since when it lacks what
        ([(3, 100, 90), (2, 110, 100)], 3),  # it has what was noted first
        ([(3, 100, 90), (2, 110, 100), (1, 120, 115)], 2),
        ([(3, 100, 100), (2, 100, 100), (1, 100, 100)], 1),  # nobody writes: still it is asked
        ([(3, 100, 100), (2, 110, 100), (1, 120, 100)], 3),  # cut off from the primary
    ],
)
def test_it_is_as_old_as_the_newest_note_of_the_primary_that_it_has_reached(learnt, age):
    replica, now = Replica(), time.monotonic()

    for ago, written, replayed in learnt:
        replica.learn(now - ago, written, replayed)

    assert replica.fresh_at == (float("-inf") if age is None else now - age)
    assert replica.is_fresh == (age is not None and age < FRESH_FOR)


def test_a_server_that_is_no_replica_is_not_used_as_one(replica, caplog):
    """As after it was promoted: it is the primary, or the other one believes that it still is."""
    replica.fresh_at = float("-inf")

    replica.ask()

    assert not replica.is_fresh
    assert caplog.messages == [
        "The replica can't be used: the server of REPLICA_URL is no replica."
    ]


@pytest.mark.slow
def test_after_a_restore_no_connection_to_the_database_of_before_makes_a_page(
    client, transactional_db, settings, monkeypatch
):
    """The rename ends those to the primary, and none of those to the replica."""
    programs()
    monkeypatch.setattr(replica_module, "RESTS_FOR", 0)
    pool = {"min_size": 3, "max_size": 3}
    with a_server() as primary, a_standby_of(primary) as standby, primary.connect() as postgres:
        postgres.execute("CREATE DATABASE site")
        load_template(primary.dsn("site"))
        with connected_to(primary, NAME="site"):
            page = make_full_case().get_absolute_url()
            databases.close()
            postgres.execute("CREATE DATABASE site_restoring TEMPLATE site")
            wait_for_each_other(primary, standby)
            with a_replica(settings, monkeypatch, port=standby.port, pool=pool) as replica:
                connections["replica"].close()
                connections["replica"].pool.wait()
                asked_until_used(replica)
                take_the_next_of_the_pool()
                assert read_from_the_replica(client, page)

                databases.take_the_place("site_restoring", lambda _ours: None)
                case = Case.objects.get()
                case.freeze, case.freeze_reason = "withdrawn", "A test."
                case.save()
                wait_for_each_other(primary, standby)

                for _each in range(pool["max_size"]):
                    asked_until_used(replica)
                    take_the_next_of_the_pool()
                    assert client.get(page).status_code == 410
                asked_until_used(replica)
                take_the_next_of_the_pool()
                assert read_from_the_replica(client, "/cases/")


def asked_until_used(replica) -> None:
    replica._asked_at = float("inf")  # by nobody but us
    for _time in range(100):
        replica.ask()
        if replica.is_used:
            return
    pytest.fail(replica.problem)


def take_the_next_of_the_pool() -> None:
    connections["replica"].close()
    connections["replica"].connect()


def wait_for_each_other(primary, standby) -> None:
    with primary.connect() as connection:
        [position] = connection.execute("SELECT pg_current_wal_flush_lsn()").fetchone()
    standby.wait(f"SELECT pg_last_wal_replay_lsn() >= '{position}'")


def read_from_the_replica(client, page: str) -> bool:
    with asked_of() as asked:
        assert client.get(page).status_code == 200
    return asked.counts[0] > 0 and asked.counts[1] == 0
