"""The reading desk: a queue that begins with what waits longest, and one letter after the other."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.pages import extra_page
from cases.admin.row_numbers import row_number
from cases.permissions import staff
from letters.admin import reading
from letters.admin.desk_forms import AskForm, LanguagesForm, QueueForm, RejectForm, language_label
from letters.admin.desks import OneByOneDesk
from letters.admin.moderated import ModeratedAdmin
from letters.delivery import desk, reading_queue
from letters.models import Claim, DeskAct, DeskThing, Letter, ReadingLanguages
from letters.text import checks

LETTER = DeskThing.LETTER


class LetterDeskMixin(OneByOneDesk, ModeratedAdmin):
    """For the admin of letters."""

    desk_title = gettext_lazy("The reading desk")
    desk_acts = desk
    desk_done = {
        DeskAct.APPROVE: gettext_lazy("%(one)s is approved."),
        DeskAct.ASK: gettext_lazy("%(one)s: its writer is asked for a change."),
        DeskAct.CLEAR_REVIEW: gettext_lazy("%(one)s no longer needs review."),
        DeskAct.REJECT: gettext_lazy("%(one)s is rejected."),
    }
    desk_forms = {DeskAct.REJECT: RejectForm, DeskAct.ASK: AskForm}
    reading_page = "desk/read"

    @extra_page("desk/")
    def desk_view(self, request: HttpRequest) -> HttpResponse:
        """What waits, the longest waiting first."""
        self._may_decide(request)
        form = self._queue(request)
        languages = ReadingLanguages.objects.of(request.user)
        after = row_number(request.GET.get("after", ""))
        page = reading_queue.page(form.queue(), languages, after)
        taken = Claim.objects.by_row(LETTER, [letter.pk for letter in page.letters])
        return self._desk_page(
            request,
            "desk/queue",
            str(self.desk_title),
            form=form,
            head=reading_queue.head(Letter.objects.queued(), "waiting_since"),
            frozen=reading_queue.head(Letter.objects.with_frozen_cases(), "waiting_since"),
            rows=[
                {
                    "letter": letter,
                    "language": language_label(letter.language),
                    "claim": taken.get(letter.pk),
                }
                for letter in page.letters
            ],
            next=page.next,
            is_later=after is not None,
            languages=languages,
        )

    @extra_page("desk/languages/")
    def desk_languages_view(self, request: HttpRequest) -> HttpResponse:
        """Which languages one reads: those come first."""
        self._may_decide(request)
        sent = request.POST if request.method == "POST" else None
        form = LanguagesForm(sent, person=staff(request))
        if form.is_valid():
            form.save()
            messages.success(request, _("Your languages are kept: these letters come first."))
            return redirect("admin:letters_letter_desk")
        return self._desk_page(request, "desk/languages", _("Languages you read"), form=form)

    def _queue(self, request: HttpRequest) -> QueueForm:
        return QueueForm(request.GET)

    def _parts(self, request: HttpRequest) -> list[QuerySet]:
        languages = ReadingLanguages.objects.of(request.user)
        return reading_queue.parts(self._queue(request).queue(), languages)

    def _rows(self) -> QuerySet:
        return Letter.objects.select_related("case", "target", "case__solidarity_action")

    def _form(self, act: str, row: Letter, sent: QueryDict | None = None) -> Form:
        if act == DeskAct.ASK:
            return AskForm(sent, letter=row, problems=checks.problems_of(row))
        if act == DeskAct.REJECT:
            return RejectForm(sent, letter=row)
        return super()._form(act, row, sent)

    def _reading_context(self, row: Letter, **sent: Form) -> dict[str, Any]:
        return reading.context(row)
