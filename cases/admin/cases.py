"""The admin of cases: a list of what is missing, and a page in the order of the public one."""

from __future__ import annotations

import copy
import re
from typing import cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import pictures, views
from cases.admin import inlines, second_looks, transitions
from cases.admin.access_log import log_access
from cases.admin.filters import CountryFilter, TodoFilter
from cases.admin.forms import CaseField, CloneForm, FreezeForm
from cases.admin.history import frozen_since
from cases.admin.history_admin import HistoryAdmin
from cases.admin.inlines import BesideFieldForm, WideFieldsMixin
from cases.admin.pages import extra_page
from cases.admin.row_numbers import row_number
from cases.admin.search import CaseSearchMixin
from cases.admin.touch import TouchesCasesMixin
from cases.admin.versions import VersionCheckMixin
from cases.models import (
    PAST_GATE,
    Case,
    CaseQuerySet,
    Consent,
    Freeze,
    Portrait,
    Stage,
)
from cases.permissions import SEE_ALL, SEE_REASONS, may_see, staff
from cases.publishing import consents, gate, same_person, second_look

BODY = re.compile(r"<body[^>]*>")  # the bar of the preview comes right behind it

# Only acts change these, whatever a form or an old version says.
ACTED_ON = [
    "stage",
    "freeze",
    "freeze_reason",
    "unfreeze_asked_by_id",
    "consent_ends_on",
    "loaded_digest",
]

FIXED = {"slug": "slug", "edition": "edition_id"}  # fields, with their columns: see _fixed

# By these a case is of the same person as another: see same_person.taken_down_elsewhere.
WHO_IT_IS = ["display_name", "other_names", "earlier"]

# The change page in the order of the public one: fieldsets by name, inlines by class.
WHO = gettext_lazy("Who and where")
ON_TOP = gettext_lazy("At the top of the page, on cards and in search engines")
STORY = gettext_lazy("The story")
NO_TARGET = gettext_lazy("If there is no target or no address")
TRAVEL = gettext_lazy("How letters travel")
SHOWN = gettext_lazy("Where it shows")
STAFF = gettext_lazy("For staff only")
TRANSLATIONS = inlines.translation_sections(
    "short_name", "headline", "summary", "content_note", "story", "address_note"
)
SECTIONS = [
    WHO,
    ON_TOP,
    inlines.PortraitInline,
    STORY,
    inlines.QuoteInline,
    inlines.DemandInline,
    inlines.TargetInline,
    NO_TARGET,
    TRAVEL,
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
    *(name for name, _options in TRANSLATIONS),
]

# What the list shows of a case to who may not open it: what readers see as well.
NAMES = ["name", "country_name", "edition", "latest_outcome", "actions_so_far", "public_page"]
FILTERS_OF_NAMES = [("edition", admin.RelatedOnlyFieldListFilter), "region", CountryFilter]


class CaseForm(BesideFieldForm):
    class Meta:
        model = Case
        exclude = ()
        widgets = {"themes": forms.CheckboxSelectMultiple}

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        others = Case.history.filter(slug=slug, stage__in=PAST_GATE)
        if other := others.exclude(id=self.instance.pk).first():
            message = _(
                "This was the address of %(case)s: links to it would lead to somebody else."
            )
            raise ValidationError(message % {"case": other.display_name})
        return slug

    def clean_earlier(self) -> Case | None:
        earlier = self.cleaned_data["earlier"]
        if earlier is not None and earlier.pk == self.instance.pk:
            raise ValidationError(_("This is the case itself."))
        return earlier

    def clean(self) -> None:
        super().clean()
        cleaned = self.cleaned_data
        wanted = copy.copy(self.instance)  # as it is stored: Django fills it in after this
        names = [name for name in WHO_IT_IS if name in cleaned]
        for name in names:
            setattr(wanted, name, cleaned[name])
        changed = [name for name in names if name in self.changed_data]
        if changed and (others := same_person.shown_under_another(self.instance, wanted)):
            message = _(
                "%(case)s (%(how)s) would be the same person, shown again without a second look. "
                "Whoever wants that makes a draft of its own, and it takes two people to publish "
                "it."
            )
            how = others[0].get_freeze_display()
            self.add_error(changed[0], message % {"case": others[0], "how": how})


class CaseChangeList(ChangeList):
    def get_queryset(self, request: HttpRequest, exclude_parameters=None) -> QuerySet:
        """With all that a row says, so that the number of queries is the same for any length."""
        cases = cast(CaseQuerySet, super().get_queryset(request, exclude_parameters))
        return gate.with_needed(cases.with_count())


@admin.register(Case)
class CaseAdmin(
    VersionCheckMixin,
    TouchesCasesMixin,
    CaseSearchMixin,
    WideFieldsMixin,
    HistoryAdmin,
):
    form = CaseForm
    only_by_act = ACTED_ON
    change_form_template = "admin/cases/case/change_form.html"
    view_on_site = False  # the gate links to what readers see
    list_display = [
        "picture",
        "name",
        "country_name",
        "edition",
        "status",
        "latest_outcome",
        "actions_so_far",
        "missing",
        "public_page",
    ]
    list_display_links = ["name"]
    empty_value_display = ""
    list_filter = [
        TodoFilter,
        "stage",
        "freeze",
        ("edition", admin.RelatedOnlyFieldListFilter),
        "region",
        CountryFilter,
        ("themes", admin.RelatedOnlyFieldListFilter),
    ]
    list_per_page = 40
    show_full_result_count = False
    actions = ["publish", "send_to_review", "close", "freeze", "clone"]
    search_help_text = gettext_lazy("Name, other spelling or country")
    prepopulated_fields = {"slug": ["display_name"]}
    rows = {"story": 24, "staff_note": 8}
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
        (STORY, {"fields": ["story", "facts_as_of"]}),
        (NO_TARGET, {"fields": ["no_target_reason", "address_note"]}),
        (TRAVEL, {"fields": ["takes_deliveries"]}),
        (
            SHOWN,
            {"fields": ["listed", "sharing_allowed", ("position", "letter_goal")]},
        ),
        (STAFF, {"fields": [("facts_checked_on", "review_by"), "staff_note"]}),
        *TRANSLATIONS,
    ]
    inlines = [section for section in SECTIONS if isinstance(section, type)]

    # --- who sees what: cases/permissions.py

    def has_view_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        if obj is not None:
            return request.user.has_perm(SEE_ALL)
        return super().has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return Case.objects.visible_to(request.user)

    def get_list_display(self, request: HttpRequest):
        return self.list_display if request.user.has_perm(SEE_ALL) else NAMES

    def get_list_display_links(self, request: HttpRequest, list_display):
        return self.list_display_links if request.user.has_perm(SEE_ALL) else None

    def get_list_filter(self, request: HttpRequest) -> list:
        return self.list_filter if request.user.has_perm(SEE_ALL) else FILTERS_OF_NAMES

    # --- the list

    def get_changelist(self, request: HttpRequest, **kwargs) -> type[ChangeList]:
        return CaseChangeList

    @admin.display(description=gettext_lazy("picture"))
    def picture(self, case: Case) -> str:
        portrait = case.portrait
        url = portrait and pictures.url(portrait, "webp", 400, to_staff=True)
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
    def status(self, case: Case) -> str:
        stage = Stage(case.stage).label.split(",")[0]
        if case.freeze == Freeze.NONE:
            return stage
        freeze = Freeze(case.freeze).label.split(":")[0]
        return format_html('{} <strong class="frozen">{}</strong>', stage, freeze)

    @admin.display(description=gettext_lazy("latest outcome"))
    def latest_outcome(self, case: Case) -> str:
        latest = case.latest_outcome
        if latest is None:
            return ""
        if case.may_be_over:
            return format_html("{}: <strong>{}</strong>", latest.kind_text, _("close the case?"))
        return latest.kind_text

    @admin.display(description=gettext_lazy("actions"))
    def actions_so_far(self, case: Case) -> int:
        return case.total_count

    @admin.display(description=gettext_lazy("still missing"))
    def missing(self, case: Case) -> str:
        found = gate.problems(case)
        if not found:
            return ""
        return format_html("<strong>{}</strong> {}", len(found), found[0])

    @admin.display(description=gettext_lazy("page"))
    def public_page(self, case: Case) -> str:
        if case.is_visible:
            return format_html('<a href="{}">{}</a>', case.get_absolute_url(), _("see it"))
        return format_html('<a href="{}">{}</a>', _address(case, "preview"), _("preview"))

    # --- the page of a case

    def formfield_for_foreignkey(self, db_field, request: HttpRequest, **kwargs):
        if db_field.name == "earlier":
            cases = Case.objects.select_related("edition").order_by("display_name", "edition__year")
            kwargs |= {"form_class": CaseField, "queryset": cases}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Case | None = None):
        return _fixed(obj) if obj is not None else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Case | None = None):
        return {} if self.get_readonly_fields(request, obj) else self.prepopulated_fields

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context |= {"sections": _in_page_order(context), "show_save_and_add_another": False}
        if obj is not None:
            context |= self._gate(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None):
        response = super().change_view(request, object_id, form_url, extra_context)
        case = (getattr(response, "context_data", None) or {}).get("original")
        if case is not None and may_see(request.user, Consent) and case.consents.exists():
            log_access(request, case)
        return response

    def _gate(self, request: HttpRequest, case: Case) -> dict:
        return {
            "case": case,
            "problems": gate.problems(case),
            "remarks": [
                *same_person.still_shown(case),
                *same_person.why_it_takes_two(case),
                *gate.remarks(case),
            ],
            "acts": transitions.available(request.user, case),
            "pending": second_looks.pending(request.user, case),
            "preview_url": _address(case, "preview"),
            "act_url": _address(case, "act"),
            "unfreeze_asked_by": case.unfreeze_asked_by,
            "frozen_since": frozen_since(case),
            "may_see_reason": request.user.has_perm(SEE_REASONS),
        }

    def save_model(self, request: HttpRequest, obj: Case, form, change: bool) -> None:
        if change:
            # The form, or the old version it was made from, may have been read before a freeze.
            stored = Case.objects.select_related("edition").get(pk=obj.pk)
            names = [*ACTED_ON, *(FIXED[name] for name in _fixed(stored))]
            now = Case.objects.select_for_update(no_key=True).filter(pk=obj.pk).values(*names).get()
            for name, value in now.items():
                setattr(obj, name, value)
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form, formset, change: bool) -> None:
        """Of one kind of part: the change page saves it so, and so does a restore."""
        self._hold_back(request, formset)
        if formset.model is not Portrait:
            super().save_formset(request, form, formset, change)
            if formset.model is Consent and (how := consents.freeze_if_ended(form.instance)):
                message = _("A consent has ended. The site froze the case: %(freeze)s.")
                messages.warning(request, message % {"freeze": Freeze(how).label})
                transitions.warn_of_others(request, form.instance)
            return None
        before = Portrait.objects.filter(case=form.instance).first()
        super().save_formset(request, form, formset, change)
        for part in formset.forms:
            if part.instance.pk and part.has_changed():
                inlines.saved_picture(part, before)
        return None

    def _hold_back(self, request: HttpRequest, formset) -> None:
        """What takes two people waits; all else is saved."""
        if formset.model not in second_look.REVIEWED:
            return
        for part in list(formset.forms):
            if part in formset.deleted_forms or not part.has_changed():
                continue
            if held := second_look.hold_back(part.instance, staff(request)):
                if held.row is None:
                    formset.forms.remove(part)
                second_looks.say_that_it_waits(request, formset.model)

    def has_delete_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        # Without a frozen case nobody would know that its person may not be shown.
        is_frozen = obj is not None and obj.freeze != Freeze.NONE
        return not is_frozen and super().has_delete_permission(request, obj)

    # --- what can be done with it

    @extra_page("<int:pk>/preview/", permission="change", methods=("GET", "HEAD"))
    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page as readers see it, or will: draft, frozen or not."""
        case = get_object_or_404(Case.objects.for_page(), pk=pk)
        response = views.case_page(request, case, case, "uncached")
        bar = render_to_string("admin/cases/case/_preview_bar.html", {"case": case})
        html = BODY.sub(lambda body: body[0] + bar, response.content.decode(), count=1)
        served_at = pictures.address("portraits/", to_staff=True)
        response.content = html.replace(pictures.address("portraits/"), served_at)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    @extra_page("<int:pk>/act/", methods=("POST",))
    def act_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        act = transitions.ACTS.get(request.POST.get("act", ""))
        if act is None or not request.user.has_perms([SEE_ALL, act.permission]):
            raise PermissionDenied
        case = get_object_or_404(Case, pk=pk)
        if transitions.apply(request, act.name, case):
            self.log_change(request, case, str(act.label))
        return redirect("admin:cases_case_change", case.pk)

    @extra_page("freeze/", permission="freeze")
    def freeze_view(self, request: HttpRequest) -> HttpResponse:
        """How far, and why; the cases may have been chosen in the list."""
        chosen = Case.objects.filter(pk__in=_keys(request.GET.getlist("case")))
        form = FreezeForm(request.POST or None, initial={"cases": chosen})
        if form.is_valid():
            for case in form.cleaned_data["cases"]:
                how_far, reason = form.cleaned_data["how_far"], form.cleaned_data["reason"]
                if transitions.freeze(request, case, how_far, reason):
                    self.log_change(request, case, str(Freeze(how_far).label))
            for case in form.cleaned_data["cases"]:
                transitions.warn_of_others(request, case)
            return redirect("admin:cases_case_changelist")
        return self._page(request, "freeze", _("Freeze a case"), form=form, chosen=chosen)

    @extra_page("clone/", permission="add")
    def clone_view(self, request: HttpRequest) -> HttpResponse:
        """Into which edition; the cases were chosen in the list or on their page."""
        chosen = list(Case.objects.filter(pk__in=_keys(request.GET.getlist("case"))))
        if not chosen:
            return redirect("admin:cases_case_changelist")
        form = CloneForm(request.POST or None)
        if form.is_valid():
            edition = form.cleaned_data["edition"]
            drafts = [
                draft for case in chosen if (draft := transitions.clone(request, case, edition))
            ]
            for draft in drafts:
                self.log_addition(request, draft, "Cloned.")
            if len(drafts) == 1:
                return redirect("admin:cases_case_change", drafts[0].pk)
            return redirect("admin:cases_case_changelist")
        return self._page(request, "clone", _("Clone to an edition"), form=form, chosen=chosen)

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
            if transitions.apply(request, name, case):
                self.log_change(request, case, str(transitions.ACTS[name].label))

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(transitions.PUBLISH)

    def has_freeze_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(transitions.FREEZE)


def _fixed(case: Case) -> list[str]:
    """What stays once readers could know the case: its address and, from the day on which its
    edition opened, its year. What was done for it, and every letter about that year, is of it."""
    if not same_person.has_fixed_address(case):
        return []
    return list(FIXED) if case.edition.has_opened else ["slug"]


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
    return [number for text in texts[:500] if (number := row_number(text)) is not None]


def _address(case: Case, page: str) -> str:
    return reverse(f"admin:cases_case_{page}", args=[case.pk])


def _onwards(page: str, queryset: QuerySet) -> HttpResponse:
    query = "&".join(f"case={pk}" for pk in queryset.values_list("pk", flat=True))
    return redirect(f"{reverse(f'admin:cases_case_{page}')}?{query}")
