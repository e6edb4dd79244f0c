"""Promise letters, and look after the promise by its private link."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cases.goals import percent_of_goal
from cases.http_caching import private_page
from cases.models import Case, Edition
from letters.actions import pledges
from letters.forms.calendars import EveningForm
from letters.forms.letters import LetterForm
from letters.forms.pledges import HandwrittenForm, PledgeForm
from letters.mail import outbox
from letters.models import Pledge, Route
from letters.privacy import senders, throttle
from letters.views import submitting

MAX_ACTS_AN_HOUR = 60  # on the page of one pledge in an hour: more is no person pressing buttons


@private_page
def pledge(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """Promise letters for a case, or without a slug for any case of the edition."""
    case = _case_or_404(slug) if slug else None
    edition = case.edition if case else Edition.objects.current()
    if edition is None:
        raise Http404
    # What is sent from a page that was opened before the last case closed is taken.
    if not (case or request.method == "POST" or Case.objects.to_write_for(edition).exists()):
        return redirect("cases:list")
    form = PledgeForm(request.POST if request.method == "POST" else None)
    too_many = _("Too many promises came from here in this hour. Try again later.")
    if status := submitting.refused(form, request, "pledge", too_many=too_many):
        context = {"case": case, "edition": edition, "form": form}
        return render(request, "letters/pledges/pledge.html", context, status=status)
    made = pledges.pledge(
        key=form.key,
        edition=edition,
        case=case,
        needs_review=submitting.needs_review(form),
        sender=senders.share_of(request),
        **form.pledge_fields(),
    )
    return redirect(made)


@private_page
def pledge_page(request: HttpRequest, key: str) -> HttpResponse:
    """What was promised and what is done; for who has the link."""
    pledge = get_object_or_404(
        Pledge.objects.select_related("case__edition", "edition").by_key(key),
    )
    letters = list(pledge.letters.defer("subject", "body", "name", "place", "email"))
    remaining = pledges.room_left(pledge, letters)
    case = pledge.case
    if case:
        cases = [case] if case.takes_actions else []
    else:
        cases = list(Case.objects.to_write_for(pledge.edition).prefetch_related("targets"))
    by_hand = request.POST if request.POST.get("act") == "by-hand" else None
    hand_form = HandwrittenForm(by_hand, pledge=pledge, cases=cases, remaining=remaining)
    status = None
    if request.method == "POST":
        if throttle.hit_thing("pledge-page", pledge.pk) > MAX_ACTS_AN_HOUR:
            return render(request, "429.html", status=429)
        status = _do(request, pledge, hand_form)
        if status is None:
            return redirect("letters:pledge-page", key=key)
    done = sum(letter.counts for letter in letters)
    written = [letter for letter in letters if letter.route == Route.BY_HAND and letter.is_valid]
    context = {
        "pledge": pledge,
        "case": case if case and case.is_visible else None,
        "letters": letters,
        "done": done,
        "remaining": remaining,
        "percent": percent_of_goal(done, pledge.number),
        "by_hand": len(written),
        "waiting": sum(letter.needs_review for letter in written),
        "not_valid": sum(not letter.is_valid for letter in letters),
        "hand_form": hand_form,
        "evening_form": EveningForm(pledge=pledge),
        "signed": LetterForm.sign_pledge(pledge),
        "most_at_once": pledges.MAX_UNREVIEWED,
        # What was posted can be entered after the last day to write, too.
        "cases": cases,
        "to_write_for": [one for one in cases if one.takes_letters],
        "link": settings.SITE_URL + pledge.get_absolute_url(),
        "behind_until": outbox.is_behind() if pledge.email else None,
    }
    return render(request, "letters/pledges/pledge_page.html", context, status=status)


def _do(request: HttpRequest, pledge: Pledge, hand_form: HandwrittenForm) -> int | None:
    """Do what was asked for; if not, the status with which the page is shown again."""
    match request.POST.get("act"):
        case "by-hand":
            too_many = _("Too many letters came from here in this hour. Try again later.")
            if status := submitting.refused(hand_form, request, "by-hand", too_many=too_many):
                return status
            pledges.post_by_hand(
                pledge,
                **hand_form.cleaned_data,
                key=hand_form.key,
                needs_review=submitting.is_suspect(hand_form),
            )
        case "take-back":
            pledges.take_back_by_hand(pledge)
        case "take-back-waiting":
            pledges.take_back_waiting(pledge)
        case "release":
            pledges.release(pledge)
        case "reopen":
            pledges.reopen(pledge)
    return None


def _case_or_404(slug: str) -> Case:
    cases = Case.objects.taking_letters().select_related("edition")
    return get_object_or_404(cases, slug=slug)
