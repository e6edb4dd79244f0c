"""The admin of cases: a list of what is missing, and a page in the order of the public one."""

from __future__ import annotations

import re

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cases import pictures, publishing, views
from cases.admin import acts, inlines
from cases.admin.filters import CountryFilter, LeftToDo
from cases.admin.forms import CloneForm, FreezeForm
from cases.admin.histories import HistoryAdmin, entries
from cases.admin.inlines import RoomyMixin
from cases.admin.pages import PagesMixin
from cases.admin.searching import FindsCases
from cases.models import Case, Freeze, OutcomeKind, Portrait, Stage

BODY = re.compile(r"<body[^>]*>")  # the bar of the preview comes right behind it

# Only acts change these, whatever a form or an old version says.
ACTED_ON = ["stage", "freeze", "freeze_reason", "unfreeze_asked_by_id", "loaded_digest"]

# The change page in the order of the public one: fieldsets by name, inlines by class.
WHO = gettext_lazy("Who and where")
ON_TOP = gettext_lazy("At the top of the page, on cards and in search engines")
STORY = gettext_lazy("The story")
NO_TARGET = gettext_lazy("If there is no target or no address")
SHOWN = gettext_lazy("Where it shows")
STAFF = gettext_lazy("For staff only")
FRENCH = gettext_lazy("In French")
SECTIONS = [
    WHO,
    ON_TOP,
    inlines.PortraitInline,
    STORY,
    inlines.QuoteInline,
    inlines.DemandInline,
    inlines.TargetInline,
    NO_TARGET,
    inlines.ModelLetterInline,
    inlines.PetitionInline,
    inlines.SolidarityInline,
    inlines.SolidarityPhraseInline,
    inlines.SocialPostInline,
    inlines.SafetyRuleInline,
    inlines.OutcomeInline,
    inlines.MilestoneInline,
    inlines.SourceInline,
    inlines.ConsentInline,
    SHOWN,
    STAFF,
    FRENCH,
]


class CaseOfAnEdition(forms.ModelChoiceField):
    def label_from_instance(self, case: Case) -> str:
        return f"{case} ({case.edition.year})"


class CaseForm(forms.ModelForm):
    class Meta:
        model = Case
        exclude = ()  # noqa: DJ006 - the admin names the fields
        widgets = {"themes": forms.CheckboxSelectMultiple}

    def clean_earlier(self) -> Case | None:
        earlier = self.cleaned_data["earlier"]
        if earlier is not None and earlier.pk == self.instance.pk:
            raise ValidationError(_("This is the case itself."))
        return earlier


class CaseChangeList(ChangeList):
    def get_queryset(self, request: HttpRequest, exclude_parameters=None) -> QuerySet:
        """With all that a row says, so that the number of queries is the same for any length."""
        cases = super().get_queryset(request, exclude_parameters)
        return publishing.with_needed(cases.with_count().with_latest_outcome())


@admin.register(Case)
class CaseAdmin(FindsCases, RoomyMixin, PagesMixin, HistoryAdmin):
    form = CaseForm
    change_form_template = "admin/cases/case/change_form.html"
    view_on_site = False  # the gate links to what readers see
    list_display = [
        "picture",
        "name",
        "country_name",
        "edition",
        "standing",
        "latest_outcome",
        "letters",
        "missing",
        "public_page",
    ]
    list_display_links = ["name"]
    empty_value_display = ""
    list_filter = [
        LeftToDo,
        "stage",
        "freeze",
        ("edition", admin.RelatedOnlyFieldListFilter),
        "region",
        CountryFilter,
        ("themes", admin.RelatedOnlyFieldListFilter),
    ]
    list_per_page = 40
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ["publish", "send_to_review", "close", "freeze", "clone"]
    search_help_text = gettext_lazy("Name, other spelling or country")
    prepopulated_fields = {"slug": ["display_name"]}
    rows = {"story": 24, "story_fr": 24, "staff_note": 8}
    fieldsets = [
        (
            WHO,
            {
                "fields": [
                    ("display_name", "short_name"),
                    ("kind", "pronouns"),
                    ("country", "region"),
                    ("edition", "earlier"),
                    "slug",
                    "other_names",
                    "themes",
                ]
            },
        ),
        (ON_TOP, {"fields": ["headline", "summary", ("content_note", "age_hint")]}),
        (STORY, {"fields": ["story"]}),
        (NO_TARGET, {"fields": ["no_target_reason", "address_note"]}),
        (
            SHOWN,
            {"fields": ["listed", "sharing_allowed", ("position", "letter_goal")]},
        ),
        (STAFF, {"fields": [("facts_checked_on", "review_by"), "staff_note"]}),
        (
            FRENCH,
            {
                "classes": ["collapse"],
                "description": gettext_lazy(
                    "What is empty here is shown in English, and the page says so."
                ),
                "fields": [
                    "short_name_fr",
                    "headline_fr",
                    "summary_fr",
                    "content_note_fr",
                    "story_fr",
                    "address_note_fr",
                ],
            },
        ),
    ]
    inlines = [section for section in SECTIONS if isinstance(section, type)]

    # --- the list

    def get_changelist(self, request: HttpRequest, **kwargs) -> type[ChangeList]:
        return CaseChangeList

    @admin.display(description=gettext_lazy("picture"))
    def picture(self, case: Case) -> str:
        portrait = getattr(case, "portrait", None)
        url = portrait and pictures.url(portrait, "webp", 400)
        if not url:
            return ""
        return format_html('<img class="list-picture" src="{}" alt="" loading="lazy">', url)

    @admin.display(description=gettext_lazy("name"), ordering="display_name")
    def name(self, case: Case) -> str:
        return case.display_name

    @admin.display(description=gettext_lazy("country"), ordering="country")
    def country_name(self, case: Case) -> str:
        return case.country_name

    @admin.display(description=gettext_lazy("stage"), ordering="stage")
    def standing(self, case: Case) -> str:
        stage = Stage(case.stage).label.split(",")[0]
        if case.freeze == Freeze.NONE:
            return stage
        freeze = Freeze(case.freeze).label.split(":")[0]
        return format_html('{} <strong class="frozen">{}</strong>', stage, freeze)

    @admin.display(description=gettext_lazy("latest outcome"))
    def latest_outcome(self, case: Case) -> str:
        kind = case.latest_outcome_kind
        return OutcomeKind(kind).label if kind else ""

    @admin.display(description=gettext_lazy("letters"))
    def letters(self, case: Case) -> int:
        return case.letter_count

    @admin.display(description=gettext_lazy("still missing"))
    def missing(self, case: Case) -> str:
        found = publishing.problems(case)
        if not found:
            return ""
        return format_html("<strong>{}</strong> {}", len(found), found[0])

    @admin.display(description=gettext_lazy("page"))
    def public_page(self, case: Case) -> str:
        if case.is_told:
            return format_html('<a href="{}">{}</a>', case.get_absolute_url(), _("see it"))
        return format_html('<a href="{}">{}</a>', _address(case, "preview"), _("preview"))

    # --- the page of a case

    def formfield_for_foreignkey(self, db_field, request: HttpRequest, **kwargs):
        if db_field.name == "earlier":
            cases = Case.objects.select_related("edition").order_by("display_name", "edition__year")
            kwargs |= {"form_class": CaseOfAnEdition, "queryset": cases}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Case | None = None):
        return ["slug"] if obj is not None and obj.is_open_to_readers else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Case | None = None):
        return {} if self.get_readonly_fields(request, obj) else self.prepopulated_fields

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context |= {"sections": _in_page_order(context), "show_save_and_add_another": False}
        if obj is not None:
            context |= self._gate(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _gate(self, request: HttpRequest, case: Case) -> dict:
        return {
            "case": case,
            "problems": publishing.problems(case),
            "remarks": publishing.remarks(case),
            "acts": acts.possible(request.user, case),
            "preview_url": _address(case, "preview"),
            "act_url": _address(case, "act"),
            "unfreeze_asked_by": case.unfreeze_asked_by,
        }

    def save_model(self, request: HttpRequest, obj: Case, form, change: bool) -> None:
        if change:
            # The form, or the old version it was made from, may have been read before a freeze.
            now = Case.objects.select_for_update().filter(pk=obj.pk).values(*ACTED_ON).get()
            for name, value in now.items():
                setattr(obj, name, value)
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form, formset, change: bool) -> None:
        if formset.model is not Portrait:
            return super().save_formset(request, form, formset, change)
        before = Portrait.objects.filter(case=form.instance).first()
        super().save_formset(request, form, formset, change)
        for gone in formset.deleted_objects:
            pictures.remove(before if before and before.pk == gone.pk else gone)
        for part in formset.forms:
            if part.instance.pk and part.has_changed():
                inlines.saved_picture(part, before)
        return None

    # --- what can be done with it

    def get_urls(self):
        wrap = self.admin_site.admin_view
        mine = [
            path("freeze/", wrap(self.freeze_view), name="cases_case_freeze"),
            path("clone/", wrap(self.clone_view), name="cases_case_clone"),
            path("<int:pk>/preview/", wrap(self.preview_view), name="cases_case_preview"),
            path("<int:pk>/act/", wrap(self.act_view), name="cases_case_act"),
        ]
        return mine + super().get_urls()

    @method_decorator(require_safe)
    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page as readers see it, or will: draft, frozen or not."""
        case = get_object_or_404(Case.objects.for_page(), pk=pk)
        if not self.has_view_permission(request, case):
            raise PermissionDenied
        response = views.case_page(request, case)
        bar = render_to_string("admin/cases/case/_preview_bar.html", {"case": case})
        response.content = BODY.sub(lambda body: body[0] + bar, response.content.decode(), count=1)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    @method_decorator(require_POST)
    def act_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        case = get_object_or_404(Case, pk=pk)
        act = acts.ACTS.get(request.POST.get("act", ""))
        if act is None or not self.has_view_permission(request, case):
            raise PermissionDenied
        if not request.user.has_perm(act.permission):
            raise PermissionDenied
        if acts.do(request, act.name, case):
            self.log_change(request, case, str(act.label))
        return redirect("admin:cases_case_change", case.pk)

    def freeze_view(self, request: HttpRequest) -> HttpResponse:
        """How far, and why; the cases may have been chosen in the list."""
        if not request.user.has_perm(acts.FREEZE):
            raise PermissionDenied
        chosen = Case.objects.filter(pk__in=_keys(request.GET.getlist("case")))
        form = FreezeForm(request.POST or None, chosen=chosen)
        if form.is_valid():
            for case in form.cleaned_data["cases"]:
                how_far, reason = form.cleaned_data["how_far"], form.cleaned_data["reason"]
                if acts.freeze(request, case, how_far, reason):
                    self.log_change(request, case, str(Freeze(how_far).label))
            return redirect("admin:cases_case_changelist")
        return self._page(request, "freeze", _("Freeze a case"), form=form, chosen=chosen)

    def clone_view(self, request: HttpRequest) -> HttpResponse:
        """Into which edition; the cases were chosen in the list or on their page."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        chosen = list(Case.objects.filter(pk__in=_keys(request.GET.getlist("case"))))
        if not chosen:
            return redirect("admin:cases_case_changelist")
        form = CloneForm(request.POST or None)
        if form.is_valid():
            edition = form.cleaned_data["edition"]
            drafts = [draft for case in chosen if (draft := acts.clone(request, case, edition))]
            for draft in drafts:
                self.log_addition(request, draft, "Cloned.")
            if len(drafts) == 1:
                return redirect("admin:cases_case_change", drafts[0].pk)
            return redirect("admin:cases_case_changelist")
        return self._page(request, "clone", _("Clone to an edition"), form=form, chosen=chosen)

    def history_view(self, request: HttpRequest, object_id: str, extra_context=None):
        case = self.get_object(request, object_id)
        if case is None:
            return super().history_view(request, object_id, extra_context)
        if not self.has_view_permission(request, case):
            raise PermissionDenied
        shown = entries(case, request.user)
        title = _("History of %(case)s") % {"case": case}
        may_revert = self.has_change_permission(request, case)
        return self._page(
            request, "history", title, case=case, entries=shown, may_revert=may_revert
        )

    # --- actions of the list

    @admin.action(description=gettext_lazy("Publish"), permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, "publish")

    @admin.action(description=gettext_lazy("Send to review"), permissions=["change"])
    def send_to_review(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, "send-to-review")

    @admin.action(description=gettext_lazy("Close: no more letters"), permissions=["publish"])
    def close(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, "close")

    @admin.action(description=gettext_lazy("Freeze…"), permissions=["freeze"])
    def freeze(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return _onwards("freeze", queryset)

    @admin.action(description=gettext_lazy("Clone to an edition…"), permissions=["add"])
    def clone(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return _onwards("clone", queryset)

    def _each(self, request: HttpRequest, queryset: QuerySet, name: str) -> None:
        for case in queryset:
            if acts.do(request, name, case):
                self.log_change(request, case, str(acts.ACTS[name].label))

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(acts.PUBLISH)

    def has_freeze_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(acts.FREEZE)


def _in_page_order(context: dict) -> list[dict]:
    """The fieldsets and inlines of the change page, as the public page is read."""
    fieldsets = {str(fieldset.name): fieldset for fieldset in context["adminform"]}
    formsets = {type(formset.opts): formset for formset in context["inline_admin_formsets"]}
    found = []
    for section in SECTIONS:
        if isinstance(section, type):
            if section in formsets:
                formset = formsets[section]
                names = formset.opts.verbose_name_plural
                if formset.formset.max_num == 1:
                    names = formset.opts.verbose_name
                found.append(
                    {"formset": formset, "name": names, "id": f"{formset.formset.prefix}-group"}
                )
        elif fieldset := fieldsets.get(str(section)):
            found.append({"fieldset": fieldset, "name": section, "id": f"part-{len(found)}"})
    return found


def _keys(texts: list[str]) -> list[int]:
    return [int(text) for text in texts[:500] if text.isdecimal() and len(text) < 19]


def _address(case: Case, page: str) -> str:
    return reverse(f"admin:cases_case_{page}", args=[case.pk])


def _onwards(page: str, queryset: QuerySet) -> HttpResponse:
    query = "&".join(f"case={pk}" for pk in queryset.values_list("pk", flat=True))
    return redirect(f"{reverse(f'admin:cases_case_{page}')}?{query}")
