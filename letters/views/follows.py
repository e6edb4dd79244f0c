"""Ask for news, of one case or of all that is good."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cases.http_caching import private_page
from cases.models import Case
from letters.actions import follows
from letters.forms.follows import FollowForm
from letters.privacy import consent, senders
from letters.views import submitting


@private_page
def follow(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """By mail or by feed. The answer is the same whoever's address is typed."""
    case = Case.objects.visible().filter(slug=slug).first() if slug else None
    if slug and case is None:
        return submitting.too_late(request, is_stopped=True)
    form = FollowForm(request.POST if request.method == "POST" else None)
    too_many = _("There were too many requests from here in the last hour. Try again later.")
    if status := submitting.refused(form, request, "follow", too_many=too_many, mails=True):
        context = {"case": case, "form": form, "consent": consent.PURPOSES["follow"]}
        return render(request, "letters/follows/follow.html", context, status=status)
    follows.follow(
        email=form.cleaned_data["email"],
        case=case,
        is_suspect=submitting.is_suspect(form),
        sender=senders.share_of(request),
    )
    return redirect("letters:follow-sent", slug=slug) if slug else redirect("letters:mail-sent")
