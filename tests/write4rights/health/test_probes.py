"""What a load balancer and a monitor ask."""

import datetime
import logging
import threading

import pytest
from django.core.cache import caches
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from cases import pictures
from letters.models import WorkerPulse
from tests.factories import make_case, make_portrait
from tests.letters.mail.test_outbox import make_mail
from tests.write4rights.test_every_answer import assert_protected
from write4rights.health import readiness
from write4rights.health.results import ok
from write4rights.health.views import VIEWS
from write4rights.logs import PROBES

MINUTE = datetime.timedelta(minutes=1)
STRANGE = {"host": "10.0.0.7:8000"}  # the address of the machine
WITH_TOKEN = {"authorization": "Bearer a-long-random-text"}


@pytest.fixture
def monitor(settings) -> Client:
    """It has METRICS_TOKEN."""
    settings.METRICS_TOKEN = "a-long-random-text"
    return Client(headers=WITH_TOKEN)


@pytest.fixture
def broken(monkeypatch):
    """The database refuses every connection."""

    def refuse():
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)


@pytest.fixture
def behind_tls(settings):
    settings.SECURE_SSL_REDIRECT = True


def lines(caplog) -> list[tuple[str, str]]:
    """What the log shows of it."""
    shown = [record for record in caplog.records if logged(record)]
    return [(record.levelname, record.getMessage().replace("\xa0", " ")) for record in shown]


def logged(record: logging.LogRecord) -> bool:
    return all(kept.filter(record) for kept in logging.getLogger("django").handlers[0].filters)


def test_liveness_is_told_to_whoever_asks_however_they_ask(behind_tls, caplog):
    # No database is allowed in this test.
    client = Client()  # reads the settings anew
    for headers in [{}, STRANGE, {"host": "evil.example.org"}]:
        response = client.get("/healthz", headers=headers)

        assert (response.status_code, response.content) == (200, b"ok\n")
        assert "no-store" in response["Cache-Control"]
    assert client.head("/healthz").content == b""
    assert lines(caplog) == []


def test_a_site_that_works_says_so_with_the_ages_of_pulse_and_mail(behind_tls, db, settings):
    settings.METRICS_TOKEN = "a-long-random-text"
    WorkerPulse.objects.beat()
    make_mail(not_before=timezone.now() - 2 * MINUTE)

    response = Client().get("/readyz", headers=STRANGE | WITH_TOKEN)

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    told = response.json()
    assert 0 <= told.pop("worker_pulse_age_seconds") < 60
    assert 120 <= told.pop("oldest_mail_age_seconds") < 180
    assert told == {
        "status": "ready",
        "checks": dict.fromkeys(
            [
                *("database", "migrations", "worker", "outbox", "jobs"),
                *("cache", "storage", "standby"),
            ],
            "ok",
        ),
        "jobs_given_up": 0,
    }


def test_what_is_not_well_is_told_to_nobody_without_the_token(client, db, settings):
    for token in ["", "another"]:
        settings.METRICS_TOKEN = token
        for headers in [{}, {"authorization": "Bearer "}, WITH_TOKEN]:
            assert client.get("/readyz", headers=headers).json() == {"status": "degraded"}


def test_a_dead_worker_degrades_the_site_and_takes_no_page_from_readers(monitor, db, caplog):
    WorkerPulse.objects.create(pk=1, at=timezone.now() - 30 * MINUTE)

    response = monitor.get("/readyz")

    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["checks"]["worker"] == "red"
    assert lines(caplog) == [
        ("ERROR", "The site is degraded. No worker has been heard of for 30 minutes.")
    ]


def test_mail_that_does_not_leave_is_told_before_somebody_complains(monitor, db):
    WorkerPulse.objects.beat()
    make_mail(not_before=timezone.now() - 20 * MINUTE)
    assert monitor.get("/readyz").json()["checks"]["outbox"] == "warning"

    make_mail("kim@example.org", not_before=timezone.now() - 90 * MINUTE)
    caches["fragments"].clear()
    assert monitor.get("/readyz").json()["checks"]["outbox"] == "red"


def test_without_a_database_no_readers_are_sent_and_the_log_says_so_once(monitor, broken, caplog):
    for _time in range(3):
        response = monitor.get("/readyz")
        assert response.status_code == 503
        assert response.json() == {"status": "unready", "checks": {"database": "red"}}

    [(level, said)] = lines(caplog)
    assert level == "ERROR"
    assert said.startswith("The site is unready. The database does not answer: ")
    assert monitor.get("/healthz").status_code == 200


def test_a_database_that_is_behind_the_code_is_not_ready(monitor, db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = '0087_worker_pulses'")

    response = monitor.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "ok", "migrations": "red"}


def test_a_site_whose_shared_cache_is_away_serves_readers(monitor, db, settings, caplog):
    WorkerPulse.objects.beat()
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://[::1]:1"}
    settings.CACHES = settings.CACHES | {"default": away}

    response = monitor.get("/readyz")

    assert response.status_code == 200
    assert (response.json()["status"], response.json()["checks"]["cache"]) == ("degraded", "red")
    [(_level, said)] = lines(caplog)
    assert "The cache of CACHE_URL (RedisCache) does not answer, so nobody can sign in" in said


def test_a_store_that_failed_just_now_degrades_the_site(monitor, db, settings, tmp_path):
    WorkerPulse.objects.beat()
    settings.MEDIA_ROOT = tmp_path / "media"
    portrait = make_portrait(make_case())
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("This is no folder.")
    assert monitor.get(pictures.url(portrait)).status_code == 503

    response = monitor.get("/readyz")

    assert response.status_code == 200
    assert (response.json()["status"], response.json()["checks"]["storage"]) == (
        "degraded",
        "warning",
    )


def test_however_often_it_is_asked_the_database_is_asked_once(
    client, db, django_assert_num_queries, django_assert_max_num_queries
):
    with django_assert_max_num_queries(7):
        client.get("/readyz")
    with django_assert_num_queries(0):
        for _time in range(50):
            client.get("/readyz")


@pytest.fixture
def hanging(monkeypatch):
    """Begins to hang once somebody asks, and answers when it is set."""
    hangs, answers = threading.Event(), threading.Event()

    def hang():
        hangs.set()
        answers.wait(10)
        return ok("database", "It answers late.")

    def begin() -> threading.Thread:
        monkeypatch.setattr(readiness, "READY", {"database": hang})
        asking = threading.Thread(target=readiness.readiness)
        asking.start()
        hangs.wait(10)
        return asking

    monkeypatch.setattr(readiness, "WORKING", {})
    monkeypatch.setattr(readiness, "READY", {"database": lambda: ok("database", "It answers.")})
    yield begin, answers
    answers.set()


def test_a_database_that_hangs_is_not_ready_however_well_it_was_before(
    client, hanging, monkeypatch
):
    begin, answers = hanging
    monkeypatch.setattr(readiness, "PATIENCE", 0.1)
    monkeypatch.setattr(readiness, "REMEMBER", 0)
    assert client.get("/readyz").status_code == 200

    asking = begin()
    assert client.get("/readyz").status_code == 200  # what was found just before
    monkeypatch.setattr(readiness, "HOLDS", 0)
    assert client.get("/readyz").status_code == 503

    answers.set()
    asking.join()


def test_two_who_ask_after_a_long_time_get_one_answer(client, hanging, monkeypatch):
    begin, answers = hanging
    monkeypatch.setattr(readiness, "HOLDS", 0)
    asking = begin()

    threading.Timer(0.1, answers.set).start()

    assert client.get("/readyz").status_code == 200
    asking.join()


def test_what_the_doctor_asks_is_no_page_for_anybody_else(client, caplog):
    for headers in [{}, STRANGE, {"authorization": "Bearer invented"}]:
        assert client.get("/proxy-check", headers=headers).status_code == 404


def test_they_carry_the_headers_of_every_answer_and_are_only_read(client, db):
    for url in PROBES:
        assert_protected(client.get(url), url)
        assert Client(enforce_csrf_checks=True).post(url).status_code == 405


def test_no_line_in_the_log_tells_of_each_answer():
    assert set(VIEWS) == set(PROBES)
