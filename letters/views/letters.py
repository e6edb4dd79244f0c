"""Write, and look after what was written by its private link."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db.models import QuerySet, prefetch_related_objects
from django.forms import model_to_dict
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.http_caching import private_page
from cases.models import AppliesTo, Case, ModelLetter, SafetyAdvice, Target
from letters.actions import letters as letter_actions
from letters.actions import mine as mine_actions
from letters.actions import pledges
from letters.actions.letters import LetterFields
from letters.actions.mine import Mine
from letters.actions.take_all import TakeAll
from letters.converters import KeyConverter
from letters.forms.letters import LetterForm, StartForm
from letters.forms.names import preset_name_form
from letters.forms.routes import PostForm
from letters.mail import bounces, outbox
from letters.models import HandInItem, Letter, LetterState, Pledge, Route
from letters.privacy import limits
from letters.text import checks as text_checks
from letters.text import (
    composing,
    email_ways,
    page_fit,
    pictures,
    post_days,
    printing,
    progress,
    redactions,
    routes,
)
from letters.views import checks, messages, mine_cookie, replies, submitting

CLOSED = 409  # see submitting.refused
MORE = ("email", "place", "country", "follow")  # what is folded away, as long as it is empty
PRIVATE_KEY = re.compile(KeyConverter.regex)


@private_page
def write(request: HttpRequest, slug: str, take_all: TakeAll | None = None) -> HttpResponse:
    """Write to the target of a case. A letter kept here is a draft until its writer sends it.

    In “take all” it is sent at once, and the way goes on.
    """
    cases = Case.objects.visible().select_related("edition").prefetch_related("targets")
    case = cases.filter(slug=slug).first()
    if case is None:
        return submitting.too_late(request, is_stopped=True, take_all=take_all)
    if request.method != "POST":
        if not case.takes_letters:
            return redirect(case)  # it says why, and whom else one can write for
        if back := submitting.back_from_letter(request):
            return back
        if PRIVATE_KEY.fullmatch(request.GET.get("pledge", "")):
            return _without_private_key(request)
    if request.method != "POST" or _only_looks(request):
        return _writing_page(request, case, take_all=take_all)
    targets = _targets(case)
    form = LetterForm(request.POST, case=case, targets=targets, at_once=take_all is not None)
    closed = ""
    if not case.takes_letters:
        closed = _(
            "While you were writing, letters for this case were stopped. Yours was not "
            "saved: copy it if you want to keep it."
        )
    if "step" in request.POST and not closed:
        back = submitting.back_to_letter(form)
        return back or _step_page(request, case, form, take_all=take_all)
    if status := _refused(form, request, closed):
        return _writing_page(request, case, form, status=status, take_all=take_all)
    return submitting.write(request, form, take_all)


@private_page
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """Change the words of a letter that has not left."""
    letter = _letters(key).first()
    if letter is None or not (letter.is_editable and letter.case.is_visible):
        return submitting.too_late(request, letter)
    if letter.is_message:
        return messages.edit(request, letter)
    prefetch_related_objects([letter.case], "targets")
    if request.method != "POST" or _only_looks(request):
        return _writing_page(request, letter.case, editing=letter)
    targets = _targets(letter.case, letter)
    form = LetterForm(request.POST, case=letter.case, targets=targets, editing=letter)
    if "step" in request.POST:
        return _step_page(request, letter.case, form, editing=letter)
    if status := _refused(form, request):
        return _writing_page(request, letter.case, form, editing=letter, status=status)
    return submitting.revise(request, letter, form)


def _refused(form: LetterForm, request: HttpRequest, closed: str = "") -> int | None:
    too_many = _("Too many letters came from here in the last hour. Try again later.")
    return submitting.refused(form, request, "write", too_many=too_many, closed=closed)


@private_page
def letter(request: HttpRequest, key: str) -> HttpResponse:
    """The writer's own page: the sheet as it will be, and what can be done with it."""
    letter = _letter_or_404(key)
    if request.method == "POST":
        if submitting.too_many_acts(letter):
            return render(request, "429.html", status=429)
        chosen = PostForm.chosen(request.POST)
        name = request.POST.get("act", "")
        done = letter_actions.act(letter, name, **chosen)
        return redirect(f"{letter.get_absolute_url()}#{_where_to_look(letter, name, done)}")
    if not letter.case.is_visible:
        return render(request, "letters/letters/stopped.html", {"letter": letter})
    redactions.load(letter)
    prefetch_related_objects([letter.case], "targets")
    mine, name = mine_cookie.load(request), letter.case.short_name_or_full
    title = progress.title(letter)
    context = {
        "plain_title": title % {"name": name},
        "title": format_html(title.replace("%(name)s", '<span translate="no">{}</span>'), name),
        "progress": progress.steps(letter),
        "letter": letter,
        "case": letter.case,
        "target": letter.target,
        "is_too_late": letter.target is not None and not letter.target.is_open,
        "date_text": composing.date_line(letter),
        "signed_name": letter.signed_name,
        "left_out": redactions.left_out(letter),
        "unprintable": printing.unprintable(letter),
        "allowed": letter_actions.allowed_acts(letter),
        "waits_for_consent": letter_actions.waits_for_consent(letter),
        "counts": letter.counts,
        "own": mine_actions.counted_for(letter, mine) if letter.counts else 0,
        "link": settings.SITE_URL + letter.get_absolute_url(),
        "on_device": mine_cookie.state_of(request, letter),
        "draft_days": limits.KEEP_ON_DEVICE_FOR.days,
        "behind_until": outbox.is_behind() if letter.email else None,
        "came_back": bounces.told_of([letter]).get(letter.email_hash) if letter.email else None,
        "item": HandInItem.objects.of(letter),
    }
    context |= checks.checked_before_it_leaves(letter) | replies.about(letter)
    context |= _of_its_pledge(letter, mine)
    if letter.is_message:
        return render(request, "letters/messages/message.html", context | messages.about(letter))
    return render(
        request, "letters/letters/letter.html", context | _about(letter) | _leaving(request, letter)
    )


def _where_to_look(letter: Letter, act: str, done: bool) -> str:
    """The part of the page that says what came of an act: the list of what stops it, if a word in
    it does."""
    if act in ("news", "no-news"):
        return "news"
    is_stopped = not done and act in letter_actions.CHECKED and text_checks.is_blocked(letter)
    return "check" if is_stopped else "now"


def _of_its_pledge(letter: Letter, mine: Mine) -> dict:
    """The way back to its pledge, or on to the next letter for it.

    Whoever has the link to a letter need not have that to its pledge: it stands on the page only if
    this device remembers the pledge.
    """
    pledge = letter.pledge
    if pledge is None or not pledges.waits_for_letters(pledge):
        return {}
    token = "" if pledge in mine else LetterForm.sign_pledge(pledge)
    return {"pledge": pledge, "pledge_token": token}


def _about(letter: Letter) -> dict:
    """What the private page of a letter to an official shows. See also messages.about."""
    parts = composing.parts_of(letter)
    return {
        "direction": parts.direction,
        "salutation": parts.salutation,
        "close": parts.close,
        "translation": composing.translation_of(letter),
        "envelope_lines": routes.envelope_lines(letter),
        "copy_note": routes.copy_note(letter),
        "other_targets": [one for one in letter.case.open_targets if one != letter.target],
        "everyone": letter.case.total_count,
    }


def _leaving(request: HttpRequest, letter: Letter) -> dict:
    """What its page offers to print or to e-mail, and says of the post."""
    if letter.route == Route.EMAIL:
        return email_ways.about(letter)
    if letter.is_to_be_printed:
        return {
            "post": routes.by_post(letter, letter.posted_from),
            "to_print": printing.offered(letter),
            "copy_to_print": printing.offered(letter, copy=True) if letter.copied_to else None,
            "safe": post_days.last_safe_day_of(letter)
            if letter.state == LetterState.READY
            else None,
        }
    if letter.state != LetterState.DRAFTING:
        return {}
    # The country that they gave is taken for the one they post from; no other is guessed.
    origin = PostForm.chosen(request.GET)["posted_from"] or letter.country
    return {
        "post": routes.by_post(letter, origin),
        "post_form": PostForm(initial={"posted_from": origin}),
    }


@private_page
def letter_pdf(request: HttpRequest, key: str, copy: bool = False) -> HttpResponse:
    """The letter to print, or its copy, on one of `printing.SHEETS`: A4 for a window on the left
    otherwise.

    One whose address is too long for that window is the sheet for an envelope without one.
    """
    letter = _letter_or_404(key)
    if not letter.case.is_visible or (copy and not letter.copied_to):
        return redirect("letters:letter", key=key)
    sheet = printing.SHEETS.get(request.META.get("QUERY_STRING", ""))
    if sheet is None:
        return redirect("letters:letter-copy" if copy else "letters:letter-pdf", key=key)
    paper, window = sheet
    return _pdf(printing.pdf(letter, paper=paper, window=window, copy=copy), "letter.pdf")


@private_page
def envelope_pdf(request: HttpRequest, key: str, copy: bool = False) -> HttpResponse:
    """An envelope with the address of the letter, or of its copy, of one of `printing.ENVELOPES`:
    DL otherwise."""
    letter = _letter_or_404(key)
    if not (letter.case.is_visible and printing.has_whole_address(letter, copy)):
        return redirect("letters:letter", key=key)
    size = printing.ENVELOPES.get(request.META.get("QUERY_STRING", ""))
    if size is None:
        return redirect(
            "letters:letter-copy-envelope" if copy else "letters:letter-envelope", key=key
        )
    return _pdf(printing.envelope_pdf(letter, size=size, copy=copy), "envelope.pdf")


@private_page
def card_pdf(request: HttpRequest, key: str) -> HttpResponse:
    """A message as a card to print: ?paper=a6, A5 otherwise."""
    letter = _letter_or_404(key)
    if not (letter.case.is_visible and letter.is_message):
        return redirect("letters:letter", key=key)
    paper = "a6" if request.GET.get("paper") == "a6" else "a5"
    return _pdf(printing.card_pdf(letter, paper=paper), "card.pdf")


def _pdf(data: bytes, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@private_page
def picture(request: HttpRequest, key: str) -> HttpResponse:
    """The picture of a message, for its writer."""
    letter = _letter_or_404(key)
    data = pictures.jpeg(letter) if letter.case.is_visible else None
    if data is None:
        raise Http404
    return HttpResponse(data, content_type="image/jpeg")


@private_page
def letter_text(request: HttpRequest, key: str) -> HttpResponse:
    """The letter alone, to copy into any mail program."""
    letter = _letter_or_404(key)
    if not letter.case.is_visible:
        return redirect("letters:letter", key=key)
    return HttpResponse(composing.as_text(letter), content_type="text/plain; charset=utf-8")


def _step_page(
    request: HttpRequest,
    case: Case,
    form: LetterForm,
    *,
    editing: Letter | None = None,
    take_all: TakeAll | None = None,
) -> HttpResponse:
    """The other step of the page: the second once nothing is wrong in the first."""
    wanted = 2 if request.POST["step"] == "2" else 1
    wrong = None
    if wanted == 2:
        form.forget_errors_after(1)
        wrong = form if form.is_wrong_in_first_step else None
    return _writing_page(request, case, wrong, step=wanted, editing=editing, take_all=take_all)


def _writing_page(
    request: HttpRequest,
    case: Case,
    form: LetterForm | None = None,
    *,
    step: int = 1,
    editing: Letter | None = None,
    status: int = 200,
    take_all: TakeAll | None = None,
) -> HttpResponse:
    """First the sheet to write on, with what helps beside it; then who writes.

    Starting points come by query string: without one it is our letter. What was filled in for the
    other step goes along in hidden fields, and nothing is kept before the last.
    """
    sent = request.POST or request.GET
    targets = _targets(case, editing)
    kept = editing.target.key if editing and editing.target else ""
    target = composing.chosen_target(targets, sent.get("target", kept))
    languages = composing.languages(target)
    models = composing.models_to(target)
    start = StartForm(request.GET, languages=languages)
    language = request.POST.get("language") or (editing and editing.language)
    if language not in dict(languages):
        language = start.chosen_language
    model = composing.model_in(models, language)
    if model and model.language == language and language in ("en", get_language()):
        start.default = StartForm.MODEL
    checked = {}
    if form is None and request.method == "POST":  # the other step, a check, another target
        typed: dict[str, Any] = request.POST.dict() | {"language": language}
        if step == 2:
            typed["name_form"] = preset_name_form(typed)
        if typed.get("consent") and submitting.has_agreed_before(case, editing, take_all):
            typed["consent"] = True  # which is not asked again
        if _chooses_another(request):
            typed |= _ours_to_another(typed, case, model)
        elif "check" in request.POST:
            checked = checks.checked(request, case)
        form = LetterForm(case=case, targets=targets, editing=editing, initial=typed)
    elif form is None and editing:
        known = model_to_dict(editing, LetterFields.__annotations__) | {"language": language}
        known["consent"] = submitting.has_agreed_before(case, editing, take_all)
        known["target"] = target.key if target else ""
        form = LetterForm(case=case, targets=targets, editing=editing, initial=known)
    elif form is None:
        known = submitting.known_of(case, take_all) if take_all else _pledged(request)
        known |= start.first_words(model) | {"target": target.key if target else ""}
        form = LetterForm(case=case, targets=targets, initial=known)
    else:
        step = 1 if form.is_wrong_in_first_step or status == CLOSED else 2
        if step == 1:
            form.forget_errors_after(1)
            checked = checks.checked(request, case)
    salutation, close = composing.salutation_and_close(target, language)
    context = {
        "case": case,
        "target": target,
        "targets": targets,
        "kept_query": _kept_query(request, target if len(targets) > 1 else None),
        "form": form,
        "step": step,
        "hidden": list(form.hidden_in(step)),
        "has_ties": form["ties"].value() == "yes",
        "opens_more": any(form[name].value() or form[name].errors for name in MORE),
        "start": start.chosen if model else StartForm.BLANK,
        "chosen_points": start.points,
        "languages": languages,
        "language": language,
        "model": model,
        "salutation": salutation,
        "close": close,
        "date_text": composing.date_in(language, timezone.localdate()),
        "envelope_lines": target.window_lines if target and target.postal_lines else [],
        "safe": _last_safe_day(case, target, form),
        "rules": SafetyAdvice.of(case, AppliesTo.APPEAL),
        "fit": page_fit.describe(form["body"].value() or ""),
        "editing": editing,
        "take_all": take_all,
        "draft_days": limits.KEEP_ON_DEVICE_FOR.days,
        "draft_key": f"letter:{editing.pk if editing else case.slug}",
        "again": submitting.mark_of(form),
        "keeps_drafts": not mine_cookie.load(request).is_off,
        "is_untouched": _is_untouched(form, start.first_words(model)),
    } | checked
    return render(request, "letters/letters/write.html", context, status=status)


def _is_untouched(form: LetterForm, first_words: dict) -> bool:
    """Whether the page itself begins with the words that are in the form."""
    return all(
        str(form[name].value() or "").split() == first_words.get(name, "").split()
        for name in ("subject", "body")
    )


def _last_safe_day(
    case: Case, target: Target | None, form: LetterForm
) -> post_days.LastSafeDay | None:
    if target is None:
        return None
    return post_days.last_safe_day_to(case, target, str(form["country"].value() or ""))


def _kept_query(request: HttpRequest, target: Target | None) -> str:
    """What links to another beginning of the letter take along."""
    kept = {"target": target.key if target else "", "pledge": request.GET.get("pledge", "")}
    return "".join(f"&{name}={quote(value, safe='')}" for name, value in kept.items() if value)


def _targets(case: Case, editing: Letter | None = None) -> list[Target]:
    """Whom the writer may choose: those one can write to today, and the letter's own."""
    return [
        target
        for target in case.targets.all()
        if target.is_open or (editing and target == editing.target)
    ]


def _only_looks(request: HttpRequest) -> bool:
    """Whether the form was sent to see the page again, with a check or for another target."""
    return bool({"check", "choose"} & request.POST.keys()) or _chooses_another(request)


def _chooses_another(request: HttpRequest) -> bool:
    """Whether another target is ticked than the one whose sheet was on the page."""
    sent = request.POST
    return bool(sent.get("shown_target")) and sent["shown_target"] != sent.get("target", "")


def _ours_to_another(typed: dict, case: Case, model: ModelLetter | None) -> dict:
    """Where what was typed is our letter to one target, our letter to the other."""
    ours = ModelLetter.objects.filter(target__case=case).values_list("subject", "body")
    same = [subject for subject, body in ours if body.split() == typed.get("body", "").split()]
    if model and same:
        return {"subject": model.subject, "body": model.body}
    if model and not typed.get("body", "").strip():
        return {"subject": model.subject}
    return {}


def _pledged(request: HttpRequest) -> dict:
    """The pledge this letter is for, from the link on the pledge's page."""
    signed = request.GET.get("pledge", "")
    return {"pledge": signed} if LetterForm.read_pledge(signed) else {}


def _without_private_key(request: HttpRequest) -> HttpResponse:
    """Links once carried the pledge's private key, on a page that people share."""
    query = request.GET.copy()
    pledge = Pledge.objects.by_key(query.pop("pledge")[-1]).first()
    if pledge:
        query["pledge"] = LetterForm.sign_pledge(pledge)
    return redirect(f"{request.path}?{query.urlencode()}" if query else request.path)


def _letter_or_404(key: str) -> Letter:
    return get_object_or_404(_letters(key))


def _letters(key: str) -> QuerySet[Letter]:
    of_case = ["case__solidarity_action", "case__petition", "case__edition", "case__action_count"]
    letters = Letter.objects.select_related("target", "pledge__edition", "embassy", *of_case)
    return letters.by_key(key)
