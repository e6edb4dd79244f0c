"""A writer's answer from the official or the person: told on the private page of the letter."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cases.http_caching import private_page
from cases.models import Case
from letters.actions import replies as reply_actions
from letters.forms.replies import ReplyForm
from letters.models import Letter, Reply
from letters.views import submitting


@private_page
def tell(request: HttpRequest, key: str) -> HttpResponse:
    """“I got an answer”: a photo of it, or lines. Staff read it, and nobody else unless asked."""
    letter = Letter.objects.select_related("case__edition").by_key(key).first()
    if letter and request.POST.get("act") == "take-back":
        number = request.POST.get("what", "")
        if number.isdecimal() and len(number) < 19:
            reply_actions.take_back(letter, int(number))
        return redirect(letter)
    if letter is None or not letter.case.is_visible:
        return submitting.too_late(request, letter)
    if request.method != "POST":
        if not about(letter)["may_tell_of_reply"]:
            return redirect(letter)
        return _page(request, letter, ReplyForm(letter=letter))
    form = _filled_in(request, letter)
    too_many = _("Too many replies came from here in the last hour. Try again later.")
    if status := submitting.refused(form, request, "reply", too_many=too_many):
        return _page(request, letter, form, status=status)
    is_kept = reply_actions.tell(
        letter,
        text=form.cleaned_data["text"],
        received_on=form.cleaned_data["received_on"],
        drawing=form.cleaned_data["picture"],
    )
    if not is_kept:
        return submitting.too_late(request, letter)
    return redirect(letter.get_absolute_url() + "#replies")


def about(letter: Letter) -> dict:
    """What the letter's private page shows of what came back."""
    found = list(Reply.objects.of_letter(letter))
    return {"replies": found, "may_tell_of_reply": reply_actions.may_tell(letter, found)}


def _filled_in(request: HttpRequest, letter: Letter) -> ReplyForm:
    """The form as it was sent. A picture is looked at only from who does not send too many."""
    too_many = submitting.too_many_pictures(request)
    form = ReplyForm(request.POST, files=None if too_many else request.FILES, letter=letter)
    if too_many:
        form.add_error(
            "picture", _("Too many pictures came from here in the last hour. Try again later.")
        )
    return form


def _page(
    request: HttpRequest, letter: Letter, form: ReplyForm, *, status: int = 200
) -> HttpResponse:
    case: Case = letter.case
    context = {
        "letter": letter,
        "case": case,
        "form": form,
        "picture_is_lost": bool(request.FILES) and form.errors,
    }
    return render(request, "letters/replies/tell.html", context, status=status)
