"""Promise letters, and look after the promise by its private link."""

import re
from typing import NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cases.goals import percent_of_goal
from cases.http_caching import private_page
from cases.models import Case, Edition
from letters.actions import pledges, reminders
from letters.forms.calendars import EveningForm
from letters.forms.letters import LetterForm
from letters.forms.pledges import AddressForm, DayForm, HandwrittenForm, PledgeForm, SmallerForm
from letters.mail import bounces, outbox
from letters.models import Letter, LetterState, Pledge, Route
from letters.models.email_spelling import email_hash
from letters.privacy import senders
from letters.text import post_days, routes
from letters.views import mine_cookie, submitting

WORDS = ["subject", "body", "name", "place", "email"]  # encrypted, and not shown here
UNFINISHED = [
    LetterState.DRAFTING,
    LetterState.READY,
    LetterState.CHANGE_ASKED,
    LetterState.REJECTED,
]
NOTHING = "nothing"  # what an act has done if another tab was there before
# Acts that leave the state of the pledge as it is. See also templates/letters/pledges/_done.html
SAID = {
    "by-hand",
    "take-back",
    "take-back-waiting",
    "smaller",
    "day",
    "for-others",
    "address",
    "no-address",
    "reopen",
    "remind",
    "no-reminders",
    NOTHING,
}
SMALL_NUMBER = re.compile("[0-9]{1,4}")


@private_page
def pledge(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """Promise letters for a case, or without a slug for any case of the edition."""
    case, is_open = _case(slug) if slug else (None, True)
    if slug and case is None:
        return submitting.too_late(request, is_stopped=True)
    edition = case.edition if case else Edition.objects.current()
    if edition is None:
        raise Http404
    if request.method != "POST":
        if case and not is_open:
            return redirect(case)  # it says why, and whom else one can write for
        if not (case or Case.objects.to_write_for(edition).taking_letters().exists()):
            return redirect("cases:list")
    form = PledgeForm(request.POST if request.method == "POST" else None, edition=edition)
    too_many = _("Too many pledges came from here in the last hour. Try again later.")
    # What is sent without a case, from a page opened before the last one closed, is taken.
    closed = ""
    if not is_open:
        closed = _(
            "In the meantime letters for this case were stopped. Your pledge was not "
            "saved: you can make one for any case instead."
        )
    if status := submitting.refused(form, request, "pledge", too_many=too_many, closed=closed):
        context = {"case": case, "edition": edition, "form": form, "closed": closed}
        return render(request, "letters/pledges/pledge.html", context, status=status)
    made = pledges.pledge(
        key=form.key,
        edition=edition,
        case=case,
        needs_review=submitting.needs_review(form),
        sender=senders.share_of(request),
        **form.pledge_fields(),
    )
    return mine_cookie.remember(request, redirect(f"{made.get_absolute_url()}#now"), made)


@private_page
def pledge_page(request: HttpRequest, key: str) -> HttpResponse:
    """What was promised and what is done; for who has the link."""
    pledge = get_object_or_404(
        Pledge.objects.select_related("case__edition", "edition")
        .prefetch_related("case__targets")
        .by_key(key),
    )
    letters = list(
        pledge.letters.select_related("case__edition").defer(*WORDS).order_by("created_at", "pk")
    )
    cases = _cases(pledge)
    forms = _forms(request, pledge, letters, cases)
    status = None
    if request.method == "POST":
        if submitting.too_many_acts(pledge):
            return render(request, "429.html", status=429)
        status, done = _do(request, pledge, forms)
        if status is None:
            act = request.POST.get("act") if done else NOTHING
            return redirect(f"{pledge.get_absolute_url()}?done={act}#now")
    context = _progress(pledge, letters) | _to_write(pledge, letters, cases) | forms._asdict()
    context |= {
        "act": _said(request, pledge),
        "pledge": pledge,
        "case": pledge.case if pledge.case and pledge.case.is_visible else None,
        "safe": post_days.last_safe_day(pledge),
        "has_errors": any(form.errors for form in forms),
        "evening_form": EveningForm(pledge=pledge),
        "most_at_once": pledges.MAX_UNREVIEWED,
        # What was posted can be entered after the last day to write, too.
        "cases": cases,
        "link": settings.SITE_URL + pledge.get_absolute_url(),
        "on_device": mine_cookie.state_of(request, pledge),
        "behind_until": outbox.is_behind() if pledge.email else None,
        "came_back": bounces.told_of([pledge]).get(pledge.email_hash) if pledge.email else None,
    }
    return render(request, "letters/pledges/pledge_page.html", context, status=status)


class PageForms(NamedTuple):
    hand_form: HandwrittenForm
    smaller_form: SmallerForm
    day_form: DayForm
    address_form: AddressForm


def _forms(
    request: HttpRequest, pledge: Pledge, letters: list[Letter], cases: list[Case]
) -> PageForms:
    """Those of the page; bound is the one whose button was pressed."""

    def sent(act: str) -> QueryDict | None:
        return request.POST if request.POST.get("act") == act else None

    remaining = pledges.room_left(pledge, letters)
    return PageForms(
        HandwrittenForm(sent("by-hand"), pledge=pledge, cases=cases, remaining=remaining),
        SmallerForm(sent("smaller"), pledge=pledge, begun=pledges.begun(letters)),
        DayForm(sent("day"), pledge=pledge),
        AddressForm(sent("address"), pledge=pledge),
    )


def _cases(pledge: Pledge) -> list[Case]:
    """For whom what was written can be entered, those who need letters most first."""
    if pledge.case:
        return [pledge.case] if pledge.case.takes_actions else []
    cases = Case.objects.to_write_for(pledge.edition).needing_letters_first()
    return list(cases.prefetch_related("targets"))


def _progress(pledge: Pledge, letters: list[Letter]) -> dict:
    """How far it is, in words and numbers."""
    done = sum(letter.counts for letter in letters)
    written = [letter for letter in letters if letter.route == Route.BY_HAND and letter.is_valid]
    return {
        "letters": letters,
        "stages": pledges.stages(pledge, letters),
        "unfinished": [
            letter for letter in letters if letter.is_valid and letter.state in UNFINISHED
        ],
        "done": done,
        "remaining": pledges.room_left(pledge, letters),
        "percent": percent_of_goal(done, pledge.number),
        "by_hand": len(written),
        "waiting": sum(letter.needs_review for letter in written),
        "not_valid": sum(not letter.is_valid for letter in letters),
    }


def _to_write(pledge: Pledge, letters: list[Letter], cases: list[Case]) -> dict:
    """For whom its next letter can be, and how; or why for nobody."""
    stopped = pledges.why_stopped(pledge, cases)
    takes_letters = [case for case in cases if case.takes_letters]
    ways = routes.ways_from(pledge.country, takes_letters)
    days = post_days.last_safe_days(takes_letters, pledge.country)
    ordered = pledges.next_first(takes_letters, letters, ways)
    to_write_for = [(case, ways[case.pk], days.get(case.pk)) for case in ordered]
    return {
        "stopped": stopped,
        "other_edition": pledges.edition_to_write_in(pledge) if stopped else None,
        "to_write_for": to_write_for,
        "write_first": to_write_for[:1] if pledges.room_left(pledge, letters) else [],
        "signed": LetterForm.sign_pledge(pledge),
    }


def _do(request: HttpRequest, pledge: Pledge, forms: PageForms) -> tuple[int | None, bool]:
    """Do what was asked for. The status with which the page is shown again if it is not as it has
    to be; and whether anything was done: another tab may have been there before."""
    match request.POST.get("act"):
        case "by-hand":
            return _enter_by_hand(request, pledge, forms.hand_form)
        case "take-back":
            return None, pledges.take_back_by_hand(pledge, seen=_seen(request))
        case "take-back-waiting":
            return None, pledges.take_back_waiting(pledge) > 0
        case "smaller":
            if not forms.smaller_form.is_valid():
                return 200, False
            return None, pledges.make_smaller(pledge, forms.smaller_form.cleaned_data["number"])
        case "day":
            if not forms.day_form.is_valid():
                return 200, False
            return None, pledges.move_day(pledge, forms.day_form.cleaned_data["due_on"])
        case "for-others":
            return None, pledges.write_for_others(pledge)
        case "address":
            return _change_address(request, pledge, forms.address_form)
        case "no-address":
            pledges.change_address(pledge, email="", email_hash="", consent_version="")
            return None, True
        case "release":
            pledges.release(pledge)
            return None, True
        case "reopen":
            return None, pledges.reopen(pledge)
        case "remind" | "no-reminders" as act:
            return None, reminders.remind(pledge, wants_reminders=act == "remind")
    return None, False


def _said(request: HttpRequest, pledge: Pledge) -> str:
    """The act of which the page says that it is done, in its title and heading."""
    act = request.GET.get("done", "")
    is_said = request.method != "POST" and act in SAID and not pledge.is_released
    return act if is_said else ""


def _seen(request: HttpRequest) -> int | None:
    """How many were on the page whose button was pressed; None if it did not say."""
    seen = request.POST.get("seen", "")
    return int(seen) if SMALL_NUMBER.fullmatch(seen) else None


def _enter_by_hand(
    request: HttpRequest, pledge: Pledge, form: HandwrittenForm
) -> tuple[int | None, bool]:
    too_many = _("Too many letters came from here in the last hour. Try again later.")
    if status := submitting.refused(form, request, "by-hand", too_many=too_many):
        return status, False
    entered = pledges.post_by_hand(
        pledge,
        **form.cleaned_data,
        key=form.key,
        needs_review=submitting.is_suspect(form),
    )
    return None, entered > 0


def _change_address(
    request: HttpRequest, pledge: Pledge, form: AddressForm
) -> tuple[int | None, bool]:
    too_many = _("Too many links were requested from here in the last hour. Try again later.")
    if status := submitting.refused(form, request, "pledge-address", too_many=too_many, mails=True):
        return status, False
    email = form.cleaned_data["email"]
    pledges.change_address(
        pledge,
        email=email,
        email_hash=email_hash(email),
        consent_version=form.consent_version,
        is_suspect=submitting.is_suspect(form),
        sender=senders.share_of(request),
    )
    return None, True


def _case(slug: str) -> tuple[Case | None, bool]:
    """A case that may be read about, and whether it takes letters."""
    cases = Case.objects.select_related("edition")
    if case := cases.taking_letters().filter(slug=slug).first():
        return case, True
    return cases.visible().filter(slug=slug).first(), False
