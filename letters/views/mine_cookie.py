"""Where the list of what is mine is kept: in a cookie on the device. See `letters.actions.mine`.

Only private pages look at it: what readers see depends on no cookie (docs/safety.md 5).
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from letters.actions.mine import Mine, Thing
from letters.privacy.limits import KEEP_ON_MINE_FOR

COOKIE = "__Host-mine" if settings.HTTPS else "mine"


def load(request: HttpRequest) -> Mine:
    """What is on this device; an empty list if there is none."""
    return Mine.loads(request.COOKIES.get(COOKIE, ""))


def save(mine: Mine, response: HttpResponse) -> HttpResponse:
    """Put it on the device with this answer: it is kept so long from now on."""
    response.set_cookie(
        COOKIE,
        mine.dumps(),
        max_age=KEEP_ON_MINE_FOR,
        secure=settings.CSRF_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def remember(request: HttpRequest, response: HttpResponse, *things: Thing) -> HttpResponse:
    """Add what was just made here, or what its owner said is theirs."""
    mine = load(request)
    mine.add(*things)
    return save(mine, response)


def delete(response: HttpResponse) -> HttpResponse:
    response.delete_cookie(COOKIE, samesite="Lax")
    return response


def state_of(request: HttpRequest, thing: Thing) -> str:
    """Whether the device remembers it: "kept", "not-kept", or "off" if it keeps nothing at all."""
    mine = load(request)
    if mine.is_off:
        return "off"
    return "kept" if thing in mine else "not-kept"
