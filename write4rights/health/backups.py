"""Whether what is lost today could be had again, and whether anybody has tried."""

import datetime

from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from cases.models import ErasureEntry
from letters.privacy.limits import KEEP_BACKUPS_FOR
from write4rights.backup import BackupError, databases, erasure_files, stored
from write4rights.health.installed import not_done
from write4rights.health.results import Result, ok, red, warning
from write4rights.models import BackupRun

HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
OLD_AFTER = DAY + 2 * HOUR  # one is made each day, and takes its time
DRILL_EVERY = 90 * DAY
NOT_COPIED_AFTER = HOUR / 4  # the worker copies every minute


def last_backup() -> list[Result]:
    if not settings.HTTPS and not settings.BACKUP_KEY:
        return [ok("backup", "This is a copy on somebody’s own machine: it needs no backup.")]
    return [_backup(), _drill(), _erasure_list(), _copies()]


def _backup() -> Result:
    cure = _("Run `manage.py backup` each day: docs/operations.md, “Backups”.")
    if not settings.BACKUP_KEY:
        cure = _(
            "Make a key on another machine, with `manage.py backup --new-key`, set BACKUP_KEY, and "
            "run `manage.py backup` each day: docs/operations.md, “Backups”."
        )
    last = BackupRun.last(BackupRun.Kind.BACKUP)
    if last is None:
        return not_done("backup", _("No backup was ever made."), cure)
    age = timezone.now() - last.finished_at
    said = _("The last backup was made %(time)s ago.") % {"time": timesince(last.finished_at)}
    seconds = round(age.total_seconds())
    return red("backup", said, cure, seconds) if age > OLD_AFTER else ok("backup", said, seconds)


def may_restore() -> Result:
    """A restore goes into a database of its own first, which then takes the name of ours."""
    if connection.vendor != "postgresql":
        return ok("restore", "A restore needs nothing but room.")
    try:
        with databases.directly(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_user, datname, rolcreatedb OR rolsuper,"
                " pg_has_role(datdba, 'USAGE') FROM pg_roles, pg_database"
                " WHERE rolname = current_user AND datname = current_database()"
            )
            role, database, may_make, may_rename = cursor.fetchone()
    except (BackupError, OperationalError):
        if not settings.PGBOUNCER:
            raise
        said = (
            "Past PgBouncer the database does not answer, so there are no backups and no restores."
        )
        return red("restore", said, "Set DIRECT_DATABASE_URL to the address of PostgreSQL itself.")
    if not may_make:
        said = "The role of DATABASE_URL may make no database, and a restore needs one."
        cure = f"`sudo -u postgres psql -c 'ALTER ROLE \"{role}\" CREATEDB'`"
        return warning("restore", said, cure)
    if not may_rename:
        said = "The database is not owned by the role of DATABASE_URL, and a restore renames it."
        cure = f'`sudo -u postgres psql -c \'ALTER DATABASE "{database}" OWNER TO "{role}"\'`'
        return warning("restore", said, cure)
    return ok("restore", "The role of DATABASE_URL may make the database of a restore.")


def _drill() -> Result:
    cure = _("Run `manage.py drill`: a backup that nobody has restored is none.")
    last = BackupRun.last(BackupRun.Kind.DRILL)
    if last is None:
        return warning("drill", _("Nobody has tried to restore a backup yet."), cure)
    age = timezone.now() - last.finished_at
    said = _("A backup was last restored, to try it, %(time)s ago.")
    said %= {"time": timesince(last.finished_at)}
    seconds = round(age.total_seconds())
    return (
        warning("drill", said, cure, seconds) if age > DRILL_EVERY else ok("drill", said, seconds)
    )


def _erasure_list() -> Result:
    oldest = ErasureEntry.objects.to_copy().order_by("at").first()
    if oldest is None or timezone.now() - oldest.at < NOT_COPIED_AFTER:
        return ok("erasure list", "What was erased is noted beside the backups.")
    said = _("What was erased has not been copied to the backups for %(time)s.")
    cure = _("Does the worker run, and can BACKUP_STORAGE be written? Its log says why.")
    return red("erasure list", said % {"time": timesince(oldest.at)}, cure)


def erasure_files_are_there() -> Result:
    """Asked only where somebody asks: the host that serves pages may not see the backups."""
    try:
        lost, is_empty = erasure_files.missing(), not stored.names()
    except BackupError as error:
        return warning("erasure files", str(error), _("Ask on the host that makes the backups."))
    if not lost:
        return ok("erasure files", "Every file of the erasure list lies beside the backups.")
    if is_empty:
        said = _("No backup can be seen from here.")
        return warning("erasure files", said, _("Ask on the host that makes the backups."))
    said = _("Files of the erasure list are missing beside the backups: %(names)s.")
    cure = _("Find out who deleted them. `manage.py backup` writes the whole list again.")
    return red("erasure files", said % {"names": ", ".join(lost[:3])}, cure, len(lost))


def _copies() -> Result:
    """In the clear, with people who have erased their data since: no older than a backup may be."""
    copies = databases.copies()
    if not copies:
        return ok("copies", "No copy of the database is left from a restore.")
    said = _("%(name)s is an unencrypted copy of the database, %(time)s old.")
    undated = _("%(name)s is an unencrypted copy of the database, nobody knows how old.")
    moments = [copy.made_at for copy in copies if copy.made_at]
    age = max((timezone.now() - moment for moment in moments), default=datetime.timedelta())
    return (red if age > KEEP_BACKUPS_FOR else warning)(
        "copies",
        " ".join(
            said % {"name": copy.name, "time": timesince(copy.made_at)}
            if copy.made_at
            else undated % {"name": copy.name}
            for copy in copies
        ),
        _("Unless a restore or drill is running: `manage.py restore --delete-copies`."),
        round(age.total_seconds()),
    )
