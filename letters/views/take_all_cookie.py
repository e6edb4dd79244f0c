"""Where “take all actions” is kept: in a cookie on the supporter's device."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from cases.models import Case
from letters.actions.take_all import COOKIE_AGE, TakeAll

AFTER = "after"  # in the query of the page that follows an act: it says what was done


def load(request: HttpRequest) -> TakeAll:
    """What is on this device; a new one if there is none."""
    return TakeAll.loads(request.COOKIES.get(_cookie_name(), ""))


def save(take_all: TakeAll, response: HttpResponse) -> HttpResponse:
    """Put it on the device with this answer."""
    response.set_cookie(
        _cookie_name(),
        take_all.dumps(),
        max_age=COOKIE_AGE if take_all.keep else None,
        path=reverse("letters:take-all"),
        secure=settings.CSRF_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def save_and_return(take_all: TakeAll, case: Case) -> HttpResponse:
    """After something was done for a case: to what else can be done for it."""
    url = reverse("letters:take-all-case", args=[case.slug])
    return save(take_all, redirect(f"{url}?{AFTER}#now"))


def delete(response: HttpResponse) -> HttpResponse:
    """Take everything off the device, in each language; what was sent stays sent."""
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            response.delete_cookie(_cookie_name(), path=reverse("letters:take-all"), samesite="Lax")
    return response


def _cookie_name() -> str:
    """One a language: each has addresses of its own, and only they are sent it."""
    return f"take-all-{translation.get_language()}"
