"""Several targets of a case: in content files, in the admin, at the gate and for two people."""

import pytest
import time_machine
from django.urls import reverse

from cases.content_files import importing
from cases.content_files.parsing import ContentError
from cases.models import Case, Edition, ModelLetter, PendingChange, Point, Target
from cases.publishing import cloning, gate
from tests.cases.content_files.test_load_campaign import CASE
from tests.cases.publishing.test_second_people import ALL_RULES, content, decide
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_edition,
    make_letter,
    make_model_letter,
    make_pledge,
    make_target,
)
from tests.staff import form_data, signed_in, text

pytestmark = pytest.mark.django_db

PUBLIC = CASE.replace('stage = "draft"', 'stage = "published"') + ALL_RULES
SECOND = """
[[targets]]
key = "prosecutor"
office = "Prosecutor of Tests"
asked = "Decide about the file."
holder_as_of = "2026-03"
salutation = "Dear Prosecutor,"
close = "Respectfully,"
language = "en"
postal = ["2 Court Street"]
postal_country = "NO"
address_as_of = "2025"
address_confidence = "low"

[[targets.model_letters]]
language = "en"
subject = "The file"
body = "Please decide."
points = ["Decide soon."]
"""
# The target that the file has already, with what each needs where there are several.
NAMED = PUBLIC.replace("[[targets]]\n", '[[targets]]\nkey = "main"\nasked = "Stop building."\n')
BOTH = NAMED + SECOND


# --- content files


def test_a_file_has_targets_in_their_order_each_with_its_letters(tmp_path):
    importing.load([content(tmp_path, BOTH)])

    first, second = Case.objects.get().targets.all()
    assert [first.key, second.key] == ["main", "prosecutor"]
    assert [letter.subject for letter in first.model_letters.all()] == ["The pastures"]
    assert [letter.subject for letter in second.model_letters.all()] == ["The file"]
    assert Point.objects.get(model_letter__target=second).text == "Decide soon."
    assert (second.asked, second.holder_as_of_text) == ("Decide about the file.", "March 2026")
    assert (second.address_as_of, second.address_confidence) == ("2025", "low")
    assert importing.load([content(tmp_path, BOTH)]).unchanged == 1


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            CASE.replace("[[targets]]", "[target]").replace("[[targets.model", "[[target.model"),
            "target: is written [[targets]] now, as a case may have several targets.",
        ),
        (
            CASE.replace("[[targets.model_letters]]", "[[model_letters]]"),
            "model_letters: is written [[targets.model_letters]] now",
        ),
        (CASE + SECOND, "targets 1, key: is needed where there are several targets."),
        (
            BOTH.replace('asked = "Decide about the file."', ""),
            "targets 2, asked: is needed where there are several targets.",
        ),
        (
            BOTH.replace('key = "prosecutor"', 'key = "main"'),
            "targets 2, key: “main” is the key of another target of this case.",
        ),
        (BOTH.replace('"2026-03"', '"March"'), "targets 2, holder_as_of: “March” is no date"),
        (BOTH.replace('"low"', '"some"'), "Write one of: high, medium, low."),
    ],
    ids=["old", "old letters", "no key", "not asked", "twice", "date", "confidence"],
)
def test_a_wrong_target_of_a_file_is_a_sentence(tmp_path, words, error):
    with pytest.raises(ContentError) as raised:
        importing.load([content(tmp_path, words)])

    assert error in str(raised.value)
    assert not Case.objects.exists()


def test_a_file_does_not_leave_out_a_target_that_people_wrote_to(tmp_path):
    importing.load([content(tmp_path, BOTH)])
    make_letter(Case.objects.get(), target=Target.objects.get(key="prosecutor"))

    with pytest.raises(ContentError, match=r"people have written to it.*appeal_deadline"):
        importing.load([content(tmp_path, PUBLIC)])
    assert ModelLetter.objects.count() == 2
    ended = BOTH.replace('key = "prosecutor"', 'key = "prosecutor"\nappeal_deadline = "2025-12-31"')
    importing.load([content(tmp_path, ended)])
    assert not Target.objects.get(key="prosecutor").is_open


def test_a_target_that_nobody_wrote_to_goes_with_its_letters_and_their_history_stays(tmp_path):
    importing.load([content(tmp_path, BOTH)])

    importing.load([content(tmp_path, NAMED)])

    assert [target.key for target in Target.objects.all()] == ["main"]
    gone = ModelLetter.history.filter(subject="The file").order_by("history_id")
    assert [version.history_type for version in gone] == ["+", "-"]
    history = text(
        signed_in("editor").get(reverse("admin:cases_case_history", args=[Case.objects.get().pk]))
    )
    assert "model letter “The file (en)”" in history


def test_a_new_target_of_a_published_case_is_there_at_once_and_its_address_waits(tmp_path):
    importing.load([content(tmp_path, NAMED)])

    report = importing.load([content(tmp_path, BOTH)])

    new = Target.objects.get(key="prosecutor")
    assert (new.postal, new.model_letters.get().subject) == ("", "The file")
    assert any("waits for a second person" in line for line in report.left_alone)
    decide(signed_in("editor"), PendingChange.objects.get())
    assert Target.objects.get(key="prosecutor").postal_lines == ["2 Court Street", "Norway"]
    assert importing.load([content(tmp_path, BOTH)]).unchanged == 1


# --- the admin, the gate


def change(case: Case) -> str:
    return reverse("admin:cases_case_change", args=[case.pk])


@pytest.mark.slow
def test_staff_delete_no_target_that_people_wrote_to():
    case = make_case_to_write_for()
    make_letter(case)
    make_target(case)
    client = signed_in("editor")

    form = form_data(client.get(change(case)))
    answer = client.post(change(case), form | {"targets-0-DELETE": "on"})
    other = client.post(change(case), form | {"targets-1-DELETE": "on"})

    assert "People have written to this target, so it stays" in text(answer)
    assert other.status_code == 302
    assert [target.key for target in case.targets.all()] == ["main"]


@pytest.mark.slow
def test_showing_an_address_that_was_for_staff_takes_two_people_and_hiding_it_one():
    case = make_case(stage="published")
    target = make_target(case, address_for_staff_only=True)
    client = signed_in("editor")
    form = form_data(client.get(change(case)))
    form.pop("targets-0-address_for_staff_only", None)

    client.post(change(case), form)
    target.refresh_from_db()
    assert target.address_for_staff_only
    decide(signed_in("safety"), PendingChange.objects.get())
    target.refresh_from_db()
    assert not target.address_for_staff_only

    form = form_data(client.get(change(case)))
    client.post(change(case), form | {"targets-0-address_for_staff_only": "on"})
    target.refresh_from_db()
    assert target.address_for_staff_only
    assert not PendingChange.objects.exists()


def test_several_targets_each_need_what_they_are_asked_before_a_case_is_shown():
    case = make_case_to_write_for()
    make_target(case, asked="Decide.")
    case = gate.with_needed(Case.objects.all()).get()

    assert "There are several targets: each needs what it is asked." in gate.problems(case)
    assert "There is no model letter: Minister of Tests." in gate.remarks(case)


def test_a_clone_has_all_targets_and_letters_but_neither_days_nor_checks():
    case = make_case_to_write_for()
    second = make_target(case, key="other", appeal_deadline="2025-12-31", checked_on="2025-11-01")
    make_model_letter(case, "fr", target=second)

    draft = cloning.clone(case, make_edition(2026))

    first, other = draft.targets.all()
    assert first.model_letters.get().points.count() == 2
    assert (other.key, other.appeal_deadline, other.checked_on) == ("other", None, None)
    assert other.model_letters.get().language == "fr"


def test_letters_are_listed_with_their_target_and_filtered_by_it(django_assert_num_queries):
    case = make_case_to_write_for()
    other = make_target(case, office="Prosecutor of Tests")
    letters = [make_letter(case, state="submitted", target=one) for one in case.targets.all()]
    client = signed_in("moderator")
    url = reverse("admin:letters_letter_changelist")

    page = text(client.get(url, {"case": case.pk, "target": other.pk}))

    assert "Prosecutor of Tests" in page
    links = [reverse("admin:letters_letter_change", args=[letter.pk]) for letter in letters]
    assert [link in page for link in links] == [False, True]


# --- the edition


def test_the_goal_of_an_edition_is_shown_once_there_are_letters(client, settings):
    settings.PAGE_CACHE_SECONDS = 0
    case = make_case_to_write_for()
    Edition.objects.update(letter_goal=200)
    home = reverse("cases:home")

    assert "that we hope for" not in text(client.get(home))
    make_letter(case, state="posted")
    case.action_count.__class__.objects.update(shown_letters=50)

    page = " ".join(text(client.get(home)).split())
    assert '<progress class="goal" max="100" value="25"' in page
    assert "Of 200 letters that we hope for" in page


@pytest.mark.parametrize(("now", "is_shown"), [("2026-01-31", True), ("2026-02-02", False)])
def test_groups_are_told_until_when_to_report_as_long_as_they_can(client, now, is_shown):
    pledge = make_pledge(make_case_to_write_for())
    Edition.objects.update(reporting_deadline="2026-01-31")

    with time_machine.travel(now):
        shown = [
            "by 31 January 2026" in text(client.get(url))
            for url in [pledge.get_absolute_url(), reverse("letters:pledge-edition")]
        ]

    assert shown == [is_shown] * 2
