"""Hand-ins: which letters, messages or signatures are in one, from its making until it is printed.

Rows are chosen and moved by the database, never one by one: a hand-in may have any number. Each act
locks the case first, so that two people who choose at once get different letters, and what a freeze
stops is stopped.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Case, Freeze, Target
from cases.publishing.acts import Refused
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

ITEMS_A_PART = 500  # pages of one PDF: larger ones take more memory than a worker should have

# Those that were moved into the state a moment ago: all others of it stand in a hand-in already.
PUT_LETTERS_IN = """
    INSERT INTO letters_handinitem (hand_in_id, number, letter_id, left_because)
    SELECT %s, ROW_NUMBER() OVER (ORDER BY letter.id), letter.id, ''
    FROM letters_letter letter
    WHERE letter.case_id = %s AND letter.kind = %s AND letter.state = 'in-hand-in'
        AND NOT EXISTS (
            SELECT 1 FROM letters_handinitem item
            WHERE item.letter_id = letter.id AND item.left_at IS NULL
        )
"""
# Up to the last that was chosen.
PUT_SIGNATURES_IN = """
    INSERT INTO letters_handinitem (hand_in_id, number, signature_id, left_because)
    SELECT %s, ROW_NUMBER() OVER (ORDER BY signature.id), signature.id, ''
    FROM letters_signature signature
    JOIN cases_petition petition ON petition.id = signature.petition_id
    WHERE petition.case_id = %s AND signature.id <= %s
        AND signature.counted_on BETWEEN %s AND %s
        AND signature.erased_on IS NULL AND NOT signature.is_sample
        AND NOT EXISTS (
            SELECT 1 FROM letters_handinitem item
            WHERE item.signature_id = signature.id AND item.left_at IS NULL
        )
"""


@dataclass(frozen=True)
class Choice:
    """What a hand-in is made of. Without languages, days or a limit: all there is."""

    case: Case
    kind: str
    form: str = ""  # of messages: letters or cards
    target: Target | None = None
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
        .annotate(number=Count("pk"), oldest=Min("counted_on"))
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


def make(choice: Choice, *, paper: str = Paper.A4, by: User) -> HandIn:
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
            made_by=by,
        )
        number = _put_in(hand_in, choice)
        if not number:
            raise Refused(_("There is nothing to hand in: somebody else may have been faster."))
        HandInPart.objects.bulk_create(
            HandInPart(
                hand_in=hand_in,
                index=index,
                first=first,
                last=min(first + ITEMS_A_PART - 1, number),
            )
            for index, first in enumerate(range(1, number + 1, ITEMS_A_PART), 1)
        )
    return hand_in


def _put_in(hand_in: HandIn, choice: Choice) -> int:
    """Number them in the order in which they came. Returns how many."""
    rows = chosen(choice)
    if choice.kind == ActionKind.SIGNATURE:
        last = rows.aggregate(last=Max("pk"))["last"]
        days = [connection.ops.adapt_datefield_value(day) for day in choice.days]
        put_in, values = PUT_SIGNATURES_IN, [choice.case.pk, last or 0, *days]
    else:
        # Asked once more what each is now: its writer may just have withdrawn it.
        still = Letter.objects.to_hand_in().filter(pk__in=rows.values("pk"))
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
        Letter.objects.filter(pk__in=items.values("letter")).update(state=OUT_OF_HAND_IN)
        now = timezone.now()
        items.update(left_at=now, left_because=LeftBecause.CANCELLED)
        HandIn.objects.filter(pk=locked.pk).update(
            state=HandInState.CANCELLED, cancelled_at=now, cancelled_by=by
        )
    return True


def _refuse_if_stopped(case: Case) -> None:
    """Under a lock, so that nothing is done for a case that somebody freezes in this moment."""
    if is_stopped(Case.objects.select_for_update(of=["self"], no_key=True).get(pk=case.pk)):
        raise Refused(_("The case is frozen: nothing of it is handed in."))
