"""Ask for news, of one case or of all that is good."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cases.caching import form_page
from cases.models import Case
from letters import following, throttle
from letters.forms.following import FollowForm


@form_page
def follow(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """By mail or by feed. The answer is the same whoever's address is typed."""
    case = get_object_or_404(Case.objects.told(), slug=slug) if slug else None
    form = FollowForm(request.POST if request.method == "POST" else None)
    context = {"case": case, "form": form}
    if not form.is_valid():
        return render(request, "letters/follow.html", context)
    tries = throttle.hit("follow", request)
    if tries > throttle.MAILS_REFUSED_ABOVE:
        form.add_error(None, _("Too much was asked for from here in this hour. Try again later."))
        return render(request, "letters/follow.html", context, status=429)
    suspect = form.suspect or tries > throttle.HELD_ABOVE
    following.follow(email=form.cleaned_data["email"], case=case, suspect=suspect)
    return redirect("letters:mail-sent")
