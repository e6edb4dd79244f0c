"""Two people at one form: the second save never undoes the first."""

from functools import partial
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.test import RequestFactory
from django.urls import reverse

from cases.admin.versions import VersionCheckMixin
from cases.models import Case, Demand, Outcome, SafetyRule, Stage, Target, Theme
from tests.factories import make_case, make_outcome, make_target
from tests.letters.at_once import at_once
from tests.staff import form_data, make_staff, said, signed_in, text

pytestmark = pytest.mark.django_db


def change(row) -> str:
    opts = row._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])


class Form(HTMLParser):
    """What a browser sends of the last form on a page, with nothing touched."""

    def __init__(self, response) -> None:
        super().__init__()
        self.data: dict[str, list[str]] = {}
        self.area = self.select = ""
        page = text(response)
        self.feed(page[page.index('class="both-changed"') :])

    def handle_starttag(self, tag, attributes) -> None:
        found = dict(attributes)
        name = found.get("name", "")
        if tag == "textarea":
            self.area = name
            self.data[name] = [""]
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in found:
            self.data.setdefault(self.select, []).append(found["value"])
        elif tag == "input" and (
            found.get("type") not in ("radio", "checkbox") or "checked" in found
        ):
            self.data.setdefault(name, []).append(found.get("value") or "")

    def handle_endtag(self, tag) -> None:
        if tag == "textarea":
            self.area = ""

    def handle_data(self, words) -> None:
        if self.area:
            self.data[self.area] = [self.data[self.area][0] + words.removeprefix("\n")]


def chosen(response, **answers) -> dict:
    """The form of the page that asks, with one answer for all, or one by the label's field."""
    form = Form(response).data
    for question in response.context["questions"]:
        form[f"keep:{question.key}"] = [answers.get(question.key.split(":")[-1], answers["rest"])]
    return form


def two_open(case: Case):
    """Edith and Emil with the same form before them: their browsers, and what each would send."""
    edith, emil = signed_in("editor", username="edith"), signed_in("editor", username="emil")
    return edith, form_data(edith.get(change(case))), emil, form_data(emil.get(change(case)))


@pytest.mark.slow
def test_what_only_the_first_changed_stays_when_the_second_saves_another_field():
    case = make_case(headline="Old headline", summary="Old summary")
    demand = Demand.objects.create(case=case, text="Name the sister", position=1)
    edith, first, emil, second = two_open(case)

    edith.post(change(case), first | {"headline": "New", "demands-0-text": "Name nobody"})
    response = emil.post(change(case), second | {"summary": "New summary"}, follow=True)

    case.refresh_from_db()
    demand.refresh_from_db()
    assert (case.headline, case.summary, demand.text) == ("New", "New summary", "Name nobody")
    assert (
        "Somebody else changed this in the meantime, and it was kept: Headline"
        in said(response)[-1]
    )


@pytest.mark.slow
def test_a_field_that_both_changed_is_asked_about_and_nothing_is_saved_before():
    case = make_case(headline="Old", summary="Old summary")
    edith, first, emil, second = two_open(case)
    edith.post(change(case), first | {"headline": "Edith’s words"})

    response = emil.post(change(case), second | {"headline": "Emil’s words", "summary": "More"})

    case.refresh_from_db()
    assert response.status_code == 409
    assert (case.headline, case.summary) == ("Edith’s words", "Old summary")
    (question,) = response.context["questions"]
    assert (question.label, question.stored, question.typed, question.by) == (
        "Headline", "Edith’s words", "Emil’s words", "edith"
    )  # fmt: skip
    assert "Edith’s words" in text(response)
    assert "Emil’s words" in text(response)


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "kept"), [("stored", "Edith’s"), ("mine", "Emil’s")])
def test_the_answer_is_saved_with_all_else_that_was_typed(answer, kept):
    case = make_case(headline="Old", summary="Old summary", story="Old.\r\n\r\nStory")
    edith, first, emil, second = two_open(case)
    edith.post(change(case), first | {"headline": "Edith’s"})
    typed = {"headline": "Emil’s", "summary": "More", "story": "One.\r\n\r\nTwo."}
    response = emil.post(change(case), second | typed)

    emil.post(change(case), chosen(response, rest=answer))

    case.refresh_from_db()
    assert (case.headline, case.summary) == (kept, "More")
    assert case.story.split() == ["One.", "Two."]


@pytest.mark.slow
def test_the_typed_text_can_be_changed_on_the_page_that_asks():
    case = make_case(headline="Old")
    edith, first, emil, second = two_open(case)
    edith.post(change(case), first | {"headline": "Edith’s"})
    response = emil.post(change(case), second | {"headline": "Emil’s"})

    emil.post(change(case), chosen(response, rest="mine") | {"headline": "Both of us"})

    case.refresh_from_db()
    assert case.headline == "Both of us"


@pytest.mark.slow
def test_no_answer_is_asked_for_again():
    case = make_case(headline="Old")
    edith, first, emil, second = two_open(case)
    edith.post(change(case), first | {"headline": "Edith’s"})
    response = emil.post(change(case), second | {"headline": "Emil’s"})

    response = emil.post(change(case), Form(response).data)

    case.refresh_from_db()
    assert (response.status_code, case.headline) == (409, "Edith’s")
    assert "There is a problem" in text(response)


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["stored", "mine"])
def test_a_third_save_before_the_answer_is_asked_about_again(answer):
    case = make_case(headline="Old")
    edith, first, emil, second = two_open(case)
    edith.post(change(case), first | {"headline": "Edith’s"})
    response = emil.post(change(case), second | {"headline": "Emil’s"})
    edith.post(change(case), form_data(edith.get(change(case))) | {"headline": "Edith’s second"})

    response = emil.post(change(case), chosen(response, rest=answer))

    case.refresh_from_db()
    assert (response.status_code, case.headline) == (409, "Edith’s second")
    assert response.context["questions"][0].stored == "Edith’s second"
    emil.post(change(case), chosen(response, rest="mine"))
    case.refresh_from_db()
    assert case.headline == "Emil’s"


@pytest.mark.slow
def test_each_field_gets_its_own_answer():
    case = make_case(headline="Old", summary="Old")
    edith, first, emil, second = two_open(case)
    edith.post(change(case), first | {"headline": "Edith’s", "summary": "Edith’s"})
    response = emil.post(change(case), second | {"headline": "Emil’s", "summary": "Emil’s"})

    emil.post(change(case), chosen(response, headline="mine", rest="stored"))

    case.refresh_from_db()
    assert (case.headline, case.summary) == ("Emil’s", "Edith’s")


@pytest.mark.slow
def test_both_typing_the_same_asks_nothing():
    case = make_case(headline="Old")
    edith, first, emil, second = two_open(case)

    edith.post(change(case), first | {"headline": "Same"})

    assert emil.post(change(case), second | {"headline": "Same"}).status_code == 302


@pytest.mark.slow
def test_ones_own_older_window_undoes_nothing_either():
    case = make_case(headline="Old")
    edith = signed_in("editor", username="edith")
    first, second = (form_data(edith.get(change(case))) for _window in range(2))
    edith.post(change(case), first | {"headline": "New"})

    response = edith.post(change(case), second | {"headline": "Newer"})

    assert response.status_code == 409
    assert "(you, in another window or before)" in text(response)


@pytest.mark.slow
def test_a_form_without_its_version_overwrites_nothing():
    case = make_case(headline="Old")
    client = signed_in("editor")
    data = form_data(client.get(change(case)))

    for version in ["", "x", form_data(client.get(change(make_case())))["_version"]]:
        response = client.post(change(case), data | {"headline": "New", "_version": version})

        case.refresh_from_db()
        assert (response.status_code, case.headline) == (409, "Old")


@pytest.mark.slow
def test_choices_themes_flags_dates_and_numbers_are_compared_too():
    themes = [Theme.objects.create(name=name, slug=name) for name in "abc"]
    case = make_case(pronouns="she", listed=True, position=5, review_by="2025-01-01")
    case.themes.set(themes[:1])
    edith, first, emil, second = two_open(case)
    changed = {"pronouns": "he", "position": "0", "review_by": "2025-02-02", "listed": ""}
    edith.post(change(case), first | changed | {"themes": [themes[0].pk, themes[1].pk]})

    emil.post(change(case), second | {"summary": "More"})

    case.refresh_from_db()
    assert (case.pronouns, case.position, str(case.review_by), case.listed) == (
        "he", 0, "2025-02-02", False
    )  # fmt: skip
    assert set(case.themes.all()) == set(themes[:2])
    response = emil.post(change(case), second | {"themes": [themes[2].pk], "pronouns": "they"})
    assert {one.label: (one.stored, one.typed) for one in response.context["questions"]} == {
        "Pronouns": ("he, his", "they, their"),
        "Themes": ("a, b", "c"),
    }


# --- rows under the case


@pytest.mark.slow
def test_a_row_that_was_deleted_meanwhile_stays_deleted_if_it_was_not_touched():
    case = make_case()
    _gone, kept = (Demand.objects.create(case=case, text=name, position=1) for name in "ab")
    edith, first, emil, second = two_open(case)
    edith.post(change(case), first | {"demands-0-DELETE": "on"})

    response = emil.post(change(case), second | {"demands-1-text": "b, changed"})

    assert response.status_code == 302
    assert list(case.demands.values_list("pk", "text")) == [(kept.pk, "b, changed")]


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "left"), [("stored", ["b"]), ("mine", ["b", "a, changed"])])
def test_a_row_that_was_deleted_meanwhile_and_changed_here_is_asked_about(answer, left):
    case = make_case()
    for name in "ab":
        Demand.objects.create(case=case, text=name, position=1)
    edith, first, emil, second = two_open(case)
    edith.post(change(case), first | {"demands-0-DELETE": "on"})

    response = emil.post(change(case), second | {"demands-0-text": "a, changed"})

    assert response.status_code == 409
    (question,) = response.context["questions"]
    assert (question.kind, question.by) == ("deleted", "edith")
    assert "a, changed" in question.typed
    emil.post(change(case), chosen(response, rest=answer))
    assert sorted(case.demands.values_list("text", flat=True)) == sorted(left)


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "left"), [("stored", ["a, better"]), ("mine", [])])
def test_deleting_a_row_that_somebody_changed_meanwhile_is_asked_about(answer, left):
    case = make_case()
    Demand.objects.create(case=case, text="a", position=1)
    edith, first, emil, second = two_open(case)
    edith.post(change(case), first | {"demands-0-text": "a, better"})

    response = emil.post(change(case), second | {"demands-0-DELETE": "on"})

    assert response.status_code == 409
    assert list(case.demands.values_list("text", flat=True)) == ["a, better"]
    emil.post(change(case), chosen(response, rest=answer))
    assert list(case.demands.values_list("text", flat=True)) == left


@pytest.mark.slow
def test_both_add_a_row_and_both_are_there():
    case = make_case()
    edith, first, emil, second = two_open(case)
    row = {"demands-TOTAL_FORMS": 1, "demands-0-position": 1}
    edith.post(change(case), first | row | {"demands-0-text": "Edith’s"})

    emil.post(change(case), second | row | {"demands-0-text": "Emil’s"})

    assert sorted(case.demands.values_list("text", flat=True)) == ["Edith’s", "Emil’s"]


@pytest.mark.slow
def test_a_form_sent_twice_adds_its_row_once():
    case = make_case()
    client = signed_in("editor")
    data = form_data(client.get(change(case)))
    data |= {"demands-TOTAL_FORMS": 1, "demands-0-position": 1, "demands-0-text": "Free her"}

    answers = [client.post(change(case), data).status_code for _press in range(2)]

    assert answers == [302, 302]
    assert case.demands.count() == 1


@pytest.mark.slow
def test_both_add_the_one_target_and_are_asked_field_by_field():
    case = make_case(stage=Stage.DRAFT)
    edith, first, emil, second = two_open(case)
    row = {"targets-0-office": "x", "targets-0-salutation": "Dear", "targets-0-close": "Yours"}
    edith.post(change(case), first | row | {"targets-0-title": "The minister"})

    response = emil.post(change(case), second | row | {"targets-0-title": "The king"})

    assert response.status_code == 409
    assert [one.stored for one in response.context["questions"]] == ["The minister"]
    emil.post(change(case), chosen(response, rest="mine"))
    assert Target.objects.get().title == "The king"


@pytest.mark.slow
def test_an_empty_target_does_not_empty_the_one_that_was_added_meanwhile():
    case = make_case()
    emil = signed_in("editor")
    data = form_data(emil.get(change(case)))
    make_target(case, title="The minister")

    assert emil.post(change(case), data).status_code == 302
    assert Target.objects.get().title == "The minister"


@pytest.mark.slow
def test_rules_that_both_answer_for_the_first_time_stand_once():
    case = make_case()
    edith, first, emil, second = two_open(case)
    topics = {second[f"safety_rules-{nr}-topic"]: nr for nr in range(11)}
    nr, other = topics["religion"], topics["charges"]
    edith.post(change(case), first | {f"safety_rules-{nr}-answer": "no"})

    response = emil.post(change(case), second | {f"safety_rules-{other}-answer": "yes"})

    assert response.status_code == 302
    assert SafetyRule.objects.count() == 22
    rules = SafetyRule.objects.filter(applies_to=second["safety_rules-0-applies_to"])
    answers = dict(rules.exclude(answer="unknown").values_list("topic", "answer"))
    assert answers == {"religion": "no", "charges": "yes"}


@pytest.mark.slow
def test_an_outcome_is_one_thing_on_its_page_and_on_that_of_its_case():
    outcome = make_outcome(headline="Old")
    case = outcome.case
    edith, emil = signed_in("editor", username="edith"), signed_in("editor")
    first, second = form_data(edith.get(change(outcome))), form_data(emil.get(change(case)))
    edith.post(change(outcome), first | {"headline": "Edith’s"})

    response = emil.post(change(case), second | {"outcomes-0-headline": "Emil’s"})

    assert response.status_code == 409
    assert Outcome.objects.get().headline == "Edith’s"


# --- acts, errors, and what is gone


@pytest.mark.slow
def test_acts_change_what_no_form_carries_and_are_never_undone():
    case = make_case(stage=Stage.PUBLISHED)
    client = signed_in("editor")
    data = form_data(client.get(change(case)))
    client.post(reverse("admin:cases_case_act", args=[case.pk]), {"act": "close"})

    assert client.post(change(case), data | {"summary": "More"}).status_code == 302
    case.refresh_from_db()
    assert (case.stage, case.summary) == (Stage.CLOSED, "More")


@pytest.mark.slow
def test_after_an_error_the_form_holds_what_both_wrote():
    case = make_case(headline="Old", summary="Old")
    edith, first, emil, second = two_open(case)
    edith.post(change(case), first | {"headline": "Edith’s"})

    response = emil.post(change(case), second | {"summary": ""})

    assert response.status_code == 200
    data = form_data(response)
    assert data["headline"] == "Edith’s"
    assert emil.post(change(case), data | {"summary": "Emil’s"}).status_code == 302
    case.refresh_from_db()
    assert (case.headline, case.summary) == ("Edith’s", "Emil’s")


@pytest.mark.slow
def test_text_typed_into_a_case_that_was_deleted_meanwhile_can_be_copied():
    case = make_case(stage=Stage.DRAFT)
    boss = signed_in(is_superuser=True, username="boss")
    emil = signed_in("editor")
    data = form_data(emil.get(change(case))) | {"story": "Two hours of work"}
    boss.post(reverse("admin:cases_case_delete", args=[case.pk]), {"post": "yes"})

    response = emil.post(change(case), data)

    assert response.status_code == 409
    assert "Two hours of work" in text(response)
    assert "boss deleted this at" in text(response)


def test_what_is_not_there_and_who_may_not_are_answered_as_before():
    case = make_case()

    assert signed_in("moderator").post(change(case), {"headline": "x"}).status_code == 403
    for key in ["99999", "x"]:
        url = f"/admin/cases/case/{key}/change/"
        assert signed_in("moderator").post(url, {}).status_code in (302, 403)
        assert signed_in("editor").post(url, {"headline": "x"}).status_code == 409


# --- every admin


def boss_request():
    request = RequestFactory().get("/")
    request.user = make_staff(is_superuser=True)
    return request


# Pages of their own, whose forms send which version was `seen`; see
# tests/letters/statistics/test_paper_counts.py.
OWN_PAGES = {"letters.PaperCount"}


def test_every_form_in_the_admin_has_the_check():
    request = boss_request()

    own_pages = set()
    for model, found in admin.site._registry.items():
        assert not found.list_editable, f"{model}: many rows in one form have no check yet"
        if not found.has_change_permission(request):
            continue
        if not isinstance(found, VersionCheckMixin):
            own_pages.add(model._meta.label)
            continue
        mro = type(found).mro()
        assert mro.index(VersionCheckMixin) < mro.index(ModelAdmin)
    assert own_pages == OWN_PAGES


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_once_one_is_asked():
    case = make_case(headline="Old")
    edith, emil = signed_in(is_superuser=True), signed_in(is_superuser=True)
    first, second = form_data(edith.get(change(case))), form_data(emil.get(change(case)))

    answers = at_once(
        lambda: edith.post(change(case), first | {"headline": "Edith’s"}).status_code,
        lambda: emil.post(change(case), second | {"headline": "Emil’s"}).status_code,
    )

    assert sorted(answers) == [302, 409]
    case.refresh_from_db()
    assert case.headline == ("Edith’s" if answers[0] == 302 else "Emil’s")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_an_outcome_and_its_case_can_be_saved_at_once():
    outcome = make_outcome(headline="Old")
    case = outcome.case
    edith, emil = signed_in(is_superuser=True), signed_in(is_superuser=True)

    for words in "1234":
        seen, typed = form_data(edith.get(change(outcome))), form_data(emil.get(change(case)))
        one = partial(edith.post, change(outcome), seen | {"text": words})
        other = partial(emil.post, change(case), typed | {"headline": words})
        assert [answer.status_code for answer in at_once(one, other)] == [302, 302]

    outcome.refresh_from_db()
    case.refresh_from_db()
    assert (outcome.text, case.headline) == ("4", "4")
