"""The acts that move a case between draft and page.

An act locks the case's row, looks again, changes it and writes the history; of two people who do
the same at once the second meets what the first left. No act sends mail.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from cases.models import Case, ErasureAct, ErasureEntry, Freeze, PendingChange, Stage
from cases.publishing import gate, same_person, second_look
from cases.publishing.content_version import touch
from cases.publishing.second_look import Refused

MILDEST_FIRST: list[str] = [Freeze.NONE, Freeze.PAUSED, Freeze.HIDDEN, Freeze.WITHDRAWN]


class NotReady(Refused):
    """The case has problems: sentences that say what is missing."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def publish(case: Case, by: User | None = None) -> bool:
    """Put the case up, taking letters; False if that waits for a second person now.

    Raises NotReady if something still stands in the way.
    """
    return _move(case, Stage.PUBLISHED, by)


def close(case: Case, by: User | None = None) -> bool:
    """Take no more letters; the case stays told. False if that waits for a second person now.

    A draft may be closed too: a case of which only the outcome is told.
    """
    return _move(case, Stage.CLOSED, by)


def _move(case: Case, stage: str, by: User | None) -> bool:
    with _locked(case, by) as row:
        _refuse_what_is_missing(row, stage)
        if _shows_more(row, stage) and same_person.taken_down_elsewhere(row):
            second_look.ask(row, {"stage": row.stage}, {"stage": stage}, by)
            return False
        row.stage = stage
        PendingChange.objects.filter(model=second_look.STAGE, row=row.pk).delete()
    return True


def approve(change: PendingChange, by: User) -> None:
    """The second person, for whatever waits for one. Raises Refused if it can't be done now."""
    if change.model != second_look.STAGE:
        return second_look.approve(change, by)
    with second_look.locked(change, by) as now, _locked(Case(pk=now.row), by) as row:
        if row.stage != now.before["stage"]:
            raise Refused(_("It was changed in the meantime: please ask for the change again."))
        _refuse_what_is_missing(row, now.after["stage"])
        row.stage = now.after["stage"]
        row._change_reason = second_look.reason(now)
        now.delete()
    return None


def _shows_more(case: Case, stage: str) -> bool:
    """Whether readers get something that they have not now."""
    return not case.is_past_gate or (stage, case.stage) == (Stage.PUBLISHED, Stage.CLOSED)


def _refuse_what_is_missing(case: Case, stage: str) -> None:
    missing = []
    if stage == Stage.PUBLISHED:
        missing = [*gate.page_problems(case), *gate.problems_of_letters(case)]
    elif case.stage != Stage.PUBLISHED:
        missing = gate.page_problems(case)
    if missing:
        raise NotReady(missing)


def send_to_review(case: Case, by: User | None = None) -> None:
    """Ask colleagues to read the draft."""
    with _locked(case, by) as row:
        if row.stage not in (Stage.DRAFT, Stage.IN_REVIEW):
            raise Refused(_("Only a draft can be sent to review."))
        row.stage = Stage.IN_REVIEW


def freeze(case: Case, how: str, reason: str, by: User) -> None:
    """Take the case down as far as `how` says, at once. One person may; a milder way takes two."""
    if how not in MILDEST_FIRST[1:]:
        raise Refused(_("Say how far the case is to be frozen."))
    if not reason.strip():
        raise Refused(_("Say why the case is to be frozen: others have to decide on it later."))
    with _locked(case, by) as row:
        if MILDEST_FIRST.index(how) < MILDEST_FIRST.index(row.freeze):
            raise Refused(
                _(
                    "The case is frozen further already. To show more of it again takes two "
                    "people: ask to unfreeze it."
                )
            )
        ErasureEntry.objects.note(ErasureAct.FROZEN, Case, [row.pk], value=how)
        row.freeze = how
        row.freeze_reason = reason.strip()
        row.unfreeze_asked_by = None  # who asked did not know of this


def ask_to_unfreeze(case: Case, by: User) -> None:
    """The first of the two people it takes. Who asked first stays the one who asked."""
    with _locked(case, by) as row:
        if row.freeze == Freeze.NONE:
            raise Refused(_("The case is not frozen."))
        if row.unfreeze_asked_by_id is None:
            row.unfreeze_asked_by = by


def confirm_unfreeze(case: Case, by: User) -> None:
    """The second person: the case is shown again as its stage says."""
    with _locked(case, by) as row:
        if row.freeze == Freeze.NONE:
            raise Refused(_("The case is not frozen."))
        if row.unfreeze_asked_by_id is None:
            raise Refused(_("Nobody has asked to unfreeze the case."))
        if row.unfreeze_asked_by_id == by.pk:
            raise Refused(_("Somebody other than the person who asked has to confirm it."))
        if row.is_past_gate and (missing := gate.problems_of_consent(row)):
            raise NotReady(missing)
        row.freeze = Freeze.NONE
        row.freeze_reason = ""
        row.unfreeze_asked_by = None


@contextmanager
def _locked(case: Case, by: User | None = None) -> Iterator[Case]:
    """The case's row as it stands now, nobody else changing it; saved, with history, at the end.

    Nothing is written if nothing was changed. `case` itself then shows the same.
    """
    names = ["stage", "freeze", "freeze_reason", "unfreeze_asked_by_id"]
    with transaction.atomic():
        row = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
        before = [getattr(row, name) for name in names]
        yield row
        if before != [getattr(row, name) for name in names]:
            if by is not None:
                row._history_user = by
            row.save(update_fields=[*(name.removesuffix("_id") for name in names), "updated_at"])
            touch(Case.objects.filter(pk=row.pk))
    for name in [*names, "updated_at"]:
        setattr(case, name, getattr(row, name))
