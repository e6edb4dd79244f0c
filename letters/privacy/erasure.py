"""Erases what has been kept long enough. Numbers stay, people and words do not."""

import datetime
from collections.abc import Callable
from functools import partial

from django.db import transaction
from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat, TruncDay
from django.utils import timezone

from cases.models import ErasureAct, ErasureEntry
from cases.models.erasure_list import STAYS_PLEDGED
from letters.models import (
    OUT_OF_HAND_IN,
    BounceKind,
    Claim,
    DataRequest,
    Decision,
    Delivery,
    DeskThing,
    EmailAddress,
    Follow,
    FollowState,
    HandInItem,
    LeftBecause,
    Letter,
    LetterPicture,
    LetterState,
    LinkPurpose,
    MailedLink,
    NameForm,
    OutgoingMail,
    Pledge,
    Post,
    Redaction,
    Reply,
    ReplyState,
    Signature,
    SignatureState,
    TextGroup,
    TextGroupMember,
    Throttle,
    Undeliverable,
)
from letters.models.locks import delete_locked, delete_unused, lock
from letters.models.mailed_links import STOPS
from letters.privacy import addresses, limits, retention

# What goes of a letter that counts: all but its case, country, day and way.
ERASED_FIELDS = {
    "subject": "",
    "body": "",
    "name": "",
    "name_form": NameForm.NONE,
    "place": "",
    "email": "",
    "email_hash": "",
    "email_proven_on": None,
    "consent_version": "",
    "rejection_reason": "",
    "change_wanted": "",
    "rejection_code": "",
    "posted_from": "",
    "embassy": None,
    "embassy_part": "",
    "may_be_shown": False,
    "wants_news": False,
    "shown_on": None,
    "waiting_since": None,
    "decided_on": None,
}


# A day of theirs that is in any backup too ends them: no restore makes them last longer.
END_BY_THEMSELVES = (MailedLink, Claim, Decision, Throttle)

MAX_AT_ONCE = 5_000  # keys that one statement names: PostgreSQL takes 65,535

# Of letters and posts, as a number.
STAYS = Q(counted_on__isnull=False) | Q(invalid_on__isnull=False)
ERASED_LINK = {"key": "", "key_hash": Concat(Value("erased-"), Cast("pk", CharField()))}


def erase_letters(letters: QuerySet[Letter], *, keeps_pledge: bool = False) -> int:
    """Take out words, writers and links; what counted stays as a number. Returns how many.

    So does what staff found not to be valid: the mark stays with it, and can still be undone. With
    `keeps_pledge` the number stays with its pledge until that goes: nobody is asked to write it
    once more.
    """
    fields = ERASED_FIELDS | ({} if keeps_pledge else {"pledge": None})
    with transaction.atomic():
        # Locked, so that none begins or ceases to count between the two steps below.
        keys = lock(letters)
        value = STAYS_PLEDGED if keeps_pledge else ""
        ErasureEntry.objects.note(ErasureAct.ERASED, Letter, keys, value=value)
        lock(Reply.objects.filter(letter__in=keys))  # before its mails, as who tells of one
        erase_mails_of(Letter.objects.filter(pk__in=keys))
        _forget_at_the_desk(DeskThing.LETTER, keys)
        LetterPicture.objects.filter(letter__in=keys).delete()
        unread = Reply.objects.unread().filter(letter__in=keys)
        _forget_at_the_desk(DeskThing.REPLY, list(unread.values_list("pk", flat=True)))
        unread.delete()
        erase_replies(Reply.objects.filter(letter__in=keys))
        Redaction.objects.filter(letter__in=keys).delete()
        HandInItem.objects.leave(LeftBecause.ERASED, letters=keys)
        _leave_text_groups(keys)
        chosen = Letter.objects.filter(pk__in=keys)
        counted = chosen.filter(STAYS).update(
            **fields,
            **ERASED_LINK,
            state=OUT_OF_HAND_IN,
            created_at=TruncDay("created_at"),
            changed_at=TruncDay("changed_at"),
            supporter_changed_at=TruncDay("supporter_changed_at"),
            erased_on=timezone.localdate(),
        )
        gone, _by_model = chosen.exclude(STAYS).delete()
    return counted + gone


def _leave_text_groups(letters: list[int]) -> None:
    """What tells that others have the same words goes with the last of them."""
    members = TextGroupMember.objects.filter(letter__in=letters)
    groups = list(members.values_list("group", flat=True))
    members.delete()
    TextGroup.objects.filter(pk__in=groups, members=None).delete()


def erase_pledges(pledges: QuerySet[Pledge]) -> int:
    """Delete pledges; letters written for them stay. Returns how many."""
    with transaction.atomic():
        # Locked, so that no letter is added to one meanwhile.
        keys = lock(pledges)
        ErasureEntry.objects.note(ErasureAct.ERASED, Pledge, keys)
        written = lock(Letter.objects.filter(pledge__in=keys))
        Letter.objects.filter(pk__in=written).update(pledge=None)
        chosen = Pledge.objects.filter(pk__in=keys)
        erase_mails_of(chosen)
        gone, _by_model = chosen.delete()
    return gone


def erase_signatures(signatures: QuerySet[Signature]) -> int:
    """Take out names and addresses; what counted stays as a number. Returns how many.

    What a moderator found not to be valid stays as a number too: the campaign can say how many.
    """
    with transaction.atomic():
        keys = lock(signatures)
        ErasureEntry.objects.note(ErasureAct.ERASED, Signature, keys)
        _erase_mail_about("signature", keys)
        HandInItem.objects.leave(LeftBecause.ERASED, signatures=keys)
        _forget_at_the_desk(DeskThing.SIGNATURE, keys)
        chosen = Signature.objects.filter(pk__in=keys)
        kept = Q(counted_on__isnull=False) | Q(state=SignatureState.INVALID)
        number = chosen.filter(kept).update(
            email_address=None,
            name="",
            consent_version="",
            shown_name="",
            wants_thanks=False,
            created_at=TruncDay("created_at"),
            changed_at=TruncDay("changed_at"),
            supporter_changed_at=TruncDay("supporter_changed_at"),
            erased_on=timezone.localdate(),
        )
        return number + chosen.exclude(kept).delete()[0]


def erase_posts(posts: QuerySet[Post]) -> int:
    """Take out the links; what counted stays as a number. Returns how many."""
    with transaction.atomic():
        keys = lock(posts)
        ErasureEntry.objects.note(ErasureAct.ERASED, Post, keys)
        _forget_at_the_desk(DeskThing.POST, keys)
        chosen = Post.objects.filter(pk__in=keys)
        counted = chosen.filter(STAYS).update(**ERASED_LINK, created_at=TruncDay("created_at"))
        return counted + chosen.exclude(STAYS).delete()[0]


def erase_replies(replies: QuerySet[Reply]) -> int:
    """Take out words and pictures of what came back, and of which letter told of it; that it came
    stays, and whether it was shared. Returns how many."""
    with transaction.atomic():
        keys = lock(replies)
        ErasureEntry.objects.note(ErasureAct.ERASED, Reply, keys)
        _forget_at_the_desk(DeskThing.REPLY, keys)
        return Reply.objects.filter(pk__in=keys).update(
            text="",
            picture="",
            shown_text="",
            letter=None,
            state=Case(When(state=ReplyState.SHARED, then="state"), default=Value(ReplyState.READ)),
            created_at=TruncDay("created_at"),
            changed_at=TruncDay("changed_at"),
            erased_on=timezone.localdate(),
        )


def erase_deliveries(deliveries: QuerySet[Delivery]) -> int:
    """Take out who took a hand-in and what shows it; that it was handed in stays."""
    with transaction.atomic():
        keys = lock(deliveries)
        ErasureEntry.objects.note(ErasureAct.ERASED, Delivery, keys)
        return Delivery.objects.filter(pk__in=keys).update(received_by="", note="", proof="")


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
        (drafts & Q(changed_at__lt=now - limits.KEEP_DRAFTS_FOR))
        | Q(state=LetterState.POSTED, changed_at__lt=now - limits.KEEP_SENT_LETTERS_FOR)
    )
    pledges = Pledge.objects.filter(due_on__lt=timezone.localdate() - limits.KEEP_PLEDGES_FOR)
    posts = Post.objects.filter(created_at__lt=now - limits.KEEP_POSTS_FOR).exclude(key="")
    follows = Follow.objects.filter(
        Q(state=FollowState.UNCONFIRMED, created_at__lt=now - limits.KEEP_UNCONFIRMED_FOR)
        | Q(state=FollowState.ENDED, changed_at__lt=now - limits.KEEP_TAKEN_BACK_FOR)
        | Q(
            edition__year_letter__approved_at__lt=now - limits.KEEP_YEAR_LETTER_WISHES_FOR,
            edition__year_letter__tell_after=None,
        )
        | Q(edition__isnull=False, changed_at__lt=now - limits.KEEP_AT_MOST_FOR)
    )
    replies = Reply.objects.filter(erased_on=None, created_at__lt=now - limits.KEEP_REPLIES_FOR)
    deliveries = Delivery.objects.filter(marked_at__lt=now - limits.KEEP_PROOF_FOR).exclude(
        received_by="", note="", proof=""
    )
    done_with = Q(sent_at__lt=now - limits.KEEP_MAIL_FOR) | Q(
        given_up_at__lt=now - limits.KEEP_MAIL_FOR
    )
    # News, and what waits for a frozen case.
    old_news = Q(case__isnull=False, created_at__lt=now - limits.KEEP_WAITING_NEWS_FOR)
    _erase_unused(MailedLink.objects.filter(expires_at__lt=now))
    _erase_unused(Claim.objects.filter(until__lt=now))
    ErasureEntry.objects.drop(before=now - limits.KEEP_BACKUPS_FOR)
    _erase_unused(Decision.objects.filter(at__lt=now - limits.KEEP_DECISIONS_FOR))
    for undeliverable in _expired_undeliverable():
        _erase_unused(undeliverable)
    return {
        "letters": sum(
            _in_parts(rows, partial(erase_letters, keeps_pledge=True))
            for rows in [
                expired,
                _expired_invalid(),
                retention.expired_letters(),
                retention.expired_delivered(),
            ]
        ),
        "pledges": _in_parts(pledges, erase_pledges),
        "signatures": sum(_in_parts(rows, erase_signatures) for rows in _expired_signatures(now)),
        "replies": erase_replies(replies),
        "deliveries": erase_deliveries(deliveries),
        "follows": _erase_unused(follows),
        "posts": _in_parts(posts, erase_posts),
        "email_addresses": sum(
            _in_parts(rows, _erase_if_empty) for rows in _expired_email_addresses()
        ),
        "mails": _erase_unused(OutgoingMail.objects.filter(done_with | old_news)),
        "links to all data": _erase_unused(
            DataRequest.objects.filter(
                Q(used_at__lt=now - limits.KEEP_DATA_LINKS_FOR)
                | Q(created_at__lt=now - limits.KEEP_DATA_LINKS_AT_MOST_FOR)
            )
        ),
        "limits": _erase_unused(Throttle.objects.filter(ends_at__lt=now)),
    }


def _expired_invalid() -> QuerySet[Letter]:
    """Counted from the day that staff found it so; never longer than anything is kept."""
    found_before = timezone.localdate() - limits.KEEP_INVALID_FOR
    written_before = timezone.now() - limits.KEEP_AT_MOST_FOR
    return Letter.objects.filter(
        Q(invalid_on__lt=found_before) | Q(supporter_changed_at__lt=written_before),
        invalid_on__isnull=False,
        erased_on=None,
    )


def _expired_signatures(now: datetime.datetime) -> list[QuerySet[Signature]]:
    """Each on an index of its own."""
    kept = Signature.objects.filter(erased_on__isnull=True)
    return [
        # From the first time: nobody keeps an address here by typing it again and again. See also
        # letters.mail.parts
        kept.filter(
            state=SignatureState.UNCONFIRMED, created_at__lt=now - limits.KEEP_UNCONFIRMED_FOR
        ),
        kept.filter(
            Q(state=SignatureState.WITHDRAWN, changed_at__lt=now - limits.KEEP_TAKEN_BACK_FOR)
            | Q(state=SignatureState.INVALID, changed_at__lt=now - limits.KEEP_INVALID_FOR)
        ),
        kept.filter(
            state=SignatureState.INVALID, supporter_changed_at__lt=now - limits.KEEP_AT_MOST_FOR
        ),
        *retention.expired_signatures(),
    ]


def _expired_email_addresses() -> list[QuerySet[EmailAddress]]:
    """Those that nothing hangs on, at once; blocked ones in their time."""
    over = timezone.localdate() - limits.KEEP_BLOCKS_FOR
    empty = EmailAddress.objects.filter(
        ~Exists(Signature.objects.filter(email_address=OuterRef("pk"))),
        ~Exists(Follow.objects.filter(email_address=OuterRef("pk"))),
    )
    return [empty.filter(blocked_on__isnull=True), empty.filter(blocked_on__lt=over)]


def _expired_undeliverable() -> list[QuerySet[Undeliverable]]:
    today, rows = timezone.localdate(), Undeliverable.objects.all()
    is_complaint = Q(kind=BounceKind.COMPLAINT)
    return [
        rows.erasable(),
        rows.filter(~is_complaint, last_on__lt=today - limits.KEEP_UNDELIVERABLE_FOR),
        rows.filter(is_complaint, last_on__lt=today - limits.KEEP_BLOCKS_FOR),
    ]


def _erase_if_empty(email_addresses: QuerySet[EmailAddress]) -> int:
    with transaction.atomic():
        keys = lock(email_addresses)
        # Asked once more under the lock: something may hang on one since.
        still = list(email_addresses.filter(pk__in=keys).values_list("pk", flat=True))
        unused = EmailAddress.objects.filter(pk__in=still)
        ErasureEntry.objects.note(ErasureAct.ERASED, EmailAddress, still)
        erase_mails_of(unused)
        unused.delete()
    return len(still)


def _erase_unused(rows: QuerySet) -> int:
    if rows.model in END_BY_THEMSELVES:
        with transaction.atomic():
            return delete_unused(rows)
    number, keys = 0, [0] * MAX_AT_ONCE
    while len(keys) == MAX_AT_ONCE:
        with transaction.atomic():
            free = rows.order_by().select_for_update(of=["self"], skip_locked=True)
            keys = list(free.values_list("pk", flat=True)[:MAX_AT_ONCE])
            ErasureEntry.objects.note(ErasureAct.ERASED, rows.model, keys)
            number += delete_unused(rows.model._default_manager.filter(pk__in=keys))
    return number


def _in_parts(rows: QuerySet, erase: Callable[[QuerySet], int], size: int = 500) -> int:
    total = 0
    while part := list(rows.order_by("pk").values_list("pk", flat=True)[:size]):
        # Asked once more: its writer may have come back to one of them just now.
        total += erase(rows.filter(pk__in=part))
    return total


def _forget_at_the_desk(thing: str, keys: list[int]) -> None:
    """Nobody reads it any more, and nobody can undo what was decided. Who decided stays."""
    Claim.objects.filter(thing=thing, row__in=keys).delete()
    Decision.objects.filter(thing=thing, row__in=keys).update(before={})


def _erase_mail_about(thing: str, keys: list[int]) -> None:
    about = [f"{thing}:{key}" for key in keys]
    delete_locked(MailedLink.objects.filter(about__in=about))
    delete_locked(OutgoingMail.objects.filter(about__in=about))


def erase_mails_of(
    things: QuerySet[Letter] | QuerySet[Pledge] | QuerySet[EmailAddress], mails: Q | None = None
) -> None:
    """Take out the mails about these things, which are about to go, and all others that `mails`
    names; what stops mails to an address, and what came back from it, with the last thing there.

    In a transaction, with the things locked.
    """
    is_of_addresses = things.model is EmailAddress
    name = LinkPurpose.EMAIL_ADDRESS if is_of_addresses else things.model._meta.model_name
    about = [f"{name}:{key}" for key in things.values_list("pk", flat=True)]
    hashes = set(things.exclude(email_hash="").values_list("email_hash", flat=True))
    kept = addresses.still_used(hashes, beside=things)
    stops_others = Q(purpose__in=STOPS, to_hash__in=kept)
    done_with = Q(about__in=about) & ~stops_others | Q(purpose__in=STOPS, to_hash__in=hashes - kept)
    delete_locked(MailedLink.objects.filter(done_with))
    delete_locked(OutgoingMail.objects.filter(Q(about__in=about) | (mails or Q(pk=None))))
    came_back = Undeliverable.objects.filter(email_hash__in=hashes - kept)
    delete_locked(came_back.exclude(kind=BounceKind.COMPLAINT))
