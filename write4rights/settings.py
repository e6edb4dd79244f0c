"""The settings of every deployment; what differs between machines comes from the environment.

`.env` beside manage.py is read if it exists: `make run` writes one, IGNORE_ENV_FILE passes it by.
`.env.example` names each variable with its meaning. There is no default for a secret: without it
nothing starts.
"""

import email.utils
import os
import re
import tempfile
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zlib import crc32

import django.conf.locale
import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
if not env.bool("IGNORE_ENV_FILE", default=False):
    env.read_env(BASE_DIR / ".env")


def listed(name: str, default: str = "") -> list[str]:
    """What an environment variable lists with commas, and maybe spaces, in between."""
    parts = env.str(name, default=default).split(",")
    return [part.strip() for part in parts if part.strip()]


def required(name: str, meaning: str, read: Callable[..., Any] = env.str) -> Any:
    """The value of an environment variable the site can't do without."""
    if value := read(name, default=""):
        return value
    raise ImproperlyConfigured(f"Set {name}: {meaning}. `make .env` writes one for development.")


def parts_of_url(name: str, read: Callable[..., dict], default: str) -> dict:
    """What an address in the environment says; it may have a password in it, so no error quotes it.

    With a / ? or # in the password, what stands before that would be taken for the host.
    """
    value = env.str(name, default=default)
    try:
        if not re.search(r"://[^/?#]+[/?#].*@", value):
            return read(name, default=default)
    except (ValueError, ImproperlyConfigured):
        pass
    raise ImproperlyConfigured(
        f"{name} can't be read. It is like smtp+tls://user:password@host:587 or "
        "postgres://user:password@host:5432/name, with signs such as / ? # @ : % of the password "
        "in percent-encoding: # is %23, @ is %40."
    )


def need(module: str, said: str, extra: str) -> None:
    """A package that is not always installed; without it, what is said and how to install it."""
    if not find_spec(module):
        raise ImproperlyConfigured(
            f"{said}: pip install --require-hashes -r requirements/{extra}.txt"
        )


OF_NOBODY_ELSE: dict[str, Any] = {
    "file_permissions_mode": 0o600,
    "directory_permissions_mode": 0o700,
}


def file_storage(name: str, place: str, *, is_waited_for: bool = True, **options: Any) -> dict:
    """What a variable says: a folder (with the options given), or
    s3://bucket/folder?endpoint_url=https://…; the keys to S3 are in AWS_ACCESS_KEY_ID and
    AWS_SECRET_ACCESS_KEY, as for every program that uses it."""
    url = urlsplit(place)
    if url.scheme != "s3":
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    need("storages", f"{name} names S3, and the packages for it are missing", "s3")
    said = dict(parse_qsl(url.query))
    client: dict[str, Any] = {
        "s3": {"addressing_style": said.pop("addressing_style", "auto")},
        "signature_version": said.pop("signature_version", None),
        # Stores that are not Amazon's may not know those that it has by now.
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
    }
    transfer: dict[str, Any] = {}
    if is_waited_for:  # a store that falls silent is given up after about six seconds
        client |= {"connect_timeout": 1, "read_timeout": 3, "retries": {"total_max_attempts": 2}}
        transfer = {"num_download_attempts": 1, "use_threads": False}  # of what has begun to come
    else:  # or the worker, which has mails to send: by itself botocore would try for minutes
        client |= {"connect_timeout": 5, "read_timeout": 30, "retries": {"total_max_attempts": 3}}
    bucket = {
        "bucket_name": url.netloc,
        "location": url.path.strip("/"),
        "file_overwrite": options.get("allow_overwrite", False),
        "client_config": import_module("botocore.config").Config(**client),
        "transfer_config": import_module("boto3.s3.transfer").TransferConfig(**transfer),
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": said | bucket}


def use_postgresql(
    database: dict, wait_for_a_connection: int, give_up_after: int, *, pgbouncer: bool
) -> None:
    """All in seconds. A server that vanishes from the network says nothing: its connections are
    given up, and those that are dead are not handed out."""
    options = database.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", min(give_up_after, 3))
    options.setdefault("keepalives_idle", give_up_after)
    options.setdefault("keepalives_interval", 1)
    options.setdefault("keepalives_count", 2)
    options.setdefault("tcp_user_timeout", give_up_after * 1_000)  # milliseconds
    database["CONN_MAX_AGE"] = 0
    options["pool"] = False
    if pgbouncer:  # transaction pooling: it pools, Django must not
        database["DISABLE_SERVER_SIDE_CURSORS"] = True
        return
    if env.bool("DATABASE_POOL", default=True):
        database["CONN_HEALTH_CHECKS"] = True  # takes 0.1 ms
        options["pool"] = {
            # Of connections that died at once a request tries one after the other, with growing
            # pauses: so no more are kept than are used.
            "min_size": 1,
            "max_size": 4,  # of which supporters' forms take three: middleware.py
            "timeout": wait_for_a_connection,
            # As long as anybody waits, a server that is away is asked again, after 1, 3, 5 s; the
            # next who comes begins anew. (By itself the pool would pause for up to minutes.)
            "reconnect_timeout": wait_for_a_connection,
        }
    # Compiling the statement of a case page took 200 ms, running it takes one.
    options.setdefault("options", "-c jit=off")
    # The server plans a statement once and remembers it: a case page asks it in 0.7 ms, not
    # in 3. A statement stays in one connection, which PgBouncer would hand on to others.
    options |= {"server_side_binding": True, "prepare_threshold": 2}


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY", "a long random text that signs forms and sessions")
# The first key encrypts, all of them decrypt: put a new one in front to rotate.
ENCRYPTION_KEYS = required(
    "ENCRYPTION_KEYS",
    "Fernet keys, comma-separated, that encrypt names, addresses and letters",
    listed,
)
HASH_KEY = required("HASH_KEY", "a long random text that keys the hashes of e-mail addresses")
ALLOWED_HOSTS = required("ALLOWED_HOSTS", "the host names of the site, comma-separated", listed)
# True wherever readers come by https: it turns on HSTS, secure cookies and the redirect.
HTTPS = env.bool("HTTPS", default=True)
CSRF_TRUSTED_ORIGINS = listed("CSRF_TRUSTED_ORIGINS")
# Where links in mails, sheets and QR codes lead to.
SITE_URL = env.str("SITE_URL", default=f"https://{ALLOWED_HOSTS[0]}").rstrip("/")

# What the ids of feed entries begin with (RFC 4151). Set it to what it was before the site moves to
# another host: else readers of feeds get every entry as new.
FEED_TAG = env.str("FEED_TAG", default=f"tag:{urlsplit(SITE_URL).hostname},2025")

# Who runs this copy of the site; shown on the pages, in mails and in the imprint.
ORGANISATION = env.str("ORGANISATION", default="Write for Rights")
CONTACT_EMAIL = env.str("CONTACT_EMAIL", default="")

# Whether people may hand us letters to hand in, for the cases that staff mark as taking them. Where
# it is off no page mentions it; what was handed to us before can still be handed in.
DELIVERY_OFFERED = env.bool("DELIVERY_OFFERED", default=True)

ADMIN_PATH = env.str("ADMIN_PATH", default="").strip("/") or "admin"
STAFF_NEEDS_SECOND_FACTOR = env.bool("STAFF_NEEDS_SECOND_FACTOR", default=HTTPS)

# How many reverse proxies of our own write X-Forwarded-For; 0: none, use the connection's address.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

INSTALLED_APPS = [
    "modeltrans",
    "cases",
    "letters",
    "write4rights",
    "write4rights.admin_app.StaffAdminConfig",
    "django.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "simple_history",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
]

MIDDLEWARE = [
    # Before what redirects to https or refuses a host: that too is an answer.
    "csp.middleware.CSPMiddleware",
    "write4rights.middleware.security_headers",
    "write4rights.health.views.probes",
    "write4rights.middleware.measured",
    "letters.views.api_answers.api_answers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "write4rights.middleware.read_as_utf8",
    "write4rights.middleware.language_from_url",
    "write4rights.middleware.refuse_unknown_methods",
    "write4rights.staff_sessions.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "write4rights.middleware.leave_room_for_staff",
    "write4rights.staff_sessions.AuthenticationMiddleware",
    "write4rights.staff_sessions.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "write4rights.staff_auth.staff_pages",
    "simple_history.middleware.HistoryRequestMiddleware",
]

# The site lies at the root of its host: no request says otherwise, see untrusted.py.
FORCE_SCRIPT_NAME = ""
ROOT_URLCONF = env.str("ROOT_URLCONF", default="write4rights.urls")
WSGI_APPLICATION = "write4rights.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "write4rights.template_loader.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "write4rights.context_processors.site",
            ],
        },
    },
]

PGBOUNCER = env.bool("PGBOUNCER", default=False)
DATABASES = {
    "default": parts_of_url("DATABASE_URL", env.db, f"sqlite:///{BASE_DIR / 'var/db.sqlite3'}")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL lets readers go on while one writes; IMMEDIATE makes a second writer wait, not fail.
    DATABASES["default"]["CONN_MAX_AGE"] = None  # opening it takes longer than asking it
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "PRAGMA cache_size=-16000; PRAGMA mmap_size=134217728;",
    }
else:
    # Who gets no connection in so many seconds reads that the site is out of order.
    use_postgresql(
        DATABASES["default"], wait_for_a_connection=5, give_up_after=5, pgbouncer=PGBOUNCER
    )
# The same past PgBouncer, for commands that need a connection of their own: backup/databases.py.
DIRECT_DATABASE: dict[str, Any] = {}
if env.str("DIRECT_DATABASE_URL", default=""):
    DIRECT_DATABASE = parts_of_url("DIRECT_DATABASE_URL", env.db, "")
    use_postgresql(DIRECT_DATABASE, wait_for_a_connection=5, give_up_after=5, pgbouncer=False)
    DIRECT_DATABASE |= {"DISABLE_SERVER_SIDE_CURSORS": False}
# A copy of it that only readers' pages are read from: cases/replica.py.
if env.str("REPLICA_URL", default=""):
    DATABASES["replica"] = parts_of_url("REPLICA_URL", env.db, "")
    if any(not each["ENGINE"].endswith("postgresql") for each in DATABASES.values()):
        raise ImproperlyConfigured("REPLICA_URL names a replica of PostgreSQL, or nothing.")
    # Who waited so long is served from the other.
    use_postgresql(
        DATABASES["replica"], wait_for_a_connection=2, give_up_after=2, pgbouncer=PGBOUNCER
    )
    if pool := DATABASES["replica"]["OPTIONS"]["pool"]:
        of_replica = import_module("cases.replica_connection")
        pool["connection_class"] = of_replica.ImpatientConnection
    DATABASES["replica"]["TEST"] = {"MIRROR": "default"}
    DATABASE_ROUTERS = ["cases.replica.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": env.cache("CACHE_URL", default="dbcache://django_cache"),
    # Parts of pages, 1 to 10 KB each, in the memory of each process: `{% cache %}` in templates.
    # Their key has the version of what they show: see cases/publishing/content_version.py.
    "fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "fragments",
        "OPTIONS": {"MAX_ENTRIES": 2_000},
    },
    "uncached": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},  # for previews
}
# What takes longer than a request may is a row that `manage.py work` finds: it is committed with
# what it is for, or not at all.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

if "redis" in CACHES["default"]["BACKEND"]:
    need("redis", "CACHE_URL names Redis, and the package for it is missing", "redis")
    patience = {"socket_connect_timeout": 1, "socket_timeout": 1}
    CACHES["default"]["OPTIONS"] = patience | CACHES["default"].get("OPTIONS", {})
elif "memcached" not in CACHES["default"]["BACKEND"].lower():
    # By itself Django keeps 300 entries: whoever made up so many names took those of the attempts
    # on a real one away, and could go on guessing. A password takes too long to look at for more.
    CACHES["default"].setdefault("OPTIONS", {}).setdefault("MAX_ENTRIES", 100_000)

# Where the key of the day lies, by which senders are told apart (letters.privacy.day_key): a folder
# that no backup holds, and best one in memory. It makes itself.
RUNTIME_DIR = Path(
    env.str(
        "RUNTIME_DIR",
        default=f"{tempfile.gettempdir()}/write4rights-{os.getuid()}-{crc32(bytes(BASE_DIR)):x}",
    )
)

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "write4rights.first_passwords.NotedPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},  # NIST SP 800-63B-4, section 3.1.1.2: one factor alone
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
FORMAT_MODULE_PATH = ["write4rights.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True
# Languages people write and are written to in, that Django itself has no name for.
for _code, _name, _local in [
    ("am", "Amharic", "አማርኛ"),
    ("mg", "Malagasy", "Malagasy"),
    ("ps", "Pashto", "پښتو"),
    ("se", "Northern Sámi", "Davvisámegiella"),
    ("ti", "Tigrinya", "ትግርኛ"),
]:
    django.conf.locale.LANG_INFO.setdefault(
        _code, {"bidi": _code == "ps", "code": _code, "name": _name, "name_local": _local}
    )

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var/static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
# Each of these is a folder, or s3://… for several hosts.
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "var/media"))
# Files of hand-ins, encrypted: no web server may serve this folder.
PRIVATE_ROOT = env.str("PRIVATE_ROOT", default=str(BASE_DIR / "var/private"))
# Case sheets and social cards; may be emptied at any time.
RENDERED_DIR = env.str("RENDERED_DIR", default=str(BASE_DIR / "var/rendered"))
# What `manage.py backup` writes, encrypted: docs/operations.md, "Backups".
BACKUP_STORAGE = env.str("BACKUP_STORAGE", default=str(BASE_DIR / "var/backups"))
STORAGES = {
    "default": file_storage("MEDIA_ROOT", MEDIA_ROOT),
    "private": file_storage("PRIVATE_ROOT", PRIVATE_ROOT, location=PRIVATE_ROOT, **OF_NOBODY_ELSE),
    "rendered": file_storage(
        "RENDERED_DIR",
        RENDERED_DIR,
        location=RENDERED_DIR,
        allow_overwrite=True,
        **OF_NOBODY_ELSE,
    ),
    "backups": file_storage(
        "BACKUP_STORAGE",
        BACKUP_STORAGE,
        is_waited_for=False,
        location=BACKUP_STORAGE,
        **OF_NOBODY_ELSE,
    ),
    "staticfiles": {
        "BACKEND": env.str(
            "STATICFILES_STORAGE",
            default="write4rights.static_files.StaticFilesStorage",
        )
    },
}
# The public key of age with which backups are encrypted; what opens them lies somewhere else.
BACKUP_KEY = env.str("BACKUP_KEY", default="")
WHITENOISE_MAX_AGE = 3600
WHITENOISE_ROOT = BASE_DIR / "static/root"  # served at /: where browsers look for favicon.ico
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

FORM_RENDERER = "write4rights.form_renderer.FormRenderer"

DATA_UPLOAD_MAX_MEMORY_SIZE = 200_000  # a letter is under 10 kB; pictures count separately
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000  # the case page in the admin has many inlines
DATA_UPLOAD_MAX_NUMBER_FILES = 10
FILE_UPLOAD_HANDLERS = ["write4rights.uploads.BoundedUpload"]

EMAIL_CONFIG = parts_of_url("EMAIL_URL", env.email, "filemail:///")
EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL_CONFIG.get("EMAIL_HOST", "")
EMAIL_PORT = EMAIL_CONFIG.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = EMAIL_CONFIG.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = EMAIL_CONFIG.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = EMAIL_CONFIG.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL_CONFIG.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = Path("/", EMAIL_CONFIG.get("EMAIL_FILE_PATH") or BASE_DIR / "var/mail")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str(
    "FROM_EMAIL", default=f'"{email.utils.quote(ORGANISATION)}" <no-reply@localhost>'
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# How we learn that a mail came back: docs/operations.md. Where reports go; else to FROM_EMAIL.
BOUNCE_ADDRESS = env.str("BOUNCE_ADDRESS", default="")
BOUNCE_MAILBOX = env.str("BOUNCE_MAILBOX", default="")  # imaps://user:password@host/folder
MAIL_PROVIDER = env.str("MAIL_PROVIDER", default="")  # one of letters.mail.providers
MAIL_WEBHOOK_SECRET = env.str("MAIL_WEBHOOK_SECRET", default="")

# A public page is rendered at most once in so many seconds a process: docs/architecture.md.
PAGE_CACHE_SECONDS = env.int("PAGE_CACHE_SECONDS", default=4)
PAGE_CACHE_BYTES = env.int("PAGE_CACHE_BYTES", default=32_000_000)

SESSION_COOKIE_NAME = "__Host-staff" if HTTPS else "staff"
# Below /, as __Host- demands: the admin is below /fr/ too. Only there is the cookie looked at.
SESSION_COOKIE_AGE = 30 * 60  # idle; docs/safety.md 13, staff_auth.staff_pages
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # names staff: no cookie
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-form" if HTTPS else "form"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_AGE = None  # it goes when the browser closes
CSRF_FAILURE_VIEW = "write4rights.views.csrf_failure"

SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0  # two years
# What holds for other hosts, and for years, is for whoever runs the domain to say: neither is on
# unless the environment says so. `check --deploy` asks to say it.
HSTS_IS_SAID = "HSTS_SUBDOMAINS" in env
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and env.bool("HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = HTTPS and env.bool("HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # which ask for both
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
# Not no-referrer: browsers would send `Origin: null` and lose every letter to the CSRF check.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

ACCOUNT_ADAPTER = "write4rights.staff_auth.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
LOGIN_REDIRECT_URL = "admin:index"
LOGIN_URL = "account_login"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
MFA_ADAPTER = "write4rights.staff_auth.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_TOTP_ISSUER = ORGANISATION

# Whoever has it may ask /metrics; without one there is no such page, and nothing is measured.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Where errors are reported to, without anything about anybody: write4rights/error_reports.py.
SENTRY_DSN = env.str("SENTRY_DSN", default="")
if SENTRY_DSN:
    need("sentry_sdk", "SENTRY_DSN is set, and the package for it is missing", "sentry")

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")  # of what the site itself says
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "write4rights.logs.JSONFormatter"}},
    "filters": {"no_probes": {"()": "write4rights.logs.NoProbes"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["no_probes"],
        }
    },
    # Of others only what is wrong: Pillow's DEBUG tells what a camera wrote into a picture, fido2's
    # INFO names the passkeys of staff.
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        **{name: {"level": LOG_LEVEL} for name in ["write4rights", "letters", "cases"]},
    },
}
