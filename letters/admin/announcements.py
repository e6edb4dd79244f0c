"""Telling those who follow: one person asks, another reads the same mail and lets it go."""

from typing import NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cases.admin.pages import ExtraPagesMixin, extra_page
from cases.admin.readonly import ReadOnlyAdmin
from cases.admin.row_numbers import row_number
from cases.countries import language_name
from cases.models import Outcome
from cases.permissions import staff
from cases.publishing.acts import Refused
from letters.admin.access_log import access_log_for
from letters.admin.filters import OptionsFilter
from letters.admin.keyset import KeysetAdmin
from letters.mail import announcements, news
from letters.models import Announcement
from letters.statistics.disclosure import SMALLEST_SHOWN


class Preview(NamedTuple):
    """The mail in one language, as it arrives."""

    language: str
    name: str
    subject: str
    body: str


class AnnouncementStateFilter(OptionsFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    options = {
        "waiting": (
            gettext_lazy("waits for a second person"),
            Announcement.objects.awaiting_approval,
        ),
        "approved": (
            gettext_lazy("approved"),
            lambda: Announcement.objects.exclude(approved_at=None),
        ),
    }


@admin.register(Announcement)
class AnnouncementAdmin(ExtraPagesMixin, KeysetAdmin, ReadOnlyAdmin):
    list_display = [
        "outcome",
        "case",
        "status",
        "asked_by",
        "asked_at",
        "approved_by",
        "approved_at",
    ]
    list_filter = [AnnouncementStateFilter]
    empty_value_display = ""

    # --- who may

    def has_view_permission(self, request: HttpRequest, obj: Announcement | None = None) -> bool:
        return self.has_approve_permission(request) or super().has_view_permission(request, obj)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("letters.approve_announcement")

    # --- the list

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        related = ["outcome__case", "asked_by", "approved_by"]
        return super().get_queryset(request).select_related(*related).defer("texts")

    @admin.display(description=gettext_lazy("case"))
    def case(self, row: Announcement) -> str:
        return str(row.outcome.case)

    @admin.display(description=gettext_lazy("state"))
    def status(self, row: Announcement) -> str:
        return _("approved") if row.approved_at else _("waits for a second person")

    # --- the page of an outcome: what would be sent, is asked for, or is on its way

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(Announcement, pk=row_number(object_id))
        return redirect("admin:letters_announcement_tell", row.outcome_id)

    @extra_page("of/<int:outcome>/", permission="view")
    def tell_view(self, request: HttpRequest, outcome: int) -> HttpResponse:
        row = _announcement_of(outcome)
        told = row.outcome
        is_stale = row.pk is not None and not row.approved_at and announcements.is_stale(row)
        is_draft = row.pk is None or is_stale
        progress = announcements.progress(row) if row.approved_at else None
        context = {
            "announcement": row,
            "outcome": told,
            "case": told.case,
            "problems": [] if row.approved_at else announcements.problems(told),
            "previews": _previews(announcements.texts(told) if is_draft else row.texts),
            "addresses": _counted(announcements.recipients(told).count()),
            "progress": progress,
            "is_few": progress is not None and progress.all < SMALLEST_SHOWN,
            "is_stale": is_stale,
            "is_draft": is_draft,
            "is_mine": row.pk is not None and row.asked_by_id == request.user.pk,
            "may_act": self.has_approve_permission(request),
            "seen": row.asked_at.isoformat(),
            "access_log": access_log_for(told),  # an announcement that was taken back is gone
        }
        title = _("Tell those who follow: %(outcome)s") % {"outcome": told}
        return self._page(request, "tell", title, **context)

    @extra_page("of/<int:outcome>/act/", permission="approve", methods=("POST",))
    def act_view(self, request: HttpRequest, outcome: int) -> HttpResponse:
        row = _announcement_of(outcome)
        act = request.POST.get("act")
        if act not in ("ask", "approve", "take-back", "stop"):
            raise PermissionDenied
        if act != "ask" and request.POST.get("seen") != row.asked_at.isoformat():
            message = _(
                "It was taken back or asked for again in the meantime: please read it again."
            )
            messages.warning(request, message)
        else:
            self._do(request, row, act)
        return redirect("admin:letters_announcement_tell", outcome)

    def _do(self, request: HttpRequest, row: Announcement, act: str) -> None:
        """Do it, log it, and say how it went."""
        try:
            match act:
                case "ask":
                    row = announcements.ask(row.outcome, staff(request))
                    done = _("Somebody else has to approve it now: it is on their first page.")
                    log = "Asked for the news to be sent."
                case "approve":
                    announcements.approve(row, staff(request))
                    done, log = _("The mails are on their way."), "Approved the news."
                case "take-back":
                    if not announcements.take_back(row):
                        raise Refused(_("It is approved already."))
                    done, log = _("It was taken back. No mail was sent."), "Took the news back."
                case "stop":
                    announcements.stop(row)
                    done, log = _("What had not left will not leave."), "Stopped the news."
        except Refused as error:
            messages.warning(request, str(error))
            return
        self.log_change(request, row.outcome, log)
        messages.success(request, done)


def _announcement_of(outcome: int) -> Announcement:
    """The announcement of an outcome; a new one, not stored, if nobody has asked for one."""
    outcomes = Outcome.objects.select_related(
        "case", "announcement__asked_by", "announcement__approved_by"
    )
    told: Outcome = get_object_or_404(outcomes, pk=outcome)
    return told.announcement or Announcement(outcome=told)


def _previews(texts: dict[str, dict[str, str]]) -> list[Preview]:
    previews = []
    for language, text in texts.items():
        name = language_name(language, get_language())
        previews.append(
            Preview(language, name, text["subject"], news.without_key(text["body"], language))
        )
    return previews


def _counted(number: int) -> str:
    """So many addresses; how many a few are is nobody's business."""
    return (
        str(number)
        if number >= SMALLEST_SHOWN
        else _("fewer than %(number)s") % {"number": SMALLEST_SHOWN}
    )
