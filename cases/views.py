"""What readers see."""

import datetime
from collections.abc import Callable

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import conditional_page

from cases import pictures, structured_data
from cases.countries import choices_among
from cases.dates import earliest_today, next_human_rights_day
from cases.forms import CaseFilterForm, FilterForm, OutcomeFilterForm
from cases.goals import percent_of_goal
from cases.http_caching import (
    Gone,
    kept_if_quick,
    only,
    public_page,
    rendered_file,
    to_known_query,
    uncached,
    visible_or_410,
)
from cases.lists import ASKED_FOR_A_CARD, Lists, lazily
from cases.models import (
    AppliesTo,
    Case,
    Edition,
    Freeze,
    Outcome,
    SafetyAdvice,
    YearlyFigure,
)
from cases.models.cases import HAS_ADDRESS
from cases.models.outcomes import with_later
from cases.printing import sheets

CARDS_A_PAGE = 24
OUTCOMES_A_PAGE = 20
OTHER_CASES = 3

# What the page of a case shows outside what is cached.
ASKED_FOR_A_PAGE = [
    *ASKED_FOR_A_CARD,
    "action_count",
    "summary",
    "short_name",
    "letter_goal",
    "i18n",
    "petition__title",
    "petition__i18n",
    "petition__goal",
    "petition__shown_from",
    "petition__closes_on",
]


@public_page()
def home(request: HttpRequest) -> HttpResponse:
    lists = Lists()
    edition, in_order = lists.cached_once("home", compute=_front)
    if not in_order:  # nothing moves with an edition that has no case in lists
        edition = Edition.objects.current()
    cases = lists.cards([pk for pk, _reach in in_order])
    good_news = Outcome.objects.good_news()
    letters = sum(case.letter_count for case in cases)
    today = earliest_today()
    context = {
        "edition": edition,
        "cases": cases,
        "lead": cases[0] if cases else None,
        "lead_has_address": bool(in_order) and in_order[0][1] == HAS_ADDRESS,
        "others": cases[1:],
        "total": sum(case.total_count for case in cases),
        "letters": letters,
        "signatures": sum(case.signature_count for case in cases),
        "messages": sum(case.message_count for case in cases),
        "posts": sum(case.post_count for case in cases),
        # No number of days: it would be another one for half of those who read a cached page.
        "human_rights_day": next_human_rights_day(today),
        "is_of_an_earlier_year": edition is not None and edition.year < today.year,
        "take_letters": any(reach == HAS_ADDRESS for _pk, reach in in_order),
        "take_actions": any(case.takes_actions for case in cases),
        "percent": edition and percent_of_goal(letters, edition.letter_goal),
        "lists_key": lists.key,
        "good_news": lazily(lambda: with_later(good_news.front_page_first().with_case()[:3])),
    }
    return render(request, "cases/home.html", context)


def _front() -> tuple[Edition | None, list[tuple[int, int]]]:
    """The current edition, and the key and the reach of each of its cases."""
    edition = Edition.objects.current()
    listed = Case.objects.listed().filter(edition=edition)
    in_order = listed.needing_letters_first()
    return edition, list(in_order.values_list("pk", "reach"))  # type: ignore[misc]  # which that adds


@public_page("q", "country", "region", "theme", "year", "state", "order", "page")
def case_list(request: HttpRequest) -> HttpResponse:
    lists, listed = Lists(), Case.objects.listed()
    facets = lists.cached_once("case-facets", compute=lambda: CaseFilterForm.facets(listed))
    form = CaseFilterForm.over(request.GET, facets)
    found = _found("cases", lists, form, lambda: form.filter(listed))
    page = Paginator(found, CARDS_A_PAGE).get_page(form.page_number)
    cases = lists.cards(list(page), using=_cache_of(form, page))
    return _list_page(request, "cases/case_list.html", form, page, lists, cases=cases)


@public_page()
def case(request: HttpRequest, slug: str) -> HttpResponse:
    rows = Case.objects.open_to_readers().select_related("edition", "petition", "action_count")
    case = get_object_or_404(rows.only(*ASKED_FOR_A_PAGE), slug=slug)
    if case.freeze == Freeze.WITHDRAWN:
        raise Gone
    if case.freeze == Freeze.HIDDEN:
        return render(request, "cases/hidden.html")
    full_case = lazily(lambda: Case.objects.for_page().get(pk=case.pk))
    return case_page(request, case, full_case, "fragments")


def case_page(request: HttpRequest, case: Case, full_case: Case, fragments: str) -> HttpResponse:
    """The page of a case, whatever its stage; editors preview it.

    `case` has its counts. `full_case` is from `Case.objects.for_page()`: it is asked for only where
    the cache named `fragments` holds nothing, so what is shown of it is lazy.
    """
    solidarity = lazily(lambda: full_case.solidarity_action)
    petition = case.petition
    context = {
        "case": case,
        "full_case": full_case,
        "fragments": fragments,
        "targets": lazily(lambda: list(full_case.targets.all())),
        "takes_letters": lazily(lambda: full_case.takes_letters),
        "solidarity": solidarity,
        "portrait": lazily(lambda: full_case.portrait),
        "quotes": lazily(lambda: [quote for quote in full_case.quotes.all() if quote.may_be_shown]),
        "timeline": lazily(lambda: full_case.timeline),
        "status": lazily(lambda: _status(case)),
        "solidarity_rules": lazily(lambda: SafetyAdvice.of(full_case, AppliesTo.SOLIDARITY)),
        "petition": petition,
        "takes_actions": case.takes_actions,
        "routes": lazily(lambda: _routes(full_case)),
        "takes_signatures": case.takes_signatures,
        "takes_messages": lazily(lambda: full_case.takes_messages),
        "messages_from": lazily(
            lambda: solidarity and case.takes_actions and _still_to_come(solidarity.opens_on)
        ),
        "is_paused": case.is_paused,
        "total": case.total_count,
        "has_sheet": lazily(lambda: sheets.may_be_used(full_case)),
        "letters": case.letter_count,
        "percent": percent_of_goal(case.letter_count, case.letter_goal),
        "signatures": case.shown_signatures,
        "signatures_percent": petition and percent_of_goal(case.shown_signatures, petition.goal),
        "messages": case.message_count,
        "has_messages": case.message_count > 0,
        "posts": case.post_count,
        "others": _others(case),
        "structured": lazily(lambda: structured_data.article(full_case)),
    }
    return render(request, "cases/case.html", context)


def _routes(case: Case) -> dict:
    routes = case.routes
    return routes | {"embassies": [name for _code, name in choices_among(routes["embassies"])]}


def _status(case: Case) -> Outcome | None:
    """Its newest outcome, with the setbacks of the case of which nobody knows that they were over
    by then."""
    latest = case.latest_outcome
    return with_later([latest], among=case.outcomes.all())[0] if latest else None


def _others(case: Case) -> list[Case]:
    """Those who need letters most."""
    lists = Lists()
    keys = lists.cached_once("waiting", compute=_waiting)
    return lists.cards([key for key in keys if key != case.pk][:OTHER_CASES])


def _waiting() -> list[int]:
    waiting = Case.objects.listed().waiting_for_letters()
    return list(waiting.values_list("pk", flat=True)[: OTHER_CASES + 1])


@public_page("kind", "country", "year", "page")
def good_news(request: HttpRequest) -> HttpResponse:
    lists, outcomes = Lists(), Outcome.objects.good_news()
    facets = lists.cached_once("outcome-facets", compute=lambda: OutcomeFilterForm.facets(outcomes))
    form = OutcomeFilterForm.over(request.GET, facets)
    found = _found("outcomes", lists, form, lambda: form.filter(outcomes))
    page = Paginator(found, OUTCOMES_A_PAGE).get_page(form.page_number)
    outcomes_shown = lazily(lambda: _outcomes(list(page)))
    return _list_page(request, "cases/good_news.html", form, page, lists, outcomes=outcomes_shown)


@public_page()
def editions(request: HttpRequest) -> HttpResponse:
    """Every year of the campaign that we know something of, the newest first."""
    editions = {edition.year: edition for edition in Edition.objects.opened().with_case_number()}
    figures = {figure.year: figure for figure in YearlyFigure.objects.all()}
    rows = [
        {"year": year, "edition": editions.get(year), "figure": figures.get(year)}
        for year in sorted(editions.keys() | figures.keys(), reverse=True)
    ]
    return render(request, "cases/editions.html", {"editions": rows})


@public_page()
def edition(request: HttpRequest, year: int) -> HttpResponse:
    edition = get_object_or_404(Edition.objects.opened(), year=year)
    context = {
        "edition": edition,
        "cases": list(Case.objects.listed().filter(edition=edition).for_cards()),
        "figure": YearlyFigure.objects.filter(year=year).first(),
    }
    return render(request, "cases/edition.html", context)


@public_page()
def page(request: HttpRequest, template: str) -> HttpResponse:
    """A page that is only text."""
    return render(request, template)


@public_page(offered={"paper": "letter", "size": "large"})
@rendered_file
def sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """The printable case sheet: ?paper=letter for US Letter, ?size=large for large print."""
    case = visible_or_410(_case_or_404(slug))
    if not sheets.may_be_used(case):
        raise Http404
    paper = "letter" if request.GET.get("paper") == "letter" else "a4"
    data = sheets.pdf(case, paper=paper, large_print=request.GET.get("size") == "large")
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{case.slug}.pdf"'
    response["X-Robots-Tag"] = "noindex"
    return response


@public_page()
@rendered_file
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """The picture shown where a link to the case is shared.

    Rendered once a version, and kept; its address stays, so a browser keeps it no longer than a
    page: a case frozen for somebody's safety is gone from it in seconds.
    """
    case = visible_or_410(_case_or_404(slug))
    if not case.sharing_allowed:
        raise Http404
    return HttpResponse(sheets.card(case), content_type="image/jpeg")


@public_page()
def check(request: HttpRequest, code: str) -> HttpResponse:
    """Whether a printed sheet is still right: where its QR code leads."""
    key = sheets.case_key(code)
    case = Case.objects.for_page().filter(pk=key).first() if key else None
    state = sheets.state(case, code)
    context = {"code": code.upper(), "state": state, "case": case}
    return render(request, "cases/check.html", context)


@only("GET", "HEAD")
@conditional_page
@kept_if_quick
def media(request: HttpRequest, name: str) -> HttpResponseBase:
    """A picture of a case that readers may see."""
    known = request.headers.get("If-None-Match", "")
    return to_known_query(request) or pictures.media_response(name, known=known)


@only("GET", "HEAD")
@conditional_page
def staff_media(request: HttpRequest, name: str) -> HttpResponseBase:
    """A picture of any case for who works on cases; for other staff, as for readers."""
    works_on_cases = map(request.user.has_perm, ["cases.change_case", "cases.freeze_case"])
    return pictures.media_response(name, to_staff=any(works_on_cases))


def _case_or_404(slug: str) -> Case:
    return get_object_or_404(Case.objects.open_to_readers().for_page(), slug=slug)


def _still_to_come(day: datetime.date | None) -> datetime.date | None:
    return day if day and day > timezone.localdate() else None


def _found(name: str, lists: Lists, form: FilterForm, ask: Callable[[], list[int]]) -> list[int]:
    """The keys that are asked for; words that somebody typed are looked for each time."""
    is_typed = bool(form.chosen.get("q"))
    return ask() if is_typed else lists.cached_once(name, form.chosen, compute=ask)


def _cache_of(form: FilterForm, page: Page) -> str:
    """The name of the cache for parts of a page: of one that nobody offered nothing is held."""
    return "fragments" if form.is_offered(page.number) else "uncached"


def _list_page(
    request: HttpRequest, template: str, form: FilterForm, page: Page, lists: Lists, **rows
) -> HttpResponse:
    context = rows | {
        "form": form,
        "page": page,
        "lists_key": lists.key,
        "fragments": _cache_of(form, page),
        "found": page.paginator.count,
        "is_filtered": bool(form.chosen),
        "query": _query(request),
    }
    response = render(request, template, context)
    # Words that somebody typed are no address to keep a page for.
    return response if form.is_offered(page.number) else uncached(response)


def _outcomes(keys: list[int]) -> list[Outcome]:
    """The outcomes of these keys, in their order."""
    found = Outcome.objects.with_case().in_bulk(keys)
    return with_later(found[key] for key in keys if key in found)


def _query(request: HttpRequest) -> str:
    """The filters for the links to other pages: `country=NO&` or nothing."""
    query = request.GET.copy()
    query.pop("page", None)
    encoded = query.urlencode()
    return f"{encoded}&" if encoded else ""
