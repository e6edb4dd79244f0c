"""What may stand in content files, and in which form."""
# ruff: noqa: F811

import shutil

import pytest
from PIL import Image

from cases.models import Case, Portrait, WordList
from tests.cases.content_files.test_load_campaign import (  # noqa: F401 - media and content are fixtures
    PICTURES,
    WORDS,
    add_picture,
    change,
    content,
    everything,
    load,
    media,
)
from tests.cases.content_files.test_load_identity import refusal

pytestmark = pytest.mark.django_db


# --- languages


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("french", "“french” is not a language code: write “fr”."),
        ("Burmese", "“Burmese” is not a language code: write “my”."),
        ("EN", "“EN” is not a language code: write “en”."),
        ("en_GB", "“en_GB” is not a language code. It is two or three small letters: “en” for "),
        ("qq", "“qq” is not a language code. It is two or three small letters: “en” for English"),
        ("und", "“und” is not a language code. It is two or three small letters: “en” for"),
    ],
)
@pytest.mark.parametrize(
    ("table", "place"),
    [
        ("[[social_posts]]", "social_posts 1, language"),
        ("[[solidarity.phrases]]", "solidarity, phrases 1, language"),
    ],
)
def test_a_code_that_is_no_languages_is_answered_with_the_right_one(
    content, code, sentence, table, place
):
    file = content / "2025" / "ellen.toml"
    start, rest = file.read_text().split(table, 1)
    file.write_text(f"{start}{table}{rest.replace('en', code, 1)}")

    said = refusal(content)

    assert said.startswith(f"2025/ellen.toml: {place}: {sentence}")


@pytest.mark.parametrize("code", ["my", "se", "qu", "zh-Hans", "pt-BR", "es-419", "yue"])
def test_the_languages_of_the_world_are_known(content, code):
    (content / "words.toml").write_text(WORDS.replace('"es"', f'"{code}"'))

    load(content)

    assert WordList.objects.filter(language=code).exists()


@pytest.mark.parametrize("country", ["Norway", "no", "NOR"])
def test_a_wrong_country_is_answered_with_how_one_is_written(content, country):
    file = content / "2025" / "ellen.toml"
    file.write_text(file.read_text().replace('country = "NO"', f'country = "{country}"', 1))

    assert refusal(content) == (
        f"2025/ellen.toml: country: Value '{country}' is not a valid choice. Write the code of two "
        "capital letters, like NO for Norway."
    )


# --- translated texts

FRENCH = {
    "2025/edition.toml": ("title = ", 'title_fr = "Édition"\ntitle = '),
    "themes.toml": ("name = ", 'name_fr = "Droit à la terre"\nname = '),
    "2025/ellen.toml": ('headline = "A', 'headline_fr = "Une bergère"\nheadline = "A'),
    "2025/pictures/pictures.toml": ("alt = ", 'alt_fr = "Une côte."\nalt = '),
}
FRENCH_ROWS = {
    "outcomes": ('headline = "Nothing', 'headline_fr = "Rien de neuf"\nheadline = "Nothing'),
    "milestones": ('text = "The plan', 'text_fr = "Le projet"\ntext = "The plan'),
    "demands": ('text = "Stop', 'text_fr = "Arrêtez."\ntext = "Stop'),
    "petition": ('title = "No', 'title_fr = "Pas sans accord"\ntitle = "No'),
}


def test_texts_are_loaded_in_the_other_languages_of_the_site(content):
    add_picture(content)
    for name, (old, new) in FRENCH.items():
        change(content / name, old, new)
    for old, new in FRENCH_ROWS.values():
        change(content / "2025" / "ellen.toml", old, new)

    load(content)

    case = Case.objects.get()
    found = [case.edition.title_fr, case.themes.get().name_fr, case.headline_fr]
    found += [case.outcomes.get().headline_fr, case.milestones.get().text_fr]
    found += [case.demands.get().text_fr, case.petition.title_fr, case.portrait.alt_fr]
    assert found == [
        *("Édition", "Droit à la terre", "Une bergère", "Rien de neuf", "Le projet"),
        *("Arrêtez.", "Pas sans accord", "Une côte."),
    ]
    assert load(content) == "Cases: 0 new, 0 changed, 1 as they were.\n"


@pytest.mark.parametrize("name", FRENCH_ROWS)
def test_a_translation_alone_that_changes_is_loaded(content, name):
    load(content)
    change(content / "2025" / "ellen.toml", *FRENCH_ROWS[name])

    assert load(content) == "Cases: 0 new, 1 changed, 0 as they were.\n"


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("headline_de", "is not a language of this site: write headline or headline_fr."),
        ("headline_en", "is not a language of this site: write headline or headline_fr."),
        ("display_name_fr", "is not a key that is known here."),
    ],
)
def test_a_translation_that_nobody_would_see_is_refused(content, key, sentence):
    change(content / "2025" / "ellen.toml", "position = 1", f'position = 1\n{key} = "Eine Hirtin"')

    assert refusal(content) == f"2025/ellen.toml: {key}: {sentence}"


def test_a_translation_is_as_short_as_the_text(content):
    change(content / "2025" / "ellen.toml", "position = 1", f'headline_fr = "{"é" * 121}"')

    assert refusal(content).startswith("2025/ellen.toml: headline_fr: must have at most 120")


# --- what is not there


def test_an_edition_whose_file_was_taken_away_is_named(content):
    load(content)
    (content / "2025" / "edition.toml").unlink()

    assert load(content).splitlines()[0] == (
        "The edition 2025 was loaded once, and there is no file of it now; it stays as it is."
    )


# --- pictures


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ellen.jpeg", "ellen.JPG", "ellen.PNG", "ellen.Webp"])
def test_a_picture_may_end_as_cameras_and_editors_end_it(content, name):
    folder = content / "2025" / "pictures"
    Image.new("RGB", (900, 600), "teal").save(folder / name)
    (folder / "pictures.toml").write_text(PICTURES)

    load(content)

    assert Portrait.objects.get().width == 900


def test_two_pictures_of_one_case_are_refused(content):
    add_picture(content)
    folder = content / "2025" / "pictures"
    shutil.copy(folder / "ellen.png", folder / "ellen.JPG")

    assert refusal(content) == (
        "2025/pictures/ellen.JPG and 2025/pictures/ellen.png: leave one of them."
    )


# --- a dry run

WRONG = {
    "a picture that is none": ("2025/pictures/ellen.png", None, b"no picture"),
    "a small picture": ("2025/pictures/ellen.png", None, "small"),
    "the gate": ("2025/ellen.toml", 'stage = "draft"', 'stage = "published"'),
    "a theme": ("2025/ellen.toml", '["land-rights"]', '["land"]'),
    "no edition": ("2025/edition.toml", None, None),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_dry_run_says_what_a_load_would_say(content, media, what):
    add_picture(content)
    name, old, new = WRONG[what]
    if old:
        change(content / name, old, new)
    elif new is None:
        (content / name).unlink()
    elif new == "small":
        Image.new("RGB", (9, 6)).save(content / name)
    else:
        (content / name).write_bytes(new)

    assert refusal(content, dry_run=True) == refusal(content)


@pytest.mark.slow
@pytest.mark.parametrize("is_there", [True, False])
def test_a_dry_run_leaves_neither_row_nor_file(content, media, is_there):
    add_picture(content)
    if is_there:
        load(content)
        add_picture(content, "red")
    before = everything(), sorted(media.rglob("*"))

    said = load(content, dry_run=True)

    assert (everything(), sorted(media.rglob("*"))) == before
    assert said.replace("would be ", "") == load(content)
