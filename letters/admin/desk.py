"""The reading desk: a queue that begins with what waits longest, and one letter after the other.

Whoever reads a letter has it on their desk for ten minutes; nobody else gets it meanwhile. What is
decided leads to the next letter, and stands in a list from which it can be undone.
"""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.pages import extra_page
from cases.admin.row_numbers import row_number
from cases.permissions import staff
from cases.publishing.acts import Refused
from letters.admin import reading
from letters.admin.desk_forms import AskForm, LanguagesForm, QueueForm, RejectForm, language_label
from letters.admin.moderated import ModeratedAdmin
from letters.delivery import claims, desk, reading_queue
from letters.models import Claim, Decision, DeskAct, DeskThing, Letter, ReadingLanguages

LETTER = DeskThing.LETTER
DECISIONS_A_PAGE = 50
FORMS: dict[str, type[Form]] = {DeskAct.REJECT: RejectForm, DeskAct.ASK: AskForm}
LEAD = "letters.lead_moderation"

DONE = {
    DeskAct.APPROVE: gettext_lazy("%(letter)s is approved."),
    DeskAct.ASK: gettext_lazy("%(letter)s: its writer is asked for a change."),
    DeskAct.CLEAR_REVIEW: gettext_lazy("%(letter)s no longer needs review."),
    DeskAct.REJECT: gettext_lazy("%(letter)s is rejected."),
}


class DeskMixin(ModeratedAdmin):
    """For the admin of letters."""

    @extra_page("desk/")
    def desk_view(self, request: HttpRequest) -> HttpResponse:
        """What waits, the longest waiting first."""
        self._may_read(request)
        form = QueueForm(request.GET)
        languages = ReadingLanguages.objects.of(request.user)
        after = row_number(request.GET.get("after", ""))
        page = reading_queue.page(form.queue(), languages, after)
        rows = [letter.pk for letter in page.letters]
        taken = Claim.objects.in_force().filter(thing=LETTER, row__in=rows).select_related("by")
        by_row = {claim.row: claim for claim in taken}
        return self._desk_page(
            request,
            "queue",
            _("The reading desk"),
            form=form,
            head=reading_queue.head(),
            rows=[
                {
                    "letter": letter,
                    "language": language_label(letter.language),
                    "claim": by_row.get(letter.pk),
                }
                for letter in page.letters
            ],
            next=page.next,
            is_later=after is not None,
            languages=languages,
            last=desk.last_by(staff(request)),
        )

    @extra_page("desk/take/", methods=("POST",))
    def desk_take_view(self, request: HttpRequest) -> HttpResponse:
        """Put a letter on one's desk: the one that was chosen, or the next that waits."""
        self._may_read(request)
        form = QueueForm(request.GET)
        row = row_number(request.POST.get("letter", ""))
        if row is None:
            return self._to_next(request, form)
        letter = self._letter_to_read(row)
        if desk.acts_for(letter) and not claims.claim(LETTER, letter.pk, staff(request)):
            messages.warning(request, _("Somebody else has it on their desk."))
        return redirect(self._page_of(letter.pk, form))

    @extra_page("desk/<int:pk>/")
    def desk_read_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The letter on one's desk; of one that is not, who has it or that it can be taken."""
        self._may_read(request)
        return self._reading_page(request, self._letter_to_read(pk))

    @extra_page("desk/<int:pk>/act/", methods=("POST",))
    def desk_act_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Decide about it as it was read, and go on to the next."""
        self._may_read(request)
        letter, person = self._letter_to_read(pk), staff(request)
        queue, act = QueueForm(request.GET), request.POST.get("act", "")
        if not claims.claim(LETTER, letter.pk, person):
            messages.warning(request, _("Somebody else has it on their desk: nothing was changed."))
        elif act == DeskAct.SKIP:
            desk.skip(letter, by=person)
        elif request.POST.get("seen") != letter.changed_at.isoformat():
            self._warn_of_change(request, letter)
            return redirect(self._page_of(letter.pk, queue))
        elif act in DONE:
            form = FORMS[act](request.POST) if act in FORMS else None
            if form is not None and not form.is_valid():
                return self._reading_page(request, letter, **{act: form})
            self._decide(request, letter, act, form.cleaned_data if form else {})
            claims.release(LETTER, [letter.pk], person)
        else:
            raise PermissionDenied
        return self._to_next(request, queue)

    def _decide(self, request: HttpRequest, letter: Letter, act: str, said: dict) -> None:
        """Do it, log it, and say how it went."""
        named = {"letter": str(letter).capitalize()}
        if desk.decide(letter, act, by=staff(request), **said):
            message = DONE[DeskAct(act)] % named
            self.log_change(request, letter, message)
            messages.success(request, message)
        else:
            message = _("%(letter)s is %(state)s: nothing was changed.")
            named["state"] = letter.get_state_display()
            messages.warning(request, message % named)

    @extra_page("desk/undo/", methods=("POST",))
    def desk_undo_view(self, request: HttpRequest) -> HttpResponse:
        """Take a decision back. The letter is on their desk again who did."""
        self._may_read(request)
        row = row_number(request.POST.get("decision", ""))
        decision = get_object_or_404(Decision.objects.filter(thing=LETTER), pk=row)
        queue = QueueForm(request.GET)
        try:
            letter = desk.undo(decision, by=staff(request))
        except Refused as refused:
            messages.warning(request, str(refused))
            return redirect(self._queue_url(queue))
        message = _("Undone: %(what)s.") % {"what": decision}
        self.log_change(request, letter, message)
        messages.success(request, message)
        claims.claim(LETTER, letter.pk, staff(request))
        return redirect(self._page_of(letter.pk, queue))

    @extra_page("desk/decisions/")
    def desk_decisions_view(self, request: HttpRequest) -> HttpResponse:
        """What was decided: one's own, and everybody's for who leads."""
        self._may_read(request)
        decisions = Decision.objects.filter(thing=LETTER).select_related("by", "undone_by")
        if not request.user.has_perm(LEAD):
            decisions = decisions.filter(by=staff(request))
        if row := row_number(request.GET.get("letter", "")):
            decisions = decisions.filter(row=row)
        if before := row_number(request.GET.get("before", "")):
            decisions = decisions.filter(pk__lt=before)
        found = list(decisions[: DECISIONS_A_PAGE + 1])
        shown = found[:DECISIONS_A_PAGE]
        return self._desk_page(
            request,
            "decisions",
            _("What was decided"),
            rows=[(one, one.may_be_undone_by(request.user)) for one in shown],
            older=shown[-1].pk if len(found) > DECISIONS_A_PAGE else None,
            of_letter=row,
        )

    @extra_page("desk/languages/")
    def desk_languages_view(self, request: HttpRequest) -> HttpResponse:
        """Which languages one reads: those come first."""
        self._may_read(request)
        sent = request.POST if request.method == "POST" else None
        form = LanguagesForm(sent, person=staff(request))
        if form.is_valid():
            form.save()
            messages.success(request, _("Your languages are kept: these letters come first."))
            return redirect("admin:letters_letter_desk")
        return self._desk_page(request, "languages", _("Languages you read"), form=form)

    # --- pages and ways

    def _may_read(self, request: HttpRequest) -> None:
        if not self.has_moderate_permission(request):
            raise PermissionDenied

    def _warn_of_change(self, request: HttpRequest, letter: Letter) -> None:
        message = _("%(letter)s was changed since: please read it again.")
        messages.warning(request, message % {"letter": str(letter).capitalize()})

    def _letter_to_read(self, pk: int | str) -> Letter:
        letters = Letter.objects.select_related("case", "target", "case__solidarity_action")
        return get_object_or_404(letters, pk=row_number(str(pk)))

    def _desk_page(self, request: HttpRequest, name: str, title: str, **context) -> HttpResponse:
        context |= self.admin_site.each_context(request) | {"title": title, "opts": self.opts}
        return TemplateResponse(request, f"admin/letters/desk/{name}.html", context)

    def _reading_page(self, request: HttpRequest, letter: Letter, **sent: Form) -> HttpResponse:
        """With its words only for who has it on their desk. Each look is noted.

        `sent` is a form that can't be done as it was filled in.
        """
        queue, claim = QueueForm(request.GET), claims.claim_of(LETTER, letter.pk)
        title = str(letter).capitalize()
        acts = desk.acts_for(letter)
        shared: dict[str, object] = {"queue": queue, "claim": claim}
        shared["last"] = desk.last_by(staff(request))
        if claim is None or claim.by != request.user:
            shared |= {"letter": letter, "may_take": bool(claim is None and acts)}
            return self._desk_page(request, "free", title, **shared)
        self.log_change(request, letter, "Read.")
        shared |= reading.context(letter) | {"acts": acts, "form": next(iter(sent.values()), None)}
        shared |= {f"{act}_form": sent.get(act) or form() for act, form in FORMS.items()}
        shared |= self._more_to_read(letter, **sent)
        return self._desk_page(request, "read", title, **shared)

    def _more_to_read(self, letter: Letter, **sent: Form) -> dict[str, object]:
        """What the pages that build on this one add to it."""
        return {}

    def _to_next(self, request: HttpRequest, queue: QueueForm) -> HttpResponse:
        languages = ReadingLanguages.objects.of(request.user)
        parts = reading_queue.parts(queue.queue(), languages)
        if rows := claims.next_rows(LETTER, staff(request), parts):
            return redirect(self._page_of(rows[0], queue))
        messages.info(request, _("Nothing more waits for you here."))
        return redirect(self._queue_url(queue))

    def _page_of(self, pk: int, queue: QueueForm) -> str:
        return _with(reverse("admin:letters_letter_desk_read", args=[pk]), queue)

    def _queue_url(self, queue: QueueForm) -> str:
        return _with(reverse("admin:letters_letter_desk"), queue)


def _with(address: str, queue: QueueForm) -> str:
    return f"{address}?{queue.query}" if queue.query else address
