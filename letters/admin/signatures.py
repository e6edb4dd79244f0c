"""Signatures, one by one: clear what needs review, take out what nobody signed. None is deleted.

The list has no names: who signed for a case is nobody's to read in a row.
"""

from functools import partial

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.pages import extra_page
from cases.admin.row_numbers import row_number
from cases.countries import country_name
from cases.models import Case
from letters.actions import signatures as signature_actions
from letters.admin.access_log import access_log_for
from letters.admin.filters import CountryFilter, OptionsFilter
from letters.admin.flagged import FlaggedDeskMixin
from letters.admin.forms import InvalidateForm
from letters.admin.moderated import ModeratedAdmin
from letters.models import Signature, SignatureState

MODERATE = "letters.moderate_signature"

# No names or addresses: what a list shows, it need not decrypt.
LISTED = [
    "petition__case__display_name",
    "state",
    "needs_review",
    "country",
    "created_at",
    "erased_on",
]

# What each act does, and the sentence after it.
ACTS = {
    "clear_review": (
        signature_actions.clear_review,
        gettext_lazy("%(one)s no longer needs review."),
    ),
    "revalidate": (
        signature_actions.revalidate,
        gettext_lazy("%(one)s waits for its owner’s yes."),
    ),
    "invalidate": (
        signature_actions.invalidate,
        gettext_lazy("%(one)s does not count any more."),
    ),
}


class SignatureStateFilter(OptionsFilter):
    """Opens with what waits for a look."""

    title = gettext_lazy("state")
    parameter_name = "state"
    always_open = True
    opens_with = gettext_lazy("to be looked at"), Signature.objects.needing_review
    options = {
        **{
            state.value: (state.label, partial(Signature.objects.filter, state=state))
            for state in SignatureState
        },
        "all": (gettext_lazy("all"), Signature.objects.all),
    }


class PetitionFilter(admin.SimpleListFilter):
    """The petitions that readers can sign or have signed."""

    title = gettext_lazy("petition")
    parameter_name = "case"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        known = Q(pk__in=Case.objects.open_to_readers().values("pk"))
        known |= Q(action_count__signatures__gt=0)
        cases = Case.objects.filter(known, petition__isnull=False).select_related("edition")
        return [(case.pk, case.name_and_year) for case in cases]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        case = row_number(self.value() or "")
        return queryset if case is None else queryset.filter(petition__case=case)


@admin.register(Signature)
class SignatureAdmin(FlaggedDeskMixin, ModeratedAdmin):
    permission = desk_permission = MODERATE
    found_by = gettext_lazy("Signatures are found here by their number.")
    change_list_template = "admin/letters/signature/change_list.html"
    list_display = ["number", "case", "state", "review", "signer_country", "created_at"]
    list_filter = [SignatureStateFilter, PetitionFilter, "needs_review", CountryFilter]
    search_help_text = gettext_lazy("Number of the signature")
    actions = ["clear_review", "invalidate", "revalidate"]

    # --- the list

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("petition__case").only(*LISTED)

    @admin.display(description=gettext_lazy("signature"))
    def number(self, signature: Signature) -> str:
        return str(signature.pk)

    @admin.display(description=gettext_lazy("case"))
    def case(self, signature: Signature) -> str:
        return str(signature.petition.case)

    @admin.display(description=gettext_lazy("signed in"))
    def signer_country(self, signature: Signature) -> str:
        return country_name(signature.country) if signature.country else ""

    # --- a signature

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None):
        """One signature with its name, and what was signed. Each look is noted."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        signature = self._signature(object_id)
        self.log_change(request, signature, "Read.")
        return self._page(
            request,
            "read",
            str(signature).capitalize(),
            signature=signature,
            seen=signature.changed_at.isoformat(),
            access_log=access_log_for(signature),
        )

    def _signature(self, key: str | int) -> Signature:
        signatures = Signature.objects.select_related("petition__case", "text", "email_address")
        return get_object_or_404(signatures, pk=row_number(str(key)))

    @extra_page("<int:pk>/act/", permission="moderate", methods=("POST",))
    def act_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        signature = self._signature(pk)
        if (act := request.POST.get("act", "")) not in ("clear_review", "revalidate"):
            raise PermissionDenied
        if request.POST.get("seen") == signature.changed_at.isoformat():
            self._do(request, signature, act)
        else:
            messages.warning(request, _("It was changed since: please look at it again."))
        return redirect("admin:letters_signature_change", signature.pk)

    @extra_page("invalidate/", permission="moderate")
    def invalidate_view(self, request: HttpRequest) -> HttpResponse:
        """Why: asked for one signature or for all that were chosen in the list."""
        keys = [row_number(key) for key in request.GET.getlist("signature")[:100]]
        signatures = Signature.objects.select_related("petition__case", "email_address")
        chosen = list(signatures.filter(pk__in=filter(None, keys)))
        if not chosen:
            return redirect("admin:letters_signature_changelist")
        form = InvalidateForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            for signature in chosen:
                self._do(request, signature, "invalidate", form.cleaned_data["reason"])
            return redirect("admin:letters_signature_changelist")
        title = _("Take signatures out of the count")
        return self._page(request, "invalidate", title, form=form, chosen=chosen)

    # --- acts

    @admin.action(description=gettext_lazy("Not spam: let it count"), permissions=["moderate"])
    def clear_review(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, "clear_review")

    @admin.action(description=gettext_lazy("Not valid: take it out…"), permissions=["moderate"])
    def invalidate(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        query = "&".join(f"signature={pk}" for pk in queryset.values_list("pk", flat=True))
        return redirect(f"{reverse('admin:letters_signature_invalidate')}?{query}")

    @admin.action(description=gettext_lazy("Valid after all: ask again"), permissions=["moderate"])
    def revalidate(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, "revalidate")

    def _each(self, request: HttpRequest, queryset: QuerySet, name: str) -> None:
        keys = list(queryset.values_list("pk", flat=True))
        signatures = Signature.objects.select_related("petition__case", "email_address")
        for signature in signatures.filter(pk__in=keys):
            self._do(request, signature, name)

    def _do(self, request: HttpRequest, signature: Signature, name: str, reason: str = "") -> None:
        """Do it, log it, and say how it went."""
        act, message = ACTS[name]
        one = str(signature).capitalize()
        if act(signature):
            said = str(message) % {"one": one}
            self.log_change(request, signature, f"{said} {reason}".strip())
            messages.success(request, said)
        else:
            unchanged = _("%(one)s is %(state)s: nothing was changed.")
            state = signature.get_state_display()
            messages.warning(request, unchanged % {"one": one, "state": state})
