"""The filters above lists: GET forms that own what they do to a queryset."""

from __future__ import annotations

from django import forms
from django.db.models import OuterRef, Q, Subquery, TextChoices, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from cases.countries import choices_among, country_name
from cases.models import (
    GOOD_NEWS,
    CaseQuerySet,
    Outcome,
    OutcomeKind,
    OutcomeQuerySet,
    Region,
    Tone,
)
from cases.search import matches
from cases.text import folded

ANY = ("", _("All"))


class CaseOrder(TextChoices):
    EDITION = "", _("Newest campaign first")
    NEED = "need", _("Needs letters most")
    NAME = "name", _("Name")


class CaseState(TextChoices):
    OPEN = "open", _("Letters are needed")
    BETTER = "better", _("Good news")
    WAITING = "waiting", _("Other news, or none yet")


class FilterForm(forms.Form):
    """A GET form whose choices are what there is to find; a wrong value is told, and ignored."""

    page = forms.IntegerField(
        min_value=1, max_value=10_000, required=False, widget=forms.HiddenInput
    )

    def __init__(self, data, **choices: list[tuple[str, str]]) -> None:
        super().__init__(data)
        for name, pairs in choices.items():
            self.fields[name].choices = [ANY, *pairs]  # type: ignore[attr-defined]  # ChoiceFields
        self.full_clean()

    @property
    def chosen(self) -> dict:
        """What is filtered by: the values that are valid and not empty."""
        return {
            name: value for name, value in self.cleaned_data.items() if value and name != "page"
        }

    @property
    def in_words(self) -> str:
        """What is filtered by, as the page says it: “Myanmar, Journalists”; empty without."""
        said = []
        for name, value in self.chosen.items():
            if name == "order":
                continue
            labels = dict(getattr(self.fields[name], "choices", []))
            said.append(str(labels.get(value, _("“%(words)s”") % {"words": value})))
        return ", ".join(said)

    @property
    def page_number(self) -> int:
        return self.cleaned_data.get("page") or 1

    def is_offered(self, page_number: int) -> bool:
        """Whether the page shown stands at an address that a link or a choice leads to."""
        is_there = self.data.get("page", str(page_number)) == str(page_number)
        return is_there and not self.errors and not self.cleaned_data.get("q")


class CaseFilterForm(FilterForm):
    q = forms.CharField(label=_("Name or word"), max_length=80, required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    region = forms.ChoiceField(label=_("Region"), required=False, choices=[ANY, *Region.choices])
    theme = forms.ChoiceField(label=_("Theme"), required=False)
    year = forms.ChoiceField(label=_("Campaign"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[ANY, *CaseState.choices])
    order = forms.ChoiceField(label=_("Order"), required=False, choices=CaseOrder.choices)

    @staticmethod
    def facets(cases: CaseQuerySet) -> set[tuple]:
        """What `over` offers of these cases, in one query."""
        return set(
            cases.order_by().values_list(
                "country", "edition__year", "themes__slug", "themes__name_i18n"
            )
        )

    @classmethod
    def over(cls, data, facets: set[tuple]) -> CaseFilterForm:
        """The form with the countries, themes and years of these cases."""
        countries = {country for country, *_rest in facets}
        return cls(
            data,
            country=choices_among(countries),
            year=[(str(y), str(y)) for y in sorted({row[1] for row in facets}, reverse=True)],
            theme=sorted(
                {(row[2], row[3]) for row in facets if row[2]}, key=lambda row: folded(row[1])
            ),
        )

    def filter(self, cases: CaseQuerySet) -> list[int]:
        """The keys of the cases asked for, in the order asked for, in one query."""
        chosen = self.chosen
        for name, lookup in [
            ("country", "country"),
            ("region", "region"),
            ("theme", "themes__slug"),
            ("year", "edition__year"),
        ]:
            if name in chosen:
                cases = cases.filter(**{lookup: chosen[name]})
        cases = self._in_state(cases, chosen.get("state"))
        cases = self._in_order(cases, chosen.get("order", CaseOrder.EDITION))
        query = chosen.get("q", "")
        if not query:
            return list(cases.values_list("pk", flat=True))
        texts = cases.values_list(  # type: ignore[misc]  # modeltrans adds headline_i18n
            "pk", "display_name", "other_names", "headline_i18n", "country"
        )
        scores = {
            pk: matches(query, " ".join([name, *others, headline, country_name(country)]))
            for pk, name, others, headline, country in texts
        }
        found = [pk for pk, score in scores.items() if score]
        if "order" not in chosen:  # what was typed as it stands comes before what is like it
            found.sort(key=lambda pk: -scores[pk])
        return found

    def _in_state(self, cases: CaseQuerySet, state: str | None) -> CaseQuerySet:
        if state == CaseState.OPEN:
            return cases.taking_letters()
        if state:
            # A step in court, or a transfer, takes no good news back.
            neither = [kind for kind in OutcomeKind if kind.tone == Tone.NEITHER]
            told = Outcome.objects.filter(case=OuterRef("pk")).exclude(kind__in=neither)
            newest = Subquery(told.newest_first().values("kind")[:1])
            cases = cases.alias(newest_kind=Coalesce(newest, Value("")))
            good = Q(newest_kind__in=GOOD_NEWS)
            return cases.filter(good if state == CaseState.BETTER else ~good)
        return cases

    def _in_order(self, cases: CaseQuerySet, order: str) -> CaseQuerySet:
        if order == CaseOrder.NAME:
            return cases.order_by("display_name", "pk")
        if order == CaseOrder.NEED:
            return cases.needing_letters_first()
        return cases.newest_edition_first()


class OutcomeFilterForm(FilterForm):
    kind = forms.ChoiceField(label=_("What happened"), required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    year = forms.ChoiceField(label=_("Year"), required=False)

    @staticmethod
    def facets(outcomes: OutcomeQuerySet) -> set[tuple]:
        """What `over` offers of these outcomes, in one query."""
        return set(outcomes.order_by().values_list("kind", "case__country", "date__year"))

    @classmethod
    def over(cls, data, facets: set[tuple]) -> OutcomeFilterForm:
        """The form with the kinds, countries and years of these outcomes."""
        kinds = {kind for kind, *_rest in facets}
        return cls(
            data,
            kind=[(kind.value, str(kind.label)) for kind in OutcomeKind if kind.value in kinds],
            country=choices_among({row[1] for row in facets}),
            year=[
                (str(y), str(y)) for y in sorted({row[2] for row in facets if row[2]}, reverse=True)
            ],
        )

    def filter(self, outcomes: OutcomeQuerySet) -> list[int]:
        """The keys of the outcomes asked for, by years, in one query."""
        lookups = {"kind": "kind", "country": "case__country", "year": "date__year"}
        asked = {lookups[name]: value for name, value in self.chosen.items() if name in lookups}
        return list(outcomes.filter(**asked).by_years().values_list("pk", flat=True))
