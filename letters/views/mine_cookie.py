"""Where the list of what is mine is kept: in a cookie on the device. See `letters.actions.mine`.

Only private pages look at it: what readers see depends on no cookie (docs/safety.md 5).
"""

import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from letters.actions.mine import Mine, Thing
from letters.privacy.limits import KEEP_ON_MINE_FOR
from letters.views import take_all_cookie

COOKIE = "__Host-mine" if settings.HTTPS else "mine"
# That the device keeps nothing stands in a cookie of its own: an answer that was on its way
# meanwhile, with a list, can't undo it.
OFF_COOKIE = f"{COOKIE}-off"
KEEP_OFF_FOR = datetime.timedelta(days=3650)  # browsers make 400 days of it, from the last use
RENEWED_AFTER = datetime.timedelta(days=1)


def load(request: HttpRequest) -> Mine:
    """What is on this device; an empty list if there is none."""
    if request.COOKIES.get(OFF_COOKIE):
        return Mine(is_off=True)
    return Mine.loads(request.COOKIES.get(COOKIE, ""))


def save(mine: Mine, response: HttpResponse) -> HttpResponse:
    """Put it on the device with this answer: it is kept so long from now on."""
    if mine.is_off:
        _set(response, OFF_COOKIE, "on", KEEP_OFF_FOR)
        return forget(response)
    _set(response, COOKIE, mine.dumps(), KEEP_ON_MINE_FOR)
    return response


def renew(mine: Mine, response: HttpResponse) -> HttpResponse:
    """Looked at, it is kept longer. Once a day: what another tab adds in this moment would be
    overwritten."""
    is_old = mine.written_at is not None and mine.written_at < timezone.now() - RENEWED_AFTER
    return save(mine, response) if mine.is_off or (mine.entries and is_old) else response


def _set(response: HttpResponse, name: str, value: str, max_age: datetime.timedelta) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        secure=settings.CSRF_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def remember(request: HttpRequest, response: HttpResponse, *things: Thing) -> HttpResponse:
    """Add what was just made here, or what its owner said is theirs."""
    mine = load(request)
    mine.add(*things, made_here=True)
    return save(mine, response)


def forget(response: HttpResponse) -> HttpResponse:
    response.delete_cookie(COOKIE, samesite="Lax")
    return response


def forget_everything(response: HttpResponse) -> HttpResponse:
    """Also drafts, and what “take all actions” remembers: nothing of ours stays on the device."""
    response.headers["Clear-Site-Data"] = '"storage"'  # static/js/draft.js
    return take_all_cookie.delete(forget(response))


def keep_again(response: HttpResponse) -> HttpResponse:
    """A list again, and an empty one: what was on its way may have left one."""
    response.delete_cookie(OFF_COOKIE, samesite="Lax")
    return forget(response)


def state_of(request: HttpRequest, thing: Thing) -> str:
    """Whether the device remembers it: "kept", "not-kept", or "off" if it keeps nothing at all."""
    mine = load(request)
    if mine.is_off:
        return "off"
    return "kept" if thing in mine else "not-kept"
