"""What becomes of a printed hand-in: on its way, handed in or refused, and what came back of it.

Each act asks the case first, under a lock: nothing is marked while it is frozen. Letters move with
their hand-in, and still count; their writers are told an hour later, so that a wrong mark is taken
back before anybody has read of it.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import TypedDict, Unpack

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Case
from cases.publishing.acts import Refused
from cases.publishing.content_version import cases_showing, touch
from letters.delivery.hand_ins import is_stopped, may_go
from letters.models import (
    UNDO_WITHIN,
    Delivery,
    DeliveryResult,
    HandIn,
    HandInItem,
    HandInState,
    LeftBecause,
    Letter,
    LetterState,
)
from letters.models.hand_ins import HandInItemQuerySet
from letters.models.locks import lock

# A delivery is locked behind its hand-in, its letters after both: docs/architecture.md.
LEFT = [LetterState.DELIVERED, LetterState.RETURNED]


class Record(TypedDict):
    """What whoever handed it in says of it. `proof` is a picture as it is kept, or empty."""

    handed_in_on: datetime.date
    place: str
    received_by: str
    result: str
    number: int
    note: str
    proof: str


def printed_number(hand_in: HandIn) -> int:
    return HandInItem.objects.printed().filter(hand_in=hand_in).count()


def mark_on_way(hand_in: HandIn, by: User) -> bool:
    """Somebody takes the paper there."""
    with transaction.atomic():
        locked = _locked(hand_in)
        if locked.state != HandInState.PRINTED:
            return False
        _delivery(locked, on_way_at=timezone.now(), on_way_by=by)
        _move(locked, HandInState.ON_WAY)
    return True


def record(hand_in: HandIn, by: User, **said: Unpack[Record]) -> bool:
    """It was handed in, or they would not take it."""
    with transaction.atomic():
        locked = _locked(hand_in)
        if locked.state not in (HandInState.PRINTED, HandInState.ON_WAY):
            return False
        if said["number"] > printed_number(locked):
            raise Refused(_("Fewer were printed: no more can have been handed in."))
        now = timezone.now()
        tell_after = None if locked.is_of_signatures else now + UNDO_WITHIN
        _delivery(locked, marked_at=now, marked_by=by, tell_after=tell_after, told_number=0, **said)
        _move(locked, HandInState.HANDED_IN)
        is_refused = said["result"] == DeliveryResult.REFUSED
        state = LetterState.RETURNED if is_refused else LetterState.DELIVERED
        _move_letters(_letters(locked).filter(state=LetterState.PRINTED), state)
        touch(cases_showing(locked.case))
    return True


def correct(
    hand_in: HandIn, by: User, *, as_read: datetime.datetime, **said: Unpack[Record]
) -> bool:
    """What was entered is wrong: its pages say otherwise from now on, and nobody is told again.

    False if somebody changed it since it was read. An empty proof leaves the one that is there.
    """
    with transaction.atomic():
        locked = _locked(hand_in)
        delivery = Delivery.objects.select_for_update().filter(hand_in=locked).first()
        if delivery is None or delivery.changed_at != as_read:
            return False
        if said["number"] > printed_number(locked):
            raise Refused(_("Fewer were printed: no more can have been handed in."))
        is_refused = said["result"] == DeliveryResult.REFUSED
        if is_refused != (delivery.result == DeliveryResult.REFUSED):
            if is_handed_in_again(locked):
                raise Refused(_("Some of it is handed in again: the result stays as it is."))
            _move_as_corrected(locked, is_refused)
        for name, value in said.items():
            if name != "proof" or value:
                setattr(delivery, name, value)
        delivery.corrected_at, delivery.corrected_by = timezone.now(), by
        _note_returned(delivery)
    return True


def _move_as_corrected(hand_in: HandIn, is_refused: bool) -> None:
    if is_refused:
        letters = _letters(hand_in).filter(state=LetterState.DELIVERED)
        return _move_letters(letters, LetterState.RETURNED)
    items = HandInItem.objects.open().filter(hand_in=hand_in, returned_on=None)
    letters = Letter.objects.filter(pk__in=items.values("letter"), state=LetterState.RETURNED)
    return _move_letters(letters, LetterState.DELIVERED)


def undo_on_way(hand_in: HandIn) -> bool:
    """Nobody has left with it."""
    with transaction.atomic():
        locked = _locked_even_if_frozen(hand_in)
        if locked.state != HandInState.ON_WAY:
            return False
        _delivery(locked, on_way_at=None, on_way_by=None)
        _move(locked, HandInState.PRINTED)
    return True


def undo(hand_in: HandIn) -> bool:
    """It was marked by mistake a moment ago, and nobody was told: it is printed as before."""
    with transaction.atomic():
        locked = _locked_even_if_frozen(hand_in)
        delivery = Delivery.objects.filter(hand_in=locked).first()
        if delivery is None or not delivery.may_be_undone or is_handed_in_again(locked):
            return False
        _delivery(
            locked,
            handed_in_on=None,
            number=None,
            result="",
            place="",
            received_by="",
            note="",
            proof="",
            marked_at=None,
            marked_by=None,
            corrected_at=None,
            corrected_by=None,
            tell_after=None,
            told_number=0,
        )
        _move(locked, HandInState.ON_WAY if delivery.on_way_at else HandInState.PRINTED)
        _move_letters(_letters(locked).filter(state__in=LEFT), LetterState.PRINTED)
        back = HandInItem.objects.filter(hand_in=locked).exclude(returned_on=None)
        lock(back)
        back.update(returned_on=None, returned_at=None)
        touch(cases_showing(locked.case))
    return True


def mark_returned(
    hand_in: HandIn, numbers: Collection[int] | None, *, on: datetime.date
) -> list[int]:
    """These numbers came back, or without numbers all. Returns those that had not before.

    Raises Refused if it has one of the numbers not.
    """
    with transaction.atomic():
        locked = _locked(hand_in)
        if locked.state != HandInState.HANDED_IN:
            raise Refused(_("It is not handed in yet."))
        delivery = Delivery.objects.select_for_update().get(hand_in=locked)
        if delivery.result == DeliveryResult.REFUSED:
            raise Refused(_("It was refused: we have all of it back."))
        items = HandInItem.objects.open().filter(hand_in=locked)
        if numbers is not None:
            there = set(items.filter(number__in=numbers).values_list("number", flat=True))
            if missing := sorted(set(numbers) - there):
                one = ", ".join(map(str, missing))
                raise Refused(
                    _("These numbers are not in this hand-in: %(numbers)s") % {"numbers": one}
                )
            items = items.filter(number__in=numbers)
        coming = items.filter(returned_on=None)
        back = list(coming.values_list("number", flat=True))
        if back:
            letters = Letter.objects.filter(pk__in=coming.values("letter"))
            _move_letters(letters.filter(state=LetterState.DELIVERED), LetterState.RETURNED)
            lock(coming)
            coming.update(returned_on=on, returned_at=timezone.now())
            if not locked.is_of_signatures:  # who was told before is not told again
                delivery.tell_after, delivery.told_number = timezone.now() + UNDO_WITHIN, 0
            _note_returned(delivery)
    return back


def hand_in_again(hand_in: HandIn) -> int:
    """What was refused or came back waits for another hand-in. Returns how many."""
    with transaction.atomic():
        locked = _locked(hand_in)
        if locked.state != HandInState.HANDED_IN:
            return 0
        items = to_hand_in_again(locked)
        letters = Letter.objects.filter(pk__in=items.values("letter"))
        _move_letters(letters.filter(state=LetterState.RETURNED), LetterState.APPROVED)
        keys = lock(items)
        leaving = HandInItem.objects.filter(pk__in=keys)
        return leaving.update(left_at=timezone.now(), left_because=LeftBecause.RETURNED)


def to_hand_in_again(hand_in: HandIn) -> HandInItemQuerySet:
    """What we have back of it. Nothing that was erased meanwhile, or that does not count."""
    return HandInItem.objects.returned().filter(may_go(hand_in), hand_in=hand_in)


def is_handed_in_again(hand_in: HandIn) -> bool:
    """Some of it has left for another hand-in: it is never again as it was."""
    return hand_in.items.filter(left_because=LeftBecause.RETURNED).exists()


def undo_returned(hand_in: HandIn) -> int:
    """What was last said to have come back did not, and nobody was told. Returns how many."""
    with transaction.atomic():
        locked = _locked_even_if_frozen(hand_in)
        delivery = Delivery.objects.select_for_update().filter(hand_in=locked).first()
        items = last_returned(locked)
        if delivery is None or not items.exists():
            return 0
        if delivery.result != DeliveryResult.REFUSED:
            letters = Letter.objects.filter(pk__in=items.values("letter"))
            _move_letters(letters.filter(state=LetterState.RETURNED), LetterState.DELIVERED)
        keys = lock(items)
        HandInItem.objects.filter(pk__in=keys).update(returned_on=None, returned_at=None)
        _note_returned(delivery)
    return len(keys)


def last_returned(hand_in: HandIn) -> HandInItemQuerySet:
    """What was said in one go to have come back, as long as that can be taken back."""
    recent = HandInItem.objects.open().filter(
        hand_in=hand_in, returned_at__gt=timezone.now() - UNDO_WITHIN
    )
    return recent.filter(returned_at=recent.aggregate(last=Max("returned_at"))["last"])


def _note_returned(delivery: Delivery) -> None:
    """What its pages say of what came back; of what was refused, all has."""
    if delivery.result != DeliveryResult.REFUSED:
        items = HandInItem.objects.printed().filter(hand_in=delivery.hand_in_id)
        back = items.exclude(returned_on=None).count()
        is_all = back >= (delivery.number or 0)
        some = DeliveryResult.RETURNED if is_all else DeliveryResult.RETURNED_IN_PART
        delivery.result = some if back else DeliveryResult.ACCEPTED
    delivery.save()
    touch(cases_showing(delivery.hand_in.case))


def stop_offering(case: Case, by: User) -> bool:
    """They no longer take letters: writers are offered other ways. What is with us stays."""
    with transaction.atomic():
        locked = Case.objects.select_for_update(of=["self"], no_key=True).get(pk=case.pk)
        if not locked.takes_deliveries:
            return False
        locked.takes_deliveries = False
        locked._history_user = by
        locked._change_reason = "letters are no longer taken"
        locked.save(update_fields=["takes_deliveries", "updated_at"])
        touch(cases_showing(locked))
    return True


def unfinished(before: datetime.datetime) -> QuerySet[HandIn]:
    """Printed before that moment, and not handed in since."""
    return HandIn.objects.filter(
        Q(state=HandInState.PRINTED) | Q(state=HandInState.ON_WAY), printed_at__lt=before
    )


def _locked(hand_in: HandIn) -> HandIn:
    """The case first, as everywhere, so that two acts don't wait for each other."""
    case = Case.objects.select_for_update(of=["self"], no_key=True).get(pk=hand_in.case_id)
    if is_stopped(case):
        raise Refused(_("The case is frozen: nothing of it is handed in."))
    return HandIn.objects.select_for_update().get(pk=hand_in.pk)


def _locked_even_if_frozen(hand_in: HandIn) -> HandIn:
    """What is taken back was a mistake, frozen or not."""
    Case.objects.select_for_update(of=["self"], no_key=True).get(pk=hand_in.case_id)
    return HandIn.objects.select_for_update().get(pk=hand_in.pk)


def _letters(hand_in: HandIn) -> QuerySet[Letter]:
    items = HandInItem.objects.open().filter(hand_in=hand_in, letter__isnull=False)
    return Letter.objects.filter(pk__in=items.values("letter"))


def _move_letters(letters: QuerySet[Letter], state: str) -> None:
    lock(letters)
    letters.update(state=state)


def _delivery(hand_in: HandIn, **values) -> None:
    Delivery.objects.update_or_create(hand_in=hand_in, defaults=values)


def _move(hand_in: HandIn, state: str) -> None:
    HandIn.objects.filter(pk=hand_in.pk).update(state=state)
