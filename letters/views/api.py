"""The public API: read-only JSON about what the pages show, and the page that explains it."""

import json
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from cases.http_caching import Gone, View, public_page
from cases.models import Case, Outcome
from letters.forms.posts import OEmbedForm
from letters.models.demo_data import demo_data_exists
from letters.sharing import api, posts
from letters.statistics import totals as impact_totals
from letters.views.posts import shared_or_410

ROWS_A_PAGE = 50
OEMBED_CACHE_SECONDS = 300  # another site may keep what it learnt so long; the frame is anew
JSON_OPTIONS: dict[str, Any] = {"ensure_ascii": False, "indent": 1}


def json_page(*query_names: str, cached: bool = True) -> Callable[[Callable[..., dict]], View]:
    """A reader's page that is JSON, errors too, and that scripts of any site may read."""

    def decorate(view: Callable[..., dict]) -> View:
        @public_page(*query_names, cached=cached)
        @wraps(view)
        def json_view(request: HttpRequest, *args, **kwargs) -> JsonResponse:
            try:
                answer, status = view(request, *args, **kwargs), 200
            except Unanswerable as error:
                answer, status = {"error": str(error)}, error.status
            except Http404:
                answer, status = {"error": _("There is nothing at this address.")}, 404
            except Gone:
                answer, status = {"error": _("This was taken down and will not come back.")}, 410
            response = JsonResponse(answer, status=status, json_dumps_params=JSON_OPTIONS)
            response["Access-Control-Allow-Origin"] = "*"
            response["Cross-Origin-Resource-Policy"] = "cross-origin"
            response["X-Robots-Tag"] = "noindex"
            return response

        return json_view

    return decorate


class Unanswerable(Exception):
    """What was asked for can't be given; its text is a sentence for who asked."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@json_page("page")
def cases(request: HttpRequest) -> dict:
    shared = Case.objects.shared()
    rows = shared.with_count().select_related("edition", "portrait", "petition")
    return _list(request, "cases", api.CASE, shared.values_list("pk", flat=True), rows)


@json_page()
def case(request: HttpRequest, slug: str) -> dict:
    case = shared_or_410(Case.objects.for_page(), slug)
    return _answer({"case": api.as_json(api.WHOLE_CASE, case)})


@json_page("page")
def outcomes(request: HttpRequest) -> dict:
    """The newest first, of all cases and kinds."""
    told = Outcome.objects.filter(case__in=Case.objects.shared().values("pk"))
    keys = told.newest_first().values_list("pk", flat=True)
    return _list(request, "outcomes", api.OUTCOME_OF_A_CASE, keys, told.select_related("case"))


@json_page()
def totals(request: HttpRequest) -> dict:
    return _answer({"totals": api.as_json(api.TOTALS, impact_totals.load())})


# Any width, and any spelling of the address: who asked keeps the answer, we don't.
@json_page("url", "format", "maxwidth", "maxheight", cached=False)
def oembed(request: HttpRequest) -> dict:
    """How a case is shown in the page that names its address: https://oembed.com/."""
    form = OEmbedForm(request.GET)
    if not form.is_valid():
        wrong = [f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items()]
        raise Unanswerable(" ".join(wrong), 400)
    asked = form.cleaned_data
    if asked["format"] not in ("", "json"):
        raise Unanswerable(_("This is answered as JSON only."), 501)
    language, slug = _case_at(asked["url"])
    with override(language):
        case = shared_or_410(Case.objects.select_related("edition"), slug)
        width = min(asked["maxwidth"] or posts.CARD_WIDTH, posts.CARD_WIDTH)
        height = min(asked["maxheight"] or posts.card_height(width), posts.card_height(width))
        return {
            "version": "1.0",
            "type": "rich",
            "title": f"{case.display_name}: {case.headline_i18n}",
            "provider_name": _("Write for Rights"),
            "provider_url": settings.SITE_URL + reverse("cases:home"),
            "cache_age": OEMBED_CACHE_SECONDS,
            "thumbnail_url": settings.SITE_URL + reverse("cases:card", args=[slug]),
            "thumbnail_width": posts.PICTURE_WIDTH,
            "thumbnail_height": posts.PICTURE_HEIGHT,
            "html": posts.card_frame(case, width, height),
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
        "case": case,
        "example": case and as_text(api.as_json(api.CASE, case)),
        "card": case and posts.card_frame(case),
        "counter": posts.counter_frame(),
        "rows_a_page": ROWS_A_PAGE,
        "licence": api.LICENCE,
    }
    return render(request, "letters/api.html", context)


def as_text(answer: dict) -> str:
    return json.dumps(answer, **JSON_OPTIONS)


def _list(
    request: HttpRequest, name: str, fields: list[api.Field], keys: QuerySet, rows: QuerySet
) -> dict:
    """The page asked for of the rows with these keys, in their order; two statements."""
    number = request.GET.get("page", "1")
    pages = Paginator(list(keys), ROWS_A_PAGE)
    if number not in map(str, pages.page_range):
        raise Unanswerable(_("There is no such page."), 404)
    page = pages.page(number)
    found = rows.in_bulk(list(page.object_list))
    told = [api.as_json(fields, found[key]) for key in page.object_list if key in found]
    return _answer(
        {
            "number": page.paginator.count,
            "pages": page.paginator.num_pages,
            "next": _url(request, page.next_page_number()) if page.has_next() else None,
            "previous": _url(request, page.previous_page_number()) if page.has_previous() else None,
            name: told,
        }
    )


def _url(request: HttpRequest, number: int) -> str:
    return f"{settings.SITE_URL}{request.path}?page={number}"


def _answer(told: dict) -> dict:
    """With what whoever uses it has to know first."""
    says = {"licence": api.LICENCE, "source": settings.ORGANISATION, "language": get_language()}
    if demo_data_exists():
        says["sample"] = _(
            "Invented activity is in this copy of the site: its counts mean nothing."
        )
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
