"""How long what is kept, and how it goes. Numbers stay, people and words do not.

Every limit stands here once, with its reason; the privacy page shows these very lines.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, TruncDay
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models import Petition, Stage
from letters import signing
from letters.models import (
    Follow,
    FollowState,
    Letter,
    LetterPicture,
    LetterState,
    Mailbox,
    MailKind,
    NameForm,
    OutgoingMail,
    Pledge,
    Signature,
    SignatureState,
    SocialAction,
    Throttle,
)

KEEP_DRAFTS_FOR = datetime.timedelta(days=30)
KEEP_SENT_LETTERS_FOR = datetime.timedelta(days=90)
KEEP_SUBMITTED_LETTERS_FOR = datetime.timedelta(days=365)
KEEP_PLEDGES_FOR = datetime.timedelta(days=90)
KEEP_UNCONFIRMED_FOR = datetime.timedelta(days=14)
KEEP_TAKEN_BACK_FOR = datetime.timedelta(days=30)
KEEP_CLOSED_SIGNATURES_FOR = datetime.timedelta(days=90)
KEEP_SIGNATURES_FOR = datetime.timedelta(days=365)
KEEP_BLOCKS_FOR = datetime.timedelta(days=730)
KEEP_POSTS_FOR = datetime.timedelta(days=90)
KEEP_MAIL_FOR = datetime.timedelta(days=7)
KEEP_WAITING_NEWS_FOR = datetime.timedelta(days=90)


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
        _("Letters and messages that were begun, rejected or withdrawn"),
        KEEP_DRAFTS_FOR,
        _("So that you can come back to a letter; counted from your last change."),
    ),
    Limit(
        _("Letters and messages that you posted or e-mailed yourself"),
        KEEP_SENT_LETTERS_FOR,
        _("So that you can print them again. Then only the number stays."),
    ),
    Limit(
        _("Letters and messages that we deliver for you, and drawings with them"),
        KEEP_SUBMITTED_LETTERS_FOR,
        _("They are handed in when it helps most, which can take months."),
    ),
    Limit(
        _("Pledges"),
        KEEP_PLEDGES_FOR,
        _("Counted from the day you promised to have written by."),
    ),
    Limit(
        _("Signatures and wishes for news that nobody confirmed"),
        KEEP_UNCONFIRMED_FOR,
        _("So that there is time to open our mail. Its link ends with them."),
    ),
    Limit(
        _("Signatures that you withdrew, and news that you ended"),
        KEEP_TAKEN_BACK_FOR,
        _("So that you can change your mind."),
    ),
    Limit(
        _("Name and address of a signature, once the petition has closed"),
        KEEP_CLOSED_SIGNATURES_FOR,
        _("So that all can be handed over together. Then only the number and country stay."),
    ),
    Limit(
        _("Name and address of a signature at the latest, counted from your last change"),
        KEEP_SIGNATURES_FOR,
        _("A petition can be open for long; your name need not be here all that time."),
    ),
    Limit(
        _("The link with which you can take back that you posted"),
        KEEP_POSTS_FOR,
        _("By then a post has been read. We never know who you are, only that you posted."),
    ),
    Limit(
        _("That an address wants no mail from us"),
        KEEP_BLOCKS_FOR,
        _("So that nobody can type it again. The address itself goes at once: we keep a code."),
    ),
    Limit(
        _("Mails that we sent you, and your address in them"),
        KEEP_MAIL_FOR,
        _("So that we can find out why one did not arrive."),
    ),
    Limit(
        _("News that had to wait, and your address in it"),
        KEEP_WAITING_NEWS_FOR,
        _("If a page is taken down to keep somebody safe, nothing is told. Later it is no news."),
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


NO_LINK = {"key": "", "key_hash": Concat(Value("erased-"), Cast("pk", CharField()))}


def erase_letters(letters: QuerySet[Letter]) -> int:
    """Take out words, writers and links; what counted stays as a number. Returns how many."""
    with transaction.atomic():
        # Locked, so that none begins or ceases to count between the two steps below.
        keys = list(letters.order_by("pk").select_for_update().values_list("pk", flat=True))
        _erase_mail_about("letter", keys)
        LetterPicture.objects.filter(letter__in=keys).delete()
        chosen = Letter.objects.filter(pk__in=keys)
        counted = chosen.filter(counted_on__isnull=False).update(
            **NOTHING,
            **NO_LINK,
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


def erase_signatures(signatures: QuerySet[Signature]) -> int:
    """Take out names and addresses; what counted stays as a number. Returns how many.

    What a moderator found not to be valid stays as a number too: the campaign can say how many.
    """
    with transaction.atomic():
        keys = list(signatures.order_by("pk").select_for_update().values_list("pk", flat=True))
        chosen = Signature.objects.filter(pk__in=keys)
        kept = Q(counted_on__isnull=False) | Q(state=SignatureState.INVALID)
        number = chosen.filter(kept).update(
            mailbox=None,
            name="",
            shows_name=False,
            created_at=TruncDay("created_at"),
            changed_at=TruncDay("changed_at"),
            erased_on=timezone.localdate(),
        )
        return number + chosen.exclude(kept).delete()[0]


def erase_mailboxes(mailboxes: QuerySet[Mailbox]) -> int:
    """Take out addresses with all that hangs on them; what counted stays as a number.

    Not so under a petition that can still be signed: without the address nobody could tell
    whether it signs a second time, so the signature ceases to count.

    A block stays as the hash that it is, or the next who types the address could have us write to
    it. Returns how many.
    """
    with transaction.atomic():
        # Locked, so that nothing new hangs on one meanwhile.
        rows = list(mailboxes.order_by("pk").select_for_update().values_list("pk", "email_hash"))
        keys = [key for key, _hash in rows]
        signatures = Signature.objects.filter(mailbox__in=keys)
        counted = signatures.filter(counted_on__isnull=False).select_related("petition__case")
        # By case, so that two who erase at once do not wait for each other.
        for signature in counted.order_by("petition__case_id"):
            petition = signature.petition
            if petition.is_open and petition.case.stage == Stage.PUBLISHED:
                signing.withdraw(signature)
        erase_signatures(signatures)
        Follow.objects.filter(mailbox__in=keys).delete()
        OutgoingMail.objects.filter(
            to_hash__in=[email_hash for _key, email_hash in rows],
            kind__in=[MailKind.CONFIRM, MailKind.NEWS],
        ).delete()
        Mailbox.objects.filter(pk__in=keys, blocked_on=None).delete()
    return len(rows)


def erase_posts(actions: QuerySet[SocialAction]) -> int:
    """Take out the links; what counted stays as a number. Returns how many."""
    with transaction.atomic():
        keys = list(actions.order_by("pk").select_for_update().values_list("pk", flat=True))
        chosen = SocialAction.objects.filter(pk__in=keys)
        counted = chosen.filter(counted_on__isnull=False).update(
            **NO_LINK, created_at=TruncDay("created_at")
        )
        return counted + chosen.filter(counted_on__isnull=True).delete()[0]


def erase_expired() -> dict[str, int]:
    """Erase all that is past its limit, in parts, and say how many of what."""
    now = timezone.now()
    drafts = Q(
        state__in=[
            LetterState.DRAFTING,
            LetterState.READY,
            LetterState.REJECTED,
            LetterState.WITHDRAWN,
        ]
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
    posts = SocialAction.objects.filter(created_at__lt=now - KEEP_POSTS_FOR).exclude(key="")
    follows = Follow.objects.filter(
        Q(state=FollowState.UNCONFIRMED, changed_at__lt=now - KEEP_UNCONFIRMED_FOR)
        | Q(state=FollowState.ENDED, changed_at__lt=now - KEEP_TAKEN_BACK_FOR)
    )
    done_with = Q(sent_at__lt=now - KEEP_MAIL_FOR) | Q(given_up_at__lt=now - KEEP_MAIL_FOR)
    old_news = Q(is_news=True, created_at__lt=now - KEEP_WAITING_NEWS_FOR)
    return {
        "letters": _in_parts(expired, erase_letters),
        "pledges": _in_parts(pledges, erase_pledges),
        "signatures": sum(_in_parts(rows, erase_signatures) for rows in _expired_signatures(now)),
        "follows": follows.delete()[0],
        "posts": _in_parts(posts, erase_posts),
        "mailboxes": sum(_in_parts(rows, _erase_if_empty) for rows in _expired_mailboxes()),
        "mails": OutgoingMail.objects.filter(done_with | old_news).delete()[0],
        "limits": Throttle.objects.filter(ends_at__lt=now).delete()[0],
    }


def _expired_signatures(now: datetime.datetime) -> list[QuerySet[Signature]]:
    """Each on an index of its own."""
    kept = Signature.objects.filter(erased_on__isnull=True)
    for_good = [SignatureState.CONFIRMED, SignatureState.INVALID]
    closed = Petition.objects.filter(
        closes_on__lt=timezone.localdate() - KEEP_CLOSED_SIGNATURES_FOR
    )
    return [
        kept.filter(
            Q(state=SignatureState.UNCONFIRMED, changed_at__lt=now - KEEP_UNCONFIRMED_FOR)
            | Q(state=SignatureState.WITHDRAWN, changed_at__lt=now - KEEP_TAKEN_BACK_FOR)
            | Q(state__in=for_good, changed_at__lt=now - KEEP_SIGNATURES_FOR)
        ),
        kept.filter(state__in=for_good, petition__in=closed.values("pk")),
    ]


def _expired_mailboxes() -> list[QuerySet[Mailbox]]:
    """Those that nothing hangs on, at once; blocked ones in their time."""
    over = timezone.localdate() - KEEP_BLOCKS_FOR
    empty = Mailbox.objects.filter(
        ~Exists(Signature.objects.filter(mailbox=OuterRef("pk"))),
        ~Exists(Follow.objects.filter(mailbox=OuterRef("pk"))),
    )
    return [empty.filter(blocked_on__isnull=True), empty.filter(blocked_on__lt=over)]


def _erase_if_empty(mailboxes: QuerySet[Mailbox]) -> int:
    with transaction.atomic():
        keys = list(mailboxes.order_by("pk").select_for_update().values_list("pk", flat=True))
        # Asked once more under the lock: something may hang on one since.
        still = list(mailboxes.filter(pk__in=keys).values_list("pk", flat=True))
        _erase_mail_about("mailbox", still)
        Mailbox.objects.filter(pk__in=still).delete()
    return len(still)


def _in_parts(rows: QuerySet, erase: Callable[[QuerySet], int], size: int = 500) -> int:
    total = 0
    while part := list(rows.order_by("pk").values_list("pk", flat=True)[:size]):
        # Asked once more: its writer may have come back to one of them just now.
        total += erase(rows.filter(pk__in=part))
    return total


def _erase_mail_about(thing: str, keys: list[int]) -> None:
    OutgoingMail.objects.filter(about__in=[f"{thing}:{key}" for key in keys]).delete()
