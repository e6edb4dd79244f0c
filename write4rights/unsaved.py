"""What staff had typed when their session ended: kept until they are signed in again.

It lies encrypted in the session that the sign-in goes through, for whoever had been given the form
and for nobody else; never in an address. It is gone once it is saved or dropped, or with that
session. Only a form that the site itself gave to somebody of the staff is kept (its version is
signed), so a stranger can't make us store anything. Files can't be kept, and passwords are not.
"""

import json

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from cases.admin.versions import opened_by
from cases.encryption import fernet

KEY = "unsaved"  # in the session
DROP = "_drop_unsaved"  # the button that throws it away


def keep(request: HttpRequest) -> bool:
    """Keep the form that was sent, if it may be. The person must not be signed in."""
    by = opened_by(request)
    if not by:
        return False
    kept = {
        "by": by,
        "path": request.path,
        "fields": _fields(request),
        "files": _file_names(request),
    }
    request.session[KEY] = fernet().encrypt(json.dumps(kept).encode()).decode()
    words = _("You were signed out. What you typed is kept: sign in, and you can save it.")
    messages.info(request, words)
    return True


def offered(request: HttpRequest) -> HttpResponse | None:
    """On the way to the page it was typed on: a page that sends it again, or None."""
    kept = _kept(request)
    if request.method != "POST":
        return send_again(request, kept["fields"], kept["files"]) if kept else None
    if kept:
        del request.session[KEY]
    if DROP not in request.POST:
        return None  # it is saved now, or asked about
    messages.info(request, _("What you had typed is dropped."))
    return redirect(request.path)


def _kept(request: HttpRequest) -> dict | None:
    """What this person typed on this page."""
    if KEY not in request.session:
        return None
    kept = json.loads(fernet().decrypt(request.session[KEY].encode()))
    if kept["by"] != str(request.user.pk):
        del request.session[KEY]  # somebody else has signed in here
        return None
    return kept if kept["path"] == request.path else None


def refused(request: HttpRequest, why: str = "") -> HttpResponse | None:
    """For a form that was sent with the token of an older sign-in: the same page, or None."""
    if opened_by(request) != str(request.user.pk):
        return None
    response = send_again(request, _fields(request), _file_names(request), why)
    response.status_code = 403
    return response


def not_saved(request: HttpRequest) -> HttpResponse | None:
    """For a form whose files can't be stored right now: the same page, or None."""
    why = _("Files can’t be stored right now, so nothing was saved. All you typed is still here.")
    response = refused(request, why)
    if response:
        response.status_code = 503
    return response


def send_again(request: HttpRequest, fields: list, files: list[str], why: str = "") -> HttpResponse:
    context = {"title": _("What you typed is still here"), "drop": DROP, "why": why}
    context |= {"fields": fields, "files": files} | admin.site.each_context(request)
    return TemplateResponse(request, "admin/unsaved.html", context)


def _file_names(request: HttpRequest) -> list[str]:
    return [file.name or "" for _field, files in request.FILES.lists() for file in files]


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and not name.startswith("password")
        for value in values
    ]
