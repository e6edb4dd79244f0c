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
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from letters.models import (
    DataRequest,
    EmailAddress,
    Follow,
    FollowState,
    Letter,
    LetterPicture,
    LetterState,
    LinkPurpose,
    MailedLink,
    NameForm,
    OutgoingMail,
    Pledge,
    Post,
    Signature,
    SignatureState,
    Throttle,
)
from letters.privacy import retention

KEEP_DRAFTS_FOR = datetime.timedelta(days=30)
KEEP_ON_DEVICE_FOR = datetime.timedelta(days=14)  # static/js/draft.js
KEEP_SENT_LETTERS_FOR = datetime.timedelta(days=90)
KEEP_PLEDGES_FOR = datetime.timedelta(days=90)
KEEP_UNCONFIRMED_FOR = datetime.timedelta(days=14)
KEEP_TAKEN_BACK_FOR = datetime.timedelta(days=30)
KEEP_INVALID_FOR = datetime.timedelta(days=365)
KEEP_BLOCKS_FOR = datetime.timedelta(days=730)
KEEP_POSTS_FOR = datetime.timedelta(days=90)
KEEP_DATA_LINKS_FOR = datetime.timedelta(days=2)  # a mail may have to wait for a day
KEEP_MAIL_FOR = datetime.timedelta(days=7)
KEEP_WAITING_NEWS_FOR = datetime.timedelta(days=90)


@dataclass(frozen=True)
class Limit:
    """A line of the privacy page: what is erased after how many days, and why then."""

    what: str | Promise
    keep_for: datetime.timedelta
    why: str | Promise

    @property
    def days(self) -> int:
        return self.keep_for.days


LIMITS = [
    Limit(
        _("A draft that you did not send, on your own device"),
        KEEP_ON_DEVICE_FOR,
        _("So that a reload loses nothing. The next page for writing that you open deletes it."),
    ),
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
        _("Letters and messages that you handed to us, and drawings with them, at the latest"),
        retention.KEEP_AT_MOST_FOR,
        _(
            "They wait for a day when they can be handed in. After a year we decide whether they "
            "wait on; two of us can decide that they are erased then."
        ),
    ),
    Limit(
        _("Pledges"),
        KEEP_PLEDGES_FOR,
        _("Counted from the day you promised to have written by."),
    ),
    Limit(
        _("Signatures and wishes for news that nobody confirmed"),
        KEEP_UNCONFIRMED_FOR,
        _("So that there is time to open our mail. Counted from the first time it was asked for."),
    ),
    Limit(
        _("Signatures that you withdrew, and news that you ended"),
        KEEP_TAKEN_BACK_FOR,
        _("So that you can change your mind."),
    ),
    Limit(
        _("Name and address of a signature at the latest, counted from your last change"),
        retention.KEEP_AT_MOST_FOR,
        _(
            "So that all can be handed over together. After a year, or 90 days after the petition "
            "has closed, we decide whether they wait on. Then only the number and country stay."
        ),
    ),
    Limit(
        _("A letter, message or signature that we found not to be valid"),
        KEEP_INVALID_FOR,
        _("So that you can tell us that it is yours."),
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
        _("The link to all that we hold under your address"),
        KEEP_DATA_LINKS_FOR,
        _("Whoever has it can read and erase all of it, so it does not last."),
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
ERASED_FIELDS = {
    "subject": "",
    "body": "",
    "name": "",
    "name_form": NameForm.NONE,
    "place": "",
    "email": "",
    "email_hash": "",
    "consent_version": "",
    "rejection_reason": "",
    "posted_from": "",
    "embassy": None,
    "embassy_part": "",
    "may_be_shown": False,
    "shown_on": None,
    "pledge": None,
}


# Of letters and posts, as a number.
STAYS = Q(counted_on__isnull=False) | Q(invalid_on__isnull=False)
ERASED_LINK = {"key": "", "key_hash": Concat(Value("erased-"), Cast("pk", CharField()))}


def erase_letters(letters: QuerySet[Letter]) -> int:
    """Take out words, writers and links; what counted stays as a number. Returns how many.

    So does what staff found not to be valid: the mark stays with it, and can still be undone.
    """
    with transaction.atomic():
        # Locked, so that none begins or ceases to count between the two steps below.
        keys = list(letters.order_by("pk").select_for_update().values_list("pk", flat=True))
        _erase_mail_about("letter", keys)
        LetterPicture.objects.filter(letter__in=keys).delete()
        chosen = Letter.objects.filter(pk__in=keys)
        counted = chosen.filter(STAYS).update(
            **ERASED_FIELDS,
            **ERASED_LINK,
            created_at=TruncDay("created_at"),
            changed_at=TruncDay("changed_at"),
            erased_on=timezone.localdate(),
        )
        gone, _by_model = chosen.exclude(STAYS).delete()
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
            email_address=None,
            name="",
            consent_version="",
            shows_name=False,
            created_at=TruncDay("created_at"),
            changed_at=TruncDay("changed_at"),
            erased_on=timezone.localdate(),
        )
        return number + chosen.exclude(kept).delete()[0]


def erase_posts(posts: QuerySet[Post]) -> int:
    """Take out the links; what counted stays as a number. Returns how many."""
    with transaction.atomic():
        keys = list(posts.order_by("pk").select_for_update().values_list("pk", flat=True))
        chosen = Post.objects.filter(pk__in=keys)
        counted = chosen.filter(STAYS).update(**ERASED_LINK, created_at=TruncDay("created_at"))
        return counted + chosen.exclude(STAYS).delete()[0]


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
        | Q(invalid_on__isnull=False, changed_at__lt=now - KEEP_INVALID_FOR)
    )
    pledges = Pledge.objects.filter(due_on__lt=timezone.localdate() - KEEP_PLEDGES_FOR)
    posts = Post.objects.filter(created_at__lt=now - KEEP_POSTS_FOR).exclude(key="")
    follows = Follow.objects.filter(
        Q(state=FollowState.UNCONFIRMED, created_at__lt=now - KEEP_UNCONFIRMED_FOR)
        | Q(state=FollowState.ENDED, changed_at__lt=now - KEEP_TAKEN_BACK_FOR)
    )
    done_with = Q(sent_at__lt=now - KEEP_MAIL_FOR) | Q(given_up_at__lt=now - KEEP_MAIL_FOR)
    old_news = Q(is_news=True, created_at__lt=now - KEEP_WAITING_NEWS_FOR)
    MailedLink.objects.filter(expires_at__lt=now).delete()
    return {
        "letters": sum(
            _in_parts(rows, erase_letters) for rows in [expired, retention.expired_letters()]
        ),
        "pledges": _in_parts(pledges, erase_pledges),
        "signatures": sum(_in_parts(rows, erase_signatures) for rows in _expired_signatures(now)),
        "follows": follows.delete()[0],
        "posts": _in_parts(posts, erase_posts),
        "email_addresses": sum(
            _in_parts(rows, _erase_if_empty) for rows in _expired_email_addresses()
        ),
        "mails": OutgoingMail.objects.filter(done_with | old_news).delete()[0],
        "links to all data": DataRequest.objects.filter(
            created_at__lt=now - KEEP_DATA_LINKS_FOR
        ).delete()[0],
        "limits": Throttle.objects.filter(ends_at__lt=now).delete()[0],
    }


def _expired_signatures(now: datetime.datetime) -> list[QuerySet[Signature]]:
    """Each on an index of its own."""
    kept = Signature.objects.filter(erased_on__isnull=True)
    return [
        # From the first time: nobody keeps an address here by typing it again and again.
        kept.filter(state=SignatureState.UNCONFIRMED, created_at__lt=now - KEEP_UNCONFIRMED_FOR),
        kept.filter(
            Q(state=SignatureState.WITHDRAWN, changed_at__lt=now - KEEP_TAKEN_BACK_FOR)
            | Q(state=SignatureState.INVALID, changed_at__lt=now - KEEP_INVALID_FOR)
        ),
        *retention.expired_signatures(),
    ]


def _expired_email_addresses() -> list[QuerySet[EmailAddress]]:
    """Those that nothing hangs on, at once; blocked ones in their time."""
    over = timezone.localdate() - KEEP_BLOCKS_FOR
    empty = EmailAddress.objects.filter(
        ~Exists(Signature.objects.filter(email_address=OuterRef("pk"))),
        ~Exists(Follow.objects.filter(email_address=OuterRef("pk"))),
    )
    return [empty.filter(blocked_on__isnull=True), empty.filter(blocked_on__lt=over)]


def _erase_if_empty(email_addresses: QuerySet[EmailAddress]) -> int:
    with transaction.atomic():
        keys = list(email_addresses.order_by("pk").select_for_update().values_list("pk", flat=True))
        # Asked once more under the lock: something may hang on one since.
        still = list(email_addresses.filter(pk__in=keys).values_list("pk", flat=True))
        _erase_mail_about(LinkPurpose.EMAIL_ADDRESS, still)
        EmailAddress.objects.filter(pk__in=still).delete()
    return len(still)


def _in_parts(rows: QuerySet, erase: Callable[[QuerySet], int], size: int = 500) -> int:
    total = 0
    while part := list(rows.order_by("pk").values_list("pk", flat=True)[:size]):
        # Asked once more: its writer may have come back to one of them just now.
        total += erase(rows.filter(pk__in=part))
    return total


def _erase_mail_about(thing: str, keys: list[int]) -> None:
    about = [f"{thing}:{key}" for key in keys]
    OutgoingMail.objects.filter(about__in=about).delete()
    MailedLink.objects.filter(about__in=about).delete()
