"""Sign the petition of a case."""

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cases.goals import percent_of_goal
from cases.http_caching import private_page
from cases.models import Petition
from letters.actions import signatures
from letters.forms.signatures import SignForm
from letters.models import Signature
from letters.privacy import senders
from letters.views import submitting

SIGNERS_SHOWN = 12
MAX_UNFOLDED = 400  # characters of a text that leave the form in sight on a phone


@private_page
def sign(request: HttpRequest, slug: str) -> HttpResponse:
    """The text, and the form to sign it. The answer is the same whoever's address is typed."""
    petitions = Petition.objects.select_related("case__edition", "case__action_count")
    petition = petitions.filter(case__slug=slug).first()
    if petition is None or not petition.case.is_visible:
        return submitting.too_late(request, is_stopped=True)
    case = petition.case
    if request.method != "POST":
        if not case.takes_actions:
            return redirect(case)
        return _signing_page(request, petition)
    form = SignForm(request.POST, petition=petition)
    if status := keep(request, form):
        return _signing_page(request, petition, form, status=status)
    return redirect("letters:signature-sent", slug=slug)


def keep(request: HttpRequest, form: SignForm) -> int | None:
    """Keep the signature; if it is refused, the status with which the form is shown again."""
    petition = form.petition
    closed = (
        ""
        if petition.case.takes_signatures
        else _(
            "While you were reading, this petition stopped taking signatures. We kept "
            "nothing you typed."
        )
    )
    too_many = _("Too many signatures came from here in the last hour. Try again later.")
    status = submitting.refused(form, request, "sign", closed=closed, too_many=too_many, mails=True)
    if status is None:
        signatures.sign(
            petition=petition,
            email=form.cleaned_data["email"],
            follow=form.cleaned_data["follow"],
            sender=senders.share_of(request),
            needs_review=submitting.needs_review(form),
            **form.signature_fields(),
        )
    return status


def _signing_page(
    request: HttpRequest,
    petition: Petition,
    form: SignForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    case = petition.case
    prefetch_related_objects([case], "targets")
    number = case.shown_signatures
    signers: list[Signature] = []
    if petition.shows_signers and number:
        signers = list(Signature.objects.shown(petition)[:SIGNERS_SHOWN])
    context = {
        "case": case,
        "petition": petition,
        "MAX_UNFOLDED": MAX_UNFOLDED,
        "targets": case.targets.all(),
        "demands": case.demands.all(),
        "form": form or SignForm(petition=petition),
        "is_open": case.takes_signatures or form is not None,
        "number": number or None,
        "percent": percent_of_goal(number, petition.goal),
        "signers": signers,
    }
    return render(request, "letters/signatures/sign.html", context, status=status)
