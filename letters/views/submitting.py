"""What every form of a supporter goes through before its act: closed, invalid, or too often.

And the act of the two in which somebody writes.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language

from cases.models import Case
from letters.actions import letters
from letters.actions.mine import MARK_CHARACTERS
from letters.actions.take_all import TakeAll
from letters.forms.letters import WritingForm
from letters.models import EmailAddress, Letter, NameForm, Pledge, Post
from letters.models.private_links import hash_of
from letters.privacy import consent, senders, throttle
from letters.privacy.antispam import SpamProtectedForm
from letters.statistics import surges
from letters.text import pictures
from letters.views import mine_cookie, take_all_cookie

MAX_ACTS_AN_HOUR = 60  # on a private page: more is no person pressing buttons


def too_many_acts(thing: Letter | Pledge | Post | EmailAddress) -> bool:
    """Whether buttons of its page were pressed too often in this hour, with this one: what is taken
    back and done again leaves a line each time, and every restore goes through them."""
    tries = throttle.hit_thing(f"{thing._meta.model_name}-page", thing.pk)
    return tries > MAX_ACTS_AN_HOUR


def refused(
    form: SpamProtectedForm,
    request: HttpRequest,
    purpose: str,
    *,
    too_many: str,
    closed: str = "",
    mails: bool = False,
) -> int | None:
    """The status with which the form is shown again, all that was typed in it; None if it is taken.

    `closed` says why what was open when somebody began to type is not any more, `too_many` that so
    much is sent by nobody in an hour: less of what `mails` an address that somebody typed.
    """
    if closed:
        form.add_error(None, closed)
        return 409
    if not form.is_valid():
        return 200
    number = form.counts_as()
    form.tries = throttle.hit(purpose, request, number)
    most = throttle.MAILS_REFUSED_ABOVE if mails else throttle.REFUSED_ABOVE
    if form.tries - number >= most:
        form.add_error(None, too_many)
        return 429
    return None


def too_late(
    request: HttpRequest,
    letter: Letter | None = None,
    *,
    is_stopped: bool = False,
    take_all: TakeAll | None = None,
) -> HttpResponse:
    """What was typed for what can't be written any more, to copy: it is on no other page.

    Of a case that is hidden since, or gone (`is_stopped`), nothing else is shown. Who had typed
    nothing yet is sent to the page of the letter.
    """
    if request.method != "POST":
        if letter is None:
            raise Http404
        return redirect(letter)
    typed = [request.POST.get(name, "") for name in ("subject", "body", "text")]
    context = {
        "is_stopped": is_stopped or (letter is not None and not letter.case.is_visible),
        "letter": letter,
        "take_all": take_all,
        "written": "\n\n".join(words for words in typed if words),
    }
    return render(request, "letters/too_late.html", context, status=409)


def is_suspect(form: SpamProtectedForm) -> bool:
    """Whether a robot, or one sender who does too much of it, seems to have sent the form."""
    return form.is_suspect or form.tries > throttle.REVIEW_ABOVE


def needs_review(form: SpamProtectedForm) -> bool:
    """The same of what would count: staff look at it before. They hear of a flood."""
    return form.is_suspect or surges.review_if_flood(form.tries)


def too_many_pictures(request: HttpRequest) -> bool:
    """Whether a picture comes with the form that is not looked at: its sender sends so many."""
    if not request.FILES:
        return False
    return throttle.hit("picture", request) > pictures.MAX_PICTURES_AN_HOUR


def has_agreed_before(case: Case, editing: Letter | None, take_all: TakeAll | None) -> bool:
    """Whether they agreed that we keep who they are: then they are not asked again."""
    if editing:
        return consent.covers(editing.consent_version, consent.version_for(case, editing))
    return bool(take_all and take_all.has_agreed("letter", consent.version_for(case)))


def known_of(case: Case, take_all: TakeAll) -> dict:
    """What the form begins with on the way through all cases."""
    known = take_all.initial_for("letter", consent.version_for(case))
    if known.get("name_form") == NameForm.NONE:
        known["name"] = ""  # it is asked for nothing but a petition
    return known


def write(request: HttpRequest, form: WritingForm, take_all: TakeAll | None) -> HttpResponse:
    """Keep it as a draft. In “take all” it is sent at once, and the way goes on."""
    letter = letters.write(
        key=form.key,
        case=form.case,
        pledge_id=form.pledge_id,
        needs_review=needs_review(form),
        page_language=get_language() or "en",
        go_along=take_all is not None,
        sender=senders.share_of(request),
        follow=form.cleaned_data["follow"],
        drawing=form.drawing,
        **form.letter_fields(),
    )
    if take_all is None:
        return mine_cookie.remember(request, redirect(f"{letter.get_absolute_url()}#now"), letter)
    take_all.send(letter, request.POST.get("send", ""))
    take_all.remember(form.cleaned_data | _as_typed(form), "letter", form.consent_version)
    response = take_all_cookie.save_and_return(take_all, form.case)
    return mine_cookie.remember(request, response, letter)


def back_to_letter(form: WritingForm) -> HttpResponse | None:
    """To the letter that this very form has made: somebody went back to a step of it, and the
    browser sent that once more. With other words it is another letter."""
    form.is_valid()
    letter = Letter.objects.by_key(form.key).first()
    words = form.cleaned_data.keys() & {"subject", "body"}
    if letter is None or any(form.cleaned_data[name] != getattr(letter, name) for name in words):
        return None
    return redirect("letters:letter-edit", key=letter.key) if words else None


def back_from_letter(request: HttpRequest) -> HttpResponse | None:
    """The same where a script gave the step an address, ?again=…, that tells which letter the form
    makes: on the device on which it was made."""
    letter = mine_cookie.load(request).letter_with(request.GET.get("again", ""))
    return redirect("letters:letter-edit", key=letter.key) if letter else None


def mark_of(form: WritingForm) -> str:
    """For that address. It opens nothing."""
    return hash_of(form.key_on_page)[:MARK_CHARACTERS]


def _as_typed(form: WritingForm) -> dict:
    """The whole name, where no more of it is kept with the letter than appears: a petition needs
    it, and the next letter may show it in another way."""
    if not form.cleaned_data["name"]:
        return {}
    typed = ["name", "name_form", "first_name"]
    return {name: form.fields[name].clean(form[name].value()) for name in typed}


def revise(request: HttpRequest, letter: Letter, form: WritingForm) -> HttpResponse:
    """Change it; unless it has left, or was erased, since the form was looked at."""
    is_changed = letters.revise(
        letter,
        drawing=form.drawing,
        follow=form.cleaned_data["follow"],
        sender=senders.share_of(request),
        **form.letter_fields(),
    )
    if not is_changed:
        return too_late(request, letter)
    return redirect(f"{letter.get_absolute_url()}#now")
