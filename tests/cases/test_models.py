"""What must never be false of a case, and what can be worked out from its rows."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation

from cases.models import (
    GOOD_NEWS,
    Case,
    Consent,
    Edition,
    Freeze,
    Milestone,
    Outcome,
    OutcomeKind,
    Portrait,
    SafetyRule,
    SolidarityAction,
    Source,
    Stage,
    Target,
    Tone,
    WordList,
    YearlyFigure,
)
from tests.factories import (
    make_case,
    make_edition,
    make_letter,
    make_model_letter,
    make_outcome,
    make_target,
)

pytestmark = pytest.mark.django_db
DAY = datetime.date(2025, 2, 28)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("case_letter_goal_is_not_zero", lambda case: make_case(letter_goal=0)),
        ("case_frozen_with_a_reason", lambda case: make_case(freeze=Freeze.HIDDEN)),
        (
            "portrait_has_credit_and_alt_text",
            lambda case: Portrait.objects.create(case=case, alt="", credit="x", width=1, height=1),
        ),
        (
            "portrait_has_credit_and_alt_text",
            lambda case: Portrait.objects.create(case=case, alt="x", credit="", width=1, height=1),
        ),
        ("target_address_has_a_country", lambda case: make_target(case, postal_country="")),
        (
            "target_local_language_has_salutation_and_close",
            lambda case: make_target(case, local_language="es", local_salutation="Señor:"),
        ),
        (
            "consent_says_who_gave_it_or_where_it_is_told",
            lambda case: Consent.objects.create(case=case, risk_note="x"),
        ),
        (
            "yearly_figure_has_a_qualifier",
            lambda case: YearlyFigure.objects.create(year=2001, actions=5),
        ),
    ],
)
def test_database_refuses(name, make):
    case = make_case()

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make(case)


@pytest.mark.parametrize(
    "again",
    [
        lambda case: make_case(slug=case.slug),
        lambda case: Edition.objects.create(
            year=case.edition.year, title="x", opens_on=datetime.date(2025, 1, 1)
        ),
        lambda case: SafetyRule.objects.create(case=case, topic="war"),
        lambda case: make_model_letter(case),
        lambda case: make_target(case, key="main"),
    ],
    ids=["slug", "year", "rule", "model letter", "target"],
)
def test_there_is_only_one(again):
    case = make_case(slug="anne-testlund")
    SafetyRule.objects.create(case=case, topic="war")
    make_target(case)
    make_model_letter(case)

    with pytest.raises(IntegrityError), transaction.atomic():
        again(case)


def test_edition_with_cases_is_not_deleted_by_accident():
    edition = make_case().edition

    with pytest.raises(IntegrityError):
        edition.delete()


# Twin definitions say the same


@pytest.mark.parametrize("stage", Stage.values)
@pytest.mark.parametrize("how", Freeze.values)
@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("year", [2025, 2999])
def test_queries_and_properties_of_a_case_agree(stage, how, listed, year):
    case = make_case(
        stage=stage,
        freeze=how,
        freeze_reason="x" if how != Freeze.NONE else "",
        listed=listed,
        edition=make_edition(year),
    )

    assert Edition.objects.opened().exists() == case.edition.has_opened == (year == 2025)
    assert Case.objects.past_gate().exists() == case.is_past_gate
    assert Case.objects.open_to_readers().exists() == case.is_open_to_readers
    assert Case.objects.visible().exists() == case.is_visible
    assert Case.objects.taking_actions().exists() == case.takes_actions
    assert Case.objects.listed().exists() == (case.is_visible and listed)


@pytest.mark.parametrize(
    "dates",
    [
        [DAY, DAY.replace(year=2024), None],
        [None, None],
        [None, DAY],
        [DAY, DAY],
        [],
    ],
)
def test_latest_outcome_is_the_same_by_query_and_by_property(dates):
    case = make_case()
    for at, day in enumerate(dates):
        make_outcome(case, date=day, headline=f"Outcome {at}")

    asked = Case.objects.with_latest_outcome().get()
    latest = Case.objects.for_page().get().latest_outcome

    assert asked.latest_outcome_headline == (latest and latest.headline)
    assert asked.latest_outcome_kind == (latest and latest.kind)


def test_newest_outcome_is_the_last_dated_one_and_of_two_the_later_entered():
    case = make_case()
    make_outcome(case, headline="Undated", date=None)
    make_outcome(case, headline="Old", date=DAY)
    make_outcome(case, headline="New", date=DAY.replace(month=3))
    make_outcome(case, headline="New too", date=DAY.replace(month=3))

    assert Case.objects.get().latest_outcome.headline == "New too"
    assert [outcome.headline for outcome in Outcome.objects.newest_first()] == [
        "New too",
        "New",
        "Old",
        "Undated",
    ]


def test_timeline_goes_by_date_and_ends_with_what_has_none():
    case = make_case()
    make_outcome(case, headline="Free", date=DAY)
    Milestone.objects.create(case=case, text="Some day", date=None)
    Milestone.objects.create(case=case, text="Arrested", date=DAY.replace(year=2023))

    assert [str(row) for row in case.timeline] == ["Arrested", "Free", "Some day"]


def test_every_kind_of_outcome_says_whether_it_is_good_bad_or_neither():
    """A kind that is new is decided here: nothing is good news because nobody thought of it."""
    tones = {
        Tone.GOOD: "released conditionally-released released-into-exile acquitted charges-dropped "
        "conviction-overturned sentence-commuted sentence-reduced investigation-opened "
        "held-to-account law-changed land-or-water-protected conditions-improved "
        "protection-given partial-progress",
        Tone.NEITHER: "no-change-yet transferred court-step",
        Tone.BAD: "worse died arrested-again convicted prosecution-declined acquittal-of-accused",
    }

    decided = {kind: tone for tone, kinds in tones.items() for kind in kinds.split()}

    assert {kind.value: kind.tone for kind in OutcomeKind} == decided
    assert set(GOOD_NEWS) == set(tones[Tone.GOOD].split())


# Counts


def test_count_of_a_case_is_of_letters_that_count():
    case, other = make_case(), make_case()
    for state in ["posted", "submitted", "drafting", "withdrawn"]:
        make_letter(case, state=state)

    counts = {one.pk: one.total_count for one in Case.objects.with_count()}

    assert counts == {case.pk: 2, other.pk: 0}


def test_edition_counts_the_cases_that_readers_find():
    edition = make_edition()
    make_case(themes=[])
    make_case(stage=Stage.CLOSED)
    make_case(stage=Stage.DRAFT)
    make_case(listed=False)
    make_case(freeze=Freeze.HIDDEN, freeze_reason="x")

    assert Edition.objects.with_case_number().get(pk=edition.pk).case_number == 2


# Addresses


def test_envelope_names_the_country_last_and_in_capitals():
    target = make_target()

    assert target.window_lines == [
        "Test Official",
        "Minister of Tests",
        "Ministry of Tests",
        "1 Invented Street",
        "0001 Testville",
        "NORWAY",
    ]
    with translation.override("fr"):
        assert target.window_lines[-1] == "NORWAY"
        assert target.postal_lines[-1] == "Norvège"


def test_office_is_not_named_twice():
    target = make_target(name="", postal="Minister of Tests\n1 Invented Street")

    assert target.recipient_lines == ["Minister of Tests", "1 Invented Street", "Norway"]


def test_office_that_the_address_begins_with_is_not_written_twice():
    target = make_target(
        office="Director General, National Office of Tests",
        name="",
        postal="National Office of Tests\nDirector General\n1 Invented Street",
    )

    assert target.recipient_lines == [
        "National Office of Tests",
        "Director General",
        "1 Invented Street",
        "Norway",
    ]


def test_office_is_not_named_twice_because_the_address_has_its_article():
    target = make_target(
        office="Prime Minister of Testland", name="A. Test", postal="The Prime Minister\n1 Street"
    )

    assert target.recipient_lines == ["A. Test", "The Prime Minister", "1 Street", "Norway"]


@pytest.mark.parametrize("office", ["Testville Court of Appeal", "Norway’s Minister of Tests"])
def test_an_office_that_begins_with_the_town_or_the_country_stays_on_the_envelope(office):
    target = make_target(office=office, name="", postal="1 Invented Street\nTestville")

    assert target.window_lines == [office, "1 Invented Street", "Testville", "NORWAY"]


def test_unknown_address_stays_missing():
    target = make_target(postal="", postal_country="", name="")

    assert target.postal_lines == []
    assert target.recipient_lines == target.window_lines == ["Minister of Tests"]


@pytest.mark.parametrize(
    ("language", "said"),
    [("es", ("Señor:", "Atentamente,")), ("en", ("Dear Minister,", "Yours faithfully,"))],
)
def test_letter_greets_in_its_language(language, said):
    target = make_target(local_language="es", local_salutation="Señor:", local_close="Atentamente,")

    assert target.salutation_in(language) == said


@pytest.mark.parametrize(("who", "lines"), [("public", 2), ("on-request", 0), ("staff-only", 0)])
def test_address_for_support_is_seen_by_whom_it_is_meant_for(who, lines):
    action = SolidarityAction(postal="A street\n", postal_country="NO", address_visibility=who)

    assert len(action.public_lines) == lines


def test_address_for_support_is_kept_back_unless_somebody_decides():
    assert SolidarityAction(postal="A street", postal_country="NO").public_lines == []


def test_unknown_rule_reads_as_no():
    rule = SafetyRule(topic="war")

    assert (rule.answer, rule.allows) == ("unknown", False)
    assert str(rule) == "War and armed conflict: not known, so no"


def test_source_is_named_by_its_site():
    assert Source(url="https://www.example.org/a/b?c").host == "example.org"


# Languages


def test_case_is_in_the_language_of_the_page_once_its_story_is():
    case = make_case()
    with translation.override("fr"):
        assert (case.language, case.headline_i18n) == ("en", case.headline)
        case.story_fr, case.headline_fr = "Une histoire.", "Une bergère"
        assert (case.language, case.headline_i18n) == ("fr", "Une bergère")
    assert (case.language, case.headline_i18n) == ("en", case.headline)


def test_empty_translation_counts_as_missing():
    case = make_case()
    case.headline_fr = ""

    with translation.override("fr"):
        assert case.headline_i18n == case.headline


def test_case_is_called_by_its_short_name_or_its_name():
    assert make_case(short_name="Ánne").short_name_or_full == "Ánne"
    assert (
        make_case(display_name="Ánne Testlund", short_name="").short_name_or_full == "Ánne Testlund"
    )


@pytest.mark.parametrize(
    "make",
    [make_case, make_outcome, make_target, make_edition, lambda: Consent(basis="given")],
    ids=["case", "outcome", "target", "edition", "consent"],
)
def test_row_says_what_it_is(make):
    assert str(make()).strip()
    assert Target(office="Minister").__str__() == "Minister"


@pytest.mark.parametrize("word", ["*", "pr*y", "*ray"])
@pytest.mark.parametrize("model", [SafetyRule, WordList])
def test_star_stands_at_the_end_of_a_word(model, word):
    with pytest.raises(ValidationError) as refused:
        model(words=["pray*", word]).clean_fields()

    sentence = f"“{word}”: a * goes at the end of a word, for any ending."
    assert refused.value.message_dict["words"] == [sentence]


@pytest.mark.parametrize("name", ["portrait", "petition", "solidarity_action", "action_count"])
def test_what_a_case_has_one_of_is_none_where_there_is_none(name):
    case = make_case()
    joined = Case.objects.select_related(name).get(pk=case.pk)

    assert getattr(case, name) is None
    assert getattr(joined, name) is None
    assert getattr(Case(), name) is None
