"""What the links in a reminder open: that one has posted, and that no more are to come."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cases.models import Case
from letters.actions import letters as letter_actions
from letters.actions import pledges, reminders
from letters.forms.reminders import PostedForm
from letters.models import Letter, LetterState, Pledge, Route
from letters.views import submitting


def posted_page(request: HttpRequest, pledge: Pledge, key: str) -> HttpResponse:
    """Say by one button what was posted. Only what is still to be written can be entered."""
    if not pledge.email_proven_on:
        return redirect("letters:mailed", key)
    cases = _cases(pledge)
    data = request.POST if request.method == "POST" else None
    form = PostedForm(data, pledge=pledge, cases=cases, letters=_letters(pledge, cases))
    if form.is_sent_again:
        return redirect(pledge)
    if not (cases and pledges.waits_for_letters(pledge)):
        return redirect("letters:mailed", key)
    too_many = _("Too many letters came from here in the last hour. Try again later.")
    if status := submitting.refused(form, request, "by-hand", too_many=too_many):
        context = {"form": form, "pledge": pledge, "case": pledge.case, "left": form.remaining}
        return render(request, "letters/reminders/posted.html", context, status=status)
    for letter in form.cleaned_data["letters"]:
        letter_actions.act(letter, "posted")
    pledges.post_by_hand(
        pledge,
        form.cleaned_data["case"],
        form.cleaned_data["number"],
        key=form.key,
        needs_review=submitting.is_suspect(form),
    )
    return redirect(pledge)


def stop_reminders_page(request: HttpRequest, to_hash: str) -> HttpResponse:
    """End all reminders to the address: by the button, or by the one click of a mail program.

    It shows nothing of what was promised, and leads to nothing of it: mails are passed on.
    """
    if request.method == "POST":
        reminders.stop(to_hash)
        # Only a browser may be sent on to another page: RFC 8058, section 3.1.
        if request.POST.get("List-Unsubscribe") != "One-Click":
            return redirect(request.path)
    of_address = Pledge.objects.filter(email_hash=to_hash)
    has_reminders = of_address.filter(wants_reminders=True).exists()
    return render(request, "letters/reminders/stop.html", {"has_reminders": has_reminders})


def _cases(pledge: Pledge) -> list[Case]:
    """Of whom it can be said that one has written for them: also after the last day to write."""
    if pledge.case:
        return [pledge.case] if pledge.case.takes_actions else []
    return list(Case.objects.to_write_for(pledge.edition).prefetch_related("targets"))


def _letters(pledge: Pledge, cases: list[Case]) -> list[Letter]:
    """What was written for it on this site, and is ready or posted."""
    letters = pledge.letters.select_related("case__edition").exclude(route=Route.BY_HAND)
    states = [LetterState.READY, LetterState.POSTED]
    return list(letters.filter(case__in=cases, state__in=states, erased_on=None).order_by("pk"))
