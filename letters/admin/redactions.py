"""Leaving words out of a letter, and putting them back, on the desk where it is read."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cases.admin.pages import extra_page
from cases.admin.row_numbers import row_number
from cases.permissions import staff
from letters.admin.desk import LETTER, LetterDeskMixin
from letters.admin.desk_forms import RedactForm
from letters.delivery import claims, redactions
from letters.models import Letter


class RedactMixin(LetterDeskMixin):
    @extra_page("desk/<int:pk>/redact/", methods=("POST",))
    def desk_redact_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The letter stays on the desk. The log says that words were left out, never which."""
        self._may_decide(request)
        letter = self._row_to_read(pk)
        back = redirect(self._page_of(request, letter.pk))
        if not claims.claim(LETTER, letter.pk, staff(request)):
            messages.warning(request, _("Somebody else has it on their desk: nothing was changed."))
            return back
        form = RedactForm(request.POST, letter=letter)
        put_back = row_number(request.POST.get("put_back", ""))
        if request.POST.get("seen") != letter.changed_at.isoformat():
            self._warn_of_change(request, letter)
        elif put_back:
            done = redactions.put_back(letter, put_back)
            self._tell(request, letter, done, _("%(letter)s: the words are back."))
        elif form.is_valid():
            reason = form.cleaned_data["why"]
            done = redactions.redact(letter, form.places, reason=reason, by=staff(request))
            self._tell(request, letter, done, _("%(letter)s: the words are left out."))
        else:
            return self._reading_page(request, letter, redact=form)
        return back

    def _tell(self, request: HttpRequest, letter: Letter, done: bool, sentence: str) -> None:
        """What was done, here and in the log."""
        if not done:
            self._warn_of_change(request, letter)
            return
        message = sentence % {"letter": str(letter).capitalize()}
        self.log_change(request, letter, message)
        messages.success(request, message)

    def _reading_context(self, row: Letter, **sent: Form) -> dict[str, Any]:
        context = super()._reading_context(row, **sent)
        form = sent.get("redact")
        if form is None and redactions.may_be_redacted(row):
            suggested = redactions.suggested(row, context["problems"])
            form = RedactForm(letter=row, initial=suggested)
        return context | {"redact_form": form}
