"""Reading what was written. A letter is approved or rejected, never changed."""

from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.admin.row_numbers import row_number
from cases.countries import country_name, language_name
from cases.models import Answer
from cases.permissions import staff
from letters.actions import letters as letter_actions
from letters.admin.access_log import access_log_for
from letters.admin.filters import CaseFilter, CountryFilter, StateFilter, TargetFilter
from letters.admin.forms import AskForm, FindForm, RejectForm
from letters.admin.moderated import ModeratedAdmin
from letters.admin.validity import MomentFilter, ValidityMixin
from letters.models import COUNTED, Follow, Letter, LetterPicture, LetterState, Pledge, Signature
from letters.models.email_spelling import email_hash
from letters.text import checks, composing, pictures, printing

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
class LetterAdmin(ValidityMixin, ModeratedAdmin):
    permission = MODERATE
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
    actions = ["approve", "reject", "clear_review", "invalidate", "revalidate"]

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
        return language_name(letter.language, get_language() or "en")

    # --- a letter

    def get_urls(self):
        wrap = self.admin_site.admin_view
        mine = [
            path("find/", wrap(self.find_view), name="letters_letter_find"),
            path("reject/", wrap(self.reject_view), name="letters_letter_reject"),
            path("<int:pk>/act/", wrap(self.act_view), name="letters_letter_act"),
            path("<int:pk>/ask/", wrap(self.ask_view), name="letters_letter_ask"),
            path("<int:pk>/picture/", wrap(self.picture_view), name="letters_letter_picture"),
        ]
        return mine + super().get_urls()

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None):
        """The letter to read, as its target would, or the message. Each look is noted."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        letter = self._letter(object_id)
        self.log_change(request, letter, "Read.")
        stands = composing.parts_of(letter)
        picture = LetterPicture.objects.filter(letter=letter).defer("data").first()
        problems = checks.problems_of(letter)
        rules = letter.case.safety_rules.filter(applies_to=checks.applies_to(letter))
        return self._page(
            request,
            "read",
            str(letter).capitalize(),
            letter=letter,
            salutation=stands.salutation,
            close=stands.close,
            addressee=letter.case.solidarity_action if letter.is_message else letter.target,
            picture=picture,
            may_show=letter_actions.may_be_shown(letter) and letter.shown_on is None,
            seen=letter.changed_at.isoformat(),
            problems=problems,
            unprintable="" if letter.erased_on else printing.unprintable(letter),
            subject=checks.pieces(letter.subject, problems, checks.SUBJECT),
            pieces=checks.pieces(letter.body, problems),
            rules=rules.filter(answer__in=[Answer.NO, Answer.UNKNOWN]),
            may_approve=letter.state == LetterState.SUBMITTED and letter.is_valid,
            may_invalidate=letter.state in COUNTED and letter.is_valid,
            may_reject=letter.may_be_rejected,
            ask_form=AskForm() if letter_actions.may_be_asked_to_change(letter) else None,
            access_log=access_log_for(letter),
        )

    def _letter(self, key: str | int) -> Letter:
        letters = Letter.objects.select_related("case", "target", "case__solidarity_action")
        return get_object_or_404(letters, pk=row_number(str(key)))

    def _warn_of_change(self, request: HttpRequest, letter: Letter) -> None:
        message = _("%(letter)s was changed since: please read it again.")
        messages.warning(request, message % {"letter": str(letter).capitalize()})

    @method_decorator(require_POST)
    def act_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        letter = self._letter(pk)
        if request.POST.get("seen") != letter.changed_at.isoformat():
            self._warn_of_change(request, letter)
        elif (act := request.POST.get("act", "")) in ("approve", "clear_review", "show", "hide"):
            self._do(request, letter, act)
        else:
            raise PermissionDenied
        return redirect("admin:letters_letter_change", letter.pk)

    def ask_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What its writer is to change; the form stands on the page where the letter is read."""
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        letter = self._letter(pk)
        form = AskForm(request.POST if request.method == "POST" else None)
        seen = request.POST.get("seen", letter.changed_at.isoformat())
        if not form.is_valid():
            title = _("Ask for a change: %(letter)s") % {"letter": letter}
            return self._page(request, "ask", title, form=form, letter=letter, seen=seen)
        if seen == letter.changed_at.isoformat():
            self._do(request, letter, "ask", form.cleaned_data["wanted"])
        else:
            self._warn_of_change(request, letter)
        return redirect("admin:letters_letter_change", letter.pk)

    def picture_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The picture of a message, on the page where it is read."""
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        data = pictures.jpeg(self._letter(pk))
        if data is None:
            raise Http404
        return HttpResponse(data, content_type="image/jpeg")

    def reject_view(self, request: HttpRequest) -> HttpResponse:
        """Why: asked for one letter or for all that were chosen in the list.

        None is rejected that its writer changed after it was seen: on its own page, which says so
        in the link here, or else on this one.
        """
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        keys = [row_number(key) for key in request.GET.getlist("letter")[:100]]
        letters = list(Letter.objects.filter(pk__in=filter(None, keys)).select_related("case"))
        if not letters:
            return redirect("admin:letters_letter_changelist")
        form = RejectForm(request.POST if request.method == "POST" else None)
        sent = request.POST if request.method == "POST" else request.GET
        seen = [
            sent.get(f"seen-{letter.pk}")
            or ("" if request.method == "POST" else letter.changed_at.isoformat())
            for letter in letters
        ]
        chosen = list(zip(letters, seen, strict=True))
        if form.is_valid():
            for letter, seen_at in chosen:
                if seen_at == letter.changed_at.isoformat():
                    self._do(request, letter, "reject", form.cleaned_data["reason"])
                else:
                    self._warn_of_change(request, letter)
            return redirect("admin:letters_letter_changelist")
        return self._page(request, "reject", _("Reject a letter"), form=form, chosen=chosen)

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

    @admin.action(description=gettext_lazy("Approve"), permissions=["moderate"])
    def approve(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, "approve")

    @admin.action(description=gettext_lazy("Reject…"), permissions=["moderate"])
    def reject(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        query = "&".join(f"letter={pk}" for pk in queryset.values_list("pk", flat=True))
        return redirect(f"{reverse('admin:letters_letter_reject')}?{query}")

    @admin.action(description=gettext_lazy("Not spam: let it count"), permissions=["moderate"])
    def clear_review(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, "clear_review")

    def _each(self, request: HttpRequest, queryset: QuerySet, name: str) -> None:
        keys = list(queryset.values_list("pk", flat=True))
        for letter in Letter.objects.filter(pk__in=keys).select_related("case"):
            self._do(request, letter, name)

    def _do(self, request: HttpRequest, letter: Letter, name: str, reason: str = "") -> None:
        """Do it, log it, and say how it went."""
        match name:
            case "ask":
                done, message = (
                    letter_actions.ask_for_change(letter, reason),
                    _("%(letter)s: its writer is asked for a change."),
                )
            case "approve":
                done, message = letter_actions.approve(letter), _("%(letter)s is approved.")
            case "clear_review":
                done, message = (
                    letter_actions.clear_review(letter),
                    _("%(letter)s no longer needs review."),
                )
            case "show":
                done, message = letter_actions.show(letter), _("%(letter)s is shown on the site.")
            case "hide":
                done, message = letter_actions.hide(letter), _("%(letter)s is shown no more.")
            case _reject:
                done, message = letter_actions.reject(letter, reason), _("%(letter)s is rejected.")
        if done:
            message %= {"letter": str(letter).capitalize()}
            self.log_change(request, letter, message)
            messages.success(request, message)
        else:
            message = _("%(letter)s is %(state)s: nothing was changed.")
            named = {"letter": str(letter).capitalize(), "state": letter.get_state_display()}
            messages.warning(request, message % named)
