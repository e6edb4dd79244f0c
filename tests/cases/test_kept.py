import pytest
from django.template import Context, Engine
from django.urls import reverse
from django.utils import translation

from cases.models import (
    ActionCount,
    AppliesTo,
    Case,
    Demand,
    Edition,
    Freeze,
    Milestone,
    Outcome,
    Quote,
    SafetyRule,
    SolidarityAction,
    SolidarityPhrase,
    Source,
    Target,
    Theme,
)
from cases.templatetags import kept
from tests.factories import make_case_to_write_for

ENGINE = Engine(libraries={"kept": "cases.templatetags.kept", "i18n": "django.templatetags.i18n"})


def page_of(client, case: Case) -> str:
    return client.get(reverse("cases:case", args=[case.slug])).content.decode()


@pytest.fixture
def told(db) -> Case:
    """A case with one of everything that its page shows."""
    case = make_case_to_write_for(letter_goal=100)
    case.themes.add(Theme.objects.create(slug="land", name="Land"))
    ActionCount.objects.create(case=case, letters=5)
    Quote.objects.create(case=case, text="A quote", speaker="A speaker", may_be_shown=True)
    Source.objects.create(case=case, url="https://example.org/", supports="A source")
    Milestone.objects.create(case=case, date="2025-01-01", text="A milestone")
    Outcome.objects.create(case=case, kind="worse", headline="An outcome", text="A text")
    SolidarityAction.objects.create(case=case, recipient="A recipient")
    SolidarityPhrase.objects.create(case=case, text="A phrase")
    SafetyRule.objects.create(
        case=case, topic="war", applies_to=AppliesTo.SOLIDARITY, why="A reason"
    )
    return case


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (Case, "display_name"),
        (Case, "story"),
        (Demand, "text"),
        (Milestone, "text"),
        (Outcome, "headline"),
        (Quote, "text"),
        (SafetyRule, "why"),
        (SolidarityAction, "recipient"),
        (SolidarityPhrase, "text"),
        (Source, "supports"),
        (Target, "office"),
        (Theme, "name"),
    ],
)
def test_page_shows_a_change_at_once(client, told, model, field):
    before = page_of(client, told)

    model.objects.update(**{field: "Changed in this moment"})
    after = page_of(client, told)

    assert "Changed in this moment" not in before
    assert "Changed in this moment" in after


def test_page_shows_the_year_and_the_count_of_this_moment(client, told):
    page_of(client, told)

    Edition.objects.update(year=2031)
    ActionCount.objects.update(letters=4_321)
    after = page_of(client, told)

    assert "2031" in after
    assert "4,321" in after


def test_page_shows_another_case_as_it_is_now(client, told):
    other = make_case_to_write_for(display_name="Another Person")
    before = page_of(client, told)

    Case.objects.filter(pk=other.pk).update(freeze=Freeze.HIDDEN, freeze_reason="A threat")
    after = page_of(client, told)

    assert "Another Person" in before
    assert "Another Person" not in after


def test_page_that_was_kept_says_the_same_as_a_new_one(client, told):
    assert page_of(client, told) == page_of(client, told)


def test_text_is_kept_once_a_language_and_fingerprint():
    source = '{% load kept i18n %}{% kept print %}{% translate "Monday" %} {{ word }}{% endkept %}'
    template = ENGINE.from_string(source)

    def render(language: str, fingerprint: str, word: str) -> str:
        with translation.override(language):
            return template.render(Context({"print": fingerprint, "word": word}))

    assert render("en", "a", "1") == "Monday 1"
    assert render("en", "a", "2") == "Monday 1"
    assert render("fr", "a", "3") == "lundi 3"
    assert render("en", "b", "4") == "Monday 4"
    assert render("en", "", "5") == "Monday 5"
    assert render("en", "", "6") == "Monday 6"


def test_number_of_kept_texts_is_bounded(monkeypatch):
    monkeypatch.setattr(kept, "MOST_KEPT", 3)
    template = ENGINE.from_string("{% load kept %}{% kept print %}{{ print }}{% endkept %}")

    for number in range(10):
        template.render(Context({"print": str(number)}))

    [node] = template.nodelist.get_nodes_by_type(kept.KeptNode)
    assert [fingerprint for _language, fingerprint in node.kept] == ["7", "8", "9"]
