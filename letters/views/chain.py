"""Take all: through all open cases, with the details asked once and kept on the device."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext

from cases.caching import form_page
from cases.models import Case, Edition
from letters.chain import ACTIONS, Action, Chain
from letters.forms.chain import DetailsForm
from letters.models import Letter, LetterState
from letters.views import letters, on_device, signing, solidarity


class Stop(NamedTuple):
    """A case on the way, and what was done there: `state` is to-do, done or skipped."""

    case: Case
    state: str
    done: dict[str, Letter | None]


@form_page
def start(request: HttpRequest) -> HttpResponse:
    """What it is, for whom, and the details that are asked once."""
    chain = on_device.chain_of(request)
    cases = chain.in_order(_open_cases())
    if request.POST.get("act") == "forget":
        return on_device.forget(redirect("letters:take-all"))
    form = DetailsForm(
        request.POST if request.method == "POST" else None,
        cases=cases,
        initial=chain.details | {"ties": chain.ties, "keep": chain.keep},
    )
    if form.is_valid():
        chain.details, chain.ties = form.details(), form.cleaned_data["ties"]
        chain.keep = form.cleaned_data["keep"]
        chain.order = [case.slug for case in cases]
        return on_device.keep(chain, _to_next(chain, cases))
    context = {
        "chain": chain,
        "form": form,
        "stops": _stops(chain, cases),
        "next": chain.next_of(cases),
        "is_changing": "details" in request.GET or request.method == "POST",
    }
    return render(request, "letters/chain/start.html", context)


@form_page
def step(request: HttpRequest, slug: str) -> HttpResponse:
    """One case: who this is, and what can be done. A POST goes on to the next one."""
    chain = on_device.chain_of(request)
    cases = chain.in_order(_open_cases())
    case = next((one for one in cases if one.slug == slug), None)
    if not chain.has_begun or case is None:  # it was closed or frozen meanwhile
        return _to_next(chain, cases) if chain.has_begun else redirect("letters:take-all")
    if request.method == "POST":
        chain.pass_by(case)
        return on_device.keep(chain, _to_next(chain, cases))
    context = {
        "chain": chain,
        "case": case,
        "place": cases.index(case) + 1,
        "of": len(cases),
        "passed": sum(one.slug in chain.passed for one in cases),
        "done": _stops(chain, [case])[0].done,
        "may_sign": case.takes_signatures and not chain.details.get("under_18"),
    }
    return render(request, "letters/chain/step.html", context)


@form_page
def letter(request: HttpRequest, slug: str) -> HttpResponse:
    """The page on which any letter is written; our letter and the details stand in it already."""
    return _in_chain(request, slug, "letter", letters.write)


@form_page
def sign(request: HttpRequest, slug: str) -> HttpResponse:
    return _in_chain(request, slug, "signature", signing.sign)


@form_page
def message(request: HttpRequest, slug: str) -> HttpResponse:
    return _in_chain(request, slug, "message", solidarity.write)


def _in_chain(request: HttpRequest, slug: str, action: Action, view: Callable) -> HttpResponse:
    chain = on_device.chain_of(request)
    if not chain.has_begun:
        return redirect("letters:take-all")
    if request.method != "POST" and action in chain.done.get(slug, {}):
        return redirect("letters:take-all-case", slug=slug)
    return view(request, slug, chain=chain)


@form_page
def done(request: HttpRequest) -> HttpResponse:
    """What was done on the way, to print or to keep."""
    chain = on_device.chain_of(request)
    if not chain.has_begun:
        return redirect("letters:take-all")
    cases = chain.in_order(_open_cases())
    stops = _stops(chain, cases)
    context = {
        "chain": chain,
        "stops": stops,
        "has_signed": any("signature" in stop.done for stop in stops),
        "you": _in_words(*(sum(one in stop.done for stop in stops) for one in ACTIONS)),
        "to_post": sum(
            letter is not None and letter.state == LetterState.READY
            for stop in stops
            for letter in stop.done.values()
        ),
        "everyone": _in_words(
            sum(case.letter_count for case in cases),
            sum(case.signature_count for case in cases),
            sum(case.message_count for case in cases),
        ),
    }
    return render(request, "letters/chain/done.html", context)


def _in_words(letters: int, signatures: int, messages: int) -> str:
    """“3 letters, 1 signature”: what there is none of is left out."""
    parts = [
        (letters, ngettext("%(number)s letter", "%(number)s letters", letters)),
        (signatures, ngettext("%(number)s signature", "%(number)s signatures", signatures)),
        (messages, ngettext("%(number)s message", "%(number)s messages", messages)),
    ]
    return ", ".join(words % {"number": intcomma(number)} for number, words in parts if number)


def _open_cases() -> list[Case]:
    edition = Edition.objects.current()
    if edition is None:
        return []
    cases = Case.objects.to_write_for(edition).needing_letters_first()
    return list(
        cases.select_related("edition", "portrait", "target", "solidarity_action", "petition")
    )


def _stops(chain: Chain, cases: list[Case]) -> list[Stop]:
    """The cases with what was done for each; letters and messages as they stand now."""
    kept = Letter.objects.by_keys(chain.keys("letter") + chain.keys("message"))
    by_key = {letter.key: letter for letter in kept.select_related("case")}
    stops = []
    for case in cases:
        did = {
            action: by_key.get(key)
            for action, key in chain.done.get(case.slug, {}).items()
            if not key or key in by_key  # what was erased since was not done
        }
        state = "done" if did else "skipped" if case.slug in chain.passed else "to-do"
        stops.append(Stop(case, state, did))
    return stops


def _to_next(chain: Chain, cases: list[Case]) -> HttpResponse:
    case = chain.next_of(cases)
    return (
        redirect("letters:take-all-case", slug=case.slug)
        if case
        else redirect("letters:take-all-done")
    )
