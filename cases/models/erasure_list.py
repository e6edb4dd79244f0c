"""What no restored backup may bring back: docs/safety.md 12.

Every act that erases, stops or takes something down notes it here, in its own transaction: so it is
noted, or not done. A note names tables and keys, and for a person the keyed hash of an address: no
words, no names. The rows are in no backup of the database; they are copied beside it, also between
two backups (write4rights/backup/erasure_files.py), and replayed before a restored database is used.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import standby

MAX_KEYS = 5_000  # of one note
# Who took it back, as the value of a note; their owners have none.
BY_STAFF_REJECTED, BY_STAFF_INVALID = "rejected", "invalid"
# What became too old, and nobody erased: its number stays with its pledge.
STAYS_PLEDGED = "stays pledged"


_notes = ContextVar("notes", default=True)


@contextmanager
def nothing_noted() -> Iterator[None]:
    """For a restore: what it does again is on the list since it was done first. Noted with the day
    of the restore, it would be done once more to whoever has come back since."""
    before = _notes.set(False)
    try:
        yield
    finally:
        _notes.reset(before)


class ErasureAct(models.TextChoices):
    ERASED = "erased", _("erased")  # these rows, or all of them but a number
    PERSON = "person", _("all of a person erased")  # what stood under the hash until then
    ADDRESS = "address", _("an address taken off")  # these rows stand under the hash no more
    WITHDRAWN = "withdrawn", _("taken back")  # they count no more, and are not handed in
    HIDDEN = "hidden", _("not shown any more")  # these rows, or `value` of them
    STOPPED = "stopped", _("mails stopped")  # of the hash or of these rows; `value`: which
    FROZEN = "frozen", _("frozen")  # cases; `value`: how far
    LOCKED_OUT = "locked-out", _("may not sign in")  # of the staff
    AGAIN = "again", _("wanted again")  # what `value` says was taken back before, and is not now
    REREAD = "reread", _("to be read again")  # letters: what was approved is not as it was read
    DROPPED = "dropped", _("older lines dropped")  # see ErasureListQuerySet.drop


# What others may see or do no more, from now on.
TAKEN_AWAY = {
    ErasureAct.ERASED,
    ErasureAct.PERSON,
    ErasureAct.WITHDRAWN,
    ErasureAct.HIDDEN,
    ErasureAct.FROZEN,
    ErasureAct.LOCKED_OUT,
}


class ErasureListQuerySet(models.QuerySet["ErasureEntry"]):
    def note(
        self,
        act: str,
        model: type[models.Model] | None = None,
        keys: Iterable[int] = (),
        *,
        email_hash: str = "",
        value: str = "",
    ) -> None:
        """In the transaction that does it; without a key and a hash it notes nothing."""
        if not connection.in_atomic_block:
            raise transaction.TransactionManagementError("Note it where it is done.")
        if act in TAKEN_AWAY:
            standby.do_not_wait()
        if not _notes.get():
            return
        # By the one clock that all hosts share: the last word on a row is the last in the list.
        of = {"at": Now(), "act": act, "email_hash": email_hash, "value": value}
        if model is None:
            if email_hash:
                self.create(**of)
            return
        rows, label = sorted(keys), model._meta.label_lower
        parts = [rows[start : start + MAX_KEYS] for start in range(0, len(rows), MAX_KEYS)]
        self.bulk_create(ErasureEntry(model=label, rows=as_ranges(part), **of) for part in parts)

    def lines(self) -> ErasureListQuerySet:
        return self.exclude(act=ErasureAct.DROPPED)

    def to_copy(self) -> ErasureListQuerySet:
        return self.filter(is_copied=False)

    def drop(self, before: datetime.datetime) -> None:
        """Lines that no backup needs any more. The newest of them stays, emptied, and says how far:
        what is older was done here, and is not missing."""
        old = self.filter(at__lt=before)
        emptied = {"model": "", "rows": "", "email_hash": "", "value": ""}
        with transaction.atomic():
            last = old.order_by("-at", "-pk").values_list("pk", flat=True).first()
            if last is None:
                return
            self.filter(pk=last).update(act=ErasureAct.DROPPED, is_copied=True, **emptied)
            free = old.exclude(pk=last).select_for_update(skip_locked=True)
            self.filter(pk__in=free.values("pk")).delete()

    def dropped_until(self) -> datetime.datetime | None:
        return self.filter(act=ErasureAct.DROPPED).aggregate(until=models.Max("at"))["until"]


class ErasureEntry(models.Model):
    at = models.DateTimeField(_("when"), default=timezone.now)
    act = models.CharField(_("act"), max_length=10, choices=ErasureAct.choices)
    model = models.CharField(max_length=60, blank=True)  # "letters.letter"
    rows = models.TextField(blank=True)  # their keys: "17-80,93"
    email_hash = models.CharField(max_length=43, blank=True)
    value = models.CharField(max_length=40, blank=True)
    # It lies where the backups lie. A number would not do: a lower one may commit later.
    is_copied = models.BooleanField(default=False, editable=False)

    objects = ErasureListQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of the erasure list")
        verbose_name_plural = _("erasure list")
        default_permissions = ()
        indexes = [
            models.Index(name="erasure_by_moment", fields=["at"]),
            models.Index(
                name="erasure_to_copy", fields=["id"], condition=models.Q(is_copied=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.model}"

    @property
    def fingerprint(self) -> str:
        """The same in each copy of this line, whatever its number there. Two that have it in common
        say the same of the same moment."""
        said = [self.at.timestamp(), self.act, self.model, self.rows, self.email_hash, self.value]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]

    @property
    def keys(self) -> list[int]:
        return list(from_ranges(self.rows))


def as_ranges(keys: Iterable[int]) -> str:
    """[1, 2, 3, 7] as “1-3,7”."""
    runs: list[list[int]] = []
    for key in sorted(set(keys)):
        if runs and key == runs[-1][1] + 1:
            runs[-1][1] = key
        else:
            runs.append([key, key])
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in runs)


def from_ranges(text: str) -> Iterator[int]:
    for run in filter(None, text.split(",")):
        first, _dash, last = run.partition("-")
        yield from range(int(first), int(last or first) + 1)
