"""The site's settings for tests: plainly invented secrets, and DATABASE_URL if it is set."""

import atexit
import os
import shutil
import tempfile

os.environ |= {
    "IGNORE_ENV_FILE": "True",
    "SECRET_KEY": "only-for-tests-" + "x" * 50,
    "ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "HASH_KEY": "only-for-tests",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "SITE_URL": "http://testserver",
    "HTTPS": "False",
    "DEBUG": "False",
    "DATABASE_POOL": "False",
    "REPLICA_URL": "",
    "STATICFILES_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
    "CACHE_URL": "locmemcache://",
    "EMAIL_URL": "memorymail://",
    "ADMIN_PATH": "admin",
    "STAFF_NEEDS_SECOND_FACTOR": "False",
    "CONTACT_EMAIL": "",
    "ORGANISATION": "Write for Rights",
}

from write4rights.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as in production: the threads and processes of a test see one database.
    _folder = tempfile.mkdtemp(prefix="write4rights-tests-")
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder}/test.sqlite3"}  # noqa: F405
    # If the power fails, so does the test: nothing waits for the disk.
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"  # noqa: F405

    # By who made it alone: what a test or mutmut forks from this process shares the folder.
    @atexit.register
    def _remove_folder(made_by: int = os.getpid()) -> None:
        if os.getpid() == made_by:
            shutil.rmtree(_folder, ignore_errors=True)

else:
    DATABASES["default"]["ENGINE"] = "tests.postgresql"  # noqa: F405
# Never those of `make run`: what the worker deletes in a test is no picture of that site.
_files = tempfile.TemporaryDirectory(prefix="write4rights-files-")
MEDIA_ROOT = f"{_files.name}/media"
STORAGES = STORAGES | {  # noqa: F405
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": f"{_files.name}/private"},
    },
    "rendered": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
WHITENOISE_USE_FINDERS = True
