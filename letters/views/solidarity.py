"""Write a message of support, and read those that are shown."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.caching import form_page, reader_page, told_or_gone
from cases.countries import language_name
from cases.models import AppliesTo, Case, SolidarityPhrase
from cases.models.gathering import gathered
from letters import drawings, printing, throttle, writing
from letters.chain import Chain
from letters.forms.letters import StartForm
from letters.forms.solidarity import MessageForm
from letters.models import Format, Letter, LetterPicture, LetterState, Route
from letters.views import checking, on_device

MESSAGES_A_PAGE = 20


@form_page
def write(request: HttpRequest, slug: str, chain: Chain | None = None) -> HttpResponse:
    """Write to the person, family or group. A message kept here is a draft until it is sent.

    In a chain through all cases it is sent at once, and the way goes on.
    """
    cases = Case.objects.told().filter(solidarity_action__isnull=False)
    cases = cases.select_related("edition", "target", "solidarity_action")
    case = get_object_or_404(gathered(cases, "safety_rules", "solidarity_phrases"), slug=slug)
    if request.method != "POST":
        if not case.takes_actions:
            return redirect(case)  # it says why, and whom else one can write for
        if not case.takes_messages:
            return _closed_page(request, case)
        return _writing_page(request, case, chain=chain)
    if "check" in request.POST:
        return _writing_page(request, case, chain=chain)
    if not case.takes_messages:
        form = MessageForm(request.POST, case=case)
        form.add_error(
            None,
            _(
                "While you wrote, messages for this case were stopped. Yours was not kept: copy "
                "it, if you want to have it later."
            ),
        )
        return _writing_page(request, case, form, status=409, chain=chain)
    form = _filled_in(request, case)
    if not form.is_valid():
        return _writing_page(request, case, form, chain=chain)
    tries = throttle.hit("write", request)
    if tries > throttle.REFUSED_ABOVE:
        form.add_error(None, _("Too many messages came from here in this hour. Try again later."))
        return _writing_page(request, case, form, status=429, chain=chain)
    if not form.goes_on_its_paper():
        return _writing_page(request, case, form, chain=chain)
    writing.write(
        key=form.key,
        case=case,
        pledge_id=None,
        held=form.suspect or tries > throttle.HELD_ABOVE,
        page_language=get_language() or "en",
        mails_link=chain is None,  # its links are on the chain's last page
        follow=form.cleaned_data["follow"],
        drawing=form.drawing,
        **form.words(),
    )
    if chain:
        chain.sent(Letter.objects.by_key(form.key).get(), request.POST.get("send", ""))
        return on_device.back_to(case, chain)
    return redirect("letters:letter", key=form.key)


def edit(request: HttpRequest, message: Letter) -> HttpResponse:
    """Change the words of a message that has not left; `message` is editable and told of."""
    case = message.case
    if not hasattr(case, "solidarity_action"):  # it was taken away since
        return redirect(message)
    if request.method != "POST" or "check" in request.POST:
        return _writing_page(request, case, editing=message)
    form = _filled_in(request, case, editing=message)
    if not form.is_valid():
        return _writing_page(request, case, form, editing=message)
    if throttle.hit("write", request) > throttle.REFUSED_ABOVE:
        form.add_error(None, _("Too many messages came from here in this hour. Try again later."))
        return _writing_page(request, case, form, editing=message, status=429)
    if not form.goes_on_its_paper():
        return _writing_page(request, case, form, editing=message)
    asked = {"drawing": form.drawing, "follow": form.cleaned_data["follow"]}
    writing.revise(message, **asked, **form.words())
    return redirect(message)


def about(message: Letter) -> dict:
    """What the private page of a message shows, beside what it shows of any letter."""
    solidarity = getattr(message.case, "solidarity_action", None)
    is_card = message.form == Format.CARD
    to_be_printed = message.route == Route.POST and message.state in (
        LetterState.READY,
        LetterState.POSTED,
    )
    return {
        "solidarity": solidarity,
        "address_lines": solidarity.public_lines if solidarity else [],
        "is_card": is_card,
        "cards": printing.card_papers(message) if is_card and to_be_printed else [],
        "picture": LetterPicture.objects.filter(letter=message).defer("data").first(),
        "everyone": message.case.message_count,
    }


@reader_page("page")
def messages(request: HttpRequest, slug: str) -> HttpResponse:
    """Messages that their writers and a moderator let others read, the newest first."""
    case = get_object_or_404(
        Case.objects.open_to_readers()
        .filter(solidarity_action__shows_messages=True)
        .select_related("solidarity_action"),
        slug=slug,
    )
    shown = Letter.objects.shown().filter(case=told_or_gone(case))
    shown = shown.only("body", "language", "name", "name_form")
    page = Paginator(shown, MESSAGES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "letters/messages.html", {"case": case, "messages": page})


def _filled_in(request: HttpRequest, case: Case, editing: Letter | None = None) -> MessageForm:
    """The form as it was sent. A picture is looked at only from who does not send too many."""
    too_many = bool(request.FILES) and throttle.hit("picture", request) > drawings.MOST_AN_HOUR
    files = None if too_many else request.FILES
    form = MessageForm(request.POST, files=files, case=case, editing=editing)
    if too_many and "picture" in form.fields:
        form.add_error(
            "picture", _("Too many pictures came from here in this hour. Try again later.")
        )
    return form


def _writing_page(
    request: HttpRequest,
    case: Case,
    form: MessageForm | None = None,
    *,
    editing: Letter | None = None,
    status: int = 200,
    chain: Chain | None = None,
) -> HttpResponse:
    """The card to write on, with what helps beside it. Picked sentences come by query string."""
    phrases = list(case.solidarity_phrases.all())
    start = StartForm(request.GET, languages=[("", "")])
    checked = {}
    if request.method == "POST":
        checked = checking.checked(request, case, AppliesTo.SOLIDARITY)
    if form is None and request.method == "POST":  # only checked: nothing is amiss yet
        form = MessageForm(case=case, editing=editing, initial=request.POST.dict())
    elif form is None and editing:
        known = model_to_dict(editing, MessageForm.WORDS)
        form = MessageForm(case=case, editing=editing, initial=known)
    elif form is None:
        picked = [phrase for phrase in phrases if phrase.pk in start.points]
        known = chain.initial_for(case) if chain else {}
        if picked:
            known |= {
                "language": picked[0].language,
                "body": "\n\n".join(phrase.text for phrase in picked),
            }
        form = MessageForm(case=case, initial=known)
    context = {
        "case": case,
        "solidarity": case.solidarity_action,
        "form": form,
        "phrases": _by_language(phrases),
        "picked": start.points,
        "rules": [
            rule for rule in case.safety_rules.all() if rule.applies_to == AppliesTo.SOLIDARITY
        ],
        "editing": editing,
        "chain": chain,
        "draft_key": f"message:{editing.pk if editing else case.slug}",
        "picture_is_lost": bool(request.FILES),
    } | checked
    return render(request, "letters/solidarity.html", context, status=status)


def _by_language(phrases: list[SolidarityPhrase]) -> list[tuple[str, str, list]]:
    """The sample sentences of each language, with its code and its name; the page's first."""
    languages: dict[str, list] = {}
    for phrase in sorted(phrases, key=lambda phrase: phrase.language != get_language()):
        languages.setdefault(phrase.language, []).append(phrase)
    return [(code, language_name(code), of_it) for code, of_it in languages.items()]


def _closed_page(request: HttpRequest, case: Case) -> HttpResponse:
    """Before its first day and after its last: from when, or until when."""
    solidarity = case.solidarity_action
    context = {
        "case": case,
        "solidarity": solidarity,
        "opens_on": solidarity.opens_on
        if solidarity.opens_on and timezone.localdate() < solidarity.opens_on
        else None,
    }
    return render(request, "letters/solidarity_closed.html", context)
