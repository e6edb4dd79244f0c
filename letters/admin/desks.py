"""What all desks have in common: whose it is, what was decided, and taking it back.

One on which rows are read one after the other is `OneByOneDesk`: the longest waiting first, each on
nobody else's desk for ten minutes, and after each act the next is there. Letters: `desk.py`;
replies: `reply_desk.py`. One with many short rows on a page is in `flagged.py`.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.pages import ExtraPagesMixin, extra_page
from cases.admin.row_numbers import row_number
from cases.permissions import staff
from cases.publishing.acts import Refused
from letters.admin.desk_forms import QueueForm
from letters.delivery import claims
from letters.models import Claim, Decision, DeskAct, Letter, Reply

DECISIONS_A_PAGE = 50
LEAD = "letters.lead_moderation"


class DeskMixin(ExtraPagesMixin):
    """For the admin of what is decided at a desk."""

    desk_permission = ""
    desk_title: str | Promise = gettext_lazy("The desk")
    desk_acts: ModuleType  # of letters.delivery: undo(decision, by=)

    @property
    def thing(self) -> str:
        """See DeskThing."""
        return str(self.opts.model_name)

    @extra_page("desk/undo/", methods=("POST",))
    def desk_undo_view(self, request: HttpRequest) -> HttpResponse:
        """Take a decision back. It is on the desk again of who did."""
        self._may_decide(request)
        number = row_number(request.POST.get("decision", ""))
        decision = get_object_or_404(Decision.objects.filter(thing=self.thing), pk=number)
        try:
            row = self.desk_acts.undo(decision, by=staff(request))
        except Refused as refused:
            messages.warning(request, str(refused))
            return redirect(self._desk_url(request))
        message = _("Undone: %(what)s.") % {"what": decision}
        self.log_change(request, row, message)
        messages.success(request, message)
        claims.claim(self.thing, row.pk, staff(request))
        return redirect(self._undone_url(request, row.pk))

    @extra_page("desk/decisions/")
    def desk_decisions_view(self, request: HttpRequest) -> HttpResponse:
        """What was decided: one's own, and everybody's for who leads."""
        self._may_decide(request)
        decisions = Decision.objects.filter(thing=self.thing).select_related("by", "undone_by")
        if not request.user.has_perm(LEAD):
            decisions = decisions.filter(by=staff(request))
        if row := row_number(request.GET.get("row", "")):
            decisions = decisions.filter(row=row)
        if before := row_number(request.GET.get("before", "")):
            decisions = decisions.filter(pk__lt=before)
        found = list(decisions[: DECISIONS_A_PAGE + 1])
        shown = found[:DECISIONS_A_PAGE]
        return self._desk_page(
            request,
            "desk/decisions",
            _("What was decided"),
            rows=[(one, one.may_be_undone_by(request.user)) for one in shown],
            older=shown[-1].pk if len(found) > DECISIONS_A_PAGE else None,
            of_row=row,
        )

    def _may_decide(self, request: HttpRequest) -> None:
        if not request.user.has_perm(self.desk_permission):
            raise PermissionDenied

    def _desk_page(self, request: HttpRequest, name: str, title: str, **context) -> HttpResponse:
        """`name` is that of its template, in the folder of the letters' admin."""
        context |= self.admin_site.each_context(request)
        context |= {"title": title, "opts": self.opts, "desk_title": self.desk_title}
        context["last"] = Decision.objects.last_by(staff(request), self.thing)
        return TemplateResponse(request, f"admin/letters/{name}.html", context)

    def _desk_url(self, request: HttpRequest) -> str:
        return reverse(f"admin:letters_{self.thing}_desk")

    def _undone_url(self, request: HttpRequest, pk: int) -> str:
        """Where it is on the desk again."""
        return self._desk_url(request)


class OneByOneDesk(DeskMixin):
    """`desk_acts` has also acts_for(row) and decide(row, act, by=, **said)."""

    desk_done: ClassVar[dict[str, str | Promise]] = {}  # by act: what is said when it is done
    desk_forms: ClassVar[dict[str, type[Form]]] = {}  # by act: what it asks, if anything
    reading_page = ""  # the template

    # --- what each desk says of itself

    def _queue(self, request: HttpRequest) -> QueueForm | None:
        """What of all that waits somebody asked for."""
        return None

    def _parts(self, request: HttpRequest) -> list[QuerySet]:
        """What waits, in the order in which it is read: see `claims.next_rows`."""
        raise NotImplementedError

    def _rows(self) -> QuerySet:
        """With what their page shows."""
        raise NotImplementedError

    def _reading_context(self, row: Any, **sent: Form) -> dict[str, object]:
        """`sent` is a form that can't be done as it was filled in."""
        return {}

    def _form(self, act: str, row: Any, sent: QueryDict | None = None) -> Form:
        return self.desk_forms[act](sent)

    # --- its pages

    @extra_page("desk/take/", methods=("POST",))
    def desk_take_view(self, request: HttpRequest) -> HttpResponse:
        """Put one on one's desk: the one that was chosen, or the next that waits."""
        self._may_decide(request)
        if not (chosen := request.POST.get(self.thing, "")):
            return self._to_next(request)
        row = self._row_to_read(chosen)
        is_open = bool(self.desk_acts.acts_for(row))
        if is_open and not claims.claim(self.thing, row.pk, staff(request)):
            messages.warning(request, _("Somebody else has it on their desk."))
        return redirect(self._page_of(request, row.pk))

    @extra_page("desk/<int:pk>/")
    def desk_read_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What one has on one's desk; of what is not, who has it or that it can be taken."""
        self._may_decide(request)
        return self._reading_page(request, self._row_to_read(pk))

    @extra_page("desk/<int:pk>/act/", methods=("POST",))
    def desk_act_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Decide about it as it was read, and go on to the next."""
        self._may_decide(request)
        person, act = staff(request), request.POST.get("act", "")
        try:
            row = self._row_to_read(pk)
        except Http404:
            messages.warning(request, _("It is gone: whoever wrote it took it back."))
            return self._to_next(request)
        if not claims.claim(self.thing, row.pk, person):
            messages.warning(request, _("Somebody else has it on their desk: nothing was changed."))
        elif act == DeskAct.SKIP:
            claims.skip(self.thing, row.pk, person)
        elif request.POST.get("seen") != row.changed_at.isoformat():
            self._warn_of_change(request, row)
            return redirect(self._page_of(request, row.pk))
        elif act in self.desk_done:
            form = self._form(act, row, request.POST) if act in self.desk_forms else None
            if form is not None and not form.is_valid():
                return self._reading_page(request, row, **{act: form})
            self._decide(request, row, act, form.cleaned_data if form else {})
            claims.release(self.thing, [row.pk], person)
        else:
            raise PermissionDenied
        return self._to_next(request)

    # --- pages and ways

    def _decide(self, request: HttpRequest, row: Letter | Reply, act: str, said: dict) -> None:
        """Do it, log it, and say how it went."""
        named = {"one": str(row).capitalize()}
        if self.desk_acts.decide(row, act, by=staff(request), **said):
            message = str(self.desk_done[act]) % named
            self.log_change(request, row, message)
            messages.success(request, message)
        else:
            message = _("%(one)s is %(state)s: nothing was changed.")
            messages.warning(request, message % (named | {"state": row.get_state_display()}))

    def _warn_of_change(self, request: HttpRequest, row: Letter | Reply) -> None:
        message = _("%(one)s was changed since: please read it again.")
        messages.warning(request, message % {"one": str(row).capitalize()})

    def _elsewhere(self, request: HttpRequest, row: Letter | Reply) -> Claim | None:
        """On whose desk it is, if on somebody else's: its words are for them alone."""
        claim = claims.claim_of(self.thing, row.pk)
        return claim if claim and claim.by != request.user else None

    def _row_to_read(self, pk: int | str) -> Any:
        return get_object_or_404(self._rows(), pk=row_number(str(pk)))

    def _reading_page(self, request: HttpRequest, row: Any, **sent: Form) -> HttpResponse:
        """With its words only for who has it on their desk. Each look is noted."""
        claim, acts = claims.claim_of(self.thing, row.pk), self.desk_acts.acts_for(row)
        title = str(row).capitalize()
        shared = {"queue": self._queue(request), "claim": claim, self.thing: row, "row": row}
        if claim is None or claim.by != request.user:
            may_take = bool(claim is None and acts)
            return self._desk_page(request, "desk/free", title, **shared, may_take=may_take)
        self.log_change(request, row, "Read.")
        shared |= {"acts": acts, "seen": row.changed_at.isoformat()}
        shared |= {"form": next(iter(sent.values()), None)}
        shared |= {f"{act}_form": sent.get(act) or self._form(act, row) for act in self.desk_forms}
        shared |= self._reading_context(row, **sent)
        return self._desk_page(request, self.reading_page, title, **shared)

    def _to_next(self, request: HttpRequest) -> HttpResponse:
        if rows := claims.next_rows(self.thing, staff(request), self._parts(request)):
            return redirect(self._page_of(request, rows[0]))
        messages.info(request, _("Nothing more waits for you here."))
        return redirect(self._desk_url(request))

    def _page_of(self, request: HttpRequest, pk: int) -> str:
        address = reverse(f"admin:letters_{self.thing}_desk_read", args=[pk])
        return self._with_queue(request, address)

    _undone_url = _page_of

    def _desk_url(self, request: HttpRequest) -> str:
        return self._with_queue(request, super()._desk_url(request))

    def _with_queue(self, request: HttpRequest, address: str) -> str:
        queue = self._queue(request)
        return f"{address}?{queue.query}" if queue and queue.query else address
