"""Content files: an address and its person stay together, and what a file changes is said."""
# ruff: noqa: F811

import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError

from cases.content_files.fields import fields_in_files
from cases.models import Case, Edition, YearlyFigure
from tests.cases.content_files.test_load_campaign import (  # noqa: F401 - media and content are fixtures
    CASE,
    EDITION,
    FIGURES,
    add_picture,
    change,
    content,
    everything,
    load,
    media,
)
from tests.factories import make_case

pytestmark = pytest.mark.django_db


def refusal(*folders: Path, **options) -> str:
    """The one sentence with which a load is refused; nothing is changed by it."""
    before = everything()
    with pytest.raises(CommandError) as error:
        load(*folders, **options)
    assert everything() == before
    first, last = str(error.value).splitlines()
    assert last == "Nothing was loaded."
    return first


def make_year(folder: Path, year: int = 2026) -> Path:
    path = folder / str(year)
    path.mkdir(parents=True)
    (path / "edition.toml").write_text(EDITION.replace("2025", str(year)))
    return path


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_file_of_a_new_year_with_an_old_address_is_refused(content, tmp_path, dry_run):
    load(content)
    own = tmp_path / "own"
    file = make_year(own) / "ellen.toml"
    file.write_text(CASE.replace("Ellen Test", "Clara Inventée"))

    assert refusal(own, dry_run=dry_run) == (
        "2026/ellen.toml: tells of “Clara Inventée” (2026), and the address ellen belongs to "
        "“Ellen Test” (2025), which stays as it is. For a case of 2026, give this file a name of "
        "its own, like ellen-2026.toml; if it is the same person, it says earlier_case = “ellen”."
    )


def test_a_copied_folder_with_a_new_year_moves_nobody(content, tmp_path):
    load(content)
    own = tmp_path / "own"
    shutil.copytree(content / "2025", own / "2026")
    shutil.copy(content / "themes.toml", own)
    (own / "2026" / "edition.toml").write_text(EDITION.replace("2025", "2026"))

    assert refusal(own).startswith("2026/ellen.toml: tells of “Ellen Test” (2026), and the address")
    assert Case.objects.get().edition.year == 2025


def test_a_file_that_tells_of_somebody_else_is_refused_in_its_own_year_too(content):
    load(content)
    change(content / "2025" / "ellen.toml", "Ellen Test", "Clara Inventée")

    assert refusal(content) == (
        "2025/ellen.toml: tells of “Clara Inventée” (2025), and the address ellen belongs to "
        "“Ellen Test” (2025), which stays as it is. If this is somebody else, give this file a "
        "name of its own, like ellen-2025.toml. If it is the same person and only the spelling "
        "was put right, write renamed_from = “Ellen Test” into it."
    )


def test_a_case_made_here_is_not_turned_into_somebody_else_either(content):
    make_case(slug="ellen", display_name="Ellen of ours")

    assert "belongs to “Ellen of ours” (2025)" in refusal(content)


def test_a_spelling_that_the_file_says_it_corrects_is_corrected(content):
    load(content)
    file = content / "2025" / "ellen.toml"
    change(file, 'display_name = "Ellen Test"', 'display_name = "Ellén Test"')
    assert "write renamed_from" in refusal(content)
    change(file, 'short_name = "Ellen"', 'short_name = "Ellén"\nrenamed_from = "Ellen Text"')
    assert "write renamed_from" in refusal(content)
    change(file, "Ellen Text", "Ellen Test")

    assert load(content) == "Cases: 0 new, 1 changed, 0 as they were.\n"
    assert load(content) == "Cases: 0 new, 0 changed, 1 as they were.\n"
    assert Case.objects.get().display_name == "Ellén Test"


def test_a_name_that_staff_corrected_does_not_make_the_file_wrong(content):
    load(content)
    case = Case.objects.get()
    case.display_name = "Ellén Test"
    case.save()

    assert load(content).splitlines()[0] == (
        "Ellén Test was changed here since it was loaded; it was left as it is."
    )


def test_the_address_of_a_deleted_case_is_nobody_elses(content):
    load(content)
    Case.objects.get().delete()
    change(content / "2025" / "ellen.toml", "Ellen Test", "Clara Inventée")

    assert "belongs to “Ellen Test” (2025)" in refusal(content)


def test_the_same_person_in_a_new_year_is_a_new_case_that_names_the_earlier_one(content):
    load(content)
    old = Case.objects.get()
    (make_year(content) / "ellen-2026.toml").write_text('earlier_case = "ellen"\n' + CASE)

    assert load(content) == "Cases: 1 new, 0 changed, 1 as they were.\n"

    new = Case.objects.get(slug="ellen-2026")
    assert (new.earlier, new.edition.year) == (old, 2026)
    old.refresh_from_db()
    assert (old.edition.year, old.earlier) == (2025, None)
    assert load(content) == "Cases: 0 new, 0 changed, 2 as they were.\n"


def test_both_years_may_be_loaded_at_once(content):
    (make_year(content) / "ellen-2026.toml").write_text('earlier_case = "ellen"\n' + CASE)

    load(content)

    assert Case.objects.get(slug="ellen-2026").earlier.slug == "ellen"


def test_an_earlier_case_may_be_named_later(content):
    file = make_year(content) / "ellen-2026.toml"
    file.write_text(CASE)
    load(content)
    file.write_text('earlier_case = "ellen"\n' + CASE)

    assert load(content, dry_run=True).splitlines()[0] == (
        "The earlier case of Ellen Test would be changed."
    )
    assert load(content).splitlines() == [
        "The earlier case of Ellen Test was changed.",
        "Cases: 0 new, 0 changed, 2 as they were.",
    ]
    assert Case.objects.get(slug="ellen-2026").earlier.slug == "ellen"


def test_an_earlier_case_that_staff_took_away_stays_away_and_is_named(content):
    (make_year(content) / "ellen-2026.toml").write_text('earlier_case = "ellen"\n' + CASE)
    load(content)
    case = Case.objects.get(slug="ellen-2026")
    case.earlier = None
    case.save()

    assert load(content).splitlines()[0] == (
        "2026/ellen-2026.toml names ellen as the earlier case of Ellen Test; here it is none, and "
        "was left as it is."
    )
    assert Case.objects.get(slug="ellen-2026").earlier is None


@pytest.mark.parametrize(
    ("slug", "sentence"),
    [
        ("nobody", "there is no case “nobody”."),
        ("ellen", "“ellen” is of 2025, and not of a year before 2025."),
    ],
)
def test_an_earlier_case_must_be_there_and_be_earlier(content, slug, sentence):
    change(content / "2025" / "ellen.toml", "position = 1", f'earlier_case = "{slug}"')

    assert refusal(content) == f"2025/ellen.toml: earlier_case: {sentence}"


def test_two_files_of_one_name_in_two_years_are_refused_with_a_way_on(content):
    (make_year(content) / "ellen.toml").write_text(CASE)

    assert refusal(content) == (
        "2026/ellen.toml: 2025/ellen.toml has the same name, and so the same address. Name one of "
        "them anew, like ellen-2026.toml; if both are about one person, the later one says "
        "earlier_case = “…”."
    )


def test_a_file_that_was_taken_away_is_named(content):
    load(content)
    (content / "2025" / "ellen.toml").unlink()

    assert load(content).splitlines()[0] == (
        "Ellen Test (ellen) was loaded once, and there is no file of it now; the case stays as it "
        "is."
    )


# --- each thing a file says, changed alone, is noticed


FIGURE_CHANGES = {
    "year": None,  # another year is another figure
    "actions": ("actions = 3000", "actions = 3001"),
    "qualifier": ("more than", "nearly"),
    "countries": ("year = 2014", "year = 2014\ncountries = 5"),
    "countries_qualifier": ("year = 2014", 'year = 2014\ncountries_qualifier = "at least"'),
    "countries_note": ("year = 2014", 'year = 2014\ncountries_note = "counted twice"'),
    "note": ("year = 2014", 'year = 2014\nnote = "a note"'),
    "source_url": ("example/2014", "example/other"),
}
CASE_CHANGES = {
    "slug": None,  # another address is another case
    "i18n": None,  # is for staff
    "display_name": ('"Ellen Test"\nshort', '"Ellén Test"\nrenamed_from = "Ellen Test"\nshort'),
    "short_name": ('short_name = "Ellen"', 'short_name = "E."'),
    "other_names": ("position = 1", 'position = 1\nother_names = ["Elen"]'),
    "kind": ('kind = "person"', 'kind = "group"'),
    "pronouns": ("position = 1", 'position = 1\npronouns = "she"'),
    "country": ('country = "NO"\nregion', 'country = "SE"\nregion'),
    "region": ('"europe-central-asia"', '"africa"'),
    "headline": ("A herder defends", "An old herder defends"),
    "summary": ("A herder of a test", "A herder"),
    "story": ("They do not exist.\n", "They never did.\n"),
    "content_note": ("position = 1", 'position = 1\ncontent_note = "Violence."'),
    "age_hint": ("position = 1", 'position = 1\nage_hint = "From 11"'),
    "address_note": ("position = 1", 'position = 1\naddress_note = "By embassy."'),
    "no_target_reason": ("position = 1", 'position = 1\nno_target_reason = "Nobody."'),
    "stage": ('stage = "draft"', 'stage = "in-review"'),
    "position": ("position = 1", "position = 2"),
    "facts_as_of": ('facts_as_of = "2025-12"', 'facts_as_of = "2026-01"'),
    "review_by": ("position = 1", 'position = 1\nreview_by = "2026-12-01"'),
    "takes_deliveries": ("position = 1", "position = 1\ntakes_deliveries = true"),
    "staff_note": ("position = 1", 'position = 1\nstaff_note = "Ask."'),
}
OPENS = 'opens_on = "2025-10-15"\n'
LAUNCH = '[launch]\nsource_url = "https://organiser.example/"\n'
EDITION_CHANGES = {
    "year": None,
    "i18n": None,
    "title": ("Rights 2025", "Rights, 2025"),
    "introduction": ("Letters for people.", "Letters."),
    "opens_on": ("2025-10-15", "2025-10-16"),
    "reporting_deadline": ("year = 2025", 'year = 2025\nreporting_deadline = "2026-01-31"'),
    "letter_goal": ("year = 2025", "year = 2025\nletter_goal = 100"),
    "launched_on": (OPENS, OPENS + '[launch]\ndate = "2025-12-10"\n'),
    "launch_text": (OPENS, OPENS + LAUNCH + 'text = "Write."\n'),
    "launch_source_url": (OPENS, OPENS + LAUNCH),
}


def test_every_field_that_is_compared_is_in_the_lists_above():
    assert FIGURE_CHANGES.keys() == {field.name for field in fields_in_files(YearlyFigure)}
    assert CASE_CHANGES.keys() == {field.name for field in fields_in_files(Case)}
    assert EDITION_CHANGES.keys() == {field.name for field in fields_in_files(Edition)}


@pytest.mark.parametrize("name", [name for name, found in FIGURE_CHANGES.items() if found])
def test_each_field_of_a_yearly_figure_changed_alone_is_reported(content, name):
    file = content / "figures.toml"
    file.write_text(FIGURES)
    load(content)
    change(file, *FIGURE_CHANGES[name])

    assert load(content).splitlines()[0].startswith("The yearly figure of 2014 differs from")


@pytest.mark.parametrize("name", [name for name, found in CASE_CHANGES.items() if found])
def test_each_field_of_a_case_changed_alone_is_loaded_and_reported(content, name):
    load(content)
    before = getattr(Case.objects.get(), name)
    change(content / "2025" / "ellen.toml", *CASE_CHANGES[name])

    assert load(content, dry_run=True).startswith("Cases: 0 would be new, 1 would be changed")
    assert load(content).startswith("Cases: 0 new, 1 changed")
    assert getattr(Case.objects.get(), name) != before


@pytest.mark.parametrize("name", [name for name, found in EDITION_CHANGES.items() if found])
def test_each_field_of_an_edition_changed_alone_is_loaded_and_reported(content, name):
    load(content)
    change(content / "2025" / "edition.toml", *EDITION_CHANGES[name])

    said = load(content, dry_run=True).splitlines()[0]
    assert said == "The edition 2025 would be changed."
    assert load(content).splitlines()[0] == "The edition 2025 was changed."


# --- files as people save them


def test_all_wrong_keys_of_a_table_are_named_at_once(content):
    change(content / "2025" / "ellen.toml", "position = 1", "colour = 1\nsize = 2")

    assert refusal(content) == "2025/ellen.toml: colour, size: are not keys that are known here."


def test_an_edition_does_not_end_before_it_opens(content):
    file = content / "2025" / "edition.toml"
    change(file, "year = 2025", 'year = 2025\nreporting_deadline = "2025-01-31"')

    assert refusal(content) == (
        "2025/edition.toml: reporting_deadline: must not be before opens_on."
    )


def test_an_edition_with_the_first_day_of_the_one_before_is_refused(tmp_path):
    file = make_year(tmp_path / "own") / "edition.toml"
    change(file, 'opens_on = "2026-', 'opens_on = "2025-')

    assert refusal(tmp_path / "own") == (
        "2026/edition.toml: opens_on: must not be before 2026: it would be open at once."
    )


def test_a_slip_in_the_year_of_a_folder_is_refused(content):
    (content / "2025").rename(content / "3025")
    change(content / "3025" / "edition.toml", "year = 2025", "year = 3025")

    assert refusal(content) == "3025/edition.toml: year: Write a year like 2026."


def test_hidden_folders_are_nothing_to_load(content):
    (content / ".git").mkdir()

    assert load(content) == "Cases: 1 new, 0 changed, 0 as they were.\n"


def test_a_byte_order_mark_does_no_harm(content):
    file = content / "2025" / "ellen.toml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())

    assert load(content) == "Cases: 1 new, 0 changed, 0 as they were.\n"


def test_a_file_in_another_encoding_is_said_to_be(content):
    file = content / "2025" / "ellen.toml"
    file.write_text(CASE.replace("Ellen Test", "Ellén Test"), encoding="latin-1")

    assert refusal(content) == (
        "2025/ellen.toml: is not saved as UTF-8: choose UTF-8 as its encoding where you save it."
    )


def test_a_wrong_choice_is_answered_with_the_right_ones(content):
    change(content / "2025" / "ellen.toml", 'kind = "person"', 'kind = "hero"')

    assert refusal(content) == (
        "2025/ellen.toml: kind: Value 'hero' is not a valid choice. Write one of: person, group, "
        "community, in-memory."
    )


def test_a_dry_run_looks_at_the_pictures_too(content):
    add_picture(content)
    (content / "2025" / "pictures" / "ellen.png").write_bytes(b"no picture")

    said = refusal(content, dry_run=True)

    assert said == refusal(content)
    assert said.startswith("2025/pictures/ellen.png: This file is not a picture")
