"""Write a message of support, and read those that are shown."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.countries import language_name
from cases.http_caching import private_page, public_page, uncached, visible_or_410
from cases.models import AppliesTo, Case, SafetyAdvice, SolidarityPhrase, Topic
from letters.actions.letters import LetterFields
from letters.actions.take_all import TakeAll
from letters.forms.letters import StartForm
from letters.forms.messages import MessageForm
from letters.forms.names import preset_name_form
from letters.models import Format, Letter, LetterPicture
from letters.privacy import limits
from letters.text import page_fit, printing, redactions
from letters.views import checks, mine_cookie, submitting

MESSAGES_A_PAGE = 20
CLOSED = 409  # see submitting.refused
MORE = ("email", "country", "follow")  # what is folded away, as long as it is empty


@private_page
def write(request: HttpRequest, slug: str, take_all: TakeAll | None = None) -> HttpResponse:
    """Write to the person, family or group. A message kept here is a draft until it is sent.

    In “take all” it is sent at once, and the way goes on.
    """
    cases = Case.objects.visible().filter(solidarity_action__isnull=False)
    cases = cases.select_related("edition", "solidarity_action")
    case = cases.filter(slug=slug).first()
    if case is None:
        return submitting.too_late(request, is_stopped=True, take_all=take_all)
    if request.method != "POST":
        if not case.takes_actions:
            return redirect(case)  # it says why, and whom else one can write for
        if not case.takes_messages:
            return _closed_page(request, case)
        if back := submitting.back_from_letter(request):
            return back
    if request.method != "POST" or "check" in request.POST:
        return _writing_page(request, case, take_all=take_all)
    if case.takes_messages:
        form, closed = _filled_in(request, case, at_once=take_all is not None), ""
    else:
        form = MessageForm(request.POST, case=case)
        closed = _(
            "While you were writing, messages for this case were stopped. Yours was not "
            "saved: copy it if you want to keep it."
        )
    if "step" in request.POST and not closed:
        back = submitting.back_to_letter(form)
        return back or _step_page(request, case, form, take_all=take_all)
    if status := _refused(form, request, closed):
        return _writing_page(request, case, form, status=status, take_all=take_all)
    return submitting.write(request, form, take_all)


def edit(request: HttpRequest, message: Letter) -> HttpResponse:
    """Change the words of a message that has not left; `message` is editable and told of."""
    case = message.case
    if case.solidarity_action is None:  # it was taken away since
        return submitting.too_late(request, message)
    if request.method != "POST" or "check" in request.POST:
        return _writing_page(request, case, editing=message)
    form = _filled_in(request, case, editing=message)
    if "step" in request.POST:
        return _step_page(request, case, form, editing=message)
    if status := _refused(form, request):
        return _writing_page(request, case, form, editing=message, status=status)
    return submitting.revise(request, message, form)


def _refused(form: MessageForm, request: HttpRequest, closed: str = "") -> int | None:
    """See submitting.refused; whether it fits on its card is looked at last: that takes longest."""
    too_many = _("Too many messages came from here in the last hour. Try again later.")
    status = submitting.refused(form, request, "write", too_many=too_many, closed=closed)
    return 200 if status is None and not form.goes_on_its_paper() else status


def about(message: Letter) -> dict:
    """What the private page of a message shows, beside what it shows of any letter."""
    solidarity = message.case.solidarity_action
    is_card = message.form == Format.CARD
    return {
        "solidarity": solidarity,
        "address_lines": solidarity.public_lines if solidarity else [],
        "is_card": is_card,
        "cards": printing.card_papers(message) if is_card and message.is_to_be_printed else [],
        "to_print": None if is_card or not message.is_to_be_printed else printing.offered(message),
        "picture": LetterPicture.objects.filter(letter=message).defer("data").first(),
        "everyone": message.case.total_count,
    }


@public_page("page")
def messages(request: HttpRequest, slug: str) -> HttpResponse:
    """Messages that their writers and a moderator let others read, the newest first."""
    case = get_object_or_404(
        Case.objects.open_to_readers()
        .filter(solidarity_action__shows_messages=True)
        .select_related("edition", "solidarity_action"),
        slug=slug,
    )
    shown = Letter.objects.shown().filter(case=visible_or_410(case))
    shown = shown.only("body", "state", "language", "name", "name_form").prefetch_related(
        "redactions"
    )
    page = Paginator(shown, MESSAGES_A_PAGE).get_page(request.GET.get("page"))
    is_redacted = any(redactions.in_force(message) for message in page)
    context = {"case": case, "messages": page, "is_redacted": is_redacted}
    response = render(request, "letters/messages/messages.html", context)
    is_offered = request.GET.get("page", str(page.number)) == str(page.number)
    return response if is_offered else uncached(response)


def _filled_in(
    request: HttpRequest, case: Case, editing: Letter | None = None, *, at_once: bool = False
) -> MessageForm:
    """The form as it was sent. A picture is looked at only from who does not send too many."""
    too_many = submitting.too_many_pictures(request)
    files = None if too_many else request.FILES
    form = MessageForm(request.POST, files=files, case=case, editing=editing, at_once=at_once)
    if too_many and "picture" in form.fields:
        form.add_error(
            "picture", _("Too many pictures came from here in the last hour. Try again later.")
        )
    return form


def _step_page(
    request: HttpRequest,
    case: Case,
    form: MessageForm,
    *,
    editing: Letter | None = None,
    take_all: TakeAll | None = None,
) -> HttpResponse:
    """Another step of the page; a later one once nothing is wrong in those before it."""
    wanted = int(request.POST["step"]) if request.POST["step"] in ("2", "3") else 1
    step = min(wanted, form.steps)
    form.forget_errors_after(step - 1)
    to_tell = form if form.first_wrong_step() or _loses_drawing(request, form, step) else None
    return _writing_page(request, case, to_tell, step=step, editing=editing, take_all=take_all)


def _writing_page(
    request: HttpRequest,
    case: Case,
    form: MessageForm | None = None,
    *,
    step: int = 1,
    editing: Letter | None = None,
    status: int = 200,
    take_all: TakeAll | None = None,
) -> HttpResponse:
    """First the card to write on, then who writes, then the drawing where one is welcome.

    Picked sentences come by query string. What was filled in for other steps goes along in hidden
    fields, and nothing is kept before the last.
    """
    phrases = list(case.solidarity_phrases.all())
    start = StartForm(request.GET, languages=[("", "")])
    checked = {}
    if form is None and request.method == "POST":  # another step, or a check: nothing is amiss
        typed: dict[str, Any] = request.POST.dict()
        if step == 2:
            typed["name_form"] = preset_name_form(typed)
        if typed.get("consent") and submitting.has_agreed_before(case, editing, take_all):
            typed["consent"] = True  # which is not asked again
        if "check" in request.POST:
            checked = checks.checked(request, case, AppliesTo.SOLIDARITY)
        form = MessageForm(case=case, editing=editing, initial=typed)
    elif form is None and editing:
        known = model_to_dict(editing, LetterFields.__annotations__)
        known["consent"] = submitting.has_agreed_before(case, editing, take_all)
        form = MessageForm(case=case, editing=editing, initial=known)
    elif form is None:
        picked = [phrase for phrase in phrases if phrase.pk in start.points]
        known = submitting.known_of(case, take_all) if take_all else {}
        if picked:
            known |= {
                "language": picked[0].language,
                "body": "\n\n".join(phrase.text for phrase in picked),
            }
        form = MessageForm(case=case, initial=known)
    else:
        step = _step_with_the_errors(request, form, step, status)
        if step == 1:
            checked = checks.checked(request, case, AppliesTo.SOLIDARITY)
    context = {
        "case": case,
        "solidarity": case.solidarity_action,
        "form": form,
        "step": step,
        "of": form.steps,
        "hidden": list(form.hidden_in(step)),
        "has_ties": form["ties"].value() == "yes",
        "opens_more": any(form[name].value() or form[name].errors for name in MORE),
        "phrases": _by_language(phrases),
        "picked": start.points,
        "rules": _rules(case),
        "fit": page_fit.describe(
            form["body"].value() or "", "card" if form["form"].value() == Format.CARD else "a4"
        ),
        "editing": editing,
        "take_all": take_all,
        "draft_days": limits.KEEP_ON_DEVICE_FOR.days,
        "draft_key": f"message:{editing.pk if editing else case.slug}",
        "again": submitting.mark_of(form),
        "keeps_drafts": not mine_cookie.load(request).is_off,
    } | checked
    return render(request, "letters/messages/write.html", context, status=status)


def _step_with_the_errors(request: HttpRequest, form: MessageForm, step: int, status: int) -> int:
    """Which step is shown again: the first that is wrong. Those after it tell theirs later."""
    if "step" not in request.POST:
        step = form.steps if request.FILES else 2
    step = 1 if status == CLOSED else form.first_wrong_step() or step
    if _loses_drawing(request, form, step):
        form.add_error(
            None, _("Your drawing could not be kept. Please choose it again in the last step.")
        )
    form.forget_errors_after(step)
    return step


def _loses_drawing(request: HttpRequest, form: MessageForm, step: int) -> bool:
    """A file is not sent along by the pages of the other steps, as words are."""
    return bool(request.FILES) and step < form.steps


def _rules(case: Case) -> SafetyAdvice:
    """What may be in a message; of the outside of an envelope nothing, if nobody writes on one."""
    rules = SafetyAdvice.of(case, AppliesTo.SOLIDARITY)
    solidarity = case.solidarity_action
    if solidarity and solidarity.has_address_for_writers:
        return rules
    answered = [rule for rule in rules.answered if rule.topic != Topic.OWN_ADDRESS]
    return rules._replace(answered=answered)


def _by_language(phrases: list[SolidarityPhrase]) -> list[tuple[str, str, list]]:
    """The sample sentences of each language, with its code and its name; the page's first."""
    languages: dict[str, list] = {}
    for phrase in sorted(phrases, key=lambda phrase: phrase.language != get_language()):
        languages.setdefault(phrase.language, []).append(phrase)
    return [(code, language_name(code), of_it) for code, of_it in languages.items()]


def _closed_page(request: HttpRequest, case: Case) -> HttpResponse:
    """Before its first day and after its last: from when, or until when."""
    solidarity = case.solidarity_action
    opens_on = solidarity and solidarity.opens_on
    context = {
        "case": case,
        "solidarity": solidarity,
        "opens_on": opens_on if opens_on and timezone.localdate() < opens_on else None,
    }
    return render(request, "letters/messages/closed.html", context)
