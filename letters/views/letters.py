"""Write, and look after what was written by its private link."""

from __future__ import annotations

from django.conf import settings
from django.forms import model_to_dict
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.caching import form_page
from cases.models import AppliesTo, Case
from letters import drawings, erasing, printing, starting, throttle, writing
from letters.chain import Chain
from letters.forms.letters import LetterForm, StartForm
from letters.models import Letter, Pledge
from letters.views import checking, on_device, solidarity

OTHER_CASES = 3


@form_page
def write(request: HttpRequest, slug: str, chain: Chain | None = None) -> HttpResponse:
    """Write to the target of a case. A letter kept here is a draft until its writer sends it.

    In a chain through all cases it is sent at once, and the way goes on.
    """
    case = _case_or_404(slug)
    if request.method != "POST":
        if not case.takes_actions:
            return redirect(case)  # it says why, and whom else one can write for
        return _writing_page(request, case, chain=chain)
    if "check" in request.POST:
        return _writing_page(request, case, chain=chain)
    form = LetterForm(request.POST, case=case)
    if not case.takes_actions:
        form.add_error(
            None,
            _(
                "While you wrote, letters for this case were stopped. Yours was not kept: copy it, "
                "if you want to have it later."
            ),
        )
        return _writing_page(request, case, form, status=409, chain=chain)
    if not form.is_valid():
        return _writing_page(request, case, form, chain=chain)
    tries = throttle.hit("write", request)
    if tries > throttle.REFUSED_ABOVE:
        form.add_error(None, _("Too many letters came from here in this hour. Try again later."))
        return _writing_page(request, case, form, status=429, chain=chain)
    writing.write(
        key=form.key,
        case=case,
        pledge_id=form.pledge_id,
        held=form.suspect or tries > throttle.HELD_ABOVE,
        page_language=get_language() or "en",
        mails_link=chain is None,  # its links are on the chain's last page
        follow=form.cleaned_data["follow"],
        **form.words(),
    )
    if chain:
        chain.sent(Letter.objects.by_key(form.key).get(), request.POST.get("send", ""))
        return on_device.back_to(case, chain)
    return redirect("letters:letter", key=form.key)


@form_page
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """Change the words of a letter that has not left."""
    letter = _letter_or_404(key)
    if not (letter.is_editable and letter.case.is_told):
        return redirect("letters:letter", key=key)
    if letter.is_message:
        return solidarity.edit(request, letter)
    if request.method != "POST" or "check" in request.POST:
        return _writing_page(request, letter.case, editing=letter)
    form = LetterForm(request.POST, case=letter.case)
    if not form.is_valid():
        return _writing_page(request, letter.case, form, editing=letter)
    if throttle.hit("write", request) > throttle.REFUSED_ABOVE:
        form.add_error(None, _("Too many letters came from here in this hour. Try again later."))
        return _writing_page(request, letter.case, form, editing=letter, status=429)
    writing.revise(letter, follow=form.cleaned_data["follow"], **form.words())
    return redirect("letters:letter", key=key)


@form_page
def letter(request: HttpRequest, key: str) -> HttpResponse:
    """The writer's own page: the sheet as it will be, and what can be done with it."""
    letter = _letter_or_404(key)
    if request.method == "POST":
        done = writing.act(letter, request.POST.get("act", ""))
        # If a word in it stops it, the list there says so.
        return redirect(letter.get_absolute_url() + ("" if done else "#check"))
    if not letter.case.is_told:
        return render(request, "letters/stopped.html", {"letter": letter})
    context = {
        "letter": letter,
        "case": letter.case,
        "target": getattr(letter.case, "target", None),
        "date_text": starting.dated(letter),
        "signed_name": letter.signed_name,
        "unprintable": printing.unprintable(letter.subject + letter.body + letter.signed_name),
        "allowed": writing.allowed_acts(letter),
        "counts": letter.counts,
        "link": settings.SITE_URL + letter.get_absolute_url(),
        "others": Case.objects.to_write_for(letter.case.edition)
        .exclude(pk=letter.case_id)
        .needing_letters_first()[:OTHER_CASES],
        "sent_link": bool(letter.email),
    } | checking.checked_before_it_leaves(letter)
    if letter.is_message:
        return render(request, "letters/message.html", context | solidarity.about(letter))
    return render(request, "letters/letter.html", context | _about(letter))


def _about(letter: Letter) -> dict:
    """What the private page of a letter to an official shows. See also solidarity.about."""
    words, mailto = starting.words_of(letter), starting.mailto(letter)
    models = list(letter.case.model_letters.all())
    return {
        "words": words,
        "salutation": words.salutation,
        "close": words.close,
        "translation": starting.translation_of(letter, models),
        "envelope_lines": _envelope_lines(letter.case),
        "mailto": mailto,
        "mail_too_long": bool(mailto) and len(mailto) > starting.LONGEST_MAILTO,
        "plain_text": starting.as_text(letter),
        "everyone": letter.case.letter_count,
    }


@form_page
def letter_pdf(request: HttpRequest, key: str) -> HttpResponse:
    """The letter to print: ?paper=letter for US Letter, A4 otherwise."""
    letter = _letter_or_404(key)
    if not letter.case.is_told:
        return redirect("letters:letter", key=key)
    paper = "letter" if request.GET.get("paper") == "letter" else "a4"
    return _pdf(printing.pdf(letter, paper=paper), "letter.pdf")


@form_page
def card_pdf(request: HttpRequest, key: str) -> HttpResponse:
    """A message as a card to print: ?paper=a6, A5 otherwise."""
    letter = _letter_or_404(key)
    if not (letter.case.is_told and letter.is_message):
        return redirect("letters:letter", key=key)
    paper = "a6" if request.GET.get("paper") == "a6" else "a5"
    return _pdf(printing.card_pdf(letter, paper=paper), "card.pdf")


def _pdf(data: bytes, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@form_page
def picture(request: HttpRequest, key: str) -> HttpResponse:
    """The picture of a message, for its writer."""
    letter = _letter_or_404(key)
    data = drawings.jpeg(letter) if letter.case.is_told else None
    if data is None:
        raise Http404
    return HttpResponse(data, content_type="image/jpeg")


@form_page
def letter_text(request: HttpRequest, key: str) -> HttpResponse:
    """The letter alone, to copy into any mail program."""
    letter = _letter_or_404(key)
    if not letter.case.is_told:
        return redirect("letters:letter", key=key)
    return HttpResponse(starting.as_text(letter), content_type="text/plain; charset=utf-8")


@form_page
def erase_letter(request: HttpRequest, key: str) -> HttpResponse:
    letter = _letter_or_404(key)
    if request.method == "POST":
        erasing.erase_letters(Letter.objects.filter(pk=letter.pk))
        return redirect("letters:erased")
    thing = "message" if letter.is_message else "letter"
    context = {"thing": thing, "letter": letter, "back": letter.get_absolute_url()}
    return render(request, "letters/erase.html", context)


@form_page
def erased(request: HttpRequest) -> HttpResponse:
    return render(request, "letters/erased.html")


def _writing_page(
    request: HttpRequest,
    case: Case,
    form: LetterForm | None = None,
    *,
    editing: Letter | None = None,
    status: int = 200,
    chain: Chain | None = None,
) -> HttpResponse:
    """The sheet to write on, with what helps beside it. Starting points come by query string."""
    first = {"start": StartForm.MODEL} if chain else {}
    start = StartForm(request.GET or first, languages=starting.languages(case))
    models = list(case.model_letters.prefetch_related("points"))
    model = starting.model_in(models, start.chosen_language)
    checked = checking.checked(request, case) if request.method == "POST" else {}
    if form is None and request.method == "POST":  # only checked: nothing is amiss yet
        form = LetterForm(case=case, initial=request.POST.dict())
    elif form is None and editing:
        form = LetterForm(case=case, initial=model_to_dict(editing, LetterForm.WORDS))
    elif form is None:
        known = chain.initial_for(case) if chain else _pledged(request)
        form = LetterForm(case=case, initial=start.first_words(model) | known)
    language = form["language"].value() or start.chosen_language
    salutation, close = starting.salutation_and_close(case, language)
    context = {
        "case": case,
        "target": getattr(case, "target", None),
        "form": form,
        "start": start.chosen,
        "chosen_points": start.points,
        "languages": starting.languages(case),
        "language": language,
        "model": model,
        "salutation": salutation,
        "close": close,
        "date_text": starting.date_in(language, timezone.localdate()),
        "envelope_lines": _envelope_lines(case),
        "appeal_rules": case.safety_rules.filter(applies_to=AppliesTo.APPEAL),
        "editing": editing,
        "chain": chain,
        "draft_key": f"letter:{editing.pk if editing else case.slug}",
    } | checked
    return render(request, "letters/write.html", context, status=status)


def _pledged(request: HttpRequest) -> dict:
    """The pledge this letter is for, from the link on the pledge's page."""
    key = request.GET.get("pledge", "")
    pledge = Pledge.objects.by_key(key).first() if key else None
    return {"pledge": LetterForm.sign_pledge(pledge)} if pledge else {}


def _case_or_404(slug: str) -> Case:
    """A case that may be read about, with its target."""
    return get_object_or_404(Case.objects.told().select_related("edition", "target"), slug=slug)


def _letter_or_404(key: str) -> Letter:
    letters = Letter.objects.select_related(
        "case",
        "case__target",
        "case__solidarity_action",
        "case__petition",
        "case__edition",
        "case__action_count",
        "pledge",
    )
    letter = get_object_or_404(letters.by_key(key))
    letter.case.take_counts()
    return letter


def _envelope_lines(case: Case) -> list[str]:
    """The address on the envelope; empty if none is known."""
    target = getattr(case, "target", None)
    return target.window_lines if target and target.postal else []
