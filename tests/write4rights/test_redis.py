"""Staff sign in where CACHE_URL names Redis, as .env.example offers."""

from __future__ import annotations

import os
import secrets
import socket
from importlib.util import find_spec

import pytest
from django.conf import settings as site_settings
from django.core.cache import caches
from django.test import override_settings

from tests.staff import PASSWORD, make_staff
from tests.write4rights.test_settings import python

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/7")


@pytest.fixture
def redis():
    host, _, port = REDIS.partition("://")[2].partition("/")[0].partition(":")
    try:
        socket.create_connection((host, int(port or 6379)), timeout=2).close()
    except OSError:
        pytest.skip(f"No Redis answers at {REDIS}.")
    if not find_spec("redis"):
        reason = "The package is missing: requirements/dev.txt has it."
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    backend = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS,
        "KEY_PREFIX": f"test-{secrets.token_hex(8)}",
    }
    with override_settings(CACHES=site_settings.CACHES | {"default": backend}):
        yield caches["default"]  # what is counted goes by itself; clear() would empty all of it


@pytest.mark.slow
@pytest.mark.django_db
def test_staff_sign_in_where_attempts_are_counted_in_redis(client, redis):
    person = make_staff("editor")
    form = {"login": person.username, "password": "wrong"}

    assert client.post("/admin/account/sign-in/", form).status_code == 200
    response = client.post("/admin/account/sign-in/", form | {"password": PASSWORD})

    assert response.url == "/admin/"
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_while_redis_is_away_staff_read_that_they_have_to_come_back(client, caplog):
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://[::1]:1"}
    person = make_staff("editor")
    form = {"login": person.username, "password": PASSWORD}

    with override_settings(CACHES=site_settings.CACHES | {"default": away}):
        assert client.get("/admin/account/sign-in/").status_code == 200
        response = client.post("/admin/account/sign-in/", form)

    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert "no-store" in response["Cache-Control"]
    assert "A part of the site does not answer" in response.text
    assert [line for line in caplog.messages if "CACHE_URL" in line] == [
        "The cache of CACHE_URL does not answer: ConnectionError"
    ]


@pytest.mark.parametrize(
    ("package", "environment", "file"),
    [
        ("redis", {"CACHE_URL": "redis://127.0.0.1:6379/7"}, "redis.txt"),
        ("storages", {"MEDIA_ROOT": "s3://bucket/folder"}, "s3.txt"),
        ("sentry_sdk", {"SENTRY_DSN": "https://key@sentry.example.org/1"}, "sentry.txt"),
    ],
)
def test_a_missing_package_is_said_in_a_sentence_when_the_site_starts(package, environment, file):
    # As in an environment of requirements/base.txt alone.
    hide = f"import sys; sys.modules['{package}'] = None; import importlib.util as u;"
    hide += f"f = u.find_spec; u.find_spec = lambda n, *r: None if n == '{package}' else f(n, *r);"
    start = f"{hide} from write4rights import settings"

    done = python("-c", start, **environment)

    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert f"pip install --require-hashes -r requirements/{file}" in last
