"""All that we hold under an address, for its owner: to read, to take along, to erase."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cases.http_caching import private_page
from letters.actions import data_requests, erasure
from letters.forms.your_data import YourDataForm
from letters.privacy import personal_data, senders
from letters.views import submitting


@private_page
def ask(request: HttpRequest) -> HttpResponse:
    """The answer is the same whoever's address is typed: nobody learns from it who takes part."""
    form = YourDataForm(request.POST if request.method == "POST" else None)
    too_many = _("Too much was asked for from here in this hour. Try again later.")
    if status := submitting.refused(form, request, "data", too_many=too_many, mails=True):
        return render(request, "letters/your_data/ask.html", {"form": form}, status=status)
    data_requests.ask_for_link(
        form.cleaned_data["email"],
        is_suspect=submitting.is_suspect(form),
        sender=senders.share_of(request),
    )
    return redirect("letters:your-data-asked")


@private_page
def asked(request: HttpRequest) -> HttpResponse:
    return render(request, "letters/your_data/asked.html")


@private_page
def your_data(request: HttpRequest, key: str) -> HttpResponse:
    if (asked_for := personal_data.request_of(key)) is None:
        return _has_ended(request, key)
    things = personal_data.things(asked_for.email_hash)
    context = {
        "key": key,
        "letters": _of(things, "letter"),
        "pledges": _of(things, "pledge"),
        "signatures": _of(things, "signature"),
        "follows": _of(things, "follow"),
        "holds_anything": any(personal_data.numbers(asked_for.email_hash).values()),
    }
    return render(request, "letters/your_data/page.html", context)


@private_page
def as_json(request: HttpRequest, key: str) -> HttpResponse:
    if (asked_for := personal_data.request_of(key)) is None:
        return _has_ended(request, key)
    options = {"ensure_ascii": False, "indent": 2}
    response = JsonResponse(personal_data.export(asked_for.email_hash), json_dumps_params=options)
    return _as_file(response, "your-data.json")


@private_page
def as_text(request: HttpRequest, key: str) -> HttpResponse:
    if (asked_for := personal_data.request_of(key)) is None:
        return _has_ended(request, key)
    text = personal_data.as_text(asked_for.email_hash)
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    return _as_file(response, "your-data.txt")


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
        return redirect("letters:your-data", key)
    if not thing and what != "all":
        raise Http404
    return render(request, "letters/your_data/erase.html", {"key": key, "thing": thing})


def _of(things: dict, model: str) -> list[tuple]:
    """The things of a kind, each with what its address calls it."""
    return [(what, thing) for what, thing in things.items() if what.startswith(f"{model}-")]


def _has_ended(request: HttpRequest, key: str) -> HttpResponse:
    if personal_data.is_erased(key):  # pressed twice, or reloaded
        return redirect("letters:erased")
    context = {"form": YourDataForm(), "has_ended": True}
    return render(request, "letters/your_data/ask.html", context, status=404)


def _as_file(response: HttpResponse, name: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
