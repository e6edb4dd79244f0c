"""The owner's page of an address: say yes to what waits, or no, and undo either."""

import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt

from cases.http_caching import private_page
from cases.models import Case, Edition
from letters.actions import email_addresses
from letters.actions import follows as follow_actions
from letters.actions import signatures as signature_actions
from letters.forms.email_addresses import ActForm
from letters.mail import bounces, outbox
from letters.mail.pace import owner_was_here
from letters.models import EmailAddress, Follow, FollowState, Signature, SignatureState
from letters.privacy.personal_data import named
from letters.views import mine_cookie, submitting

ON_SIGNATURE = {"withdraw": signature_actions.withdraw, "restore": signature_actions.restore}
ON_FOLLOW = {"end": follow_actions.end, "renew": follow_actions.confirm}
ON_ALL = {"end-all": follow_actions.end_all, "unblock": email_addresses.unblock}
# Of which the page says what they did. See also templates/letters/email_addresses/_done.html
SAID = {*ON_SIGNATURE, *ON_FOLLOW, *ON_ALL, "confirm-one", "nothing"}


@private_page
def mail_sent(request: HttpRequest, slug: str = "", act: str = "") -> HttpResponse:
    """Where every form that is confirmed by mail ends, whatever came of it; and what can be done
    next, for the case that it was about."""
    cases = Case.objects.open_to_readers().select_related(
        "edition", "petition", "solidarity_action"
    )
    case = get_object_or_404(cases, slug=slug) if slug else None
    context = {
        "behind_until": outbox.is_behind(),
        "case": case if case and case.is_visible else None,
        "act": act,
    }
    return render(request, "letters/email_addresses/mail_sent.html", context)


@private_page
def email_address(request: HttpRequest, key: str) -> HttpResponse:
    """All that was asked for with an address: what waits, what is signed, what is followed."""
    return email_address_page(request, _email_address_or_404(key))


def email_address_page(request: HttpRequest, email_address: EmailAddress) -> HttpResponse:
    signatures, follows = _signatures(email_address), _follows(email_address)
    both: list[Signature | Follow] = [*signatures, *follows]
    if request.method == "POST":
        if submitting.too_many_acts(email_address):
            return render(request, "429.html", status=429)
        things = {named(thing): thing for thing in both}
        form = ActForm(request.POST, things=things)
        query = _act(email_address, things, **form.cleaned_data) if form.is_valid() else "#now"
        response = redirect(email_address.get_absolute_url() + query)
        if form.is_valid() and form.cleaned_data["act"] == "confirm":
            return mine_cookie.remember(request, response, email_address)
        return response
    waiting = [thing for thing in both if _waits(thing)]
    context = {
        "email_address": email_address,
        "waiting": waiting,
        "can_be_confirmed": [thing for thing in both if _may_confirm(thing)],
        "confirmable": [thing for thing in waiting if _may_confirm(thing)],
        "may_want_year_letter": follow_actions.may_want_year_letter(Edition.objects.current()),
        "seen": max(thing.changed_at for thing in waiting).isoformat() if waiting else "",
        "has_changed": "changed" in request.GET,
        "act": _said(request),
        "counted": [thing for thing in signatures if thing.counts],
        "signatures": [thing for thing in signatures if not _waits(thing)],
        "follows": [thing for thing in follows if not _waits(thing)],
        "has_news": any(thing.state == FollowState.CONFIRMED for thing in follows),
        "link": settings.SITE_URL + email_address.get_absolute_url(),
        "on_device": mine_cookie.state_of(request, email_address),
        "came_back": bounces.told_of([email_address]).get(email_address.email_hash),
    }
    return render(request, "letters/email_addresses/email_address.html", context)


@private_page
def not_me(request: HttpRequest, key: str) -> HttpResponse:
    """Somebody else typed the address: delete what waits and, if ticked, send it no mail again."""
    return not_me_page(request, _email_address_or_404(key))


def not_me_page(request: HttpRequest, email_address: EmailAddress) -> HttpResponse:
    if request.method == "POST":
        email_addresses.not_me(email_address, block=bool(request.POST.get("block")))
        return redirect(request.path)
    both: list[Signature | Follow] = [*_signatures(email_address), *_follows(email_address)]
    waiting = [thing for thing in both if _waits(thing)]
    return render(
        request,
        "letters/email_addresses/not_me.html",
        {"email_address": email_address, "waiting": waiting},
    )


@csrf_exempt  # a mail program posts without a cookie, and from no page of ours: RFC 8058
@private_page
def stop(request: HttpRequest, key: str) -> HttpResponse:
    """The link in news that was mailed before it had a key of its own: see mailed.stop_news."""
    return stop_page(request, _email_address_or_404(key))


def stop_page(request: HttpRequest, email_address: EmailAddress | None) -> HttpResponse:
    """End all news to the address: by the button, or by the one click of a mail program.

    It shows nothing that hangs on the address, and leads to nothing of it: news is passed on.
    """
    if request.method == "POST":
        if email_address:
            follow_actions.end_all(email_address)
        # Only a browser may be sent on to another page: RFC 8058, section 3.1.
        if request.POST.get("List-Unsubscribe") != "One-Click":
            return redirect(request.path)
    wanted = Follow.objects.filter(email_address=email_address).exclude(state=FollowState.ENDED)
    has_news = email_address is not None and wanted.exists()
    return render(request, "letters/email_addresses/stop.html", {"has_news": has_news})


def _act(
    email_address: EmailAddress,
    things: dict[str, Signature | Follow],
    *,
    act: str,
    what: str,
    seen: datetime.datetime | None,
    year: bool,
) -> str:
    """Do what a button says. Returns how the address of the page goes on: what it says was done,
    or that something came that its reader has not seen."""
    if act == "confirm":
        owner_was_here(email_address.email_hash)
        bounces.arrives(email_address.email_hash)
        if year and email_address.email and (edition := Edition.objects.current()):
            follow_actions.want_year_letter(email_address.email, edition)
        chosen = [things[what]] if what else things.values()
        if not _confirm([one for one in chosen if _waits(one)], seen):
            return "?changed"
        others_wait = any(_waits(one) for name, one in things.items() if name != what)
        return "?done=confirm-one#now" if what and others_wait else "#now"
    if act in ON_ALL:
        ON_ALL[act](email_address)
        return f"?done={act}#now"
    done = False
    if what:
        thing = things[what]
        if isinstance(thing, Signature) and act in ON_SIGNATURE:
            done = ON_SIGNATURE[act](thing)
        elif isinstance(thing, Follow) and act in ON_FOLLOW:
            done = ON_FOLLOW[act](thing)
    return f"?done={act}#now" if done else "?done=nothing#now"


def _said(request: HttpRequest) -> str:
    """The act of which the page says in its title and heading that it is done."""
    act = request.GET.get("done", "")
    return act if act in SAID else ""


def _confirm(waiting: list[Signature | Follow], seen: datetime.datetime | None) -> bool:
    shown = [thing for thing in waiting if seen and thing.changed_at <= seen]
    for thing in shown:
        if isinstance(thing, Signature):
            signature_actions.confirm(thing)
        else:
            follow_actions.confirm(thing)
    return len(shown) == len(waiting)


def _may_confirm(thing: Signature | Follow) -> bool:
    if isinstance(thing, Signature):
        return signature_actions.may_confirm(thing)
    return follow_actions.may_confirm(thing)


def _waits(thing: Signature | Follow) -> bool:
    return thing.state in (SignatureState.UNCONFIRMED, FollowState.UNCONFIRMED)


def _email_address_or_404(key: str) -> EmailAddress:
    return get_object_or_404(EmailAddress.objects.by_key(key))


def _signatures(email_address: EmailAddress) -> list[Signature]:
    with_all = ["text", "petition__case__action_count", "petition__case__edition"]
    return list(email_address.signatures.select_related(*with_all).order_by("pk"))


def _follows(email_address: EmailAddress) -> list[Follow]:
    return list(email_address.follows.select_related("case__edition", "edition").order_by("pk"))
