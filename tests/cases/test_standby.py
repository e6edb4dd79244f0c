"""A primary whose standby is away lets everybody wait who writes, but for who takes something down
and for staff, who have to reach the button."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import islice

import pytest
from django.conf import settings as site_settings
from django.core.management import call_command
from django.db import connections
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import reverse

from bench.postgresql import Cluster
from cases.models import Case, ErasureEntry, Freeze
from cases.publishing import consents
from letters.models import Letter
from tests.cases.publishing.test_consents import make_told_case
from tests.clusters import a_server, connected_to, load_template, programs
from tests.factories import make_case_to_write_for, make_letter
from tests.letters.sending import act, letter_form, send_letter, state_of, yesterday
from tests.staff import PASSWORD, make_staff
from tests.write4rights.backup.conftest import identity  # noqa: F401  # a fixture
from tests.write4rights.test_staff_auth import code_now, give_app

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def server(django_db_setup) -> Iterator[Cluster]:
    programs()
    with a_server() as server:
        yield server


@pytest.fixture
def primary(server) -> Iterator[Cluster]:
    """The site is on it, and who signs in is counted there as well."""
    table = {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
    }
    with server.connect() as postgres:
        postgres.execute("DROP DATABASE IF EXISTS site")
        postgres.execute("CREATE DATABASE site")
    load_template(server.dsn("site"))
    with (
        connected_to(server, NAME="site", USER="postgres"),
        override_settings(CACHES=site_settings.CACHES | {"default": table}),
    ):
        call_command("createcachetable", verbosity=0)
        yield server


@contextmanager
def standby_is_away(primary: Cluster) -> Iterator[None]:
    wait_for(primary, "nobody")
    try:
        yield
    finally:
        wait_for(primary, "")


@contextmanager
def without_standby(primary: Cluster) -> Iterator[list[str]]:
    """The statements that waited for one. Each waits no longer than until it is seen."""
    waited: list[str] = []
    is_over = threading.Event()

    def look() -> None:
        query = "SELECT query, pg_cancel_backend(pid) FROM pg_stat_activity"
        with primary.connect() as postgres:
            while not is_over.wait(0.05):
                found = postgres.execute(f"{query} WHERE wait_event = 'SyncRep'").fetchall()
                waited.extend(statement for statement, _is_done in found)

    with standby_is_away(primary):
        looking = threading.Thread(target=look)
        looking.start()
        try:
            yield waited
        finally:
            is_over.set()
            looking.join()


def wait_for(primary: Cluster, standby: str) -> None:
    with primary.connect() as postgres:
        postgres.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{standby}'")
        postgres.execute("SELECT pg_reload_conf()")
    primary.wait(f"SELECT current_setting('synchronous_standby_names') = '{standby}'")


def test_staff_sign_in_and_freeze_a_case_while_the_standby_is_away(
    primary, client, settings, still_clock
):
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    case, person = make_told_case(), make_staff("safety", "editor")
    secret = give_app(person)
    page = reverse("admin:cases_case_change", args=[case.pk])
    freeze = {"cases": [case.pk], "how_far": Freeze.HIDDEN, "reason": "Somebody is in danger."}

    with without_standby(primary) as waited:
        for password in ["wrong", PASSWORD]:
            sent = {"login": person.username, "password": password}
            client.post(reverse("account_login"), sent)
        client.post(reverse("mfa_authenticate"), {"code": code_now(secret)})
        assert client.get("/admin/").status_code == 200
        assert client.get(page).status_code == 200
        answer = client.post(reverse("admin:cases_case_freeze"), freeze, follow=True)

        assert f"{case}: hidden" in answer.text
        assert case.headline not in client.get(case.get_absolute_url()).text
        assert waited == []


def test_what_is_taken_down_waits_for_nobody_and_what_is_written_does(
    primary,
    client,
    identity,  # noqa: F811
):
    ended, letter, case = (
        make_told_case(),
        make_letter(state="approved", route="deliver"),
        make_case_to_write_for(),
    )
    ended.consents.update(expires_on=yesterday())

    with without_standby(primary) as waited:
        consents.freeze_all_ended()
        act(client, letter, "withdraw")
        assert Case.objects.get(pk=ended.pk).freeze == Freeze.PAUSED
        assert state_of(letter) == "withdrawn"
        call_command("copy_erasure_list")
        assert not ErasureEntry.objects.to_copy()
        assert waited == []

        send_letter(client, case)
        assert waited


def test_writers_who_wait_leave_room_for_staff_and_lose_nothing(primary):
    case, staff = make_case_to_write_for(), Client()
    staff.force_login(make_staff("safety"))
    write = reverse("letters:letter-write", args=[case.slug])
    forms = [letter_form() for _person in range(6)]

    def send(form: dict) -> HttpResponse:
        try:
            return Client().post(write, form)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(forms)) as people:
        with standby_is_away(primary):
            answers = [people.submit(send, form) for form in forms]
            for answer in islice(as_completed(answers, timeout=30), 3):
                assert "Reload this page in a minute" in answer.result().text
            assert staff.get("/admin/").status_code == 200
            assert sum(answer.done() for answer in answers) == 3
        statuses = sorted(answer.result().status_code for answer in answers)
        assert statuses == [302] * 3 + [503] * 3
        assert [answer.status_code for answer in people.map(send, forms)] == [302] * 6
    assert Letter.objects.filter(case=case).count() == 6
