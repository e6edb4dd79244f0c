"""Sign the petition of a case."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cases.caching import form_page
from cases.models import Case
from letters import signing, throttle
from letters.chain import Chain
from letters.forms.signing import SignForm
from letters.models import Signature
from letters.views import on_device

SIGNERS_SHOWN = 12


@form_page
def sign(request: HttpRequest, slug: str, chain: Chain | None = None) -> HttpResponse:
    """The text, and the form to sign it. The answer is the same whoever's address is typed.

    In a chain through all cases the way goes on.
    """
    case = _case_or_404(slug)
    if request.method != "POST":
        return _signing_page(request, case, chain=chain) if case.takes_actions else redirect(case)
    form = SignForm(request.POST, case=case)
    if not case.takes_signatures:
        form.add_error(
            None,
            _("While you read, this petition stopped taking signatures. Nothing of you was kept."),
        )
        return _signing_page(request, case, form, status=409, chain=chain)
    if not form.is_valid():
        return _signing_page(request, case, form, chain=chain)
    tries = throttle.hit("sign", request)
    if tries > throttle.MAILS_REFUSED_ABOVE:
        form.add_error(None, _("Too many signatures came from here in this hour. Try again later."))
        return _signing_page(request, case, form, status=429, chain=chain)
    signing.sign(
        petition=case.petition,
        email=form.cleaned_data["email"],
        follow=form.cleaned_data["follow"],
        held=form.suspect or tries > throttle.HELD_ABOVE,
        **form.words(),
    )
    if chain:
        chain.signed(case, form.cleaned_data)
        return on_device.back_to(case, chain)
    return redirect("letters:mail-sent")


def _signing_page(
    request: HttpRequest,
    case: Case,
    form: SignForm | None = None,
    *,
    status: int = 200,
    chain: Chain | None = None,
) -> HttpResponse:
    petition, number = case.petition, case.shown_signatures
    signers: list[Signature] = []
    if petition.shows_signers and number:
        signers = list(Signature.objects.shown(petition)[:SIGNERS_SHOWN])
    context = {
        "case": case,
        "petition": petition,
        "target": getattr(case, "target", None),
        "demands": case.demands.all(),
        "form": form or SignForm(case=case, initial=chain.initial_for(case) if chain else {}),
        "chain": chain,
        "is_open": case.takes_signatures or form is not None,
        "number": number or None,
        "percent": min(100, 100 * number // petition.goal) if petition.goal else None,
        "signers": signers,
    }
    return render(request, "letters/sign.html", context, status=status)


def _case_or_404(slug: str) -> Case:
    """A case that may be read about and has a petition, with all that the page shows of it."""
    cases = Case.objects.told().filter(petition__isnull=False).with_count()
    related = ("edition", "petition", "target")
    return get_object_or_404(cases.select_related(*related), slug=slug)
