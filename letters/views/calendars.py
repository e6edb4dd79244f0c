"""What somebody who has promised letters puts into their own calendar."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from cases.http_caching import private_page
from letters.actions import pledges
from letters.forms.calendars import EveningForm
from letters.models import Pledge
from letters.text import calendars


@private_page
def pledge_ics(request: HttpRequest, key: str) -> HttpResponse:
    """The day until which the letters were promised."""
    pledge = _pledge_or_404(key)
    if pledge.is_over or not pledges.waits_for_letters(pledge):
        return redirect(pledge)
    return _calendar(calendars.of_pledge(pledge), "letters-promised.ics")


@private_page
def evening_ics(request: HttpRequest, key: str) -> HttpResponse:
    """An evening for writing: ?on=2026-12-03&at=19:00. With a wrong day or time, the form again."""
    pledge = _pledge_or_404(key)
    if not pledges.waits_for_letters(pledge):
        return redirect(pledge)
    form = EveningForm(request.GET, pledge=pledge)
    if form.is_valid():
        return _calendar(calendars.of_evening(pledge, form.begins), "time-to-write.ics")
    return render(
        request, "letters/calendars/evening.html", {"pledge": pledge, "evening_form": form}
    )


def _pledge_or_404(key: str) -> Pledge:
    with_case = Pledge.objects.select_related("case__edition", "edition")
    return get_object_or_404(with_case.by_key(key))


def _calendar(data: bytes, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response
