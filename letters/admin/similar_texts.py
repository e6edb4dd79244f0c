"""Letters that say the same or nearly the same: one is read in full, of the others what differs.

What is decided together was on that page, and each is a decision of its own. At the
reading desk.
"""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.admin.history import Span, highlight_changes
from cases.admin.pages import extra_page
from cases.admin.row_numbers import row_number
from cases.permissions import staff
from letters.admin import reading
from letters.admin.desk import LETTER, LetterDeskMixin
from letters.delivery import claims, desk, similar_texts
from letters.models import READ_STATES, Decision, DeskAct, Letter, LetterPicture
from letters.text import checks, redactions, similarity

MAX_TOGETHER = 20  # letters on a page; when they are decided the next ones come


class Alike(NamedTuple):
    """One of the others, as its page shows it."""

    letter: Letter
    differences: list[list[Span]]  # of subject and body, as they would be printed
    picture: LetterPicture | None
    is_blocked: bool
    is_ticked: bool

    @property
    def seen(self) -> str:
        return self.letter.changed_at.isoformat()


class SimilarTextsMixin(LetterDeskMixin):
    @extra_page("desk/<int:pk>/alike/")
    def desk_alike_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The letter in full, and of each that is like it what differs: approved together."""
        self._may_decide(request)
        letter = self._row_to_read(pk)
        redactions.load(letter)
        if request.method == "POST":
            return self._approve_ticked(request, letter)
        claim = claims.claim_of(LETTER, letter.pk)
        if claim is None or claim.by != request.user or not letter.may_be_approved:
            return redirect(self._page_of(request, letter.pk))
        others = shown_with(letter, staff(request), _numbers(request.GET))
        shown = [letter, *(other.letter for other in others)]
        rows = Letter.objects.filter(pk__in=[one.pk for one in shown]).only("pk", "kind")
        LogEntry.objects.log_actions(staff(request).pk, rows, CHANGE, "Read with others.")
        return self._desk_page(
            request,
            "desk/alike",
            _("Letters like %(letter)s") % {"letter": letter},
            **reading.context(letter),
            queue=self._queue(request),
            others=others,
            number=len(shown),
        )

    def _approve_ticked(self, request: HttpRequest, letter: Letter) -> HttpResponse:
        """Also after more than ten minutes: who reads twenty letters needs them."""
        is_as_seen = request.POST.get(f"seen-{letter.pk}") == letter.changed_at.isoformat()
        if not claims.claim(LETTER, letter.pk, staff(request)):
            return self._go_on_with_the_others(request, letter)
        if not letter.may_be_approved or not is_as_seen:
            claims.release(LETTER, [letter.pk], staff(request))
            return self._go_on_with_the_others(request, letter)
        self._approve_together(request, letter)
        return self._to_next(request)

    def _go_on_with_the_others(self, request: HttpRequest, letter: Letter) -> HttpResponse:
        """The first, with which they were compared, can’t be approved as it was read: the others
        that were ticked are shown with the next of them, still ticked."""
        ticked = _numbers(request.POST)
        left = similar_texts.waiting().filter(pk__in=ticked - {letter.pk})
        named = {"letter": str(letter).capitalize()}
        for pk in left.order_by("waiting_since", "pk").values_list("pk", flat=True):
            if claims.claim(LETTER, pk, staff(request)):
                message = _(
                    "%(letter)s was changed or decided since, or somebody else reads it: nothing "
                    "was approved. The others are still ticked, and shown with the next of them."
                )
                messages.warning(request, message % named)
                address = reverse("admin:letters_letter_desk_alike", args=[pk])
                still = "&".join(f"letter={one}" for one in sorted(ticked - {letter.pk}))
                address = self._with_queue(request, address)
                return redirect(f"{address}{'&' if '?' in address else '?'}{still}")
        if ticked - _approved_by(staff(request), ticked):
            message = _(
                "%(letter)s was changed or decided since, or somebody else reads it: nothing was "
                "approved."
            )
            messages.warning(request, message % named)
        return self._to_next(request)

    def _approve_together(self, request: HttpRequest, letter: Letter) -> None:
        """Those that are ticked, are alike still, were not changed since they were shown, and that
        nobody else reads: each is a decision of its own, and undone alone."""
        ticked = _numbers(request.POST)
        alike = similar_texts.alike(letter).filter(pk__in=ticked)
        others = list(alike.select_related("case", "target")[:MAX_TOGETHER])
        mine = claims.claim_many(LETTER, [other.pk for other in others], staff(request))
        free = [other for other in only_alike(letter, others) if other.pk in mine]
        group, done = secrets.token_urlsafe(12), 0
        for one in [letter, *free]:
            is_as_seen = request.POST.get(f"seen-{one.pk}") == one.changed_at.isoformat()
            if one.pk in ticked and is_as_seen:
                approved = desk.decide(one, DeskAct.APPROVE, by=staff(request), group=group)
                if approved:
                    done += 1
                    self.log_change(request, one, "Approved, read with others.")
        claims.release(LETTER, [letter.pk, *mine], staff(request))
        if done:
            message = ngettext("%(n)s letter is approved.", "%(n)s letters are approved.", done)
            messages.success(request, message % {"n": done})
        if left := len(ticked - _approved_by(staff(request), ticked)):
            message = ngettext(
                "%(n)s was changed since: please read it again.",
                "%(n)s were changed since: please read them again.",
                left,
            )
            messages.warning(request, message % {"n": left})

    def _reading_context(self, row: Letter, **sent: Form) -> dict[str, Any]:
        alike, are_more = 0, False
        if row.may_be_approved:
            similar_texts.group_case(row.case_id)
            alike, are_more = similar_texts.count_alike(row)
        context = super()._reading_context(row, **sent)
        return context | {"alike": alike, "more_alike": are_more}


def _numbers(sent: QueryDict) -> set[int]:
    """The letters that are ticked."""
    ticked = (row_number(one) for one in sent.getlist("letter")[: MAX_TOGETHER + 1])
    return {key for key in ticked if key}


def _approved_by(person: User, letters: set[int]) -> set[int]:
    """Those that they approved, now or when they pressed the button before."""
    mine = Decision.objects.standing().filter(thing=LETTER, act=DeskAct.APPROVE, by=person)
    approved = Letter.objects.filter(pk__in=letters, state__in=READ_STATES)
    return set(mine.filter(row__in=approved.values("pk")).values_list("row", flat=True))


def shown_with(letter: Letter, person: User, ticked: set[int]) -> list[Alike]:
    """Of those that wait and are like it the longest waiting, but for what others are reading. They
    are nobody's yet: who decides first has decided. Ticked is what was ticked before, or all that
    may be approved together."""
    similar_texts.group_case(letter.case_id)
    free = similar_texts.alike(letter).exclude(pk__in=claims.taken_by_others(LETTER, person))
    alike = only_alike(letter, list(free.prefetch_related("redactions")[:MAX_TOGETHER]))
    pictures = {
        picture.letter_id: picture
        for picture in LetterPicture.objects.filter(letter__in=alike).defer("data")
    }
    found = []
    for other in alike:
        other.case, other.target = letter.case, letter.target  # they are the same
        is_blocked = checks.is_blocked(other)
        is_ticked = other.pk in ticked if ticked else not is_blocked
        found.append(
            Alike(
                other,
                differences(letter, other),
                pictures.get(other.pk),
                is_blocked,
                is_ticked,
            )
        )
    return found


def only_alike(letter: Letter, others: list[Letter]) -> list[Letter]:
    """The group has one letter in common, not each with each."""
    terms = similarity.terms_of(letter)
    return [other for other in others if similarity.are_alike(terms, similarity.terms_of(other))]


def differences(letter: Letter, other: Letter) -> list[list[Span]]:
    texts = zip(redactions.redacted(letter), redactions.redacted(other), strict=True)
    return [highlight_changes(one, two) for one, two in texts if one.split() != two.split()]
