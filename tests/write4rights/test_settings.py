"""How the site starts, and what it refuses to start without."""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest
from django.conf import settings
from django.core.files.storage import default_storage

from tests.factories import make_case

PRODUCTION = {
    "PATH": os.environ["PATH"],
    "IGNORE_ENV_FILE": "1",
    "SECRET_KEY": "9wkq-2Hc7fJx_invented-for-a-test_Zr4Lm8Tn1Vb6Ys3Pd5Gh0QeUaXoKi",
    "ENCRYPTION_KEYS": "hX0bC2l8Z5wYt1oRkq7mVnJ4sPaEuG9dFi3TyQxLr6A=",
    "HASH_KEY": "hc9-invented-for-a-test-Wq2Lx7Rf5Kd1",
    "ALLOWED_HOSTS": "write.example.org",
    "HSTS_SUBDOMAINS": "False",
    "TRUSTED_PROXIES": "1",
    "CONTACT_EMAIL": "letters@example.org",
    "DATABASE_URL": "sqlite://:memory:",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
    "FROM_EMAIL": "Write for Rights <letters@example.org>",
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return python("manage.py", *arguments, **environment)


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in (PRODUCTION | environment).items() if value}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )


def value_of(name: str, **environment: str) -> str:
    done = manage(
        "shell",
        "-v0",
        "-c",
        f"from django.conf import settings; print(settings.{name})",
        **environment,
    )
    return done.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SECRET_KEY", "ENCRYPTION_KEYS", "HASH_KEY", "ALLOWED_HOSTS"])
def test_site_does_not_start_without_its_secrets_and_says_what_to_set(name):
    done = manage("check", **{name: ""})

    assert done.returncode != 0
    [said] = done.stderr.splitlines()  # and no traceback
    assert said.startswith(f"Set {name}: ")
    assert said.endswith("`make .env` writes one for development.")


@pytest.mark.slow
def test_gunicorn_says_a_missing_secret_in_one_sentence_too():
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0"],
        cwd=settings.BASE_DIR,
        env=PRODUCTION | {"SECRET_KEY": ""},
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert done.returncode != 0
    [said] = done.stderr.splitlines()
    assert said.startswith("Set SECRET_KEY: ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgres://someone:x@127.0.0.1:9/site", "Is PostgreSQL running, and is this its host"),
        ("postgres://someone:x@nowhere.invalid/site", "Is the host spelt right?"),
        ("postgres://someone:se/cret@127.0.0.1/site", "in percent-encoding: # is %23"),
    ],
)
def test_database_that_nobody_reaches_is_said_at_once_in_one_sentence(address, said):
    done = manage("migrate", DATABASE_URL=address)

    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert said in line
    assert "cret" not in line


@pytest.mark.slow
@pytest.mark.parametrize("sign", ["/", "?", "#"])
def test_sign_in_a_password_that_would_make_another_host_of_it_is_refused(sign):
    done = manage("check", EMAIL_URL=f"smtp+tls://user:12{sign}3@mail.example.org:587")

    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("EMAIL_URL can't be read.")


@pytest.mark.slow
def test_signs_in_a_password_that_are_encoded_arrive():
    said = value_of(
        "EMAIL_HOST_PASSWORD, settings.EMAIL_HOST",
        EMAIL_URL="smtp+tls://user:a%23b%40c%2Fd@mail.example.org:587",
    )

    assert said == "a#b@c/d mail.example.org"


@pytest.mark.slow
@pytest.mark.parametrize("command", ["prepare --demo", "sample_activity --letters 5"])
def test_nothing_is_invented_on_a_real_site(command):
    done = manage(*command.split())

    assert done.returncode == 1
    assert "this is a real site" in done.stderr


POSTGRESQL = "postgres://someone:secret@db.example.org:5432/write4rights"


@pytest.mark.slow
@pytest.mark.parametrize(
    "database",
    [
        {"DATABASE_URL": "sqlite://:memory:"},
        {"DATABASE_URL": POSTGRESQL},
        {
            "DATABASE_URL": "postgres://someone:secret@127.0.0.1:6432/write4rights",
            "PGBOUNCER": "True",
            "DIRECT_DATABASE_URL": POSTGRESQL,
        },
    ],
    ids=["sqlite", "postgresql", "pgbouncer"],
)
def test_documented_production_environment_leaves_nothing_to_say(database):
    done = manage("check", "--deploy", "--fail-level", "INFO", **database)

    assert done.stdout == "System check identified no issues (2 silenced).\n"  # see settings
    assert done.stderr == ""
    assert done.returncode == 0


def test_every_variable_that_the_settings_read_is_documented():
    written = (settings.BASE_DIR / "write4rights/settings.py").read_text()
    documented = (settings.BASE_DIR / ".env.example").read_text()

    names = set(re.findall(r'(?:env\.\w+|listed|required|parts_of_url)\(\s*"([A-Z_]+)"', written))
    described = set(re.findall(r"^([A-Z_]+)=", documented, re.MULTILINE))

    # For tests, for the bench and for a second copy beside production; not for a deployer.
    inner = {"IGNORE_ENV_FILE", "ROOT_URLCONF", "STATICFILES_STORAGE"}
    assert names - described - inner == set()
    assert described - names == set()


@pytest.mark.slow
def test_production_is_not_in_debug_and_sends_everybody_to_https():
    said = value_of(
        "DEBUG, settings.SECURE_SSL_REDIRECT, settings.SESSION_COOKIE_SECURE, "
        "settings.CSRF_COOKIE_NAME, settings.SECURE_HSTS_SECONDS, settings.SITE_URL"
    )

    assert said == "False True True __Host-form 63072000 https://write.example.org"


def test_hosts_are_those_that_are_named(client, db):
    assert client.get("/", headers={"host": "evil.example.org"}).status_code == 400


def test_request_bodies_are_limited(client, db):
    case = make_case()

    response = client.post(f"/cases/{case.slug}/pledge/", {"name": "x" * 300_000})

    assert response.status_code == 400


def test_no_secret_stands_in_what_a_debug_page_shows():
    from django.views.debug import SafeExceptionReporterFilter

    shown = SafeExceptionReporterFilter().get_safe_settings()

    for name in ["SECRET_KEY", "ENCRYPTION_KEYS", "HASH_KEY", "EMAIL_HOST_PASSWORD"]:
        assert set(str(shown[name])) == {"*"}


@pytest.mark.slow
@pytest.mark.parametrize(("bouncer", "is_prepared"), [("False", True), ("True", False)])
def test_postgresql_prepares_statements_unless_connections_are_shared(bouncer, is_prepared):
    said = value_of(
        "DATABASES['default']['OPTIONS'].get('server_side_binding', False)",
        DATABASE_URL="postgres://someone:secret@db.example.org:5432/write4rights",
        PGBOUNCER=bouncer,
    )

    assert said == str(is_prepared)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"HSTS_SUBDOMAINS": ""}, "False False"),
        ({"HSTS_SUBDOMAINS": "True", "HSTS_PRELOAD": "True"}, "True True"),
        ({"HTTPS": "False", "HSTS_SUBDOMAINS": "True"}, "False False"),
    ],
)
def test_what_browsers_remember_of_other_hosts_is_for_the_deployer_to_say(chosen, said):
    names = "SECURE_HSTS_INCLUDE_SUBDOMAINS, settings.SECURE_HSTS_PRELOAD"

    assert value_of(names, **chosen) == said


@pytest.mark.slow
@pytest.mark.parametrize("path", ["", "desk", "/desk/"])
def test_path_of_the_admin_is_never_empty(path):
    assert value_of("ADMIN_PATH", ADMIN_PATH=path) == (path.strip("/") or "admin")


@pytest.mark.slow
def test_mails_are_written_to_the_folder_that_is_named():
    folder = value_of("EMAIL_FILE_PATH", EMAIL_URL="filemail:///srv/mails")
    assert folder == "/srv/mails"


@pytest.mark.slow
def test_lists_may_have_spaces_after_their_commas():
    key = PRODUCTION["ENCRYPTION_KEYS"]
    said = value_of(
        "ALLOWED_HOSTS, settings.CSRF_TRUSTED_ORIGINS, settings.SITE_URL, settings.ENCRYPTION_KEYS",
        ALLOWED_HOSTS=" a.example , b.example,",
        CSRF_TRUSTED_ORIGINS="https://a.example:8443, https://b.example:8443",
        ENCRYPTION_KEYS=f"{key}, {key}",
    )

    origins = ["https://a.example:8443", "https://b.example:8443"]
    assert said == f"['a.example', 'b.example'] {origins} https://a.example {[key, key]}"


@pytest.mark.slow
def test_any_name_of_an_organisation_can_be_a_sender():
    sender = value_of("DEFAULT_FROM_EMAIL", ORGANISATION='Us, "here"', FROM_EMAIL="")
    assert sender == r'"Us, \"here\"" <no-reply@localhost>'


@pytest.mark.slow
def test_the_database_may_be_several_servers_of_which_one_can_be_written():
    servers = "postgres://site:secret@10.0.0.1:5432,10.0.0.2/site?target_session_attrs="
    asked = "from django.conf import settings; print("
    asked += "*[(d['HOST'], d['PORT'], d['OPTIONS']['target_session_attrs'],"
    asked += " d['OPTIONS']['tcp_user_timeout'])"
    asked += " for d in settings.DATABASES.values()], settings.DATABASE_ROUTERS)"

    done = manage(
        "shell",
        "-v0",
        "-c",
        asked,
        DATABASE_URL=f"{servers}read-write",
        REPLICA_URL=f"{servers}standby",
    )

    hosts = "'10.0.0.1,10.0.0.2', 5432"
    assert done.stdout.strip() == (
        f"({hosts}, 'read-write', 5000) ({hosts}, 'standby', 2000) ['cases.replica.Router']"
    )


@pytest.mark.slow
def test_web_servers_read_the_replica_by_connections_that_do_not_wait_for_ever():
    asked = "from write4rights.settings import DATABASES as d; "
    asked += "print([d[name]['OPTIONS']['pool'].get('connection_class') for name in d])"
    servers = {"DATABASE_URL": "postgres://10.0.0.1/site", "REPLICA_URL": "postgres://10.0.0.2/s"}

    done = python("-c", asked, **servers)

    named = "<class 'cases.replica_connection.ImpatientConnection'>"
    assert done.stdout.strip() == f"[None, {named}]"


def test_only_postgresql_has_a_replica():
    done = manage("check", REPLICA_URL="postgres://site:secret@10.0.0.2/site")

    assert done.returncode != 0
    assert done.stderr.splitlines() == ["REPLICA_URL names a replica of PostgreSQL, or nothing."]


STORES = {
    "MEDIA_ROOT": "default",
    "PRIVATE_ROOT": "private",
    "RENDERED_DIR": "rendered",
    "BACKUP_STORAGE": "backups",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", STORES)
def test_files_lie_in_a_folder_or_in_s3_with_short_patience(name):
    if not find_spec("storages"):
        reason = "The package is missing: requirements/dev.txt has it."
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    asked = (
        "import json; from django.core.files.storage import storages;"
        f"s = storages['{STORES[name]}'];"
        "c = getattr(s, 'client_config', None);"
        "print(json.dumps([s.location, c and s.bucket_name, c and c.connect_timeout]))"
    )
    s3 = "s3://bucket/folder?endpoint_url=https://s3.example.org"

    found = {place: manage("shell", "-v0", "-c", asked, **{name: place}) for place in ["/srv", s3]}

    assert json.loads(found["/srv"].stdout) == ["/srv", None, None]
    patience = 5 if name == "BACKUP_STORAGE" else 1
    assert json.loads(found[s3].stdout) == ["folder", "bucket", patience]


def test_no_test_deletes_the_pictures_of_the_site_that_runs_beside_it():
    assert not default_storage.path("portraits").startswith(str(settings.BASE_DIR))
