"""Promise letters, and look after the promise by its private link."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from cases.caching import form_page
from cases.models import Case, Edition
from letters import erasing, pledging, throttle
from letters.forms.pledges import HandwrittenForm, PledgeForm
from letters.models import Pledge, Route


@form_page
def pledge(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """Promise letters for a case, or without a slug for any case of the edition."""
    case = _case_or_404(slug) if slug else None
    edition = case.edition if case else Edition.objects.current()
    if edition is None:
        raise Http404
    form = PledgeForm(request.POST if request.method == "POST" else None)
    context = {"case": case, "edition": edition, "form": form}
    if request.method != "POST" or not form.is_valid():
        return render(request, "letters/pledge.html", context)
    if throttle.hit("pledge", request) > throttle.REFUSED_ABOVE:
        return render(request, "429.html", status=429)
    pledging.pledge(key=form.key, edition=edition, case=case, **form.promise())
    return redirect("letters:pledge-page", key=form.key)


@form_page
def pledge_page(request: HttpRequest, key: str) -> HttpResponse:
    """What was promised and what is done; for who has the link."""
    pledge = get_object_or_404(
        Pledge.objects.select_related("case", "edition").by_key(key),
    )
    letters = list(pledge.letters.defer("subject", "body", "name", "place", "email"))
    done = sum(letter.counts for letter in letters)
    remaining = max(0, pledge.number - done)
    case = pledge.case
    if case:
        cases = [case] if case.takes_actions else []
    else:
        cases = list(Case.objects.to_write_for(pledge.edition))
    by_hand = request.POST if request.POST.get("act") == "by-hand" else None
    hand_form = HandwrittenForm(by_hand, cases=cases, remaining=remaining)
    if request.method == "POST":
        act = request.POST.get("act")
        if act == "by-hand" and hand_form.is_valid():
            pledging.post_by_hand(pledge, **hand_form.cleaned_data)
        elif act == "take-back":
            pledging.take_back_by_hand(pledge)
        elif act == "release":
            pledging.release(pledge)
        elif act == "reopen":
            pledging.reopen(pledge)
        if not hand_form.errors:
            return redirect("letters:pledge-page", key=key)
    context = {
        "pledge": pledge,
        "case": case if case and case.is_told else None,
        "letters": letters,
        "done": done,
        "remaining": remaining,
        "percent": min(100, 100 * done // pledge.number),
        "by_hand": sum(letter.route == Route.BY_HAND for letter in letters),
        "hand_form": hand_form,
        "cases": cases,
        "link": settings.SITE_URL + pledge.get_absolute_url(),
    }
    return render(request, "letters/pledge_page.html", context)


@form_page
def erase_pledge(request: HttpRequest, key: str) -> HttpResponse:
    pledge = get_object_or_404(Pledge.objects.by_key(key))
    if request.method == "POST":
        erasing.erase_pledges(Pledge.objects.filter(pk=pledge.pk))
        return redirect("letters:erased")
    context = {"thing": "pledge", "pledge": pledge, "back": pledge.get_absolute_url()}
    return render(request, "letters/erase.html", context)


def _case_or_404(slug: str) -> Case:
    cases = Case.objects.taking_actions().select_related("edition")
    return get_object_or_404(cases, slug=slug)
