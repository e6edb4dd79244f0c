"""The life of a letter, from its first draft until it is sent.

Each act takes the letter as it was read, and changes it only if nobody changed its state in
between (another tab, a double click): then it returns False and nothing has happened.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone

from cases.models import Case
from letters import checking, counting, drawings, emails, following
from letters.models import COUNTED, Letter, LetterState, Route

DRAFTING, READY, POSTED = LetterState.DRAFTING, LetterState.READY, LetterState.POSTED
SUBMITTED, APPROVED = LetterState.SUBMITTED, LetterState.APPROVED
REJECTED, WITHDRAWN = LetterState.REJECTED, LetterState.WITHDRAWN

# What a writer may do in a state: act → (new state, new route or None for the same).
WRITER_ACTS: dict[str, dict[str, tuple[str, str | None]]] = {
    DRAFTING: {
        "post": (READY, Route.POST),
        "email": (READY, Route.EMAIL),
        "deliver": (SUBMITTED, Route.DELIVER),
        "withdraw": (WITHDRAWN, None),
    },
    READY: {
        "posted": (POSTED, None),
        "undo": (DRAFTING, Route.UNDECIDED),
        "withdraw": (WITHDRAWN, None),
    },
    POSTED: {"undo": (READY, None)},
    SUBMITTED: {"undo": (DRAFTING, Route.UNDECIDED), "withdraw": (WITHDRAWN, None)},
    APPROVED: {"withdraw": (WITHDRAWN, None)},
    REJECTED: {"deliver": (SUBMITTED, Route.DELIVER), "withdraw": (WITHDRAWN, None)},
    WITHDRAWN: {"undo": (DRAFTING, Route.UNDECIDED)},
}
# These send a letter on its way; a case that takes no actions stops them.
SENDING = {"post", "email", "deliver", "posted"}
# These let it leave as it is; posted is what has left already.
LEAVING = SENDING - {"posted"}


def write(
    *,
    key: str,
    case: Case,
    pledge_id: int | None,
    held: bool,
    mails_link: bool = True,
    follow: bool = False,
    drawing: drawings.Drawing | bool | None = None,
    **words,
) -> None:
    """Keep a letter as a draft, and mail its private link if there is an address.

    With `follow` the same mail asks its writer to confirm that they want news of the case; then
    there must be an address. The same form sent again finds the letter it made, and changes its
    words if that may still be.
    """
    now = timezone.now()
    letter = Letter(
        key=key,
        case=case,
        pledge_id=pledge_id,
        held=held,
        created_at=now,
        changed_at=now,
        **words,
    )
    try:
        with transaction.atomic():
            letter.save(force_insert=True)
            drawings.keep(letter, drawing)
            if follow:
                following.follow(email=letter.email, case=case)
            if mails_link:
                emails.queue_letter_link(letter)
    except IntegrityError:
        if there := Letter.objects.by_key(key).first():
            revise(there, drawing=drawing, follow=follow, **words)
        elif pledge_id:  # it was erased in between
            rest = {"held": held, "mails_link": mails_link, "follow": follow, "drawing": drawing}
            write(key=key, case=case, pledge_id=None, **rest, **words)
        else:
            raise


def revise(
    letter: Letter,
    *,
    drawing: drawings.Drawing | bool | None = None,
    follow: bool = False,
    **words,
) -> bool:
    """Change the words of a letter that has not left; an approved one is read again."""
    for name, value in words.items():
        setattr(letter, name, value)
    letter.changed_at = timezone.now()
    with transaction.atomic():
        current = Letter.objects.select_for_update().filter(pk=letter.pk).first()
        if current is None or not current.is_editable:
            return False
        letter.state, letter.counted_on = current.state, current.counted_on
        letter.shown_on = current.shown_on
        counting.move(current.counts_at, letter.counts_at)
        if current.state == APPROVED:
            letter.state, letter.shown_on = SUBMITTED, None
        letter.save(update_fields=[*words, "changed_at", "state", "shown_on"])
        drawings.keep(letter, drawing)
        if current.email_hash != letter.email_hash:
            emails.forget_other_addresses(letter)
        emails.queue_letter_link(letter)
        if follow:  # the same whether it was asked for before: nobody learns of it
            following.follow(email=letter.email, case=letter.case)
    return True


def allowed_acts(letter: Letter) -> set[str]:
    """What its writer may do with the letter now."""
    if letter.erased_on or letter.route == Route.BY_HAND:
        return set()
    case = letter.case
    acts = set(WRITER_ACTS[letter.state])
    if letter.is_message or not getattr(getattr(case, "target", None), "email", ""):
        acts.discard("email")
    if letter.is_message and not _has_address_for_writers(case):
        acts.discard("post")
    takes = case.takes_messages if letter.is_message else case.takes_actions
    return acts if takes else acts - SENDING


def _has_address_for_writers(case: Case) -> bool:
    """Printed, or told to who asks us; one that only staff may see never leaves the hand-in."""
    solidarity = getattr(case, "solidarity_action", None)
    return solidarity is not None and bool(
        solidarity.public_lines or solidarity.is_given_on_request
    )


def act(letter: Letter, name: str) -> bool:
    """Do what the writer asked for, if it is allowed in the letter's state."""
    if name not in allowed_acts(letter) or (name in LEAVING and checking.stops(letter)):
        return False
    state, route = WRITER_ACTS[letter.state][name]
    return _move(letter, state, route=letter.route if route is None else route)


def approve(letter: Letter) -> bool:
    """A moderator read it: it may be handed in, and counts if it was held."""
    return letter.state == SUBMITTED and _move(letter, APPROVED, held=False)


def reject(letter: Letter, reason: str) -> bool:
    """A moderator read it: it can't be handed in, or counted, as it is. Its writer is told why.

    `reason` must not be empty; the writer reads it.
    """
    if not letter.may_be_rejected:
        return False
    with transaction.atomic():
        moved = _move(letter, REJECTED, rejection_reason=reason)
        if moved:
            emails.queue_rejection(letter)
    return moved


def release_hold(letter: Letter) -> bool:
    """A moderator looked at what a trap or a limit caught: it is a letter, and counts as one."""
    return letter.held and _move(letter, letter.state, held=False)


def may_be_shown(letter: Letter) -> bool:
    """A message that was approved, whose writer agrees, and whose case shows messages."""
    return (
        letter.is_message
        and letter.may_be_shown
        and letter.state == APPROVED
        and letter.erased_on is None
        and hasattr(letter.case, "solidarity_action")
        and letter.case.solidarity_action.shows_messages
    )


def show(letter: Letter) -> bool:
    """A moderator chose it: readers may read the message on the page of its case."""
    return may_be_shown(letter) and _move(letter, APPROVED, shown_on=timezone.localdate())


def hide(letter: Letter) -> bool:
    """Readers see it no more; it stays approved, and is handed in."""
    return letter.shown_on is not None and _move(letter, letter.state, shown_on=None)


def _move(letter: Letter, state: str, **changes) -> bool:
    """Put the letter into a state, and the tally in step with it, in one transaction."""
    # As it was read, words included: nobody approves what its writer has just changed.
    before = {
        "state": letter.state,
        "held": letter.held,
        "counted_on": letter.counted_on,
        "changed_at": letter.changed_at,
        "erased_on": None,
    }
    held = changes.get("held", letter.held)
    counts = state in COUNTED and not held
    counted_on = (letter.counted_on or timezone.localdate()) if counts else None
    if state != APPROVED:
        changes["shown_on"] = None
    now = timezone.now()
    with transaction.atomic():
        moved = Letter.objects.filter(pk=letter.pk, **before).update(
            state=state, counted_on=counted_on, changed_at=now, **changes
        )
        if not moved:
            return False
        was = letter.counts_at
        letter.state, letter.counted_on, letter.changed_at = state, counted_on, now
        for name, value in changes.items():
            setattr(letter, name, value)
        counting.move(was, letter.counts_at)
    return True
