"""The text that somebody is writing, looked at against the rules. Nothing of it is kept."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from cases.caching import form_page
from cases.models import AppliesTo, Case
from letters import checking, starting, throttle
from letters.models import Letter

# From one part of the net in an hour: a class of thirty, of whom each is asked every few seconds.
MOST_CHECKS = 20_000


@form_page
@require_POST
def check_text(request: HttpRequest, slug: str) -> HttpResponse:
    """The list alone, for the script that asks while somebody writes."""
    case = get_object_or_404(Case.objects.told().select_related("target"), slug=slug)
    about = AppliesTo.APPEAL
    if request.POST.get("about") == AppliesTo.SOLIDARITY:
        about = AppliesTo.SOLIDARITY
    context = checked(request, case, about)
    return render(request, "letters/_problems.html", context, status=429 if not context else 200)


def checked(request: HttpRequest, case: Case, about: str = AppliesTo.APPEAL) -> dict:
    """`problems` of the text that was sent, for `_problems.html`; nothing if too many were."""
    if throttle.hit("check-text", request) > MOST_CHECKS:
        return {}
    sent = request.POST
    language = sent.get("language", "")
    problems = checking.problems(
        sent.get("body", "").replace("\r\n", "\n"),
        case,
        about=about,
        subject=sent.get("subject", ""),
        language=language if language in dict(starting.languages(case)) else "en",
        card=sent.get("form") == "card",
    )
    return {"problems": problems, "is_checked": True}


def checked_before_it_leaves(letter: Letter) -> dict:
    """The same for the private page, as long as its writer can still change the words."""
    if not letter.is_editable or letter.counts:
        return {}
    return {"problems": checking.problems_of(letter)}
