"""The letter about a year: one person asks, another reads the same mail and lets it go."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.admin.pages import ExtraPagesMixin, extra_page
from cases.admin.readonly import ReadOnlyAdmin
from cases.admin.row_numbers import row_number
from cases.countries import language_name
from cases.models import Edition
from cases.permissions import staff
from cases.publishing.acts import Refused
from letters.admin.access_log import access_log_for
from letters.admin.announcements import Preview
from letters.mail import parts, writing, year_letters
from letters.models import YearLetter
from letters.statistics.disclosure import SMALLEST_SHOWN


class Year(NamedTuple):
    edition: Edition
    letter: YearLetter | None
    number: int | None  # of those who want it; None: fewer than are told


@admin.register(YearLetter)
class YearLetterAdmin(ExtraPagesMixin, ReadOnlyAdmin):
    def has_view_permission(self, request: HttpRequest, obj: YearLetter | None = None) -> bool:
        return self.has_approve_permission(request) or super().has_view_permission(request, obj)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("letters.approve_yearletter")

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        """The years there are, with how many want a letter about each."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        editions = Edition.objects.opened().select_related("year_letter").order_by("-year")
        years = [Year(edition, edition.year_letter, _number(edition)) for edition in editions]
        title = _("Letters about a year")
        return self._page(request, "years", title, years=years, fewest=SMALLEST_SHOWN)

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(YearLetter, pk=row_number(object_id))
        return redirect("admin:letters_yearletter_year", row.edition.year)

    @extra_page("of/<int:year>/", permission="view")
    def year_view(self, request: HttpRequest, year: int) -> HttpResponse:
        edition, row = _of(year)
        is_waiting = row.pk is not None and row.approved_at is None
        waiting = year_letters.mails(edition).waiting().count() if row.approved_at else 0
        context = {
            "letter": row,
            "edition": edition,
            "previews": _previews(edition),
            "number": _number(edition),
            "fewest": SMALLEST_SHOWN,
            "is_over": year_letters.is_over(edition),
            "is_wanted": year_letters.wishes(edition).exists(),
            "is_leaving": bool(row.tell_after or waiting),
            "is_stale": is_waiting and year_letters.is_stale(row),
            "is_mine": row.pk is not None and row.asked_by_id == request.user.pk,
            "may_act": self.has_approve_permission(request),
            "seen": row.asked_at.isoformat(),
            "access_log": access_log_for(edition),
        }
        title = _("The letter about %(year)s") % {"year": year}
        return self._page(request, "year", title, **context)

    @extra_page("of/<int:year>/act/", permission="approve", methods=("POST",))
    def act_view(self, request: HttpRequest, year: int) -> HttpResponse:
        edition, row = _of(year)
        act = request.POST.get("act")
        if act not in ("ask", "approve", "take-back", "stop"):
            raise PermissionDenied
        if act != "ask" and request.POST.get("seen") != row.asked_at.isoformat():
            message = _(
                "It was taken back or asked for again in the meantime: please read it again."
            )
            messages.warning(request, message)
        else:
            self._do(request, edition, row, act)
        return redirect("admin:letters_yearletter_year", year)

    def _do(self, request: HttpRequest, edition: Edition, row: YearLetter, act: str) -> None:
        """Do it, log it, and say how it went."""
        try:
            match act:
                case "ask":
                    year_letters.ask(edition, staff(request))
                    done = _("Somebody else has to approve it now: it is on their first page.")
                    log = "Asked for the letter about the year to be sent."
                case "approve":
                    year_letters.approve(row, staff(request))
                    done, log = _("The mails are on their way."), "Approved the letter."
                case "take-back":
                    if not year_letters.take_back(row):
                        raise Refused(_("It is approved already."))
                    done, log = _("It was taken back. No mail was sent."), "Took the letter back."
                case "stop":
                    year_letters.stop(row)
                    done, log = _("What had not left will not leave."), "Stopped the letter."
        except Refused as error:
            messages.warning(request, str(error))
            return
        self.log_change(request, edition, log)
        messages.success(request, done)


def _of(year: int) -> tuple[Edition, YearLetter]:
    """An edition with its letter; a new one, not stored, if nobody has asked for one."""
    editions = Edition.objects.opened().select_related(
        "year_letter__asked_by", "year_letter__approved_by"
    )
    edition = get_object_or_404(editions, year=year)
    return edition, edition.year_letter or YearLetter(edition=edition)


def _number(edition: Edition) -> int | None:
    number = year_letters.wishes(edition).count()
    return number if number >= SMALLEST_SHOWN else None


def _previews(edition: Edition) -> list[Preview]:
    """The mail as it was asked for, or would be now, for an invented reader."""
    previews = []
    for language, _name in settings.LANGUAGES:
        name = language_name(language, get_language())
        with translation.override(language):
            mail = writing.of_parts([parts.example_of_year(edition)])
        previews.append(Preview(language, name, mail.subject, mail.body))
    return previews
