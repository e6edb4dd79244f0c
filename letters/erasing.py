"""How long what is kept, and how it goes. Numbers stay, people and words do not.

Every limit stands here once, with its reason; the privacy page shows these very lines.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, TruncDay
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from letters.models import (
    Letter,
    LetterState,
    NameForm,
    OutgoingMail,
    Pledge,
    Throttle,
)

KEEP_DRAFTS_FOR = datetime.timedelta(days=30)
KEEP_SENT_LETTERS_FOR = datetime.timedelta(days=90)
KEEP_SUBMITTED_LETTERS_FOR = datetime.timedelta(days=365)
KEEP_PLEDGES_FOR = datetime.timedelta(days=90)
KEEP_MAIL_FOR = datetime.timedelta(days=7)


@dataclass(frozen=True)
class Limit:
    """A line of the privacy page: what is erased after how many days, and why then."""

    what: str
    keep_for: datetime.timedelta
    why: str

    @property
    def days(self) -> int:
        return self.keep_for.days


LIMITS = [
    Limit(
        _("Letters that were begun, rejected or withdrawn"),
        KEEP_DRAFTS_FOR,
        _("So that you can come back to a letter; counted from your last change."),
    ),
    Limit(
        _("Letters that you posted or e-mailed yourself"),
        KEEP_SENT_LETTERS_FOR,
        _("So that you can print them again. Then only the number stays."),
    ),
    Limit(
        _("Letters that we deliver for you"),
        KEEP_SUBMITTED_LETTERS_FOR,
        _("Letters are handed in when it helps most, which can take months."),
    ),
    Limit(
        _("Pledges"),
        KEEP_PLEDGES_FOR,
        _("Counted from the day you promised to have written by."),
    ),
    Limit(
        _("Mails that we sent you, and your address in them"),
        KEEP_MAIL_FOR,
        _("So that we can find out why one did not arrive."),
    ),
]

# What goes of a letter that counts: all but its case, country, day and way.
NOTHING = {
    "subject": "",
    "body": "",
    "name": "",
    "name_form": NameForm.NONE,
    "place": "",
    "email": "",
    "email_hash": "",
    "rejection_reason": "",
    "may_be_shown": False,
    "shown_on": None,
    "pledge": None,
}


def erase_letters(letters: QuerySet[Letter]) -> int:
    """Take out words, writers and links; what counted stays as a number. Returns how many."""
    with transaction.atomic():
        # Locked, so that none begins or ceases to count between the two steps below.
        keys = list(letters.order_by("pk").select_for_update().values_list("pk", flat=True))
        _erase_mail_about("letter", keys)
        chosen = Letter.objects.filter(pk__in=keys)
        counted = chosen.filter(counted_on__isnull=False).update(
            **NOTHING,
            key="",
            key_hash=Concat(Value("erased-"), Cast("pk", CharField())),
            created_at=TruncDay("created_at"),
            changed_at=TruncDay("changed_at"),
            erased_on=timezone.localdate(),
        )
        gone, _by_model = chosen.filter(counted_on__isnull=True).delete()
    return counted + gone


def erase_pledges(pledges: QuerySet[Pledge]) -> int:
    """Delete pledges; letters written for them stay. Returns how many."""
    with transaction.atomic():
        # Locked, so that no letter is added to one meanwhile.
        keys = list(pledges.order_by("pk").select_for_update().values_list("pk", flat=True))
        _erase_mail_about("pledge", keys)
        Letter.objects.filter(pledge__in=keys).update(pledge=None)
        return Pledge.objects.filter(pk__in=keys).delete()[0]


def erase_expired() -> dict[str, int]:
    """Erase all that is past its limit, in parts, and say how many of what."""
    now = timezone.now()
    drafts = Q(state__in=[LetterState.DRAFTING, LetterState.READY]) | Q(
        state__in=[LetterState.REJECTED, LetterState.WITHDRAWN]
    )
    kept = Letter.objects.filter(erased_on__isnull=True)
    expired = kept.filter(
        (drafts & Q(changed_at__lt=now - KEEP_DRAFTS_FOR))
        | Q(state=LetterState.POSTED, changed_at__lt=now - KEEP_SENT_LETTERS_FOR)
        | Q(
            state__in=[LetterState.SUBMITTED, LetterState.APPROVED],
            changed_at__lt=now - KEEP_SUBMITTED_LETTERS_FOR,
        )
    )
    pledges = Pledge.objects.filter(due_on__lt=timezone.localdate() - KEEP_PLEDGES_FOR)
    done_with = Q(sent_at__lt=now - KEEP_MAIL_FOR) | Q(given_up_at__lt=now - KEEP_MAIL_FOR)
    return {
        "letters": _in_parts(expired, erase_letters),
        "pledges": _in_parts(pledges, erase_pledges),
        "mails": OutgoingMail.objects.filter(done_with).delete()[0],
        "limits": Throttle.objects.filter(ends_at__lt=now).delete()[0],
    }


def _in_parts(rows: QuerySet, erase: Callable[[QuerySet], int], size: int = 500) -> int:
    total = 0
    while part := list(rows.order_by("pk").values_list("pk", flat=True)[:size]):
        # Asked once more: its writer may have come back to one of them just now.
        total += erase(rows.filter(pk__in=part))
    return total


def _erase_mail_about(thing: str, keys: list[int]) -> None:
    OutgoingMail.objects.filter(about__in=[f"{thing}:{key}" for key in keys]).delete()
