"""The text that somebody is writing, looked at against the rules. Nothing of it is kept."""

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from cases.http_caching import private_page
from cases.models import AppliesTo, Case
from letters.forms.names import Appearance, sent_appearance
from letters.models import Letter
from letters.privacy import throttle
from letters.text import checks, composing, page_fit

# From one part of the net in an hour: a class of thirty, of whom each is asked every few seconds.
MAX_CHECKS_AN_HOUR = 20_000


@private_page
@require_POST
def check_text(request: HttpRequest, slug: str) -> HttpResponse:
    """The list alone, for the script that asks while somebody writes."""
    cases = Case.objects.visible().select_related("edition").prefetch_related("targets")
    case = get_object_or_404(cases, slug=slug)
    about = AppliesTo.APPEAL
    if request.POST.get("about") == AppliesTo.SOLIDARITY:
        about = AppliesTo.SOLIDARITY
    context = checked(request, case, about)
    if not context:
        return render(request, "letters/checks/_problems.html", status=429)
    context["fit"] = page_fit.describe(
        request.POST.get("body", ""), "card" if request.POST.get("form") == "card" else "a4"
    )
    return render(request, "letters/checks/_checked.html", context)


@private_page
@require_POST
def name_shown(
    request: HttpRequest, appears_as: Callable[[Mapping], Appearance] = sent_appearance
) -> HttpResponse:
    """How the name will appear that somebody is typing, for the script beside its field."""
    if throttle.hit("check-text", request) > MAX_CHECKS_AN_HOUR:
        return HttpResponse(status=429)
    return render(request, "letters/checks/_name_shown.html", {"appears": appears_as(request.POST)})


def checked(request: HttpRequest, case: Case, about: str = AppliesTo.APPEAL) -> dict:
    """`problems` of the text that was sent, for `_problems.html`; nothing if too many were."""
    if throttle.hit("check-text", request) > MAX_CHECKS_AN_HOUR:
        return {}
    sent = request.POST
    target = composing.chosen_target(list(case.targets.all()), sent.get("target", ""))
    language = sent.get("language", "")
    problems = checks.problems(
        sent.get("body", "").replace("\r\n", "\n"),
        case,
        about=about,
        target=target,
        subject=sent.get("subject", ""),
        language=language if language in dict(composing.languages(target)) else "en",
        card=sent.get("form") == "card",
        name=sent_appearance(sent).name,
    )
    return {"problems": problems, "is_checked": True}


def checked_before_it_leaves(letter: Letter) -> dict:
    """The same for the private page, as long as its writer can still change the words."""
    if not letter.is_editable or letter.counts:
        return {}
    return {"problems": checks.problems_of(letter)}
