"""What was handed to us and is not delivered: nothing of it goes before staff were asked.

A letter or message that somebody gave us to deliver, and a confirmed signature, are kept when their
usual time is over; so is a letter that its writer was asked to change, whether they answer or not.
Staff are asked on their first page, two months before, by case. One person can keep them on; two
can let them go. Once it is handed in nobody has to be asked any more: it is erased half a year
after that. What was refused or came back is with us again, and staff are asked as before. Whatever
staff do, nobody's name stays longer than `KEEP_AT_MOST_FOR`: the General Data Protection Regulation
wants a limit (article 5 (1) (e)), and staff are asked once more before it. Both times are counted
from what its writer did last: no act of staff makes them longer.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Case, Petition
from cases.publishing.acts import Refused
from letters.models import (
    ActionKind,
    Delivery,
    HandInItem,
    Letter,
    LetterState,
    RetentionDecision,
    Signature,
    SignatureState,
)
from letters.models.letters import WITH_US
from letters.privacy.limits import (
    KEEP_AT_MOST_FOR,
    KEEP_DELIVERED_FOR,
    KEEP_FOR,
    KEEP_SIGNATURES_AFTER_CLOSING_FOR,
)

ASK_BEFORE = datetime.timedelta(days=60)
MONTHS = [3, 6, 12]  # how long something can be kept on
MONTH = datetime.timedelta(days=30)

KINDS = [ActionKind.APPEAL, ActionKind.SOLIDARITY, ActionKind.SIGNATURE]


@dataclass(frozen=True)
class InHand:
    """All of one kind that was handed to us for a case and that staff have to decide about."""

    case: Case
    kind: ActionKind
    number: int
    due_on: datetime.date  # the first of it is past its usual time, or past what was decided
    last_on: datetime.date  # the first of it is erased, whatever is decided
    decision: RetentionDecision

    @property
    def is_at_its_end(self) -> bool:
        """Nobody can keep all of it any longer: the first is erased in two months."""
        return self.last_on - ASK_BEFORE <= timezone.localdate()


def letters_in_hand() -> QuerySet[Letter]:
    return Letter.objects.filter(
        erased_on__isnull=True,
        invalid_on__isnull=True,
        state__in=[*WITH_US, LetterState.PRINTED, LetterState.RETURNED],
    )


def signatures_in_hand() -> QuerySet[Signature]:
    """Those that are not handed in, or that we have back."""
    return _confirmed().exclude(_are_in(Delivery.objects.handed_in()))


def expired_letters() -> QuerySet[Letter]:
    """Those that two people let go and whose time is over, or that nobody delivered in two
    years."""
    now = timezone.now()
    let_go = Exists(_let_go(case=OuterRef("case"), kind=OuterRef("kind")))
    return letters_in_hand().filter(
        Q(supporter_changed_at__lt=now - KEEP_AT_MOST_FOR)
        | (Q(supporter_changed_at__lt=now - KEEP_FOR) & Q(let_go))
    )


def expired_delivered() -> QuerySet[Letter]:
    """Those that were taken: their time begins on that day, whatever was changed before."""
    items = HandInItem.objects.open().filter(letter=OuterRef("pk"))
    return Letter.objects.filter(
        Exists(items.filter(hand_in__delivery__in=_long_ago()))
        | Q(supporter_changed_at__lt=timezone.now() - KEEP_AT_MOST_FOR),
        erased_on__isnull=True,
        state=LetterState.DELIVERED,
    )


def expired_signatures() -> list[QuerySet[Signature]]:
    """The same of signatures, each on an index of its own; and those that were handed in, once
    nobody can sign any more."""
    now = timezone.now()
    let_go = Exists(_let_go(case=OuterRef("petition__case"), kind=ActionKind.SIGNATURE))
    closed = _closed_for(KEEP_SIGNATURES_AFTER_CLOSING_FOR)
    return [
        _confirmed().filter(supporter_changed_at__lt=now - KEEP_AT_MOST_FOR),
        signatures_in_hand().filter(let_go, supporter_changed_at__lt=now - KEEP_FOR),
        signatures_in_hand().filter(let_go, petition__in=closed.values("pk")),
        _confirmed().filter(_are_in(_long_ago()), petition__in=closed.values("pk")),
    ]


def _confirmed() -> QuerySet[Signature]:
    return Signature.objects.filter(erased_on__isnull=True, state=SignatureState.CONFIRMED)


def _are_in(deliveries: QuerySet[Delivery]) -> Exists:
    items = HandInItem.objects.open().filter(
        signature=OuterRef("pk"), hand_in__delivery__in=deliveries
    )
    back = HandInItem.objects.returned().filter(pk=OuterRef("pk"))
    return Exists(items.filter(~Exists(back)))


def _long_ago() -> QuerySet[Delivery]:
    before = timezone.now() - KEEP_DELIVERED_FOR
    return Delivery.objects.handed_in().filter(marked_at__lt=before)


def to_decide() -> list[InHand]:
    """What is within two months of its time, or past it: what ends first stands first."""
    now = timezone.now()
    soon = Q(supporter_changed_at__lt=now - KEEP_FOR + ASK_BEFORE)
    closing = _closed_for(KEEP_SIGNATURES_AFTER_CLOSING_FOR - ASK_BEFORE)
    letters = letters_in_hand().filter(
        soon, ~Exists(_let_go(case=OuterRef("case"), kind=OuterRef("kind")))
    )
    signatures = signatures_in_hand().filter(
        soon | Q(petition__in=closing.values("pk")),
        ~Exists(_let_go(case=OuterRef("petition__case"), kind=ActionKind.SIGNATURE)),
    )
    numbers = {"number": Count("pk"), "oldest": Min("supporter_changed_at")}
    rows = [
        (row["case"], row["kind"], row["number"], row["oldest"], None)
        for row in letters.order_by().values("case", "kind").annotate(**numbers)
    ] + [
        (row["of"], ActionKind.SIGNATURE, row["number"], row["oldest"], row["closes_on"])
        for row in signatures.order_by()
        .values(of=F("petition__case"), closes_on=F("petition__closes_on"))
        .annotate(**numbers)
    ]
    cases = Case.objects.select_related("edition").in_bulk([case for case, *_rest in rows])
    decisions = {
        (decision.case_id, decision.kind): decision
        for decision in RetentionDecision.objects.filter(case__in=cases).select_related("asked_by")
    }
    found = []
    for case, kind, number, oldest, closes_on in rows:
        decision = decisions.get((case, kind)) or RetentionDecision(case=cases[case], kind=kind)
        day = timezone.localtime(oldest).date()
        due_on, last_on = day + KEEP_FOR, day + KEEP_AT_MOST_FOR
        if closes_on:
            # In this order, since closes_on may be the last day that a date can be.
            after = KEEP_SIGNATURES_AFTER_CLOSING_FOR
            due_on = min(due_on - after, closes_on) + after
        if decision.keep_until:
            due_on = max(due_on, decision.keep_until)
        due_on = min(due_on, last_on)
        if due_on - ASK_BEFORE <= timezone.localdate():
            found.append(InHand(cases[case], ActionKind(kind), number, due_on, last_on, decision))
    return sorted(found, key=lambda one: (one.due_on, one.case.pk, one.kind))


def gone_soon() -> QuerySet[RetentionDecision]:
    """What two people let go and what is still here: one person can still keep it."""
    before = {"supporter_changed_at__lt": OuterRef("erase_before")}
    letters = letters_in_hand().filter(case=OuterRef("case"), kind=OuterRef("kind"), **before)
    signatures = signatures_in_hand().filter(petition__case=OuterRef("case"), **before)
    return (
        RetentionDecision.objects.filter(erase_before__isnull=False)
        .filter(Exists(letters) | Q(Exists(signatures), kind=ActionKind.SIGNATURE))
        .select_related("case__edition")
        .order_by("pk")
    )


def keep(case: Case, kind: str, *, months: int) -> RetentionDecision:
    """Keep it on for so many months: staff are asked again before they are over. What somebody
    wanted to let go stays too."""
    with transaction.atomic():
        decision = _locked(case, kind)
        decision.keep_until = timezone.localdate() + months * MONTH
        decision.erase_before = None
        _end_asking(decision)
        decision.save()
    return decision


def ask_to_let_go(case: Case, kind: str, by: User) -> RetentionDecision:
    """The first of two people. It is about what is due now, not what comes later."""
    with transaction.atomic():
        decision = _locked(case, kind)
        if decision.asked_by_id is not None:
            raise Refused(_("Somebody has asked for it already."))
        now = timezone.now()
        decision.asked_before = now if _is_closing(case, kind) else now - KEEP_FOR + ASK_BEFORE
        decision.asked_by, decision.asked_at = by, now
        decision.save()
    return decision


def let_go(case: Case, kind: str, by: User) -> RetentionDecision:
    """The second person: it is erased once its usual time is over."""
    with transaction.atomic():
        decision = _locked(case, kind)
        if decision.asked_by_id is None:
            raise Refused(_("Nobody has asked to let it go."))
        if decision.asked_by_id == by.pk:
            raise Refused(_("Somebody other than the person who asked has to approve it."))
        decision.erase_before = decision.asked_before
        _end_asking(decision)
        decision.save()
    return decision


def take_back(case: Case, kind: str) -> RetentionDecision:
    """Nobody asks any more to let it go; it is kept, and staff are asked as before."""
    with transaction.atomic():
        decision = _locked(case, kind)
        _end_asking(decision)
        decision.save()
    return decision


def _locked(case: Case, kind: str) -> RetentionDecision:
    RetentionDecision.objects.get_or_create(case=case, kind=kind)
    return RetentionDecision.objects.select_for_update().get(case=case, kind=kind)


def _end_asking(decision: RetentionDecision) -> None:
    decision.asked_before = decision.asked_by = decision.asked_at = None


def _let_go(**of) -> QuerySet[RetentionDecision]:
    """Decisions that reach the row around them."""
    return RetentionDecision.objects.filter(erase_before__gt=OuterRef("supporter_changed_at"), **of)


def _is_closing(case: Case, kind: str) -> bool:
    closing = _closed_for(KEEP_SIGNATURES_AFTER_CLOSING_FOR - ASK_BEFORE)
    return kind == ActionKind.SIGNATURE and closing.filter(case=case).exists()


def _closed_for(time: datetime.timedelta) -> QuerySet[Petition]:
    return Petition.objects.filter(closes_on__lt=timezone.localdate() - time)
