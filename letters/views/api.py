"""The public API: read-only JSON about what the pages show, and the page that explains it."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from cases.http_caching import View, public_page, uncached
from cases.models import Case, Outcome
from letters.forms.api import PAGING, CasesForm, ListForm, OutcomesForm, QueryForm
from letters.forms.posts import OEmbedForm
from letters.models.demo_data import demo_data_exists
from letters.sharing import api, paging, posts
from letters.statistics import totals as impact_totals
from letters.views import openapi
from letters.views.api_answers import JSON_OPTIONS, as_json
from letters.views.posts import shared_or_410

OEMBED_CACHE_SECONDS = 300  # another site may keep what it learnt so long; the frame is anew


def answers_json(view: Callable[..., dict]) -> Callable[..., JsonResponse]:
    """Turn what a view tells into an answer; other errors become JSON in `api_answers`."""

    @wraps(view)
    def json_view(request: HttpRequest, *args, **kwargs) -> JsonResponse:
        try:
            return as_json(view(request, *args, **kwargs))
        except Unanswerable as error:
            return as_json(error.told, error.status)

    return json_view


def json_page(form_class: type[QueryForm] = QueryForm) -> Callable[[Callable[..., dict]], View]:
    """A reader's page that is JSON, and that refuses what its form does not know.

    The view is given the form. No cache keeps a filtered list: there are too many of them.
    """

    def decorate(view: Callable[..., dict]) -> View:
        @public_page(*form_class.base_fields)
        @wraps(view)
        def kept(request: HttpRequest, *args, form: QueryForm, **kwargs) -> HttpResponse:
            response = answers_json(view)(request, form, *args, **kwargs)
            return uncached(response) if form.is_filtered else response

        @wraps(kept)
        def json_view(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
            form = form_class(request.GET)
            if problems := form.problems:
                wrong = _wrong(problems)
                return uncached(as_json(wrong.told, wrong.status))
            return kept(request, *args, form=form, **kwargs)

        return json_view

    return decorate


class Unanswerable(Exception):
    """What was asked for can't be given; its text is a sentence for who asked."""

    def __init__(self, sentence: str, status: int, **more: Any) -> None:
        super().__init__(sentence)
        self.told = {"error": sentence} | more
        self.status = status


def _wrong(problems: dict[str, list[str]]) -> Unanswerable:
    """Which names in the query are wrong, and why: in a sentence, and one by one."""
    sentence = " ".join(f"{name}: {' '.join(said)}" for name, said in problems.items())
    return Unanswerable(sentence, 400, fields=problems)


@json_page()
def index(request: HttpRequest, form: QueryForm) -> dict:
    """What there is, and where."""
    links = {name: _url(reverse(f"letters:api-{name}")) for name in ["cases", "outcomes", "totals"]}
    links["openapi"] = _url(reverse("letters:api-openapi"))
    return _answer({**links, "explained": _url(reverse("letters:api"))})


@json_page()
def openapi_json(request: HttpRequest, form: QueryForm) -> dict:
    return openapi.document()


@json_page(CasesForm)
def cases(request: HttpRequest, form: CasesForm) -> dict:
    found = form.filter(Case.objects.shared()).order_by()
    positions = [
        (-year, position, key)
        for year, position, key in found.values_list("edition__year", "position", "pk")
    ]
    rows = Case.objects.shared().with_count().select_related("edition", "portrait", "petition")
    return _list(request, form, "cases", api.CASE, positions, rows)


@json_page()
def case(request: HttpRequest, form: QueryForm, slug: str) -> dict:
    case = shared_or_410(Case.objects.for_page(), slug)
    return _answer({"case": api.as_json(api.WHOLE_CASE, case)})


@json_page(OutcomesForm)
def outcomes(request: HttpRequest, form: OutcomesForm) -> dict:
    """The newest first, of all cases and kinds; undated rows last."""
    told = Outcome.objects.filter(case__in=Case.objects.shared().values("pk"))
    positions = [
        (-date.toordinal() if date else 0, -key)
        for date, key in form.filter(told).order_by().values_list("date", "pk")
    ]
    rows = told.select_related("case")
    return _list(request, form, "outcomes", api.OUTCOME_OF_A_CASE, positions, rows)


@json_page()
def totals(request: HttpRequest, form: QueryForm) -> dict:
    return _answer({"totals": api.as_json(api.TOTALS, impact_totals.load())})


# Any width, and any spelling of the address: who asked keeps the answer, we don't.
@public_page(cached=False)
@answers_json
def oembed(request: HttpRequest) -> dict:
    """How a case is shown in the page that names its address: https://oembed.com/."""
    form = OEmbedForm(request.GET)
    if not form.is_valid():
        problems = {name: list(map(str, errors)) for name, errors in form.errors.items()}
        raise _wrong(problems)
    asked = form.cleaned_data
    if asked["format"] not in ("", "json"):
        raise Unanswerable(_("This is available as JSON only."), 501)
    language, slug = _case_at(asked["url"])
    with override(language):
        case = shared_or_410(Case.objects.select_related("edition"), slug)
        width = min(asked["maxwidth"] or posts.CARD_WIDTH, posts.CARD_WIDTH)
        height = min(asked["maxheight"] or posts.card_height(width), posts.card_height(width))
        return {
            "version": "1.0",
            "type": "rich",
            "title": f"{case.display_name}: {case.current_headline}",
            "provider_name": _("Write for Rights"),
            "provider_url": settings.SITE_URL + reverse("cases:home"),
            "cache_age": OEMBED_CACHE_SECONDS,
            "thumbnail_url": settings.SITE_URL + reverse("cases:card", args=[slug]),
            "thumbnail_width": posts.PICTURE_WIDTH,
            "thumbnail_height": posts.PICTURE_HEIGHT,
            "html": posts.card_frame(case, width, height, fluid=False),
            "width": width,
            "height": height,
        }


@public_page()
def explained(request: HttpRequest) -> HttpResponse:
    """What can be asked for, field by field, with an example by the same code."""
    shared = Case.objects.shared().with_count()
    case = shared.select_related("edition", "portrait", "petition").first()
    context = {
        "lists": [
            ("case", _("A case"), api.CASE),
            ("whole-case", _("A case alone has also"), api.MORE_OF_A_CASE),
            ("outcome", _("An outcome"), api.OUTCOME_OF_A_CASE),
            ("totals", _("The totals"), api.TOTALS),
        ],
        "filters": [
            ("filters-of-cases", _("Filters of the cases"), CasesForm.base_fields),
            ("filters-of-outcomes", _("Filters of the outcomes"), OutcomesForm.base_fields),
        ],
        "case": case,
        "example": case and as_text(api.as_json(api.CASE, case)),
        "card": case and posts.card_frame(case),
        "counter": posts.counter_frame(),
        "rows_a_page": paging.ROWS_A_PAGE,
        "licence": api.LICENCE,
    }
    return render(request, "letters/api.html", context)


def as_text(answer: dict) -> str:
    return json.dumps(answer, **JSON_OPTIONS)


def _list(
    request: HttpRequest,
    form: ListForm,
    name: str,
    fields: list[api.Field],
    positions: Iterable[paging.Position],
    rows: QuerySet,
) -> dict:
    """The page asked for of the rows at these positions."""
    asked = form.cleaned_data
    try:
        page = paging.page_of(name, positions, cursor=asked["cursor"], page=asked["page"])
    except paging.NoSuchPage:
        raise Unanswerable(_("This page does not exist."), 404) from None
    filters = {key: value for key, value in asked.items() if value and key not in PAGING}

    def link(cursor: str | None) -> str | None:
        if cursor is None:
            return None
        query = urlencode(filters | ({"cursor": cursor} if cursor else {}))
        return _url(request.path) + (f"?{query}" if query else "")

    found = rows.in_bulk(page.keys)
    return _answer(
        {
            "number": page.number,
            "pages": page.pages,
            "next": link(page.next),
            "previous": link(page.previous),
            name: [api.as_json(fields, found[key]) for key in page.keys if key in found],
        }
    )


def _url(path: str) -> str:
    return settings.SITE_URL + path


def _answer(told: dict) -> dict:
    """With what whoever uses it has to know first."""
    says = {"licence": api.LICENCE, "source": settings.ORGANISATION, "language": get_language()}
    if demo_data_exists():
        says["sample"] = _("This copy of the site holds made-up activity: its counts mean nothing.")
    return says | told


def _case_at(url: str) -> tuple[str, str]:
    """The language and the slug of the case whose page has this address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Http404 from None
    if parts.scheme in ("http", "https") and parts.netloc == urlsplit(settings.SITE_URL).netloc:
        for language, _name in settings.LANGUAGES:
            with override(language), suppress(Resolver404):
                match = resolve(parts.path)
                if match.view_name == "cases:case":
                    return language, match.kwargs["slug"]
    raise Http404
