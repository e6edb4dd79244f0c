"""Which checks there are, and who makes them.

A new one is a function that returns a `Result` or several. It is entered below in `DOCTOR`, and in
`FOR_STAFF` too if it is cheap and somebody has to know without asking.
"""

from collections.abc import Callable, Iterable, Iterator

from django.conf import settings as site_settings
from django.core.checks import WARNING, run_checks
from django.db import DatabaseError

from cases import replica
from write4rights.health import (
    backups,
    clock,
    database,
    installed,
    keys,
    mail_server,
    proxy,
    storage,
    worker,
)
from write4rights.health.results import Level, Result, ok, red, warning

Check = Callable[[], Result | list[Result]]


def settings() -> list[Result]:
    """What `manage.py check --deploy` says."""
    if not site_settings.HTTPS:
        said = "HTTPS is False: this is a copy on somebody’s own machine."
        return [warning("settings", said, "On a server leave it out of the environment.")]
    found = [
        (red if message.level > WARNING else warning)(
            "settings", str(message.msg), str(message.hint or "")
        )
        for message in run_checks(include_deployment_checks=True)
        if not message.is_silenced()
    ]
    return found or [ok("settings", "`manage.py check --deploy` has nothing to say.")]


# Without these nobody is served: a load balancer sends no readers.
READY: dict[str, Check] = {
    "database": database.answers,
    "migrations": database.migrations,
}
# With one of these red readers are served, and somebody has to act.
WORKING: dict[str, Check] = {
    "worker": worker.pulse,
    "outbox": worker.oldest_mail,
    "jobs": worker.jobs,
}
# On the first page of the staff.
FOR_STAFF: list[Check] = [*WORKING.values(), storage.disk, backups.last_backup]
# For who runs the machines.
WORKING |= {
    "cache": database.shared_cache,
    "storage": storage.failing,
    "standby": database.acknowledges,
}
if replica.ALIAS in site_settings.DATABASES:
    WORKING["replica"] = database.replica_is_used
DOCTOR: dict[str, list[Check]] = {
    "settings": [settings],
    "database": [
        *READY.values(),
        database.shared_cache,
        database.replica_is_used,
        database.acknowledges,
        database.durability,
        installed.versions,
    ],
    "worker": [worker.pulse, worker.oldest_mail, worker.jobs],
    "storage": [storage.user, storage.folders, storage.disk],
    "keys": [keys.encryption_keys, keys.hash_key],
    "clock": [clock.of_the_database],
    "installed": [installed.static_files, installed.packages],
    "backup": [backups.last_backup, backups.may_restore, backups.erasure_files_are_there],
    "mail": [mail_server.answers],
    "proxy": [proxy.check],
}
ASK_DATABASE = ["database", "worker", "keys", "clock", "backup"]  # where no one answers, none can


def results(checks: Iterable[Check]) -> Iterator[Result]:
    """What each of them finds; if one fails by itself, the rest is heard all the same."""
    for check in checks:
        try:
            found = check()
        except DatabaseError as error:
            said = f"The database can’t be asked: {type(error).__name__}."
            found = red(name_of(check), said, "See what is said of the database.")
        except Exception as error:
            said = f"This could not be looked at: {type(error).__name__}."
            found = red(name_of(check), said, "Please report it: it is a fault of the check.")
        yield from [found] if isinstance(found, Result) else found


def name_of(check: Check) -> str:
    return check.__name__.replace("_", " ")


def for_staff() -> list[Result]:
    """What is wrong and cheap to ask, the worst first."""
    found = [result for result in results(FOR_STAFF) if not result.is_ok]
    return sorted(found, key=lambda result: -result.level)


def worst(found: Iterable[Result]) -> Level:
    return max((result.level for result in found), default=Level.OK)
