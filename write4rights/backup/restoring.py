"""A backup loaded into a database of its own, brought to today, and put in the place of ours.

Until the last step nothing of the site is changed, and readers get what they got. Nobody ever gets
a page of a database over which the erasure list was not replayed.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.contrib.auth.models import User
from django.core.cache import caches
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command, get_commands
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import F
from django.utils import timezone

from cases import pictures
from cases.encryption import fernet, keyed_hash
from cases.models import Case, ErasureAct, ErasureEntry
from cases.models.erasure_list import nothing_noted
from cases.printing import stored as rendered
from letters.models import Letter
from letters.privacy import personal_data
from letters.statistics import ledger
from write4rights.backup import (
    BackupError,
    archive,
    databases,
    erasure_files,
    making,
    replaying,
    stored,
)
from write4rights.models import BackupRun

# So many keys of each table are skipped: nobody has so many actions between two backups.
SKIPPED_KEYS = 1_000_000

# How a row is found that was not erased; of the others nothing stays.
WHOLE: dict[str, dict] = {
    "letters.letter": {"erased_on": None},
    "letters.signature": {"erased_on": None},
    "letters.reply": {"erased_on": None},
    "letters.post": {"key__gt": ""},
    "letters.emailaddress": {"blocked_on": None},
    "letters.pledge": {},
    "letters.follow": {},
    "letters.outgoingmail": {},
    "letters.datarequest": {},
}

A_DAY = datetime.timedelta(days=1)
DELETE_COPIES = "`manage.py restore --delete-copies`"

Say = Callable[[str], None]


class Checked(NamedTuple):
    """A backup that was read from its beginning to its end, and fits these secrets."""

    name: str
    file: File
    manifest: dict
    entries: list[ErasureEntry]
    files: list[str]  # where they stand; none if some can't be read

    @property
    def made_at(self) -> datetime.datetime:
        return datetime.datetime.fromisoformat(self.manifest["made_at"])

    def since(self) -> list[ErasureEntry]:
        """What is not done in it. By no clock: a transaction that began long before it may have
        ended after it."""
        # Those of before 28 November 2026 do not say which lines they dropped.
        until = self.manifest.get("dropped_until", (self.made_at - A_DAY).isoformat())
        return _not_done(
            self.entries,
            known=set(self.manifest.get("noted", [])),
            dropped_until=until and datetime.datetime.fromisoformat(until),
        )


def _not_done(
    entries: list[ErasureEntry], *, known: set[str], dropped_until: datetime.datetime | None
) -> list[ErasureEntry]:
    """In a database that knows these lines, and had all until then."""
    return [
        entry
        for entry in entries
        if entry.fingerprint not in known and not (dropped_until and entry.at <= dropped_until)
    ]


def restore(name: str, identities: list, *, overwrite: str, without_list: bool, say: Say) -> str:
    """All of it. What there is to say afterwards."""
    with _alone(say):
        return _restore(name, identities, overwrite, without_list, say)


@contextmanager
def _alone(say: Say) -> Iterator[None]:
    with databases.alone():
        if databases.put_back():
            say(f"A restore was killed at its end: {databases.name()} is as it was before it.")
        yield


def _restore(name: str, identities: list, overwrite: str, without_list: bool, say: Say) -> str:
    began = timezone.now()
    refuse_what_is_in_use(overwrite)
    with checked(name, identities, without_list=without_list) as backup:
        say(f"{backup.name} is whole, and made with the keys of this site.")
        if was_there := _has_list():
            backup.entries.extend(_noted_here(backup.entries))
        scratch = databases.beside(databases.RESTORING)

        def catch_up(ours: str) -> None:
            with databases.instead(ours):
                last = _noted_here(backup.entries) if was_there else []
            if last:
                with databases.instead(scratch):
                    _take_over(last)
                    replaying.replay(last)

        try:
            with loaded(backup, scratch, identities, say):
                replay(backup, say)
                _write_media(backup.file, identities)
            if was_there and (meanwhile := _noted_here(backup.entries)):
                backup.entries.extend(meanwhile)
                with databases.instead(scratch):
                    _take_over(meanwhile)
                    _replay(meanwhile, say)
            with databases.instead(scratch):
                summary = f"{backup.name}, {len(backup.entries):,} lines of the erasure list"
                making.note(BackupRun.Kind.RESTORE, began, summary)
                # It was noted when it was done: in no backup stands that it was made.
                making.note(BackupRun.Kind.BACKUP, backup.made_at, backup.name, at=backup.made_at)
            before = databases.take_the_place(scratch, catch_up)
        finally:
            databases.drop(scratch)
    for cache in ("default", "fragments"):
        caches[cache].clear()
    with suppress(Exception):  # what a sheet is found by is all that it says
        rendered.clear()
    if not before:
        return ""
    return f"The database of before is kept as {before}. When all is well: {DELETE_COPIES}."


def delete_copies(say: Say) -> None:
    with _alone(say):
        for name in databases.drop_copies():
            say(f"{name} is deleted.")


def refuse_what_is_in_use(overwrite: str) -> None:
    mine, before = databases.name(), databases.beside(databases.BEFORE)
    if before in _copies():
        raise BackupError(
            f"{before} is there since the last restore, and nothing else has what was written "
            f"after the backup of then. When you need it no more: {DELETE_COPIES}."
        )
    if overwrite and overwrite != mine:
        raise BackupError(f"The database is called {mine}, not {overwrite}: nothing was done.")
    if not overwrite and _holds_something():
        raise BackupError(
            f"The database {mine} is not empty. To put the backup in its place: --overwrite {mine}"
        )


def _copies() -> list[str]:
    try:
        return [copy.name for copy in databases.copies()]
    except DatabaseError:  # there is no database
        return []
    finally:
        databases.close()


def _has_list() -> bool:
    try:
        return ErasureEntry._meta.db_table in connection.introspection.table_names()
    except DatabaseError:  # there is no database
        return False
    finally:
        databases.close()


def _noted_here(known: list[ErasureEntry]) -> list[ErasureEntry]:
    """What is on the list of the database that is replaced, and not on this list: the worker that
    copies it is stopped, and people go on erasing."""
    prints = {entry.fingerprint for entry in known}
    try:
        return [one for one in ErasureEntry.objects.lines() if one.fingerprint not in prints]
    finally:
        databases.close()


def _holds_something() -> bool:
    try:
        return any(model.objects.exists() for model in (Case, Letter, User))
    except DatabaseError:  # no tables, or no database
        return False
    finally:
        databases.close()


@contextmanager
def checked(name: str, identities: list, *, without_list: bool) -> Iterator[Checked]:
    """Raises BackupError unless all of it is there and is ours."""
    name = stored.chosen(name)
    with stored.storage().open(name) as file:
        manifest = archive.check(file, identities)
        _refuse_what_does_not_fit(manifest)
        named = manifest.get("erasure_files", [])
        files = [] if without_list else stored.names(erasure_files.FOLDER)
        entries = erasure_files.read_all(identities, named=named, incomplete=without_list)
        yield Checked(name, file, manifest, entries, files)


def _refuse_what_does_not_fit(manifest: dict) -> None:
    if manifest["engine"] != connection.vendor:
        raise BackupError(
            f"The backup is of {manifest['engine']}, and DATABASE_URL names {connection.vendor}."
        )
    if manifest["hash_key"] != keyed_hash("whose", "backup"):
        raise BackupError(archive.NOT_OURS)
    try:
        fernet().decrypt(manifest["readable"].encode())
    except InvalidToken:
        raise BackupError(
            "None of the ENCRYPTION_KEYS opens what stands in the backup: nothing was done."
        ) from None
    known = MigrationExecutor(None).loader.disk_migrations
    missing = [one for one in manifest["migrations"] if tuple(one.split(".", 1)) not in known]
    ours = {config.label for config in apps.get_app_configs()}
    if newer := [one for one in missing if one.split(".")[0] in ours and "squashed" not in one]:
        raise BackupError(
            f"The backup is of a newer version of the site ({newer[-1]}): install that first."
        )


@contextmanager
def loaded(backup: Checked, scratch: str, identities: list, say: Say) -> Iterator[None]:
    """The backup in a database of its own, of this version; all queries go there meanwhile."""
    databases.create(scratch)
    backup.file.seek(0)
    files = archive.read(backup.file, identities)
    given = _keys_given()
    databases.load(scratch, (data for name, data in files if name.startswith("database/")))
    with databases.instead(scratch):
        numbers = databases.counts()
        if wrong := [t for t, n in backup.manifest["counts"].items() if numbers.get(t) != n]:
            raise BackupError(f"Loaded, it has other numbers of rows: {', '.join(wrong)}.")
        say(f"Loaded: {sum(numbers.values()):,} rows in {len(numbers)} tables, as they were.")
        if making.migrations() != backup.manifest["migrations"]:
            raise BackupError("Loaded, it has other migrations than its manifest says.")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        _count_on(given)
        yield


def _keys_given() -> dict[str, int]:
    try:
        return databases.last_keys()
    except DatabaseError:  # no tables, or no database
        return {}
    finally:
        databases.close()


def _count_on(given: dict[str, int]) -> None:
    """No key means two rows, also if the same backup is restored twice. No version means two texts:
    other processes still have pages of versions that the database knew before."""
    here = databases.last_keys()
    ahead = [last - here.get(name, 0) for name, last in given.items()]
    number = SKIPPED_KEYS + max(ahead, default=0)
    databases.skip_keys(number)
    Case.objects.update(content_version=F("content_version") + number)


def replay(backup: Checked, say: Say) -> None:
    """What was erased, stopped and taken down since is so again; and the numbers are right."""
    _take_over(backup.entries)
    erasure_files.remember(backup.files)
    since = backup.since()
    _replay(since, say)
    if names := replaying.without_password(since):
        say(f"They need a link to choose a password, by `create_staff --link`: {', '.join(names)}.")


def replay_over_ours(identities: list, say: Say) -> None:
    """The same over a database that PostgreSQL's own recovery brought to an earlier moment: what
    the list has and that database has not. Before anybody writes into it."""
    files = stored.names(erasure_files.FOLDER)
    entries = erasure_files.read_all(identities, named=erasure_files.last_names())
    with databases.alone():
        known = {entry.fingerprint for entry in ErasureEntry.objects.all()}
        until = ErasureEntry.objects.dropped_until()
        _count_on({})  # there is no other database whose keys it has to pass
        missing = _not_done(entries, known=known, dropped_until=until)
        _take_over(missing)
        erasure_files.remember(files)
        _replay(missing, say)


def _take_over(entries: list[ErasureEntry]) -> None:
    """Into the list of the restored database, for the next restore."""
    for entry in entries:
        entry.pk = None  # which another has there, after a second restore
    ErasureEntry.objects.bulk_create(entries, batch_size=1_000)


def _replay(entries: list[ErasureEntry], say: Say) -> None:
    done = replaying.replay(entries)
    words = ", ".join(f"{act}: {number:,}" for act, number in sorted(done.items()))
    say(f"The erasure list is replayed ({words or 'nothing since then'}).")
    with nothing_noted():  # each restore does it by what stands in its backup
        call_command("erase_expired", stdout=_Silent())
    if back := brought_back(entries):
        raise BackupError(f"Still there, though erased: {', '.join(back)}.")
    if differences := ledger.differences():
        raise BackupError(f"The counts and the rows differ in {len(differences)} places.")
    say("The counts and the rows say the same.")


def brought_back(entries: list[ErasureEntry]) -> list[str]:
    """Rows and people that were erased since the backup was made, and that are there."""
    back: list[str] = []
    for entry in entries:
        if entry.act == ErasureAct.PERSON:
            numbers = personal_data.numbers(entry.email_hash)
            left = {what for what, number in numbers.items() if number}
            back += sorted(left - {"email_addresses", "undeliverable"})  # a block, a report of spam
        elif entry.act == ErasureAct.ERASED and entry.model in WHOLE:
            rows = apps.get_model(entry.model)._default_manager.filter(pk__in=entry.keys)
            rows = rows.filter(**WHOLE[entry.model])
            back += [f"{entry.model} {key}" for key in rows.values_list("pk", flat=True)]
    return back


def _write_media(file: File, identities: list) -> None:
    """Files that are not there, or are not whole, of pictures that were not removed since: a file
    that is there is served. Their names stand for one content for ever, so nothing of today is
    lost."""
    in_use = pictures.names_in_use()
    for name, data in whole_media(file, identities):
        if name not in in_use:
            continue
        if default_storage.exists(name):
            if default_storage.size(name) == len(data):
                continue
            default_storage.delete(name)
        default_storage.save(name, ContentFile(data))


def whole_media(file: File, identities: list) -> Iterator[archive.Named]:
    file.seek(0)
    of, data = "", b""
    for path, part in archive.read(file, identities):
        if not path.startswith("media/"):
            continue
        name = path.removeprefix("media/").rpartition("/")[0]
        if name != of:
            if of:
                yield of, data
            of, data = name, b""
        data += part
    if of:
        yield of, data


class _Silent:
    def write(self, text: str) -> None:
        pass


def look_after(say: Say) -> None:
    """What `manage.py doctor` says, once the site is there again."""
    if "doctor" not in get_commands():
        return
    try:
        call_command("doctor")
    except (CommandError, SystemExit):
        say("The doctor found something: see above.")
