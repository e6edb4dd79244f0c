"""The parts of a case, as they are edited on its page."""

from itertools import product
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import models
from django.forms.formsets import DELETION_FIELD_NAME as DELETE
from django.forms.models import BaseInlineFormSet, BaseModelForm
from django.http import HttpRequest
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst, format_lazy
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from cases import pictures, stop_words
from cases.admin.fields import FixedChoice, LinesField, PictureField, PictureInput, WordsField
from cases.countries import language_name
from cases.models import (
    Answer,
    AppliesTo,
    Case,
    Consent,
    Demand,
    Milestone,
    ModelLetter,
    Outcome,
    Petition,
    Portrait,
    Quote,
    SafetyRule,
    SocialPost,
    SolidarityAction,
    SolidarityPhrase,
    Source,
    Target,
    Topic,
)
from cases.models.translation import OTHER_LANGUAGES, translations_of
from cases.typed_text import PlainTextField

WORDS_HELP = _(
    "One word or phrase a line; * at its end for any ending: pray*. Whole words are found, with "
    "any case and accents, so mind those that also mean something harmless."
)
NOT_TRANSLATED = _("What is empty here is shown in English, and the page says so.")
LONG_LINE = 120  # characters: a longer text is written in a box of some lines


class BesideFieldForm(forms.ModelForm):
    """An error of a constraint stands beside the field that its `violation_error_code` names."""

    def add_error(self, field: str | None, error: Any) -> None:
        if field is None and hasattr(error, "error_dict"):
            for one in error.error_dict.pop(NON_FIELD_ERRORS, []):
                name = one.code if one.code in self.fields else NON_FIELD_ERRORS
                error.error_dict.setdefault(name, []).append(one)
        super().add_error(field, error)


class WideFieldsMixin(admin.options.BaseModelAdmin):
    """Fields as large as what goes into them, and without buttons that lead away."""

    form: type[forms.ModelForm] = BesideFieldForm
    rows: dict[str, int] = {}

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if isinstance(db_field, models.ImageField):
            kwargs |= {"form_class": PictureField, "widget": PictureInput}
        elif isinstance(db_field, models.URLField):
            kwargs |= {"assume_scheme": "https"}
        elif isinstance(db_field, models.JSONField):
            is_words = db_field.name == "words"
            kwargs |= {
                "form_class": WordsField if is_words else LinesField,
                "help_text": WORDS_HELP if is_words else _("One on each line."),
            }
        elif rows := self.rows.get(_original(db_field).name) or _rows(_original(db_field)):
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        if _is_typed(db_field):
            kwargs.setdefault("form_class", PlainTextField)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field


def _is_typed(field: models.Field) -> bool:
    """Whether somebody types a text into it, or pastes one."""
    original = _original(field)
    is_text = isinstance(original, models.CharField | models.TextField)
    is_address = isinstance(original, models.URLField | models.EmailField | models.SlugField)
    return is_text and not is_address and not original.choices


def _original(field: models.Field) -> models.Field:
    """Of the translation of a field, the field."""
    return getattr(field, "original_field", field)


def _rows(field: models.Field) -> int:
    """The lines of its box, 0 for a field of one line."""
    if isinstance(field, models.URLField | models.EmailField) or field.choices:
        return 0
    if isinstance(field, models.TextField):
        return 5
    is_long = isinstance(field, models.CharField) and (field.max_length or 0) > LONG_LINE
    return 2 if is_long else 0


def translation_sections(*fields: str) -> list[tuple]:
    """A fieldset with these fields for each of the site's other languages, named by it."""
    languages = dict(settings.LANGUAGES)
    names = zip(*map(translations_of, fields), strict=True)
    return [
        (
            format_lazy(_("In {language}"), language=languages[code]),
            {"classes": ["collapse"], "description": NOT_TRANSLATED, "fields": list(translated)},
        )
        for code, translated in zip(OTHER_LANGUAGES, names, strict=True)
    ]


class StackedInline(WideFieldsMixin, admin.StackedInline):
    extra = 0


class SingleInline(StackedInline):
    extra = 1
    max_num = 1


class LabelledFormSet(BaseInlineFormSet):
    """In a table the column names the field for who sees it, and this for who hears it."""

    def add_fields(self, form, index) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            field.widget.attrs["aria-label"] = capfirst(field.label or "")


class ListInline(WideFieldsMixin, admin.TabularInline):
    formset = LabelledFormSet
    extra = 0


class PortraitInline(SingleInline):
    model = Portrait
    readonly_fields = ["preview"]
    fields = [
        "preview",
        "image",
        "alt",
        *translations_of("alt"),
        ("credit", "licence"),
        "is_illustration",
        ("focal_x", "focal_y"),
    ]

    @admin.display(description=_("as it is now"))
    def preview(self, portrait: Portrait) -> str | Promise:
        url = pictures.url(portrait, "webp", 640, to_staff=True)
        if not url:
            return _("no picture yet")
        # The point as the page takes it: rounded to tens, for the style sheet to read.
        return format_html(
            '<span class="portrait-preview"><img src="{}" alt="{}" width="{}" height="{}">'
            '<span class="focal-point" data-focal-x="{}" data-focal-y="{}"></span></span>',
            url,
            portrait.alt,
            portrait.width,
            portrait.height,
            round(portrait.focal_x * 10) * 10,
            round(portrait.focal_y * 10) * 10,
        )


class QuoteInline(StackedInline):
    model = Quote
    rows = {"text": 3}
    fields = [
        "text",
        *translations_of("text"),
        ("speaker", "position"),
        ("source_url", "hide_url"),
        "may_be_shown",
    ]


class DemandInline(ListInline):
    model = Demand
    fields = ["text", *translations_of("text"), "position"]


class TargetForm(BesideFieldForm):
    def clean(self) -> None:
        super().clean()
        cleaned = self.cleaned_data
        # `letters` is what people wrote, of the app of this name.
        if cleaned.get(DELETE) and self.instance.pk and self.instance.letters.exists():
            cleaned[DELETE] = False
            message = _("People have written to this target, so it stays: give it a last day.")
            self.add_error("appeal_deadline", message)


class TargetInline(StackedInline):
    model = Target
    form = TargetForm
    readonly_fields = ["model_letters"]
    fields = [
        ("title", "name"),
        "office",
        "holder_as_of",
        ("asked", *translations_of("asked")),
        ("key", "position"),
        ("salutation", "close", "language"),
        ("local_salutation", "local_close", "local_language"),
        ("postal", "postal_country"),
        ("address_as_of", "address_confidence"),
        "address_for_staff_only",
        "email",
        ("appeal_deadline", "checked_on"),
        "source_url",
        "model_letters",
    ]

    def get_extra(self, request: HttpRequest, obj: Case | None = None, **kwargs) -> int:
        return 0 if obj is not None and obj.targets.all() else 1

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).prefetch_related("model_letters")

    @admin.display(description=_("model letters"))
    def model_letters(self, target: Target) -> str:
        """They are on the target's own page."""
        if target.pk is None:
            return _("They can be written once the target is saved.")
        names = [language_name(one.language) for one in target.model_letters.all()]
        url = reverse("admin:cases_target_change", args=[target.pk])
        words = ", ".join(names) or _("none yet")
        return format_html('{} · <a href="{}">{}</a>', words, url, _("write or change them"))


class ModelLetterInline(StackedInline):
    model = ModelLetter
    rows = {"body": 14}
    readonly_fields = ["points"]
    fields = [("subject", "language"), "body", "points"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).annotate(number_of_points=models.Count("points"))

    @admin.display(description=_("points to tick"))
    def points(self, letter: ModelLetter) -> str:
        """They are on a page of their own."""
        if letter.pk is None:
            return _("They can be written once the letter is saved.")
        number = letter.number_of_points  # type: ignore[attr-defined]  # see get_queryset
        text = ngettext("%(number)s point: change it", "%(number)s points: change them", number)
        url = reverse("admin:cases_modelletter_change", args=[letter.pk])
        return format_html('<a href="{}">{}</a>', url, text % {"number": number})


class PetitionInline(SingleInline):
    model = Petition
    rows = {"text": 10}
    readonly_fields = ["signed"]
    fields = [
        "title",
        "text",
        ("goal", "shown_from"),
        "closes_on",
        "shows_signers",
        *zip(translations_of("title"), translations_of("text"), strict=True),
        "signed",
    ]

    @admin.display(description=_("what was signed so far"))
    def signed(self, petition: Petition) -> str | Promise:
        """The texts as they were signed. They stay, whatever is changed above."""
        texts = list(petition.texts.all()) if petition.pk else []
        if not texts:
            return _("Nothing yet.")
        return format_html_join(
            "",
            '<details class="signed"><summary>{}</summary><p lang="{}">{}</p></details>',
            (
                (
                    _("%(title)s (%(language)s, since %(date)s)")
                    % {
                        "title": text.title,
                        "language": language_name(text.language, get_language() or "en"),
                        "date": date_format(text.first_signed_at),
                    },
                    text.language,
                    linebreaksbr(text.text, autoescape=True),
                )
                for text in texts
            ),
        )


class SolidarityInline(SingleInline):
    model = SolidarityAction
    verbose_name = _("messages of solidarity")
    fields = [
        ("recipient", "recipient_kind"),
        ("postal", "postal_country"),
        "address_visibility",
        ("languages", "formats"),
        "takes_drawings",
        "shows_messages",
        "note",
        ("opens_on", "ends_on"),
    ]


class SolidarityPhraseInline(ListInline):
    model = SolidarityPhrase
    fields = ["text", "language", "position"]


class SocialPostInline(ListInline):
    model = SocialPost
    rows = {"text": 4}
    readonly_fields = ["length"]
    fields = ["text", "length", "language", "position"]

    @admin.display(description=_("characters"))
    def length(self, post: SocialPost) -> int | str:
        return len(post.text) if post.pk else ""


class RuleForm(BesideFieldForm):
    class Meta:
        model = SafetyRule
        fields = ["applies_to", "topic", "answer", "words", "stops", "why"]
        widgets = {
            "applies_to": FixedChoice(AppliesTo.choices),
            "topic": FixedChoice(Topic.choices),
        }

    def clean(self) -> None:
        super().clean()
        cleaned = self.cleaned_data
        if cleaned.get("stops") and (
            cleaned.get("answer") in (Answer.YES, Answer.DOES_NOT_ARISE) or not cleaned.get("words")
        ):
            self.add_error("stops", _("Only a rule that forbids, and names words, can stop."))
        elif cleaned.get("stops") and self.instance.case_id:
            rule = SafetyRule(
                case_id=self.instance.case_id, applies_to=cleaned.get("applies_to") or ""
            )
            for sentence in stop_words.problems(cleaned["words"], stop_words.our_texts(rule)):
                self.add_error("words", sentence)

    def has_changed(self) -> bool:
        # A row that stands there is an answer, “not known” too: it is saved as it is shown.
        return not self.instance.pk or super().has_changed()


class RuleFormSet(LabelledFormSet):
    """Every topic is asked, for letters and for messages: what has no row yet gets one."""

    def __init__(self, *args, **kwargs) -> None:
        instance: Case | None = kwargs.get("instance")
        answered = set()
        if instance is not None and instance.pk:
            answered = {(rule.applies_to, rule.topic) for rule in instance.safety_rules.all()}
        asked = product(AppliesTo.values, Topic.values)
        missing = [
            {"applies_to": applies_to, "topic": topic}
            for applies_to, topic in asked
            if (applies_to, topic) not in answered
        ]
        self.extra = len(missing)
        super().__init__(*args, initial=missing, **kwargs)


class SafetyRuleInline(ListInline):
    model = SafetyRule
    form = RuleForm
    formset = RuleFormSet
    can_delete = False
    ordering = ["applies_to", "pk"]  # as they were asked
    fields = ["applies_to", "topic", "answer", "words", "stops", "why"]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in ("applies_to", "topic"):
            return db_field.formfield(widget=kwargs.get("widget"))
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_max_num(self, request: HttpRequest, obj: Case | None = None, **kwargs) -> int:
        return len(AppliesTo) * len(Topic)


OUTCOME_FIELDS: list[str | tuple[str, ...]] = [
    ("kind", "conditional", "on_front_page", "is_featured"),
    ("date", "date_precision"),
    "headline",
    "text",
    ("source_url", "hide_url"),
    ("actions_count", "actions_note"),
]


class OutcomeInline(StackedInline):
    model = Outcome
    show_change_link = True  # to its own page: from there those who follow are told
    rows = {"text": 3}
    fields = [
        *OUTCOME_FIELDS,
        *zip(translations_of("headline"), translations_of("text"), strict=True),
    ]


class MilestoneInline(ListInline):
    model = Milestone
    fields = ["date", "date_precision", "text", "source_url", "hide_url", *translations_of("text")]


class SourceInline(ListInline):
    model = Source
    fields = ["url", "hide_url", "publisher", "supports", "position"]


class ConsentInline(StackedInline):
    """Shown to the safety role only: nobody else has a permission for it."""

    model = Consent
    fields = [
        "basis",
        ("given_by", "page"),
        "scope",
        ("given_on", "expires_on", "withdrawn_on"),
        "risk_note",
    ]


def saved_picture(form: BaseModelForm, before: Portrait | None) -> None:
    """Make the renditions of a new picture, and let go of the files of the old one."""
    portrait: Portrait = form.instance
    if "image" in form.changed_data:
        pictures.render(portrait)
        portrait.save(update_fields=["renditions"])
        if before is not None:
            pictures.remove(before)
