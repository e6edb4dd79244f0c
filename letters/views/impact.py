"""What was done and what came after, in figures; and how they are counted."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from cases.http_caching import public_page
from letters.statistics import deliveries, replies, spreadsheets, totals
from letters.statistics import impact as figures


@public_page()
def impact(request: HttpRequest) -> HttpResponse:
    found = totals.load()
    context = {
        "sums": found,
        "charts": figures.shown(found),
        "handed_in": deliveries.totals(found.cases),
        "replies": replies.totals(found.cases),
    }
    return render(request, "letters/impact/impact.html", context)


@public_page()
def impact_csv(request: HttpRequest, name: str) -> HttpResponse:
    """The table of a figure, as a file for spreadsheets."""
    if not (table := figures.table(name)):
        raise Http404
    response = HttpResponse(
        spreadsheets.as_csv(table.lines), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="impact-{name}.csv"'
    response["X-Robots-Tag"] = "noindex"
    return response


@public_page()
def how_we_count(request: HttpRequest) -> HttpResponse:
    return render(request, "letters/impact/how_we_count.html", {"figures": figures.FIGURES})
