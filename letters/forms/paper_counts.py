"""What staff fill in to count what was done on paper."""

import datetime
from itertools import groupby

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.countries import country_name, country_names
from cases.models import Case
from cases.text import folded
from letters.forms.fields import LineField, set_choices, set_queryset, taken
from letters.models import PaperCount
from letters.statistics.paper_counts import KINDS, MAX_NUMBER, PaperFields, PossibleDuplicate


class SuggestingInput(forms.TextInput):
    """A line that offers the names of countries while one types."""

    def render(self, name, value, attrs=None, renderer=None) -> SafeString:
        names = country_names(get_language() or "en").values()
        options = format_html_join("", '<option value="{}">', ((name,) for name in names))
        offered = f"{name}-offered"
        box = super().render(name, value, (attrs or {}) | {"list": offered}, renderer)
        return format_html('{}<datalist id="{}">{}</datalist>', box, offered, options)


class CountryField(forms.CharField):
    """A country as it is typed: by its name here or in English, or by its code."""

    widget = SuggestingInput

    def prepare_value(self, value: str | None) -> str:
        return country_name(value) if value else ""

    def to_python(self, value: str | None) -> str:
        typed = super().to_python(value)
        if not typed:
            return ""
        names = country_names("en") | country_names(get_language() or "en")
        meant = {folded(name): code for code, name in country_names("en").items()}
        meant |= {folded(name): code for code, name in names.items()}
        meant |= {code.casefold(): code for code in names}
        if code := meant.get(folded(typed)):
            return code
        raise ValidationError(
            _("Choose a country from the list, or leave it empty."), code="unknown"
        )


class PaperForm(forms.ModelForm):
    country = CountryField(
        label=_("Country"),
        required=False,
        max_length=100,
        help_text=PaperCount._meta.get_field("country").help_text,
    )
    day = forms.DateField(
        label=_("Day"),
        help_text=PaperCount._meta.get_field("day").help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
        error_messages={"required": _("Give the day.")},
    )

    class Meta:
        model = PaperCount
        fields = ["case", "kind", "number", "country", "day", "source", "evidence"]
        field_classes = {"source": LineField, "evidence": LineField}
        error_messages = {
            "case": {"required": _("Choose the case.")},
            "number": {"required": _("Say how many.")},
            "source": {"required": _("Say who counted.")},
            "evidence": {"required": _("Say what shows it, and where that is kept.")},
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        told = Case.objects.visible()
        cases = Case.objects.filter(Q(pk__in=told.values("pk")) | Q(pk=self.instance.case_id))
        cases = cases.select_related("edition")
        set_queryset(self, "case", cases)
        offered = [
            (edition.title, [(case.pk, case.display_name) for case in its])
            for edition, its in groupby(
                cases.order_by("-edition__year", "position", "pk"), key=lambda case: case.edition
            )
        ]
        set_choices(self, "case", [("", ""), *offered])
        set_choices(self, "kind", [(kind.value, kind.label) for kind in KINDS])
        self.fields["number"].widget.attrs |= {"min": 1, "max": MAX_NUMBER}
        self.fields["day"].initial = timezone.localdate
        self.fields["day"].widget.attrs["max"] = timezone.localdate().isoformat()

    def clean_number(self) -> int:
        number = self.cleaned_data["number"]
        if number < 1:
            raise ValidationError(_("Give a number, 1 or more."))
        if number > MAX_NUMBER:
            message = _("More than %(number)s: no case has so many on one day. Look at it again.")
            raise ValidationError(message, params={"number": f"{MAX_NUMBER:,}"})
        return number

    def clean_day(self) -> datetime.date:
        day = self.cleaned_data["day"]
        if day > timezone.localdate():
            raise ValidationError(_("This day is still to come."))
        return day

    def clean(self) -> None:
        super().clean()
        case, day = self.cleaned_data.get("case"), self.cleaned_data.get("day")
        if case and day and day < case.edition.opens_on:
            opened = date_format(case.edition.opens_on)
            message = _("The edition of this case opened on %(day)s: give that day or a later one.")
            self.add_error("day", ValidationError(message, params={"day": opened}))

    def paper_fields(self) -> PaperFields:
        return taken(PaperFields, self.cleaned_data)


class EntryForm(PaperForm):
    """A new count. `alike` says of how many just like it its enterer was told."""

    alike = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    another = forms.BooleanField(label=_("Yes, this is another one"), required=False)

    data: QueryDict
    is_asked = False  # whether it is another one

    def ask(self, error: PossibleDuplicate) -> None:
        self.is_asked = True
        self.add_error("another", str(error))
        self.data = self.data.copy()
        self.data["alike"] = str(error.number)

    @property
    def known_alike(self) -> int:
        """How many just like it its enterer knows of, and enters another one."""
        return (self.cleaned_data["alike"] or 0) if self.cleaned_data["another"] else 0


class ReasonForm(forms.Form):
    """Why something changes. `seen` says which version of the entry was on the page."""

    seen = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    reason = LineField(
        label=_("Why?"),
        max_length=PaperCount._meta.get_field("reason").max_length,
        help_text=_("It is kept in the history of the entry, with your name."),
        error_messages={"required": _("Say why, for whoever reads the history.")},
    )


class CorrectionForm(ReasonForm, PaperForm):
    field_order = ["case", "kind", "number", "country", "day", "source", "evidence", "reason"]
