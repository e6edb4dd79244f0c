"""All that was written, in a list. What waits to be read is at the desk: see `desk.py`."""

from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.pages import extra_page
from cases.countries import country_name
from cases.permissions import staff
from letters.actions import letters as letter_actions
from letters.admin import reading
from letters.admin.access_log import access_log_for
from letters.admin.desk_forms import language_label
from letters.admin.exports import ExportsMixin
from letters.admin.filters import CaseFilter, CountryFilter, StateFilter, TargetFilter
from letters.admin.forms import FindForm
from letters.admin.moderated import ModeratedAdmin
from letters.admin.redactions import RedactMixin
from letters.admin.similar_texts import SimilarTextsMixin
from letters.admin.validity import MomentFilter, ValidityMixin
from letters.delivery import desk
from letters.models import COUNTED, Follow, HandInItem, Letter, Pledge, Signature
from letters.models.email_spelling import email_hash
from letters.text import pictures

MODERATE = "letters.moderate_letter"
MODERATE_SIGNATURES = "letters.moderate_signature"
MAX_FOUND = 200  # letters of one address that are listed

# No names, addresses or words: what a list shows, it need not decrypt.
LISTED = [
    "case__display_name",
    "target__office",
    "kind",
    "state",
    "route",
    "country",
    "language",
    "needs_review",
    "invalid_on",
    "created_at",
]


@admin.register(Letter)
class LetterAdmin(RedactMixin, SimilarTextsMixin, ExportsMixin, ValidityMixin, ModeratedAdmin):
    permission = desk_permission = MODERATE
    found_by = gettext_lazy("Letters are found here by their number.")
    change_list_template = "admin/letters/letter/change_list.html"
    list_display = [
        "number",
        "case",
        "office",
        "kind",
        "state",
        "review",
        "route",
        "writer_country",
        "in_language",
        "created_at",
    ]
    list_filter = [
        StateFilter,
        "kind",
        CaseFilter,
        TargetFilter,
        MomentFilter,
        "needs_review",
        "route",
        CountryFilter,
    ]
    search_help_text = gettext_lazy("Number of the letter")
    actions = ["invalidate", "revalidate"]

    # --- the list

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("case", "target").only(*LISTED)

    @admin.display(description=gettext_lazy("letter"))
    def number(self, letter: Letter) -> str:
        return str(letter.pk)

    @admin.display(description=gettext_lazy("to"))
    def office(self, letter: Letter) -> str:
        return letter.target.office if letter.target else ""

    @admin.display(description=gettext_lazy("written in"))
    def writer_country(self, letter: Letter) -> str:
        return country_name(letter.country) if letter.country else ""

    @admin.display(description=gettext_lazy("language"))
    def in_language(self, letter: Letter) -> str:
        return language_label(letter.language)

    # --- a letter

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None):
        """The letter to read, as its target would, or the message. Each look is noted."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        letter = self._row_to_read(object_id)
        if (elsewhere := self._elsewhere(request, letter)) is None:
            self.log_change(request, letter, "Read.")
        return self._page(
            request,
            "read",
            str(letter).capitalize(),
            **reading.context(letter),
            elsewhere=elsewhere,
            may_decide=bool(desk.acts_for(letter)) and elsewhere is None,
            may_invalidate=letter.state in COUNTED and letter.is_valid,
            hand_in_item=HandInItem.objects.open()
            .filter(letter=letter)
            .select_related("hand_in")
            .first(),
            access_log=access_log_for(letter),
        )

    @extra_page("<int:pk>/act/", methods=("POST",))
    def act_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        letter = self._row_to_read(pk)
        if request.POST.get("seen") != letter.changed_at.isoformat():
            self._warn_of_change(request, letter)
        elif (act := request.POST.get("act", "")) in ("show", "hide"):
            self._show_or_hide(request, letter, act)
        else:
            raise PermissionDenied
        return redirect("admin:letters_letter_change", letter.pk)

    @extra_page("<int:pk>/picture/")
    def picture_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The picture of a message, on the page where it is read."""
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        letter = self._row_to_read(pk)
        if self._elsewhere(request, letter):
            raise PermissionDenied
        data = pictures.jpeg(letter)
        if data is None:
            raise Http404
        return HttpResponse(data, content_type="image/jpeg")

    @extra_page("find/")
    def find_view(self, request: HttpRequest) -> HttpResponse:
        """All that one address wrote. By POST: an address belongs in no URL and in no log."""
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        form = FindForm(request.POST or None)
        found: dict[str, object] = {}
        if form.is_valid():
            written_by = {"email_hash": email_hash(form.cleaned_data["email"])}
            letters = Letter.objects.filter(**written_by).select_related("case", "target")
            letters = letters.only(*LISTED)
            pledges = Pledge.objects.filter(**written_by).select_related("case").defer("key")
            found = {"letters": letters[:MAX_FOUND], "pledges": pledges[:MAX_FOUND]}
            if request.user.has_perm(MODERATE_SIGNATURES):
                email_address = {
                    f"email_address__{name}": value for name, value in written_by.items()
                }
                signatures = Signature.objects.filter(**email_address).select_related(
                    "petition__case"
                )
                follows = Follow.objects.filter(**email_address).select_related("case")
                found |= {
                    "sees_signatures": True,
                    "signatures": signatures.defer("name")[:MAX_FOUND],
                    "follows": follows[:MAX_FOUND],
                }
            LogEntry.objects.create(
                user=staff(request),
                content_type=ContentType.objects.get_for_model(Letter),
                object_repr=_("letters of one address"),
                action_flag=2,
                change_message="Looked for by an e-mail address.",
            )
        title = _("Find letters by e-mail address")
        return self._page(request, "find", title, form=form, is_found=form.is_valid(), **found)

    # --- acts

    def _show_or_hide(self, request: HttpRequest, letter: Letter, act: str) -> None:
        """Do it, log it, and say how it went."""
        named = {"letter": str(letter).capitalize(), "state": letter.get_state_display()}
        if act == "show":
            done, message = letter_actions.show(letter), _("%(letter)s is shown on the site.")
        else:
            done, message = letter_actions.hide(letter), _("%(letter)s is shown no more.")
        if done:
            self.log_change(request, letter, message % named)
            messages.success(request, message % named)
        else:
            message = _("%(letter)s is %(state)s: nothing was changed.")
            messages.warning(request, message % named)
