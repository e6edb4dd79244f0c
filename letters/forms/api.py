"""What can be asked of the API behind the question mark, and what is wrong with it if it can't."""

from __future__ import annotations

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.countries import country_names
from cases.models import Case, CaseQuerySet, OutcomeKind, OutcomeQuerySet
from cases.models.cases import MAX_SLUG, taking_actions

YES, NO = "true", "false"


def country_codes() -> list[tuple[str, str]]:
    return [(code, code) for code in sorted(country_names("en"))]


class QueryForm(forms.Form):
    """A query whose names are the fields: each at most once, none empty, no other."""

    is_filtered = False

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.query = query

    @property
    def problems(self) -> dict[str, list[str]]:
        """Sentences for each name that is wrong."""
        found = {name: list(map(str, errors)) for name, errors in self.errors.items()}
        for name, values in self.query.lists():
            if name not in self.fields:
                found[name] = [_("There is no such filter here.")]
            elif len(values) > 1:
                found[name] = [_("This was given more than once.")]
            elif not values[0]:
                found[name] = [_("This is empty: leave it out.")]
        return found


class ListForm(QueryForm):
    cursor = forms.CharField(
        max_length=200,
        required=False,
        strip=False,
        help_text=gettext_lazy(
            "Where a page begins: take it from “next” or “previous”. New rows do not move it."
        ),
    )
    page = forms.IntegerField(
        min_value=1,
        max_value=10_000,
        required=False,
        help_text=gettext_lazy(
            "The number of a page, counted each time from the start or from the cursor."
        ),
    )

    @property
    def is_filtered(self) -> bool:  # type: ignore[override]
        return any(value for name, value in self.cleaned_data.items() if name not in PAGING)

    def clean_page(self) -> int | None:
        """In its one spelling: a cache keeps each."""
        page = self.cleaned_data["page"]
        if page is not None and str(page) != self.query.get("page"):
            raise forms.ValidationError(_("Write the number without anything around it."))
        return page


PAGING = set(ListForm.base_fields)


class CasesForm(ListForm):
    edition = forms.IntegerField(
        min_value=1900,
        max_value=2999,
        required=False,
        help_text=gettext_lazy("The year of the campaign."),
    )
    country = forms.ChoiceField(
        choices=country_codes,
        required=False,
        help_text=gettext_lazy("Code of ISO 3166, in capitals."),
    )
    takes_actions = forms.ChoiceField(
        choices=[(YES, YES), (NO, NO)],
        required=False,
        help_text=gettext_lazy("Whether people can take action now."),
    )

    def filter(self, cases: CaseQuerySet) -> CaseQuerySet:
        asked = self.cleaned_data
        if asked["edition"]:
            cases = cases.filter(edition__year=asked["edition"])
        if asked["country"]:
            cases = cases.filter(country=asked["country"])
        if asked["takes_actions"] == YES:
            cases = cases.taking_actions()
        if asked["takes_actions"] == NO:
            cases = cases.exclude(pk__in=Case.objects.filter(taking_actions()).values("pk"))
        return cases


class OutcomesForm(ListForm):
    case = forms.SlugField(
        max_length=MAX_SLUG, required=False, help_text=gettext_lazy("The slug of a case.")
    )
    kind = forms.ChoiceField(
        choices=[(kind.value, kind.value) for kind in OutcomeKind],
        required=False,
        help_text=gettext_lazy("What happened."),
    )

    def filter(self, outcomes: OutcomeQuerySet) -> OutcomeQuerySet:
        asked = self.cleaned_data
        if asked["case"]:
            outcomes = outcomes.filter(case__slug=asked["case"])
        if asked["kind"]:
            outcomes = outcomes.filter(kind=asked["kind"])
        return outcomes
