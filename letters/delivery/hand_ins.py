"""Hand-ins: which letters, messages or signatures are in one, from its making until it is printed.

Rows are chosen and moved by the database, never one by one: a hand-in may have any number. Each act
locks the case first, so that two people who choose at once get different letters, and what a freeze
stops is stopped.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Case as Choose
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.models import Case, Freeze, Target
from cases.publishing.acts import Refused
from cases.stores import StoreFails
from letters.delivery import files, parts, zip_files
from letters.models import (
    OUT_OF_HAND_IN,
    ActionKind,
    HandIn,
    HandInItem,
    HandInPart,
    HandInState,
    LeftBecause,
    Letter,
    LetterState,
    Paper,
    Signature,
    SignatureState,
)
from letters.models.hand_ins import NOT_HANDED_IN
from letters.models.locks import lock

ITEMS_A_PART = 500  # in one PDF: larger ones take more memory than a worker should have
MESSAGES_A_PART = 100  # each may have a drawing of 100 KB

# Those that were moved into the state a moment ago: all others of it stand in a hand-in already.
PUT_LETTERS_IN = """
    INSERT INTO letters_handinitem (hand_in_id, number, letter_id, left_because, told)
    SELECT %s, ROW_NUMBER() OVER (ORDER BY letter.id), letter.id, '', ''
    FROM letters_letter letter
    WHERE letter.case_id = %s AND letter.kind = %s AND letter.state = 'in-hand-in'
        AND NOT EXISTS (
            SELECT 1 FROM letters_handinitem item
            WHERE item.letter_id = letter.id AND item.left_at IS NULL
        )
"""
# Up to the last that was chosen; each is locked, and then asked once more whether it still counts.
PUT_SIGNATURES_IN = """
    INSERT INTO letters_handinitem (hand_in_id, number, signature_id, left_because, told)
    SELECT %s, ROW_NUMBER() OVER (ORDER BY counted.id), counted.id, '', ''
    FROM (
        SELECT signature.id
        FROM letters_signature signature
        JOIN cases_petition petition ON petition.id = signature.petition_id
        WHERE petition.case_id = %s AND signature.id <= %s
            AND signature.state = 'confirmed' AND signature.counted_on BETWEEN %s AND %s
            AND signature.erased_on IS NULL AND NOT signature.is_sample
            AND NOT EXISTS (
                SELECT 1 FROM letters_handinitem item
                WHERE item.signature_id = signature.id AND item.left_at IS NULL
            )
        ORDER BY signature.id
        {lock}
    ) counted
"""
LOCK_SIGNATURES = "FOR UPDATE OF signature"


@dataclass(frozen=True)
class Choice:
    """What a hand-in is made of. Without languages, days or a limit: all there is."""

    case: Case
    kind: str
    form: str = ""  # of messages: letters or cards
    target: Target | None = None
    to_nobody: bool = False  # those that name no official, where there are several
    languages: list[str] = field(default_factory=list)
    since: datetime.date | None = None
    until: datetime.date | None = None
    limit: int | None = None

    @property
    def days(self) -> tuple[datetime.date, datetime.date]:
        return self.since or datetime.date.min, self.until or datetime.date.max


@dataclass(frozen=True)
class Waiting:
    """What of a case is to be handed in. Of signatures, which nobody counts in a list, only that
    there are some."""

    case: Case
    kind: str
    form: str
    number: int | None


def waiting() -> list[Waiting]:
    """By case: what waits longest stands first."""
    letters = Letter.objects.to_hand_in().filter(case__freeze=Freeze.NONE)
    groups = (
        letters.order_by()
        .values("case", "kind", "form")
        .annotate(number=Count("*"), oldest=Min("counted_on"))
    )
    found: dict[tuple, int | None] = {}
    for group in groups.order_by("oldest", "case"):
        form = group["form"] if group["kind"] == ActionKind.SOLIDARITY else ""
        key = group["case"], group["kind"], form
        found[key] = (found.get(key) or 0) + group["number"]
    signed = Case.objects.filter(freeze=Freeze.NONE, action_count__signatures__gt=0)
    for case in signed.order_by("pk").values_list("pk", flat=True):
        found[case, ActionKind.SIGNATURE.value, ""] = None
    cases = Case.objects.select_related("edition").in_bulk([case for case, *_rest in found])
    return [Waiting(cases[case], kind, form, found[case, kind, form]) for case, kind, form in found]


def chosen(choice: Choice) -> QuerySet[Letter] | QuerySet[Signature]:
    """The oldest first, as they are now: what is frozen, withdrawn, erased, invalid, not read, or
    in a hand-in already is not among them."""
    if is_stopped(choice.case):
        return Letter.objects.none()
    is_signed = choice.kind == ActionKind.SIGNATURE
    rows = _signatures(choice) if is_signed else _letters(choice)
    return rows.order_by("pk")[: choice.limit]


def _letters(choice: Choice) -> QuerySet[Letter]:
    letters = Letter.objects.to_hand_in().filter(
        case=choice.case, kind=choice.kind, counted_on__range=choice.days
    )
    if choice.form:
        letters = letters.filter(form=choice.form)
    if choice.languages:
        letters = letters.filter(language__in=choice.languages)
    if choice.target:
        letters = letters.filter(_to(choice.target))
    elif choice.to_nobody:
        letters = letters.filter(target=None)
    return letters


def _to(target: Target) -> Q:
    """Letters to this official; to an only one also those that name nobody."""
    is_only = not Target.objects.filter(case=target.case_id).exclude(pk=target.pk).exists()
    return Q(target=target) | Q(target=None) if is_only else Q(target=target)


def _signatures(choice: Choice) -> QuerySet[Signature]:
    # See also PUT_SIGNATURES_IN
    there = HandInItem.objects.open().filter(signature=OuterRef("pk"))
    return Signature.objects.filter(
        ~Exists(there),
        petition__case=choice.case,
        state=SignatureState.CONFIRMED,
        counted_on__range=choice.days,
        erased_on=None,
        is_sample=False,
    )


def is_stopped(case: Case) -> bool:
    """Frozen, in whatever way: nothing of it is made, fetched, printed or handed in."""
    return case.freeze != Freeze.NONE


def make_once(choice: Choice, *, key: str, paper: str, by: User) -> tuple[HandIn, bool]:
    """As `make` does, and whether it is new: the same form sent again finds what it made."""
    with transaction.atomic():
        _refuse_if_stopped(choice.case)
        if made := HandIn.objects.filter(form_key=key).first():
            return made, False
        return make(choice, paper=paper, by=by, form_key=key), True


def make(choice: Choice, *, paper: str = Paper.A4, by: User, form_key: str = "") -> HandIn:
    """Number what was chosen, and put it in a new hand-in. Raises Refused if there is nothing."""
    with transaction.atomic():
        _refuse_if_stopped(choice.case)
        hand_in = HandIn.objects.create(
            case=choice.case,
            kind=choice.kind,
            form=choice.form,
            target=choice.target,
            languages=choice.languages,
            since=choice.since,
            until=choice.until,
            limit=choice.limit,
            paper=paper,
            page_language=get_language() or settings.LANGUAGE_CODE,
            made_by=by,
            form_key=form_key,
        )
        number = _put_in(hand_in, choice)
        if not number:
            raise Refused(_("There is nothing to hand in: somebody else may have been faster."))
        _divide(hand_in, number)
        parts.enqueue(hand_in.parts.all())
    return hand_in


def items_a_part(kind: str) -> int:
    return MESSAGES_A_PART if kind == ActionKind.SOLIDARITY else ITEMS_A_PART


def _divide(hand_in: HandIn, number: int) -> None:
    """Into a cover and parts that a printer and our memory can take."""
    size = items_a_part(hand_in.kind)
    spans = [
        (1, number),
        *((first, min(first + size - 1, number)) for first in range(1, number + 1, size)),
    ]
    HandInPart.objects.bulk_create(
        HandInPart(hand_in=hand_in, index=index, first=first, last=last)
        for index, (first, last) in enumerate(spans)
    )


def _put_in(hand_in: HandIn, choice: Choice) -> int:
    """Number them in the order in which they came. Returns how many."""
    rows = chosen(choice)
    if choice.kind == ActionKind.SIGNATURE:
        last = rows.aggregate(last=Max("pk"))["last"]
        days = [connection.ops.adapt_datefield_value(day) for day in choice.days]
        # SQLite lets one write at a time anyway.
        lock_them = LOCK_SIGNATURES if connection.features.has_select_for_update else ""
        put_in = PUT_SIGNATURES_IN.format(lock=lock_them)
        values = [choice.case.pk, last or 0, *days]
    else:
        # Asked once more what each is now: its writer may just have withdrawn it.
        still = Letter.objects.to_hand_in().filter(pk__in=rows.values("pk"))
        lock(still)
        still.update(state=LetterState.IN_HAND_IN)
        put_in, values = PUT_LETTERS_IN, [choice.case.pk, str(choice.kind)]
    with connection.cursor() as cursor:
        cursor.execute(put_in, [hand_in.pk, *values])
        return cursor.rowcount


def cancel(hand_in: HandIn, by: User) -> bool:
    """Before it is printed: all that is in it waits for another one."""
    with transaction.atomic():
        locked = HandIn.objects.select_for_update().get(pk=hand_in.pk)
        if not locked.may_be_cancelled:
            return False
        items = HandInItem.objects.open().filter(hand_in=locked)
        letters = Letter.objects.filter(pk__in=items.values("letter"))
        lock(letters)
        letters.update(state=OUT_OF_HAND_IN)
        lock(items)
        now = timezone.now()
        items.update(left_at=now, left_because=LeftBecause.CANCELLED)
        HandIn.objects.filter(pk=locked.pk).update(
            state=HandInState.CANCELLED,
            cancelled_at=now,
            cancelled_by=by,
            form_key="",  # sent again after that, its form makes another one
        )
    return True


def mark_printed(hand_in: HandIn, by: User) -> bool:
    """All of it is on paper: from now on nothing leaves it. Raises Refused if it can't be yet."""
    with transaction.atomic():
        _refuse_if_stopped(hand_in.case)
        locked = HandIn.objects.select_for_update().get(pk=hand_in.pk)
        if locked.is_printed or not locked.may_be_cancelled:
            return False
        if locked.parts.filter(fetched_at=None).exists():
            raise Refused(
                _("A part was not fetched yet, or is being made again: fetch and print that too.")
            )
        # Those whose writers were faster are in it no more: see HandInItemQuerySet.leave.
        items = HandInItem.objects.open().filter(hand_in=locked)
        if not items.exists():
            raise Refused(_("All of it has left this hand-in: there is nothing to print."))
        letters = Letter.objects.filter(pk__in=items.values("letter"), state=LetterState.IN_HAND_IN)
        lock(letters)
        letters.update(state=LetterState.PRINTED)
        HandIn.objects.filter(pk=locked.pk).update(
            state=HandInState.PRINTED, printed_at=timezone.now(), printed_by=by
        )
    return True


def undo_printed(hand_in: HandIn, by: User) -> bool:
    """It is not printed yet, or not as it should be. What has gone meanwhile leaves it now."""
    with transaction.atomic():
        Case.objects.select_for_update(of=["self"], no_key=True).get(pk=hand_in.case_id)
        locked = HandIn.objects.select_for_update().get(pk=hand_in.pk)
        if locked.state != HandInState.PRINTED:
            return False
        items = HandInItem.objects.open().filter(hand_in=locked)
        letters = Letter.objects.filter(pk__in=items.values("letter"), state=LetterState.PRINTED)
        lock(letters)
        stays = When(erased_on=None, invalid_on=None, then=Value(LetterState.IN_HAND_IN.value))
        letters.update(state=Choose(stays, default=Value(LetterState.APPROVED.value)))
        HandIn.objects.filter(pk=locked.pk).update(
            state=HandInState.READY, printed_at=None, printed_by=None
        )
        _let_leave(locked)
    return True


def _let_leave(hand_in: HandIn) -> None:
    """What was erased, or found not to be valid, while it was on paper that was final."""
    items = HandInItem.objects.open().filter(hand_in=hand_in)
    letters = Letter.objects.filter(pk__in=items.values("letter"))
    signatures = Signature.objects.filter(pk__in=items.values("signature"))
    erased, invalid = Q(erased_on__isnull=False), Q(invalid_on__isnull=False)
    for because, gone in (
        (LeftBecause.ERASED, letters.filter(erased)),
        (LeftBecause.INVALID, letters.filter(invalid, ~erased)),
    ):
        keys = list(gone.values_list("pk", flat=True))
        HandInItem.objects.leave(because, letters=keys)
    for because, gone_signatures in (
        (LeftBecause.ERASED, signatures.filter(erased)),
        (LeftBecause.INVALID, signatures.filter(~erased).exclude(state=SignatureState.CONFIRMED)),
    ):
        keys = list(gone_signatures.values_list("pk", flat=True))
        HandInItem.objects.leave(because, signatures=keys)


def to_take_out(hand_in: HandIn) -> list[int]:
    """The numbers on paper that somebody has fetched, of what has left the hand-in since, or would
    have if it were not printed."""
    part = HandInPart.objects.filter(
        hand_in=hand_in,
        index__gt=0,
        first__lte=OuterRef("number"),
        last__gte=OuterRef("number"),
        first_fetched_at__lte=OuterRef("left_at"),
    )
    left = hand_in.items.filter(Exists(part), left_at__isnull=False)
    left = left.exclude(left_because=LeftBecause.RETURNED)
    numbers = set(left.values_list("number", flat=True))
    if hand_in.state in (HandInState.PRINTED, HandInState.ON_WAY):
        gone = HandInItem.objects.open().filter(hand_in=hand_in).exclude(may_go(hand_in))
        numbers.update(gone.values_list("number", flat=True))
    return sorted(numbers)


def may_go(hand_in: HandIn) -> Q:
    """Of its items: what was neither erased nor found not to be valid."""
    if hand_in.is_of_signatures:
        signatures = Signature.objects.filter(erased_on=None, state=SignatureState.CONFIRMED)
        return Q(signature__in=signatures)
    return Q(letter__in=Letter.objects.filter(erased_on=None, invalid_on=None))


def fetch(part: HandInPart) -> bytes:
    """The PDF as it was made. Raises Refused if there is none that may leave us."""
    with transaction.atomic():
        _refuse_to_fetch(part.hand_in)
        # First noted, then read: what leaves the hand-in from now on is to be taken out by hand.
        as_read = HandInPart.objects.made().filter(pk=part.pk, version=part.version)
        now = timezone.now()
        as_read.filter(fetched_at=None).update(
            fetched_at=now, first_fetched_at=Coalesce("first_fetched_at", now)
        )
        if not as_read.exists():
            raise Refused(_("This part is being made, or its file was erased."))
    try:
        return files.read(part)
    except files.Unreadable:
        as_read.update(erased_at=timezone.now(), fetched_at=part.fetched_at)
        raise Refused(_("The file is damaged: have it made again.")) from None
    except StoreFails:
        as_read.update(fetched_at=part.fetched_at)
        raise Refused(_("The file can’t be read right now: try again in a moment.")) from None


def fetch_all(hand_in: HandIn) -> Iterator[bytes]:
    """A ZIP of all parts with a manifest, part by part. Raises Refused as `fetch` does."""
    with transaction.atomic():
        _refuse_to_fetch(hand_in)
    all_parts = list(hand_in.parts.select_related("hand_in__case"))
    if not all(part.is_made for part in all_parts):
        raise Refused(_("A part is not made yet, or is being made again."))
    return zip_files.zipped(hand_in, all_parts, fetch)


def make_again(hand_in: HandIn) -> int:
    """What was erased meanwhile, or could not be made. Nothing of it, once it is handed in."""
    with transaction.atomic():
        _refuse_if_stopped(hand_in.case)
        gone = Q(erased_at__isnull=False) | Q(failed_at__isnull=False)
        lost = hand_in.parts.filter(gone, hand_in__state__in=NOT_HANDED_IN)
        to_make = HandInPart.objects.filter(pk__in=lock(lost))
        to_make.update(erased_at=None)
        to_make.renew()
        return parts.enqueue(to_make)


def _refuse_to_fetch(hand_in: HandIn) -> None:
    _refuse_if_stopped(hand_in.case)
    if HandIn.objects.filter(pk=hand_in.pk, state=HandInState.CANCELLED).exists():
        raise Refused(_("This hand-in is cancelled: nothing of it is fetched any more."))


def _refuse_if_stopped(case: Case) -> None:
    """Under a lock, so that nothing is done for a case that somebody freezes in this moment."""
    if is_stopped(Case.objects.select_for_update(of=["self"], no_key=True).get(pk=case.pk)):
        raise Refused(_("The case is frozen: nothing of it is handed in."))
