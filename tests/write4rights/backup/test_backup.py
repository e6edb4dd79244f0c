"""`manage.py backup` and `restore`: nothing is lost, nobody is brought back."""

import datetime
import resource
import threading
import zlib
from contextlib import suppress
from io import StringIO
from pathlib import Path

import psycopg
import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from bench.point_in_time import free_port
from cases.models import Case, ErasureEntry
from letters.actions import erasure
from letters.mail import bounces
from letters.models import BounceKind, Letter, OutgoingMail, Signature, Throttle
from letters.models.email_spelling import email_hash
from letters.privacy import limits
from letters.statistics import ledger
from tests.clusters import a_server, connected_to, programs
from tests.factories import make_case_to_write_for, make_letter, make_portrait, make_signature
from tests.letters.privacy.test_personal_data import ADDRESS, address_of, everything_of, traces_of
from tests.letters.stored import everything
from tests.staff import make_staff, signed_in
from write4rights.backup import (
    BackupError,
    archive,
    databases,
    erasure_files,
    keys,
    making,
    restoring,
    stored,
)
from write4rights.health import backups
from write4rights.models import BackupRun, ErasureFile

DAY = datetime.timedelta(days=1)


@pytest.mark.slow
def test_what_was_backed_up_is_there_again_and_who_was_erased_is_not(own_database, restore):
    """The whole of it: a day after the backup the database is lost, and its disk with it."""
    everything_of(ADDRESS)
    everything_of("kim@example.org", name="Kim Other")
    portrait = make_portrait(Case.objects.first())
    staff = signed_in("editor")
    traces = traces_of(ADDRESS)
    call_command("backup")
    [backup] = stored.names()
    with time_machine.travel(timezone.now() + DAY):
        erasure.erase_person(email_hash(ADDRESS))
        call_command("copy_erasure_list")
        highest, last_of_staff = make_letter().pk, make_staff()
        counts = databases.counts()
        number = Letter.objects.filter(counted_on__isnull=False).count()
        with connection.cursor() as cursor:
            for table in ["letters_letterpicture", "letters_mailedlink", "letters_outgoingmail"]:
                cursor.execute(f"DELETE FROM {table}")
        default_storage.delete(portrait.image.name)

        with pytest.raises(CommandError, match=f"not empty.*--overwrite {own_database}"):
            restore()
        with pytest.raises(CommandError, match="nothing was done"):
            restore("--overwrite=another")
        said = restore(f"--overwrite={own_database}")

    assert f"{backup} is whole" in said
    assert "erased:" in said
    assert "person: 1" in said
    assert [trace for trace in traces if trace in everything()] == []
    assert Letter.objects.filter(email_hash=email_hash("kim@example.org")).count() == 3
    assert OutgoingMail.objects.exists()
    assert Letter.objects.filter(counted_on__isnull=False).count() == number
    assert databases.counts()["letters_letter"] == counts["letters_letter"] - 1
    assert ledger.differences() == []
    assert default_storage.exists(portrait.image.name)
    assert staff.get("/admin/").status_code == 302  # nobody is signed in any more
    assert make_letter().pk > highest  # no number means two letters
    assert make_staff(username="new").pk > last_of_staff.pk  # or two people
    assert ErasureEntry.objects.filter(act="person").exists()  # for the next restore
    assert BackupRun.last("restore")
    assert BackupRun.last("backup").summary == backup


def test_what_is_written_while_a_backup_is_made_is_wholly_in_it_or_not_at_all(
    own_database, restore
):
    """A signature and its count, many times a second; the archive counts its own rows."""
    signature = make_signature()
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            with transaction.atomic():
                make_signature(signature.petition)
        connection.close()

    others = threading.Thread(target=go_on)
    others.start()
    try:
        call_command("backup")
    finally:
        stop.set()
        others.join()
    written = Signature.objects.count()
    said = restore(f"--overwrite={own_database}")

    assert "The counts and the rows say the same." in said
    assert 1 <= Signature.objects.count() <= written


@pytest.mark.slow
def test_what_is_erased_while_no_worker_copies_the_list_is_not_brought_back(own_database, restore):
    """It is stopped for a restore; readers still erase. And it is so the second time."""
    letters = [make_letter(**address_of()) for _nr in range(2)]
    versions = set(Case.objects.values_list("content_version", flat=True))
    call_command("backup")

    for letter in letters:
        erasure.erase_one(letter)
        restore(f"--overwrite={own_database}")
        restore("--delete-copies")

        assert not Letter.objects.filter(pk=letter.pk, erased_on=None).exists()
    later = set(Case.objects.values_list("content_version", flat=True))
    assert min(later) > max(versions) + 1_000  # what is kept of a later version is of another text


def test_a_restore_that_fails_brings_no_picture_back(own_database, restore, monkeypatch):
    """Whose file is there is served, for whom had its address."""
    name = make_portrait(make_case_to_write_for()).image.name
    call_command("backup")
    default_storage.delete(name)

    def fails(*args) -> None:
        raise BackupError("A test.")

    monkeypatch.setattr(restoring, "replay", fails)
    with pytest.raises(CommandError, match="A test"):
        restore(f"--overwrite={own_database}")

    assert not default_storage.exists(name)


def test_no_copy_of_a_database_is_for_others_to_read(own_database):
    if not databases.is_sqlite():
        pytest.skip("PostgreSQL looks after its own files")
    mine, other = Path(own_database), f"{own_database}{databases.RESTORING}"
    mine.chmod(0o600)

    databases.load(other, [zlib.compress(mine.read_bytes())])
    modes = [Path(other).stat().st_mode]
    before = databases.take_the_place(other, lambda _ours: None)

    modes += [mine.stat().st_mode, Path(before).stat().st_mode]
    assert {mode & 0o777 for mode in modes} == {0o600}


def spoilt(how: str, path) -> None:
    data = path.read_bytes()
    if how == "cut off":
        path.write_bytes(data[: len(data) // 2])
    elif how == "changed":
        middle = len(data) // 2
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "no backup":
        path.write_bytes(b"a text" * 1000)


@pytest.mark.slow
def test_what_is_not_whole_or_not_ours_changes_nothing(
    own_database, restore, settings, tmp_path, subtests
):
    make_letter(**address_of())
    call_command("backup")
    [path] = (tmp_path / "backups").glob("*.age")
    whole, before = path.read_bytes(), everything()
    overwrite = f"--overwrite={own_database}"
    sentences = {
        "cut off": "cut off or was changed",
        "changed": "cut off or was changed",
        "empty": "no backup",
        "no backup": "no backup",
    }

    for how, sentence in sentences.items():
        with subtests.test(how):
            spoilt(how, path)
            with pytest.raises(CommandError, match=sentence):
                restore(overwrite)
    path.write_bytes(whole)
    call_command("backup", new_key=str(tmp_path / "another"))
    for options, sentence in [
        ([f"--identity={tmp_path / 'another'}"], "does not open"),
        ([f"--identity={tmp_path / 'nothing'}"], "can't be read"),
        ([f"--identity={path}"], "can't be read|no identity"),
    ]:
        with subtests.test(sentence), pytest.raises(CommandError, match=sentence):
            call_command("restore", overwrite, *options)
    for secret, value in [
        ("ENCRYPTION_KEYS", ["b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyb3Q="]),
        ("HASH_KEY", "another"),
    ]:
        setattr(settings, secret, value)
        with subtests.test(secret), pytest.raises(CommandError, match=secret):
            restore(overwrite)
    assert everything() == before


@pytest.mark.usefixtures("db")
def test_identity_may_come_by_standard_input(identity, monkeypatch):
    for typed, sentence in [
        ("a text", "This is no identity"),
        (Path(identity).read_text(), "no backup"),  # none has been made
    ]:
        monkeypatch.setattr("sys.stdin", StringIO(typed))
        with pytest.raises(CommandError, match=sentence):
            call_command("restore", "--identity=-")


def test_without_the_erasure_list_nothing_is_restored_unless_it_is_lost_for_good(
    own_database, restore, tmp_path
):
    make_letter()
    call_command("backup")
    for path in (tmp_path / "backups" / "erasures").iterdir():
        path.unlink()

    with pytest.raises(CommandError, match="would be back"):
        restore(f"--overwrite={own_database}")
    restore(f"--overwrite={own_database}", "--without-erasure-list")

    assert Letter.objects.count() == 1


@pytest.mark.slow
def test_what_began_long_before_a_backup_and_ended_after_it_is_not_brought_back(
    own_database, restore
):
    """By the clock, it was erased an hour before."""
    if databases.is_sqlite():
        pytest.skip("With SQLite one after the other writes")
    letter, noted, is_made = make_letter(**address_of()), threading.Event(), threading.Event()

    def erase() -> None:
        connections["default"] = connection.copy("another")
        with transaction.atomic():
            erasure.erase_one(letter)
            noted.set()
            is_made.wait(30)
        connection.close()

    somebody = threading.Thread(target=erase)
    somebody.start()
    noted.wait(30)
    with time_machine.travel(timezone.now() + DAY / 24):
        call_command("backup")
        is_made.set()
        somebody.join()
        restore(f"--overwrite={own_database}")

    assert not Letter.objects.filter(erased_on=None).exists()


def test_a_file_of_the_list_that_is_missing_is_noticed(own_database, identity, restore, tmp_path):
    """One in the middle, the newest that the backup knows, one that was put in the place of
    another."""
    folder = tmp_path / "backups" / "erasures"
    files = lambda: sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)  # noqa: E731
    found = lambda: backups.erasure_files_are_there().level.name  # noqa: E731
    call_command("backup")
    for _number in range(3):
        erasure.erase_one(make_letter(**address_of()))
        call_command("copy_erasure_list")
    [whole, first, second, third] = files()
    assert found() == "OK"

    for gone, sentence in [(whole, "missing"), (second, f"missing: erasures/{second.name}")]:
        data = gone.read_bytes()
        gone.unlink()
        assert found() == "RED"
        with pytest.raises(CommandError, match=sentence):
            restore(f"--overwrite={own_database}")
        gone.write_bytes(data)
    second.write_bytes(first.read_bytes())
    with pytest.raises(CommandError, match="took the place of another"):
        restore(f"--overwrite={own_database}")
    third.unlink()  # no file names it: the database does
    assert found() == "RED"
    second.unlink()
    with time_machine.travel(timezone.now() + DAY / 24):
        call_command("backup")  # all that was in them is in new ones
        assert found() == "OK"
        with restoring.checked("latest", keys.identities(identity), without_list=False) as backup:
            assert len(backup.entries) == 3


@pytest.mark.usefixtures("own_database")
def test_backups_are_gone_after_thirty_days(identity, tmp_path):
    """What one that was killed has left, too."""
    now, left = timezone.now(), tmp_path / "backups" / ".killed.age"
    left.parent.mkdir()
    left.write_bytes(b"half of it")
    for days in [0, 10, 20, 30, 40]:
        with time_machine.travel(now + days * DAY):
            call_command("backup")

            oldest = stored.moment_of(stored.names()[0])
            assert timezone.now() + DAY - oldest <= limits.KEEP_BACKUPS_FOR + DAY

    assert len(stored.names()) == 3
    assert len(stored.names("erasures")) == 1
    assert not left.exists()


@pytest.mark.usefixtures("own_database")
def test_a_database_that_lacks_lines_of_the_list_does_not_take_them_from_it(identity):
    erasure.erase_one(make_letter(**address_of()))
    call_command("backup")
    for model in (ErasureEntry, ErasureFile):  # as in a snapshot of yesterday
        model.objects.all().delete()

    with time_machine.travel(timezone.now() + DAY):
        call_command("backup")

    assert len(erasure_files.read_all(keys.identities(identity))) == 1


@pytest.mark.usefixtures("own_database")
def test_a_backup_holds_nobody_who_is_signed_in_and_no_list(identity, tmp_path):
    signed_in("editor")
    Throttle.objects.create(key="k" * 43, ends_at=timezone.now() + DAY)
    erasure.erase_one(make_letter(**address_of()))
    call_command("backup")

    path = tmp_path / "looked-at"
    with stored.storage().open(stored.names()[0]) as file:
        parts = dict(archive.read(file, keys.identities(identity)))
    data = [part for name, part in parts.items() if name.startswith("database/")]
    if not databases.is_sqlite():
        path = f"{databases.name()}_looked_at"
        databases.create(path)
    databases.load(str(path), data)
    with databases.instead(str(path)):
        assert not ErasureEntry.objects.exists()
        assert not Throttle.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_session")
            assert cursor.fetchone() == (0,)
    databases.drop(str(path))


@pytest.mark.usefixtures("own_database", "identity")
def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, usual[1]))
    try:
        with pytest.raises(CommandError, match="It could not go on"):
            call_command("backup")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    assert list((tmp_path / "backups").glob("**/*.age")) == []
    assert databases.copies() == []


@pytest.mark.usefixtures("own_database")
def test_without_a_key_there_is_one_sentence(settings):
    settings.BACKUP_KEY = ""
    with pytest.raises(CommandError, match="Set BACKUP_KEY"):
        call_command("backup")
    settings.BACKUP_KEY = "age1nonsense"
    with pytest.raises(CommandError, match="no public key"):
        call_command("backup")


@pytest.mark.usefixtures("own_database")
def test_the_worker_copies_what_is_erased_and_says_if_it_can_not(identity, settings, caplog):
    make_case_to_write_for()
    erasure.erase_one(make_letter(**address_of()))

    call_command("work", "--once")
    assert len(stored.names("erasures")) == 1
    assert not ErasureEntry.objects.to_copy().exists()
    call_command("work", "--once")
    assert len(stored.names("erasures")) == 1

    erasure.erase_one(make_letter(**address_of()))
    place = settings.STORAGES["backups"] | {"OPTIONS": {"location": f"{identity}/no-folder"}}
    settings.STORAGES = settings.STORAGES | {"backups": place}
    call_command("work", "--once")
    assert "The erasure list can't be copied: NotADirectoryError" in caplog.text
    assert ErasureEntry.objects.to_copy().exists()


@pytest.mark.slow
def test_a_drill_restores_the_oldest_and_changes_nothing(own_database, identity, capsys):
    everything_of(ADDRESS)
    call_command("backup")
    with time_machine.travel(timezone.now() + DAY):
        erasure.erase_person(email_hash(ADDRESS))
        letters = Letter.objects.count()
        before = set(databases.counts().items())

        call_command("drill", f"--identity={identity}")

        said = capsys.readouterr().out
        assert "of 1 days ago" in said
        assert "person: 1" in said
        assert "All is well" in said
        assert {what for what, _n in set(databases.counts().items()) ^ before} == {
            "write4rights_backuprun"
        }
        assert Letter.objects.count() == letters
        assert BackupRun.last("drill").summary


@pytest.mark.slow
def test_what_a_killed_restore_left_is_told_of_and_brings_nobody_back(
    own_database, restore, settings
):
    """Whoever is in a copy may have erased their data since."""
    settings.HTTPS = True
    told = lambda: backups.last_backup()[-1]  # noqa: E731
    before, letter = own_database + databases.BEFORE, make_letter(**address_of())
    call_command("backup")
    assert told().level.name == "OK"
    erasure.erase_one(letter)

    leave_half_of_it(own_database + databases.DRILL)
    assert own_database + databases.DRILL in told().said
    if not databases.is_sqlite():  # which writes the one over the other in one transaction
        databases.close()
        with databases._server() as server:
            databases._rename(server, own_database, before)
        said = restore("--delete-copies")
        assert f"{own_database} is as it was before" in said
    restore(f"--overwrite={own_database}")

    assert not Letter.objects.filter(erased_on=None).exists()
    assert (told().level.name, before in told().said) == ("WARNING", True)
    assert databases.DRILL not in told().said
    with time_machine.travel(timezone.now() + DAY * 31):
        assert told().level.name == "RED"
    assert f"{before} is deleted" in restore("--delete-copies")
    assert told().level.name == "OK"


def leave_half_of_it(name: str) -> None:
    """As who was killed."""
    databases.create(name)
    if databases.is_sqlite():
        Path(name).write_bytes(b"half of it")


@pytest.mark.slow
def test_what_people_stop_until_the_last_moment_of_a_restore_is_stopped(own_database, restore):
    """From a process that knows nothing of it, and is cut off in the end."""
    make_letter()
    call_command("backup")
    stopped, is_restored = [], threading.Event()

    def go_on() -> None:
        connections["default"] = connection.copy("another")
        with suppress(DatabaseError):  # cut off
            while not is_restored.wait(0.01):
                bounces.note(f"of {len(stopped)}", BounceKind.COMPLAINT)
                stopped.append(f"of {len(stopped)}")
        connection.close()

    others = threading.Thread(target=go_on)
    others.start()
    try:
        restore(f"--overwrite={own_database}")
    finally:
        is_restored.set()
        others.join()

    assert stopped
    noted = ErasureEntry.objects.values_list("email_hash", flat=True)
    assert set(stopped) - set(noted) == set()


@pytest.mark.slow
@pytest.mark.usefixtures("own_database")
def test_a_role_that_is_no_superuser_restores_while_postgresql_looks_after_the_tables(
    restore, monkeypatch
):
    """As `deploy/install` makes it. It may cut off neither autovacuum, nor the `psql` that a
    superuser has left open."""
    programs()
    monkeypatch.setattr(databases, "PATIENCE", 0.2)
    make_letter(**address_of())
    call_command("backup")
    slowly = "autovacuum_naptime = 1\nautovacuum_vacuum_cost_delay = 100ms\n"
    slowly += "autovacuum_vacuum_cost_limit = 1\n"
    with a_server(slowly) as server, server.connect() as postgres:
        postgres.execute("CREATE ROLE site LOGIN CREATEDB")
        for name in ["site", "site_before_restore"]:
            postgres.execute(f"CREATE DATABASE {name} OWNER site")
            with psycopg.connect(server.dsn(name)) as to_clean:
                to_clean.execute(
                    "CREATE TABLE t AS SELECT repeat('x', 9) FROM generate_series(1, 9999)"
                )
        server.wait("SELECT count(*) = 2 FROM pg_stat_activity WHERE query LIKE 'autovacuum:%.t'")
        with connected_to(server, USER="site", NAME="site"):
            with (
                psycopg.connect(server.dsn("site_before_restore"), application_name="psql"),
                pytest.raises(CommandError, match=r"is in use by postgres \(psql\)"),
            ):
                restore("--delete-copies")
            assert "site_before_restore is deleted" in restore("--delete-copies")

            restore()

            assert Letter.objects.count() == 1


@pytest.mark.slow
@pytest.mark.usefixtures("transactional_db")
def test_whatever_fails_when_the_names_change_there_is_a_database_of_ours(monkeypatch):
    programs()
    monkeypatch.setattr(databases, "PATIENCE", 0)
    with a_server() as server, server.connect() as postgres:
        postgres.execute("CREATE ROLE site LOGIN CREATEDB")
        postgres.execute("CREATE DATABASE site OWNER site")

        def fails(_ours: str) -> None:
            raise BackupError("A test.")

        def loses_the_other(_ours: str) -> None:
            databases.drop("site_restoring")

        def somebody_comes(_ours: str) -> None:
            comers.append(psycopg.connect(server.dsn("site_restoring")))

        def server_crashes(_ours: str) -> None:
            server.kill()
            server.start()

        comers = []
        with connected_to(server, USER="site", NAME="site"):
            for catch_up, said in [
                (fails, "A test"),
                (loses_the_other, '"site_restoring" does not exist'),
                (somebody_comes, "in use by postgres"),
                (server_crashes, "PostgreSQL refused to go on"),
            ]:
                databases.create("site_restoring")
                with pytest.raises(BackupError, match=said):
                    databases.take_the_place("site_restoring", catch_up)

                with connection.cursor() as cursor:
                    cursor.execute("SELECT current_database()")
                    assert cursor.fetchone() == ("site",)
                databases.close()
                for one in comers:
                    one.close()


@pytest.mark.slow
def test_behind_pgbouncer_a_restore_goes_past_it_or_is_refused(
    own_database, restore, settings, monkeypatch
):
    """Here nobody answers where it should be. With a real one it was tried by hand:
    docs/operations.md, “As it grows”."""
    if databases.is_sqlite():
        pytest.skip("PgBouncer is for PostgreSQL.")
    make_letter(**address_of())
    call_command("backup")
    settings.PGBOUNCER = True
    refused = "set DIRECT_DATABASE_URL to the address of PostgreSQL itself"
    with pytest.raises(CommandError, match=refused):
        call_command("backup")
    with pytest.raises(CommandError, match=refused):
        restore(f"--overwrite={own_database}")
    assert backups.may_restore().level.name == "RED"

    settings.DIRECT_DATABASE = {"PORT": connection.settings_dict["PORT"]}
    with monkeypatch.context() as away:
        away.setitem(connection.settings_dict, "PORT", free_port())
        assert "Restored" in restore(f"--overwrite={own_database}")

    assert Letter.objects.count() == 1
    assert backups.may_restore().is_ok


@pytest.mark.usefixtures("own_database")
def test_two_restores_at_once_are_one(restore):
    with databases.alone(), pytest.raises(CommandError, match="Another restore or drill"):
        restore()


@pytest.mark.usefixtures("own_database")
def test_a_drill_that_fails_is_noted(identity, tmp_path):
    call_command("backup")
    [path] = (tmp_path / "backups").glob("*.age")
    path.rename(path.with_name("write4rights-20200101T000000Z.age"))
    path = path.with_name("write4rights-20200101T000000Z.age")
    with time_machine.travel(datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)):
        path.write_bytes(b"nothing" * 100)
        with pytest.raises(CommandError, match="no backup"):
            call_command("drill", f"--identity={identity}")
    assert not BackupRun.objects.get(kind="drill").ok


@pytest.mark.usefixtures("own_database")
def test_doctor_and_the_first_page_of_staff_say_when_the_last_backup_was_made(identity, settings):
    settings.HTTPS = True
    levels = lambda: {result.name: result.level.name for result in backups.last_backup()}  # noqa: E731
    with time_machine.travel(timezone.now() + DAY * 2):  # a new one has a day's time
        assert levels() == {
            "backup": "RED",
            "drill": "WARNING",
            "erasure list": "OK",
            "copies": "OK",
        }

    call_command("backup")
    assert levels()["backup"] == "OK"
    making.note("drill", timezone.now(), "")
    erasure.erase_one(make_letter(**address_of()))
    with time_machine.travel(timezone.now() + DAY * 2):
        assert levels() == {
            "backup": "RED",
            "drill": "OK",
            "erasure list": "RED",
            "copies": "OK",
        }
        said = [result.said for result in backups.last_backup()]
        assert said[0] == "The last backup was made 2\xa0days ago."
    with time_machine.travel(timezone.now() + DAY * 91):
        assert levels()["drill"] == "WARNING"


def test_the_list_alone_is_replayed_over_what_the_database_recovered_by_itself(
    own_database, restore
):
    """PostgreSQL was recovered to a moment before somebody erased their letter."""
    letter = make_letter(state="submitted", **address_of())
    erasure.erase_one(letter)
    call_command("copy_erasure_list")
    ErasureEntry.objects.all().delete()
    make_letter(pk=letter.pk + 5, state="submitted", **address_of())
    Letter.objects.filter(pk=letter.pk).update(erased_on=None, **address_of(), subject="Back")

    assert "erased: 1" in restore("--only-erasure-list")

    letter.refresh_from_db()
    assert (letter.erased_on, letter.subject) == (timezone.localdate(), "")
    assert Letter.objects.get(pk=letter.pk + 5).body
    assert "nothing since then" in restore("--only-erasure-list")
