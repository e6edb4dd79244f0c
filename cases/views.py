"""What readers see."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject as lazily
from django.views.decorators.http import conditional_page, require_safe

from cases import pictures, sheets, structured
from cases.caching import Gone, reader_page, told_or_gone
from cases.dates import next_human_rights_day
from cases.forms import CaseFilterForm, FilterForm, OutcomeFilterForm
from cases.models import (
    AppliesTo,
    Case,
    Edition,
    Freeze,
    Outcome,
    YearlyFigure,
)
from cases.models.prepared import Prepared

CARDS_A_PAGE = 24
OUTCOMES_A_PAGE = 20
OTHER_CASES = 3

page_of_case = Prepared(
    Case, lambda slug: Case.objects.open_to_readers().for_page().filter(slug=slug), "a", "b"
)
other_cases = Prepared(
    Case,
    lambda pk: (
        Case.objects.listed()
        .taking_actions()
        .exclude(pk=pk)
        .for_cards()
        .needing_letters_first()[:OTHER_CASES]
    ),
    1,
    2,
)


@reader_page()
def home(request: HttpRequest) -> HttpResponse:
    edition = Edition.objects.current()
    cases = list(Case.objects.listed().filter(edition=edition).for_cards()) if edition else []
    today = timezone.localdate()
    human_rights_day = next_human_rights_day(today)
    context = {
        "edition": edition,
        "cases": cases,
        "letters": sum(case.letter_count for case in cases),
        "signatures": sum(case.signature_count for case in cases),
        "messages": sum(case.message_count for case in cases),
        "posts": sum(case.post_count for case in cases),
        "human_rights_day": human_rights_day,
        "days_left": (human_rights_day - today).days,
        "good_news": _with_cases(Outcome.objects.good_news())[:3],
    }
    return render(request, "cases/home.html", context)


@reader_page("q", "country", "region", "theme", "year", "state", "order", "page")
def case_list(request: HttpRequest) -> HttpResponse:
    listed = Case.objects.listed()
    form = CaseFilterForm.over(request.GET, listed)
    page = _page(form, form.filter(listed), Case.objects.for_cards(), CARDS_A_PAGE)
    context = {
        "form": form,
        "cases": page,
        "found": page.paginator.count,
        "is_filtered": bool(form.chosen),
        "query": _query(request),
    }
    return render(request, "cases/case_list.html", context)


@reader_page()
def case(request: HttpRequest, slug: str) -> HttpResponse:
    case = _case_or_404(slug)
    if case.freeze == Freeze.WITHDRAWN:
        raise Gone
    if case.freeze == Freeze.HIDDEN:
        return render(request, "cases/hidden.html")
    return case_page(request, case)


def case_page(request: HttpRequest, case: Case) -> HttpResponse:
    """The page of a case from `Case.objects.for_page()`, whatever its stage; editors preview it."""
    others = other_cases(case.pk)
    fingerprint = getattr(case, "fingerprint", "")  # a preview has none
    petition = getattr(case, "petition", None)
    solidarity = getattr(case, "solidarity_action", None)
    context = {
        "case": case,
        "target": getattr(case, "target", None),
        "solidarity": solidarity,
        "portrait": getattr(case, "portrait", None),
        "quotes": lazily(lambda: [quote for quote in case.quotes.all() if quote.may_be_shown]),
        "timeline": lazily(lambda: case.timeline),
        "status": lazily(lambda: case.latest_outcome),
        "solidarity_rules": lazily(
            lambda: [
                rule for rule in case.safety_rules.all() if rule.applies_to == AppliesTo.SOLIDARITY
            ]
        ),
        "petition": petition,
        "takes_actions": case.takes_actions,
        "takes_signatures": case.takes_signatures,
        "takes_messages": case.takes_messages,
        "messages_from": solidarity and case.takes_actions and _still_to_come(solidarity.opens_on),
        "is_paused": case.freeze == Freeze.PAUSED,
        "letters": case.letter_count,
        "percent": _percent(case.letter_count, case.letter_goal),
        "signatures": case.shown_signatures,
        "signatures_percent": petition and _percent(case.shown_signatures, petition.goal),
        "messages": case.message_count,
        "posts": case.post_count,
        "others": others,
        "structured": lazily(lambda: structured.article(case)),
        # All that the page shows comes from these rows and from what day it is, as messages and
        # petitions close: while they stay, its text stays.
        "fingerprint": fingerprint and f"{fingerprint}{others.fingerprint}{timezone.localdate()}",
    }
    return render(request, "cases/case.html", context)


@reader_page("kind", "country", "year", "page")
def good_news(request: HttpRequest) -> HttpResponse:
    outcomes = Outcome.objects.good_news()
    form = OutcomeFilterForm.over(request.GET, outcomes)
    page = _page(form, form.filter(outcomes), _with_cases(Outcome.objects.all()), OUTCOMES_A_PAGE)
    context = {
        "form": form,
        "outcomes": page,
        "found": page.paginator.count,
        "is_filtered": bool(form.chosen),
        "query": _query(request),
    }
    return render(request, "cases/good_news.html", context)


@reader_page()
def editions(request: HttpRequest) -> HttpResponse:
    """Every year of the campaign that we know something of, the newest first."""
    editions = {edition.year: edition for edition in Edition.objects.opened().with_case_number()}
    figures = {figure.year: figure for figure in YearlyFigure.objects.all()}
    rows = [
        {"year": year, "edition": editions.get(year), "figure": figures.get(year)}
        for year in sorted(editions.keys() | figures.keys(), reverse=True)
    ]
    return render(request, "cases/editions.html", {"editions": rows})


@reader_page()
def edition(request: HttpRequest, year: int) -> HttpResponse:
    edition = get_object_or_404(Edition.objects.opened(), year=year)
    context = {
        "edition": edition,
        "cases": list(Case.objects.listed().filter(edition=edition).for_cards()),
        "figure": YearlyFigure.objects.filter(year=year).first(),
    }
    return render(request, "cases/edition.html", context)


@reader_page()
def page(request: HttpRequest, template: str) -> HttpResponse:
    """A page that is only text."""
    return render(request, template)


@reader_page("paper", "size")
def sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """The printable case sheet: ?paper=letter for US Letter, ?size=large for large print."""
    case = told_or_gone(_case_or_404(slug))
    paper = "letter" if request.GET.get("paper") == "letter" else "a4"
    data = sheets.pdf(case, paper=paper, large_print=request.GET.get("size") == "large")
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{case.slug}.pdf"'
    response["X-Robots-Tag"] = "noindex"
    return response


@reader_page()
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """The picture shown where a link to the case is shared."""
    case = told_or_gone(_case_or_404(slug))
    if not case.sharing_allowed:
        raise Http404
    return HttpResponse(sheets.card(case), content_type="image/png")


@reader_page()
def check(request: HttpRequest, code: str) -> HttpResponse:
    """Whether a printed sheet is still right: where its QR code leads."""
    case = Case.objects.for_page().filter(pk=sheets.case_key(code)).first()
    state = sheets.state(case, code)
    context = {"code": code.upper(), "state": state, "case": case}
    return render(request, "cases/check.html", context)


@require_safe
@conditional_page
def media(request: HttpRequest, name: str) -> HttpResponse:
    """A picture of a case, as far as the case may be seen."""
    # Only who shows a session is asked for it: a reader's request stays without cookies.
    signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES
    to_staff = signed_in and request.user.has_perm("cases.view_case")
    return pictures.media_response(name, to_staff=to_staff)


def _case_or_404(slug: str) -> Case:
    if not (found := page_of_case(slug)):
        raise Http404
    case = found[0]
    case.fingerprint = found.fingerprint
    return case


def _still_to_come(day: datetime.date | None) -> datetime.date | None:
    return day if day and day > timezone.localdate() else None


def _percent(number: int, goal: int | None) -> int | None:
    return min(100, 100 * number // goal) if goal else None


def _with_cases(outcomes: QuerySet) -> QuerySet:
    return outcomes.select_related("case", "case__portrait", "case__edition")


def _page(form: FilterForm, keys: list[int], rows: QuerySet, size: int) -> Page:
    """The page asked for of the rows with these keys, in their order; one query."""
    page = Paginator(keys, size).get_page(form.page_number)
    found = rows.in_bulk(list(page.object_list))
    page.object_list = [found[key] for key in page.object_list if key in found]
    return page


def _query(request: HttpRequest) -> str:
    """The filters for the links to other pages: `country=NO&` or nothing."""
    query = request.GET.copy()
    query.pop("page", None)
    encoded = query.urlencode()
    return f"{encoded}&" if encoded else ""
