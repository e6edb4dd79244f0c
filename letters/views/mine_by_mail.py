"""Mine, by mail: all that we hold under an address, for its owner; to read, go on, erase."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.http_caching import private_page
from cases.models import Edition
from letters.actions import data_requests, erasure, follows
from letters.actions.mine import Thing, Things
from letters.forms.mine import ByMailForm, LanguageForm, UnderAddressForm
from letters.mail.pace import owner_was_here
from letters.models import DataRequest, FollowState, Letter, Pledge
from letters.privacy import personal_data, senders
from letters.privacy.limits import KEEP_DATA_LINKS_FOR
from letters.views import mine, mine_cookie, submitting
from letters.views.mine_on_device import as_file


@private_page
def ask(request: HttpRequest) -> HttpResponse:
    """The answer is the same whoever's address is typed: nobody learns from it who takes part."""
    form = ByMailForm(request.POST if request.method == "POST" else None)
    too_many = _("There were too many requests from here in the last hour. Try again later.")
    if status := submitting.refused(form, request, "data", too_many=too_many, mails=True):
        return render(request, "letters/mine/ask.html", {"form": form}, status=status)
    data_requests.ask_for_link(
        form.cleaned_data["email"],
        is_suspect=submitting.is_suspect(form),
        sender=senders.share_of(request),
    )
    return redirect("letters:mine-mail-sent")


@private_page
def mail_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "letters/mine/mail_sent.html")


@private_page
def moved(request: HttpRequest, key: str = "") -> HttpResponse:
    """Where this was when it showed data only."""
    return redirect("letters:mine-mailed", key) if key else redirect("letters:mine-by-mail")


@private_page
def mailed(request: HttpRequest, key: str) -> HttpResponse:
    if (asked_for := personal_data.request_of(key)) is None:
        return _has_ended(request, key)
    if request.method != "HEAD":
        data_requests.renew(asked_for)
    of = asked_for.email_hash
    things, unproven = data_requests.things_of(of)
    on_device = mine_cookie.load(request)
    loose = data_requests.without_address(on_device)
    sent = request.POST if request.POST.get("act") == "put-under" else None
    form = UnderAddressForm(sent, things=loose, mine=on_device)
    if sent and not form.things:  # pressed twice
        return redirect(request.path)
    if request.method == "POST" and (sent is None or form.is_valid()):
        return _act(request, asked_for, key, things, unproven, form)
    edition = Edition.objects.current()
    context = {
        "key": key,
        "email": asked_for.email,
        "unproven": unproven,
        "has_loose": bool(asked_for.email and form.things),
        "form": form,
        "may_want_year_letter": bool(asked_for.email)
        and follows.may_want_year_letter(edition)
        and not any(
            one.edition == edition and one.state == FollowState.CONFIRMED for one in things.follows
        ),
        "language_form": LanguageForm(initial={"language": _language(things)}),
        "mine": on_device,
        "can_be_kept": any(thing not in on_device for thing in _to_keep(things)),
        "link_days": KEEP_DATA_LINKS_FOR.days,
        "holds_anything": any(personal_data.numbers(of).values()),
        "has_stopped": request.GET.get("done") == "stop-mails",
    }
    return render(request, "letters/mine/mailed.html", context | mine.about(request, things))


def _act(
    request: HttpRequest,
    asked_for: DataRequest,
    key: str,
    things: Things,
    unproven: list[Letter | Pledge],
    form: UnderAddressForm,
) -> HttpResponse:
    here, of = reverse("letters:mine-mailed", args=[key]), asked_for.email_hash
    ticked = request.POST.getlist("what")
    chosen = [thing for thing in unproven if personal_data.named(thing) in ticked]
    match request.POST.get("act"):
        case "mine" | "not-mine" as act:
            owner_was_here(of)
            data_requests.answer(chosen, are_mine=act == "mine")
            if chosen:
                return mine.done(here, act)
        case "put-under" if asked_for.email:
            on_device = mine_cookie.load(request)
            done = data_requests.put_under(asked_for, form.chosen, form.version)
            on_device.follow_to_new_key(done)
            return mine_cookie.save(on_device, mine.done(here, "put-under"))
        case "keep":
            return mine_cookie.remember(request, mine.done(here, "keep"), *_to_keep(things))
        case "year" if asked_for.email and (edition := Edition.objects.current()):
            follows.want_year_letter(asked_for.email, edition)
            return mine.done(here, "year")
        case "stop-mails":
            data_requests.stop_all_mails(of)
            return mine.done(here, "stop-mails")
        case "language":
            language_form = LanguageForm(request.POST)
            if language_form.is_valid():
                data_requests.set_language(of, language_form.cleaned_data["language"])
                return mine.done(here, "language")
        case _:
            return mine.act_on_several(request, things, here)
    return redirect(here)


@private_page
def as_json(request: HttpRequest, key: str) -> HttpResponse:
    if (asked_for := personal_data.request_of(key)) is None:
        return _has_ended(request, key)
    data = personal_data.export(asked_for.email_hash, proven=True)
    options = {"ensure_ascii": False, "indent": 2}
    return as_file(JsonResponse(data, json_dumps_params=options), "mine.json")


@private_page
def as_text(request: HttpRequest, key: str) -> HttpResponse:
    if (asked_for := personal_data.request_of(key)) is None:
        return _has_ended(request, key)
    text = personal_data.as_text(asked_for.email_hash, proven=True)
    return as_file(HttpResponse(text, content_type="text/plain; charset=utf-8"), "mine.txt")


@private_page
def erase(request: HttpRequest, key: str, what: str) -> HttpResponse:
    """One thing, or all of it: a page that asks, and its button."""
    if (asked_for := personal_data.request_of(key)) is None:
        return _has_ended(request, key)
    if request.method == "POST" and what == "all":
        erasure.erase_person(asked_for.email_hash)
        return redirect("letters:erased")
    thing = personal_data.things(asked_for.email_hash).get(what)
    if request.method == "POST":
        if thing:  # else it was pressed twice
            erasure.erase_one(thing)
        return redirect("letters:mine-mailed", key)
    if not thing and what != "all":
        raise Http404
    _things, unproven = data_requests.things_of(asked_for.email_hash)
    context = {"key": key, "thing": thing, "unproven": unproven}
    return render(request, "letters/mine/erase.html", context)


def _to_keep(things: Things) -> list[Thing]:
    """What a device can remember, what matters most last."""
    return [*things.letters[::-1], *things.addresses, *things.pledges]


def _language(things: Things) -> str:
    """In which our mails to the address come by now."""
    of_addresses = [address.language for address in things.addresses]
    of_pledges = [pledge.language for pledge in things.pledges]
    of_letters = [letter.page_language for letter in things.letters]
    return next(iter(of_addresses + of_pledges + of_letters), get_language() or "en")


def _has_ended(request: HttpRequest, key: str) -> HttpResponse:
    if personal_data.is_erased(key):  # pressed twice, or reloaded
        return redirect("letters:erased")
    context = {"form": ByMailForm(), "has_ended": True}
    return render(request, "letters/mine/ask.html", context, status=404)
