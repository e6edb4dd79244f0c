"""Mine, as this device keeps it, and as a link that is itself the list. See `mine_by_mail`, too."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from urllib.parse import urlencode

from django.core import signing
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from cases.http_caching import private_page
from letters.actions import mine as mine_actions
from letters.actions import mine_on_device
from letters.actions.mine import KINDS, MAX_THINGS, Mine, Things
from letters.forms.mine import ByMailForm
from letters.mail import bounces
from letters.models import Letter
from letters.privacy.limits import KEEP_LIST_LINKS_FOR, KEEP_ON_MINE_FOR
from letters.views import mine_cookie, submitting

UNDO_WITHIN = 3600  # seconds after several letters were marked as posted
MARKED = "mine-marked"


@private_page
def mine(request: HttpRequest) -> HttpResponse:
    """What this device remembers."""
    mine = mine_cookie.load(request)
    here = reverse("letters:mine")
    match request.POST.get("act", ""):
        case "forget-all":
            return mine_cookie.forget_everything(done(here, "forget-all"))
        case "keep-nothing":
            response = mine_cookie.save(Mine(is_off=True), redirect(f"{here}#now"))
            return mine_cookie.forget_everything(response)
        case "keep-again" if mine.is_off:
            return mine_cookie.keep_again(redirect(f"{here}#now"))
    things = mine.things()
    if request.POST.get("act") == "stop-mails":
        mine_on_device.stop_all_mails(things)
        return done(here, "stop-mails")
    if request.method == "POST":
        return act_on_several(request, things, here)
    context = {
        "mine": mine,
        "form": ByMailForm(),
        "list_url": reverse("letters:mine-list", args=[mine.dumps()]) if mine.entries else "",
        "keep_days": KEEP_ON_MINE_FOR.days,
        "link_days": KEEP_LIST_LINKS_FOR.days,
        "most": MAX_THINGS,
        "has_mails": bool(mine_on_device.proven_addresses(things)),
        "has_stopped": request.GET.get("done") == "stop-mails",
    }
    response = render(request, "letters/mine/device.html", context | about(request, things))
    return mine_cookie.renew(mine, response)


@private_page
def as_link(request: HttpRequest, text: str) -> HttpResponse:
    """The list that stands in the address itself: to bookmark, or for another device."""
    listed, mine = Mine.loads(text, KEEP_LIST_LINKS_FOR), mine_cookie.load(request)
    if not listed.entries:
        return render(request, "letters/mine/list_over.html", status=404)
    if request.POST.get("act") == "keep":
        mine.add_all(entry._replace(made_here=False) for entry in listed.entries)
        return mine_cookie.save(mine, done(reverse("letters:mine"), "keep"))
    things = listed.things()
    if request.method == "POST":
        return act_on_several(request, things, request.path)
    context = {"mine": mine, "link_days": KEEP_LIST_LINKS_FOR.days} | about(request, things)
    return render(request, "letters/mine/list.html", context)


@private_page
def keep(request: HttpRequest) -> HttpResponse:
    """The buttons of a private page: keep it on this device, or forget it here."""
    if request.method != "POST":
        return redirect("letters:mine")
    model = KINDS.get(request.POST.get("kind", ""))
    if model is None:
        raise Http404
    things: QuerySet = model.objects.by_key(request.POST.get("key", ""))
    thing = get_object_or_404(things)
    mine = mine_cookie.load(request)
    change: Callable = mine.remove if request.POST.get("act") == "forget" else mine.add
    change(thing)
    return mine_cookie.save(mine, redirect(f"{thing.get_absolute_url()}#on-device"))


def about(request: HttpRequest, things: Things) -> dict:
    """What both pages show of somebody's things."""
    marked = _marked(request.GET, things)
    return {
        "done": request.GET.get("done", ""),
        "things": things,
        "numbers": mine_actions.numbers(things),
        "markable": things.markable,
        "last_safe_days": things.last_safe_days(),
        "marked": request.GET.get("marked", "") if marked else "",
        "number_marked": sum(letter.state == "posted" for letter in marked),
        "came_back": bounces.told_of([*things.letters, *things.pledges, *things.addresses]),
    }


def act_on_several(request: HttpRequest, things: Things, here: str) -> HttpResponse:
    """Mark the ticked letters as posted, or undo that."""
    if request.POST.get("act") == "undo":
        marked = _marked(request.POST, things)
        if mine_actions.undo_posted([one for one in marked if not submitting.too_many_acts(one)]):
            return done(here, "undo")
    elif request.POST.get("act") == "posted":
        ticked = request.POST.getlist("letter")
        chosen = [
            letter
            for letter in things.letters
            if str(letter.pk) in ticked and not submitting.too_many_acts(letter)
        ]
        if posted := mine_actions.mark_posted(chosen):
            return redirect(f"{here}?{urlencode({'marked': _signed(posted)})}#now")
    return redirect(f"{here}#now")


def done(here: str, act: str) -> HttpResponse:
    """To the page that says, in its title and heading, that the act is done."""
    return redirect(f"{here}?done={act}#now")


def _signed(posted: list[Letter]) -> str:
    """Which letters were marked just now, and when the last was: what is newer was done since."""
    at = max(letter.changed_at for letter in posted).isoformat()
    return signing.dumps([at, *(one.pk for one in posted)], salt=MARKED, compress=True)


def _marked(sent: QueryDict, things: Things) -> list[Letter]:
    """The letters that the last act on several marked, and nobody changed since: only for a while,
    and only if we say so."""
    try:
        at, *numbers = signing.loads(sent.get("marked", ""), salt=MARKED, max_age=UNDO_WITHIN)
    except (signing.BadSignature, ValueError):  # ValueError: of another version
        return []
    until = datetime.datetime.fromisoformat(at)
    return [one for one in things.letters if one.pk in numbers and one.changed_at <= until]
