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
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.admin.history import Span, highlight_changes
from cases.admin.pages import extra_page
from cases.admin.row_numbers import row_number
from cases.permissions import staff
from letters.admin import reading
from letters.admin.desk import LETTER, LetterDeskMixin
from letters.delivery import claims, desk, similar_texts
from letters.models import DeskAct, Letter, LetterPicture
from letters.text import checks, redactions, similarity

MAX_TOGETHER = 20  # letters on a page; when they are decided the next ones come


class Alike(NamedTuple):
    """One of the others, as its page shows it."""

    letter: Letter
    differences: list[list[Span]]  # of subject and body, as they would be printed
    picture: LetterPicture | None
    is_blocked: bool

    @property
    def seen(self) -> str:
        return self.letter.changed_at.isoformat()


class SimilarTextsMixin(LetterDeskMixin):
    @extra_page("desk/<int:pk>/alike/")
    def desk_alike_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The letter in full, and of each that is like it what differs: approved together."""
        self._may_decide(request)
        letter = self._row_to_read(pk)
        claim = claims.claim_of(LETTER, letter.pk)
        if claim is None or claim.by != request.user or not letter.may_be_approved:
            return redirect(self._page_of(request, letter.pk))
        redactions.load(letter)
        if request.method == "POST":
            self._approve_together(request, letter)
            return self._to_next(request)
        others = shown_with(letter, staff(request))
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

    def _approve_together(self, request: HttpRequest, letter: Letter) -> None:
        """Those that are ticked, are alike still, were not changed since they were shown, and that
        nobody else reads: each is a decision of its own, and undone alone."""
        ticked = {key for one in request.POST.getlist("letter") if (key := row_number(one))}
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
        if left := len(ticked) - done:
            message = ngettext(
                "%(n)s was changed since: please read it again.",
                "%(n)s were changed since: please read them again.",
                left,
            )
            messages.warning(request, message % {"n": left})

    def _reading_context(self, row: Letter, **sent: Form) -> dict[str, Any]:
        alike = 0
        if row.may_be_approved:
            similar_texts.group_case(row.case_id)
            alike = similar_texts.alike(row).count()
        return super()._reading_context(row, **sent) | {"alike": alike}


def shown_with(letter: Letter, person: User) -> list[Alike]:
    """Of those that wait and are like it the longest waiting, but for what others are reading. They
    are nobody's yet: who decides first has decided."""
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
        found.append(Alike(other, differences(letter, other), pictures.get(other.pk), is_blocked))
    return found


def only_alike(letter: Letter, others: list[Letter]) -> list[Letter]:
    """The group has one letter in common, not each with each."""
    terms = similarity.terms_of(letter)
    return [other for other in others if similarity.are_alike(terms, similarity.terms_of(other))]


def differences(letter: Letter, other: Letter) -> list[list[Span]]:
    texts = zip(redactions.redacted(letter), redactions.redacted(other), strict=True)
    return [highlight_changes(one, two) for one, two in texts if one.split() != two.split()]
