"""Rows with all that hangs on them in one statement are what a prefetch would give."""

import datetime

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cases.models import (
    Case,
    Demand,
    Milestone,
    Outcome,
    Quote,
    SafetyRule,
    Source,
    Theme,
)
from cases.models.gathering import gathered
from tests.factories import make_case, make_full_case, make_outcome, make_theme

pytestmark = pytest.mark.django_db

RELATIONS = ["demands", "quotes", "sources", "milestones", "outcomes", "safety_rules", "themes"]
RELATIONS += ["model_letters", "consents"]


def rows(case: Case, name: str) -> list[dict]:
    """Each row of a list with all its columns, and of which type each value is."""
    return [
        {
            field.attname: (type(getattr(row, field.attname)), getattr(row, field.attname))
            for field in row._meta.concrete_fields
        }
        for row in getattr(case, name).all()
    ]


def make_case_with_everything() -> Case:
    case = make_full_case(themes=[make_theme(), make_theme("a-protest", "A protest")])
    case.demands.update(i18n={"text_fr": "Arrêtez."})
    Demand.objects.create(case=case, text="First “of” all: <stop> & \\ \n 'now' \u2028", position=0)
    Demand.objects.create(case=case, text="Third", position=2, i18n={})
    Quote.objects.create(case=case, text="صوت من السجن · အသံ", speaker="", position=7)
    Source.objects.create(case=case, url="https://example.org/?a=1&b=2#c", supports="")
    Milestone.objects.create(case=case, date="2001-01-01", date_precision="year", text="First")
    make_outcome(case, conditional=True, actions_count=2**31 - 1, i18n={"headline_fr": "Libre"})
    SafetyRule.objects.filter(case=case, topic="war").update(words=["war", "guerre", "☮"])
    return case


@pytest.mark.parametrize("relation", RELATIONS)
def test_gathered_list_is_the_prefetched_one(relation):
    made = make_case_with_everything()
    make_full_case()  # whose rows must not come along

    plain = Case.objects.prefetch_related(relation).get(pk=made.pk)
    gathered_case = gathered(Case.objects.all(), relation).get(pk=made.pk)

    assert rows(gathered_case, relation) == rows(plain, relation)


def test_page_of_a_case_is_one_statement(django_assert_num_queries):
    made = make_case_with_everything()

    with django_assert_num_queries(1):
        case = Case.objects.for_page().get(pk=made.pk)
        lists = [list(getattr(case, name).all()) for name in RELATIONS[:7]]
        assert case.edition.year == 2025
        assert case.target.office == "Minister of Tests"
        assert case.solidarity_action.recipient == "Test Person"

    assert all(lists)


def test_lists_of_many_cases_stay_with_their_case(django_assert_num_queries):
    first, second, empty = make_full_case(), make_full_case(), make_case()
    Demand.objects.create(case=second, text="Only here.", position=9)

    with django_assert_num_queries(1):
        found = {case.pk: case for case in Case.objects.for_page()}
        told = {pk: [one.text for one in case.demands.all()] for pk, case in found.items()}

    assert told == {
        first.pk: ["Stop building on the pastures."],
        second.pk: ["Stop building on the pastures.", "Only here."],
        empty.pk: [],
    }


@pytest.mark.parametrize("relation", RELATIONS)
def test_empty_list_is_empty_and_asks_nothing_more(django_assert_num_queries, relation):
    make_case()
    case = gathered(Case.objects.all(), *RELATIONS).get()

    with django_assert_num_queries(0):
        assert list(getattr(case, relation).all()) == []
        assert not getattr(case, relation).all()


def test_translations_come_along():
    make_case_with_everything()
    case = Case.objects.for_page().get()

    with translation.override("fr"):
        said = {demand.text_i18n for demand in case.demands.all()}
        headlines = {outcome.headline_i18n for outcome in case.outcomes.all()}

    assert {"Arrêtez.", "Third"} <= said
    assert "Libre" in headlines


def test_moment_keeps_its_time_zone():
    outcome = make_outcome(make_case())

    [found] = Case.objects.for_page().get().outcomes.all()

    assert found.recorded_at == outcome.recorded_at
    assert found.recorded_at.tzinfo is not None


def test_gathered_row_can_be_changed_and_saved():
    make_full_case()
    [demand] = Case.objects.for_page().get().demands.all()

    demand.text = "Something else."
    demand.save()

    assert Demand.objects.get().text == "Something else."


def test_rows_without_a_date_come_last_on_every_database():
    case = make_case()
    for day in [None, datetime.date(2025, 1, 1), None, datetime.date(2020, 1, 1)]:
        make_outcome(case, date=day)

    found = [outcome.date for outcome in Case.objects.for_page().get().outcomes.all()]

    assert found == [datetime.date(2020, 1, 1), datetime.date(2025, 1, 1), None, None]


WRITTEN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)


@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=WRITTEN, french=WRITTEN, words=st.lists(WRITTEN, max_size=4))
def test_whatever_is_written_comes_back_as_it_was(text, french, words):
    Case.objects.all().delete()
    Theme.objects.all().delete()
    case = make_case()
    Demand.objects.create(case=case, text=text, i18n={"text_fr": french})
    SafetyRule.objects.create(case=case, topic="war", words=words, why=text)

    found = Case.objects.for_page().get()

    [demand], [rule] = found.demands.all(), found.safety_rules.all()
    assert (demand.text, demand.i18n["text_fr"]) == (text, french)
    assert (rule.why, rule.words) == (text, words)
    assert Outcome.objects.count() == 0
