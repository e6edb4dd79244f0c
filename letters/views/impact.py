"""What was done and what came after, in figures; and how they are counted."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from cases.caching import reader_page
from letters import impact as figures
from letters import spreadsheets, sums


@reader_page()
def impact(request: HttpRequest) -> HttpResponse:
    found = sums.read()
    context = {"sums": found, "charts": figures.shown(found)}
    return render(request, "letters/impact.html", context)


@reader_page()
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


@reader_page()
def how_we_count(request: HttpRequest) -> HttpResponse:
    return render(request, "letters/how_we_count.html", {"figures": figures.FIGURES})
