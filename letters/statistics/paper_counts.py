"""Counts on paper: how staff enter, correct, review and take out what was not done on this site.

An entry and the tally change in one transaction, and each change leaves a line in the history of
the entry: who, when, what, and why. Nothing is ever deleted. A number that looks like a slip is
needs review: it counts only after somebody else has looked at it.

Who changes an entry says which version of it they saw (`seen`), so that nobody changes or clears
what they have not read.
"""

import datetime
from collections import Counter
from typing import TypedDict, Unpack

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import Case
from cases.publishing.acts import Refused
from letters.models import ActionKind, PaperCount, PaperState, Tally, TallyKey, TallySource
from letters.statistics import ledger

COUNTED, NEEDS_REVIEW, TAKEN_OUT = PaperState.COUNTED, PaperState.NEEDS_REVIEW, PaperState.TAKEN_OUT

# Posts are not on paper.
KINDS = [ActionKind.APPEAL, ActionKind.SOLIDARITY, ActionKind.SIGNATURE]

# Above this it is a slip of the hand: no case ever had so many from one place in a day.
MAX_NUMBER = 1_000_000
# On paper, of one kind, for one case, from one country, on one day. A large hall writes some
# thousands; more, at once or bit by bit, is real so seldom that two should have seen it.
MAX_OF_A_DAY = 5_000
# By one person, for all cases, kinds, countries and days, in a day at the desk. What they correct
# upwards, or move to another place, they enter as well.
MAX_BY_ONE_PERSON = 10_000
ONE_DAY = datetime.timedelta(days=1)
# More than ten times what the case has from a country so far is more likely a zero too many …
TIMES = 10
# … but the first school or street stall of a country is no news.
UNREMARKABLE = 500


class PossibleDuplicate(Refused):
    """Entries just like this one are there: it may be the same paper, entered twice."""

    def __init__(self, number: int) -> None:
        message = ngettext(
            "The same number of the same kind is there already for this case, day, country and "
            "source. Is this another one?",
            "The same number of the same kind is there %(number)s times already for this case, "
            "day, country and source. Is this another one?",
            number,
        )
        super().__init__(message % {"number": number})
        self.number = number


class PaperFields(TypedDict):
    """What is filled in by whoever counted, as the entry keeps it."""

    case: Case
    kind: str
    number: int
    country: str
    day: datetime.date
    source: str
    evidence: str


def enter(*, by: User, alike: int = 0, **fields: Unpack[PaperFields]) -> PaperCount:
    """Count what was done on paper, or leave it for somebody else to review.

    `alike` is how many entries just like this one whoever enters it knows of; if there are more,
    it raises PossibleDuplicate. So the same form sent twice counts once, whatever it says.
    """
    with transaction.atomic():
        _one_at_a_time(by)
        # Who enters for the same case waits, and then sees this entry; letters do not wait.
        Case.objects.select_for_update(no_key=True).get(pk=fields["case"].pk)
        paper = PaperCount(entered_by=by, **fields)
        if (there := entries_like(paper).count()) > alike:
            raise PossibleDuplicate(there)
        paper.state = NEEDS_REVIEW if reasons_to_review(paper, by) else COUNTED
        _save(paper, by)
    return paper


def correct(
    paper: PaperCount, *, seen: int, reason: str, by: User, **fields: Unpack[PaperFields]
) -> PaperCount:
    """Put right what was entered; what then looks like a slip needs review anew.

    Less in the same place never needs review: nothing is added. The same correction sent twice is
    done once.
    """
    with transaction.atomic():
        _one_at_a_time(by)
        now = _locked(paper)
        if all(getattr(now, name) == value for name, value in fields.items()):
            return now
        if now.state == TAKEN_OUT:
            raise Refused(_("It was taken out: enter it again."))
        _must_be_seen(now, seen)
        was, counted = _what_counts(now), _numbers(now)
        for name, value in fields.items():
            setattr(now, name, value)
        becomes = _what_counts(now)
        is_less = now.state == COUNTED and was[:-1] == becomes[:-1] and was[-1] > becomes[-1]
        if becomes != was and not is_less:
            now.state = NEEDS_REVIEW if reasons_to_review(now, by) else COUNTED
        now.reason = reason
        _save(now, by, counted)
    return now


def take_out(paper: PaperCount, *, seen: int, reason: str, by: User) -> bool:
    """It does not count after all; the entry and its trail stay. False if it was out already."""
    with transaction.atomic():
        now = _locked(paper)
        if now.state == TAKEN_OUT:
            return False
        _must_be_seen(now, seen)
        counted = _numbers(now)
        now.state, now.reason = TAKEN_OUT, reason
        _save(now, by, counted)
    return True


def clear_review(paper: PaperCount, *, seen: int, by: User) -> bool:
    """Somebody else has looked: it is no slip, and counts. False if it needs no review any more."""
    with transaction.atomic():
        now = _locked(paper)
        if now.state != NEEDS_REVIEW:
            return False
        _must_be_seen(now, seen)
        if not may_clear_review(now, by):
            raise Refused(_("Somebody else has to look at it: you entered or changed it yourself."))
        now.state, now.reason = COUNTED, ""
        _save(now, by)
    return True


def may_clear_review(paper: PaperCount, user: User) -> bool:
    """Whether it needs review, and this person did not enter or change it since it last counted."""
    counted = paper.history.filter(state=COUNTED).aggregate(newest=Max("history_id"))["newest"]
    mine = paper.history.filter(history_user_id=user.pk, history_id__gt=counted or 0)
    return paper.state == NEEDS_REVIEW and not mine.exists()


def version(paper: PaperCount) -> int:
    """Tells the entry as it stands from what it was before its last change."""
    return paper.history.aggregate(newest=Max("history_id"))["newest"]


def entries_like(paper: PaperCount) -> QuerySet[PaperCount]:
    """Entries that say the same, and were not taken out."""
    names = ["case_id", "kind", "number", "country", "day", "source"]
    same = {name: getattr(paper, name) for name in names}
    return PaperCount.objects.filter(**same).exclude(state=TAKEN_OUT)


def reasons_to_review(paper: PaperCount, by: User | None = None) -> list[str]:
    """Why somebody else should look before it counts, as sentences.

    `by` is who enters or corrects it; whoever did so last, if it is only looked at.
    """
    same = {"case": paper.case_id, "kind": paper.kind, "country": paper.country}
    online = Tally.objects.filter(**same).exclude(source=TallySource.STAFF)
    on_paper = PaperCount.objects.filter(state=COUNTED, **same).exclude(pk=paper.pk)
    found = []
    if _sum(on_paper.filter(day=paper.day)) + paper.number > MAX_OF_A_DAY:
        message = _("More than %(number)s on paper of one kind, from one country on one day.")
        found.append(message % {"number": f"{MAX_OF_A_DAY:,}"})
    person = by.pk if by else paper.history.latest("history_id").history_user_id
    if _sum(_entered_by(person).exclude(pk=paper.pk)) + paper.number > MAX_BY_ONE_PERSON:
        message = _("More than %(number)s entered or corrected by one person in a day.")
        found.append(message % {"number": f"{MAX_BY_ONE_PERSON:,}"})
    if paper.number > max(UNREMARKABLE, TIMES * (_sum(online) + _sum(on_paper))):
        message = _("More than %(times)s times what the case has of this kind from this country.")
        found.append(message % {"times": TIMES})
    return found


def _entered_by(person: int | None) -> QuerySet[PaperCount]:
    """What counts because this person entered it, raised it or put it elsewhere within a day.

    Asked of the trail: an old entry that is corrected adds as much as a new one.
    """
    since = timezone.now() - ONE_DAY
    history = PaperCount.history.model.objects
    mine = history.filter(history_user=person, history_date__gt=since)
    records = history.filter(id__in=mine.values("id")).order_by("id", "history_id")
    added, before = set(), None
    for record in records:
        is_new = before is None or before.id != record.id
        is_mine = record.history_user_id == person and record.history_date > since
        if is_mine and (is_new or _adds(before, record)):
            added.add(record.id)
        before = record
    return PaperCount.objects.filter(state=COUNTED, pk__in=added)


def _adds(older, newer) -> bool:
    """Whether a correction lets something count that did not: more, elsewhere, or at all."""
    was, now = _what_counts(older), _what_counts(newer)
    return was != now and (older.state != COUNTED or was[:-1] != now[:-1] or now[-1] > was[-1])


def _one_at_a_time(by: User) -> None:
    """Somebody who enters in two windows at once is added up as if it were in one."""
    get_user_model().objects.select_for_update(no_key=True).get(pk=by.pk)


def _locked(paper: PaperCount) -> PaperCount:
    return PaperCount.objects.select_for_update().get(pk=paper.pk)


def _must_be_seen(paper: PaperCount, seen: int) -> None:
    if version(paper) != seen:
        raise Refused(_("It was changed since you opened this page: please read it again."))


def _what_counts(paper: PaperCount) -> tuple:
    return paper.case_id, paper.kind, paper.country, paper.day, paper.number


def _numbers(paper: PaperCount) -> dict[TallyKey, int]:
    """What it has in the tally."""
    return {paper.tally_key: paper.number} if paper.tally_key else {}


def _sum(rows: QuerySet) -> int:
    return rows.aggregate(sum=Sum("number"))["sum"] or 0


def _save(paper: PaperCount, by: User, counted: dict[TallyKey, int] | None = None) -> None:
    """Keep it, and let count what it says now instead of what was counted."""
    paper._history_user = by  # also where no request says who it is
    paper.save()
    changes = Counter(_numbers(paper))
    changes.subtract(counted or {})
    ledger.add_many(changes)
