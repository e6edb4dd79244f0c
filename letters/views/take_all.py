"""Take all: through all open cases, with the details asked once and kept on the device."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext

from cases.http_caching import private_page
from cases.models import Case, Edition
from letters.actions.take_all import ACTIONS, Action, TakeAll
from letters.forms.take_all import TakeAllSignForm
from letters.mail import outbox
from letters.models import Letter, LetterState
from letters.privacy import limits
from letters.text import progress
from letters.views import letters, take_all_cookie
from letters.views import messages as message_views
from letters.views import signatures as signature_views

CLOSED = "closed"  # in the query of the page that follows a case which closed meanwhile


class Step(NamedTuple):
    """A case on the way, and what was done there: `state` is to-do, done or skipped."""

    case: Case
    state: str
    done: dict[str, Letter | None]
    is_open: bool = True


@private_page
def start(request: HttpRequest) -> HttpResponse:
    """The first case that somebody has not been through."""
    if request.POST.get("act") == "forget":
        return take_all_cookie.delete(redirect("letters:take-all"))
    take_all = take_all_cookie.load(request)
    cases = take_all.in_order(_open_cases())
    if not cases and not take_all.has_begun:
        return render(request, "letters/take_all/nothing_open.html")
    case = take_all.next_case(cases)
    return _step_page(request, take_all, cases, case) if case else redirect("letters:take-all-done")


@private_page
def step(request: HttpRequest, slug: str) -> HttpResponse:
    """One case: who this is, and what can be done. A POST signs or skips, and goes on."""
    take_all = take_all_cookie.load(request)
    cases = take_all.in_order(_open_cases())
    case = next((one for one in cases if one.slug == slug), None)
    if case is None:  # it was closed or frozen meanwhile
        return _to_next(take_all, cases, query=CLOSED)
    if request.method != "POST":
        return _step_page(request, take_all, cases, case)
    take_all.begin(cases)
    if request.POST.get("act") == "skip":
        take_all.skip(case)
    elif case.petition:
        form = TakeAllSignForm(request.POST, petition=case.petition, take_all=take_all)
        if status := signature_views.keep(request, form):
            return _step_page(request, take_all, cases, case, form, status=status)
        take_all.record(case, "signature")
        take_all.remember(form.cleaned_data, "signature", form.consent_version)
        take_all.keep = form.cleaned_data["keep"]
        take_all.pass_on(case)
    return take_all_cookie.save(take_all, _to_next(take_all, cases))


def _step_page(
    request: HttpRequest,
    take_all: TakeAll,
    cases: list[Case],
    case: Case,
    form: TakeAllSignForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    steps = _steps(take_all, cases)
    done = next(step.done for step in steps if step.case == case)
    may_sign = case.takes_signatures and not take_all.details.get("under_18")
    if form is None and may_sign and "signature" not in done:
        form = TakeAllSignForm(petition=case.petition, take_all=take_all)
    context = {
        "take_all": take_all,
        "draft_days": limits.KEEP_ON_DEVICE_FOR.days,
        "case": case,
        "petition": case.petition,
        "form": form,
        "done": done,
        "steps": steps,
        "place": cases.index(case) + 1,
        "of": len(cases),
        "passed": sum(one.slug in take_all.skipped for one in cases),
        "is_last": take_all.next_case([one for one in cases if one != case]) is None,
    }
    context |= _what_was_done_last(request, take_all, steps)
    return render(request, "letters/take_all/step.html", context, status=status)


def _what_was_done_last(request: HttpRequest, take_all: TakeAll, steps: list[Step]) -> dict:
    """For the line above the next case, once: what, for whom, and how that letter stands now."""
    if CLOSED in request.GET:
        return {"last_act": CLOSED}
    if take_all_cookie.AFTER not in request.GET or not take_all.last:
        return {}
    act, slug = take_all.last
    step = next((one for one in steps if one.case.slug == slug), None)
    letter = step and step.done.get(act)
    if letter is None and act in ("letter", "message"):
        return {}  # it was erased since
    return {"last_act": act, "last_step": step, "last_letter": letter} | (
        {"last_title": progress.title(letter) % {"name": letter.case.short_name_or_full}}
        if letter
        else {}
    )


@private_page
def letter(request: HttpRequest, slug: str) -> HttpResponse:
    """The page on which any letter is written; our letter and the details stand in it already."""
    return _with_take_all(request, slug, "letter", letters.write)


@private_page
def message(request: HttpRequest, slug: str) -> HttpResponse:
    return _with_take_all(request, slug, "message", message_views.write)


def _with_take_all(request: HttpRequest, slug: str, action: Action, view: Callable) -> HttpResponse:
    take_all, cases = take_all_cookie.load(request), _open_cases()
    case = next((one for one in cases if one.slug == slug), None)
    if request.method == "POST":
        take_all.begin(cases)
    elif case is None:  # it was closed or frozen meanwhile
        return _to_next(take_all, take_all.in_order(cases), query=CLOSED)
    elif action in take_all.done.get(slug, {}) or (action == "letter" and not case.takes_letters):
        return redirect("letters:take-all-case", slug=slug)
    return view(request, slug, take_all=take_all)


@private_page
def done(request: HttpRequest) -> HttpResponse:
    """What was done on the way, to print or to keep."""
    take_all = take_all_cookie.load(request)
    if not take_all.has_begun:
        return redirect("letters:take-all")
    cases = take_all.in_order(_open_cases())
    open_steps = _steps(take_all, cases)
    steps = [*open_steps, *_steps_over(take_all, cases)]
    written = [letter for step in steps for letter in step.done.values() if letter]
    context = {
        "take_all": take_all,
        "draft_days": limits.KEEP_ON_DEVICE_FOR.days,
        "steps": steps,
        "has_signed": any("signature" in step.done for step in steps),
        "you": _in_words(*(sum(one in step.done for step in steps) for one in ACTIONS)),
        "mails_links": any(letter.email for letter in written),
        "behind_until": outbox.is_behind(),
        "to_post": sum(letter.state == LetterState.READY for letter in written),
        "in_review": sum(letter.page_state == "in_review" for letter in written),
        "everyone": sum(step.case.total_count for step in steps),
        "to_write": next(
            (
                step.case
                for step in open_steps
                if step.case.open_targets and "letter" not in step.done
            ),
            None,
        ),
    }
    context |= _what_was_done_last(request, take_all, open_steps)
    return render(request, "letters/take_all/done.html", context)


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
    cases = cases.select_related("edition", "portrait", "solidarity_action", "petition")
    return list(cases.prefetch_related("targets"))


def _steps(take_all: TakeAll, cases: list[Case]) -> list[Step]:
    """The cases with what was done for each; letters and messages as they stand now."""
    kept = Letter.objects.by_keys(take_all.keys("letter") + take_all.keys("message"))
    by_key = {letter.key: letter for letter in kept.select_related("case")}
    steps = []
    for case in cases:
        done_here = {
            action: by_key.get(key)
            for action, key in take_all.done.get(case.slug, {}).items()
            if not key or key in by_key  # what was erased since was not done
        }
        state = "done" if done_here else "skipped" if case.slug in take_all.skipped else "to-do"
        steps.append(Step(case, state, done_here))
    return steps


def _steps_over(take_all: TakeAll, cases: list[Case]) -> list[Step]:
    """What was done for those that are not among the open `cases` any more, as when they closed or
    the next edition opened: its links are kept here. Of one that is taken down nothing is said."""
    slugs = take_all.done.keys() - {case.slug for case in cases}
    over = Case.objects.visible().with_count().filter(slug__in=slugs) if slugs else []
    steps = _steps(take_all, take_all.in_order(list(over)))
    return [step._replace(is_open=False) for step in steps if step.done]


def _to_next(
    take_all: TakeAll, cases: list[Case], *, query: str = take_all_cookie.AFTER
) -> HttpResponse:
    case = take_all.next_case(cases)
    if case:
        url = reverse("letters:take-all-case", args=[case.slug])
    else:
        url = reverse("letters:take-all-done" if take_all.has_begun else "letters:take-all")
    return redirect(f"{url}?{query}#now")
