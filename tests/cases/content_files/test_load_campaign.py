import datetime
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from cases import pictures
from cases.content_files.importing import CONTENT
from cases.models import (
    Case,
    Consent,
    ConsentBasis,
    Edition,
    Embassy,
    Freeze,
    ModelLetter,
    Outcome,
    Petition,
    PetitionText,
    Point,
    Portrait,
    Postage,
    PostalNote,
    RecipientKind,
    SafetyRule,
    SocialPost,
    SolidarityAction,
    SolidarityPhrase,
    Stage,
    Target,
    Theme,
    WordList,
    YearlyFigure,
)
from cases.publishing import gate
from letters.models import Announcement
from tests.factories import make_case, make_edition
from tests.staff import make_staff

pytestmark = pytest.mark.django_db

THEMES = """
[[themes]]
slug = "land-rights"
name = "Land rights"
"""
EDITION = """
year = 2025
title = "Write for Rights 2025"
introduction = "Letters for people."
opens_on = "2025-10-15"
"""
RULES = """
[[rules]]
topic = "religion"
applies_to = "appeal"
answer = "unknown"
words = ["Pray"]
why = "Nobody has told us."

[[rules]]
topic = "charges"
applies_to = "appeal"
answer = "unknown"
"""
CASE = """
display_name = "Ellen Test"
short_name = "Ellen"
kind = "person"
country = "NO"
region = "europe-central-asia"
stage = "draft"
facts_as_of = "2025-12"
position = 1
themes = ["land-rights"]
headline = "A herder defends invented pastures"
summary = "A herder of a test defends pastures that do not exist."
story = '''
## The pastures

They do not exist.
'''

[[milestones]]
date = "2025-07"
text = "The plan is made known."

[[demands]]
text = "Stop building."

[[outcomes]]
kind = "no-change-yet"
date = "2025-11"
headline = "Nothing has changed"

[consent]
basis = "organiser"
page = "https://organiser.example/ellen"
note = "All of it is public already."

[[sources]]
url = "https://organiser.example/ellen"
supports = "everything"

[[targets]]
office = "Minister of Tests"
salutation = "Dear Minister,"
close = "Yours faithfully,"
language = "en"
postal = ["Ministry of Tests", "1 Invented Street"]
postal_country = "NO"

[[targets.model_letters]]
language = "en"
subject = "The pastures"
body = "Please do not build on them."
points = ["The herds need the land.", "Nobody asked the herders."]

[petition]
title = "No building without consent"
text = '''
To the Minister of Tests:

We ask you not to build on invented pastures.
'''

[[social_posts]]
language = "en"
text = "Ellen defends invented pastures."

[[social_posts]]
language = "es"
text = "Ellen defiende pastos inventados."

[solidarity]
recipient = "Ellen Test"
postal = ["PO Box 1"]
postal_country = "NO"

[[solidarity.phrases]]
language = "en"
text = "You are not alone."

[[solidarity.phrases]]
language = "en"
text = "Stay strong."

[[rules]]
topic = "charges"
applies_to = "appeal"
answer = "yes"
"""
PICTURES = """
[ellen]
alt = "A shore."
credit = "Illustration: a test"
licence = "CC0"
focal_x = 0.3
"""
WORDS = """
[[lists]]
kind = "insult"
language = "en"
words = ["You are a Liar", "idiot*"]

[[lists]]
kind = "threat"
language = "es"
words = ["se arrepentirá"]
stops = true
"""
FIGURES = """
[[years]]
year = 2014
actions = 3000
qualifier = "more than"

[[years.sources]]
url = "https://organiser.example/2014"
supports = "actions"
"""


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def content(tmp_path) -> Path:
    """A folder with one case of 2025, Ellen."""
    folder = tmp_path / "content"
    (folder / "2025" / "pictures").mkdir(parents=True)
    (folder / "themes.toml").write_text(THEMES)
    (folder / "2025" / "edition.toml").write_text(EDITION)
    (folder / "2025" / "rules.toml").write_text(RULES)
    (folder / "2025" / "ellen.toml").write_text(CASE)
    return folder


def add_picture(content: Path, colour: str = "teal") -> None:
    folder = content / "2025" / "pictures"
    Image.new("RGB", (900, 600), colour).save(folder / "ellen.png")
    (folder / "pictures.toml").write_text(PICTURES)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def load(*folders: Path, **options) -> str:
    said = io.StringIO()
    call_command("load_campaign", *folders, stdout=said, **options)
    return said.getvalue()


def everything() -> list:
    """All rows with all their values, and their history."""
    models = [
        Case, Consent, Edition, ModelLetter, Outcome, Petition, Point, Portrait, SafetyRule,
        SocialPost, SolidarityAction, SolidarityPhrase, Theme, WordList, Embassy, Postage,
        PostalNote,
    ]  # fmt: skip
    rows = [list(model.objects.order_by("pk").values()) for model in models]
    return [*rows, *(model.history.count() for model in models if hasattr(model, "history"))]


def writes(queries: CaptureQueriesContext) -> list[str]:
    return [
        query["sql"]
        for query in queries.captured_queries
        if query["sql"].lstrip('"').split()[0] in {"INSERT", "UPDATE", "DELETE"}
    ]


def test_file_becomes_a_case(content):
    add_picture(content)

    said = load(content)

    assert said == "Cases: 1 new, 0 changed, 0 as they were.\n"
    case = Case.objects.get()
    assert (case.slug, case.edition.year, case.stage) == ("ellen", 2025, Stage.DRAFT)
    assert case.story == "## The pastures\n\nThey do not exist."
    assert [theme.name for theme in case.themes.all()] == ["Land rights"]
    assert [row.date_iso for row in case.milestones.all()] == ["2025-07"]
    assert [row.date_iso for row in case.outcomes.all()] == ["2025-11"]
    assert case.targets.get().postal_lines == ["Ministry of Tests", "1 Invented Street", "Norway"]
    assert case.solidarity_action.public_lines == ["PO Box 1", "Norway"]
    assert [phrase.text for phrase in case.solidarity_phrases.all()] == [
        "You are not alone.",
        "Stay strong.",
    ]
    assert [(post.language, post.text) for post in case.social_posts.all()] == [
        ("en", "Ellen defends invented pastures."),
        ("es", "Ellen defiende pastos inventados."),
    ]
    assert case.petition.title == "No building without consent"
    assert case.petition.text == (
        "To the Minister of Tests:\n\nWe ask you not to build on invented pastures."
    )
    assert [point.text for point in ModelLetter.objects.get(target__case=case).points.all()] == [
        "The herds need the land.",
        "Nobody asked the herders.",
    ]
    consent = case.consents.get()
    assert (consent.basis, consent.page) == (
        ConsentBasis.ORGANISER,
        "https://organiser.example/ellen",
    )
    assert case.history.get().history_change_reason == "loaded from content"


def test_rule_of_the_case_stands_in_for_the_common_one(content):
    load(content)

    rules = {rule.topic: rule for rule in Case.objects.get().safety_rules.all()}
    assert {topic: rule.answer for topic, rule in rules.items()} == {
        "religion": "unknown",
        "charges": "yes",
    }
    assert rules["religion"].words == ["pray"]


def test_rule_may_stop_a_letter_and_have_words_with_any_ending(content):
    change(content / "2025" / "rules.toml", 'words = ["Pray"]', 'words = ["Pray*"]\nstops = true')

    load(content)

    rules = {rule.topic: rule for rule in Case.objects.get().safety_rules.all()}
    assert (rules["religion"].words, rules["religion"].stops) == (["pray*"], True)
    assert not rules["charges"].stops


def test_what_is_left_out_of_a_petition_and_of_solidarity_is_as_in_the_admin(content):
    load(content)

    case = Case.objects.get()
    petition, action = case.petition, case.solidarity_action
    assert (petition.goal, petition.shown_from, petition.closes_on) == (None, 50, None)
    assert not petition.shows_signers
    assert action.recipient_kind == RecipientKind.PERSON
    assert (action.opens_on, action.ends_on) == (None, None)
    assert not action.takes_drawings
    assert not action.shows_messages


def test_petition_and_solidarity_say_all_they_can(content):
    file = content / "2025" / "ellen.toml"
    change(
        file,
        'title = "No building without consent"',
        'title = "No building without consent"\ngoal = 500\nshown_from = 0\n'
        'closes_on = "2026-02-28"\nshows_signers = true',
    )
    change(
        file,
        'postal = ["PO Box 1"]',
        'postal = ["PO Box 1"]\nrecipient_kind = "group"\ntakes_drawings = true\n'
        'shows_messages = true\nopens_on = "2025-11-01"\nends_on = "2026-01-31"',
    )

    load(content)

    case = Case.objects.get()
    petition, action = case.petition, case.solidarity_action
    assert (petition.goal, petition.shown_from) == (500, 0)
    assert (petition.closes_on, petition.shows_signers) == (datetime.date(2026, 2, 28), True)
    assert action.recipient_kind == RecipientKind.GROUP
    assert (action.opens_on, action.ends_on) == (
        datetime.date(2025, 11, 1),
        datetime.date(2026, 1, 31),
    )
    assert action.takes_drawings
    assert action.shows_messages


def test_picture_is_rendered_with_its_words(content, media):
    add_picture(content)

    load(content)

    portrait = Portrait.objects.get()
    assert (portrait.alt, portrait.focal_x, portrait.focal_y) == ("A shore.", 0.3, 0.5)
    assert portrait.is_illustration
    assert (portrait.width, portrait.height) == (900, 600)
    assert Image.open(media / portrait.renditions["avif"]["400"]).size == (400, 267)


def test_second_load_writes_nothing(content):
    add_picture(content)
    (content / "figures.toml").write_text(FIGURES)
    (content / "words.toml").write_text(WORDS)
    load(content)
    before = everything()

    with CaptureQueriesContext(connection) as queries:
        said = load(content)

    assert said == "Cases: 0 new, 0 changed, 1 as they were.\n"
    assert writes(queries) == []
    assert everything() == before


def test_comment_in_a_file_changes_nothing(content):
    load(content)
    change(content / "2025" / "ellen.toml", 'kind = "person"', 'kind = "person"  # one')

    with CaptureQueriesContext(connection) as queries:
        load(content)

    assert writes(queries) == []


def test_changed_file_changes_its_rows_in_place(content):
    load(content)
    file = content / "2025" / "ellen.toml"
    case = Case.objects.get()
    keys = {
        name: list(getattr(case, name).values_list("pk", flat=True))
        for name in [
            "demands", "milestones", "outcomes", "safety_rules", "targets", "social_posts",
            "solidarity_phrases",
        ]
    }  # fmt: skip
    letter, petition = ModelLetter.objects.get().pk, case.petition.pk
    points = list(Point.objects.values_list("pk", flat=True))
    change(file, "A herder defends", "An old herder defends")
    change(file, "Stop building.", "Stop building at once.")
    change(file, "Minister of Tests", "Prime Minister of Tests")
    change(file, "Nothing has changed", "Still nothing has changed")
    change(file, "Nobody asked the herders.", "Nobody has asked the herders.")
    change(file, "Please do not build", "Please never build")
    change(file, "not to build on", "never to build on")
    change(file, "Ellen defiende", "Ellen, pastora, defiende")
    change(file, "Stay strong.", "We think of you.")
    change(
        file,
        "[consent]",
        '[[outcomes]]\nkind = "land-or-water-protected"\ndate = "2026-01-09"\n'
        'headline = "The plan is refused"\n\n[consent]',
    )

    said = load(content)

    assert said == "Cases: 0 new, 1 changed, 0 as they were.\n"
    case = Case.objects.get()
    assert case.headline == "An old herder defends invented pastures"
    assert [row.text for row in case.demands.all()] == ["Stop building at once."]
    assert ModelLetter.objects.get().pk == letter
    assert case.targets.get().office == "Prime Minister of Tests"
    assert case.petition.pk == petition
    assert case.petition.text.endswith("We ask you never to build on invented pastures.")
    assert [post.text for post in case.social_posts.all()] == [
        "Ellen defends invented pastures.",
        "Ellen, pastora, defiende pastos inventados.",
    ]
    assert [phrase.text for phrase in case.solidarity_phrases.all()] == [
        "You are not alone.",
        "We think of you.",
    ]
    assert [row.headline for row in case.outcomes.all()] == [
        "Still nothing has changed",
        "The plan is refused",
    ]
    assert [point.text for point in Point.objects.all()] == [
        "The herds need the land.",
        "Nobody has asked the herders.",
    ]
    for name, before in keys.items():
        assert list(getattr(case, name).values_list("pk", flat=True))[: len(before)] == before
    assert list(Point.objects.values_list("pk", flat=True)) == points
    assert case.history.first().history_change_reason == "loaded from content"
    assert load(content) == "Cases: 0 new, 0 changed, 1 as they were.\n"


def test_what_a_file_no_longer_says_goes(content):
    load(content)
    file = content / "2025" / "ellen.toml"
    text = file.read_text()
    file.write_text(text[: text.index("[petition]")])
    change(file, ', "Nobody asked the herders."', "")

    load(content)

    case = Case.objects.get()
    assert case.solidarity_action is None
    assert case.petition is None
    assert not case.social_posts.exists()
    assert not case.solidarity_phrases.exists()
    assert Point.objects.count() == 1
    assert [rule.answer for rule in case.safety_rules.all()] == ["unknown", "unknown"]


def test_what_was_signed_stays_when_the_file_changes_the_petition(content):
    load(content)
    petition = Petition.objects.get()
    before = petition.digest
    signed = PetitionText.objects.create(
        petition=petition, digest=before, language="en", title=petition.title, text=petition.text
    )
    change(content / "2025" / "ellen.toml", "not to build on", "never to build on")

    load(content)

    petition.refresh_from_db()
    signed.refresh_from_db()
    assert petition.digest != signed.digest == before
    assert signed.text.endswith("We ask you not to build on invented pastures.")


def test_outcome_that_followers_were_told_of_cannot_be_left_out(content):
    load(content)
    outcome = Outcome.objects.get()
    Announcement.objects.create(outcome=outcome, texts={}, asked_by=make_staff())
    change(content / "2025" / "ellen.toml", outcome.date_iso, "2026-01-01")

    with pytest.raises(CommandError) as error:
        load(content)

    assert str(error.value).splitlines() == [
        "2025/ellen.toml: outcomes: can’t be left out, because those who follow are told of it; "
        "leave what happened and when, and add what came later.",
        "Nothing was loaded.",
    ]
    assert Outcome.objects.get() == outcome


def test_petition_that_people_signed_cannot_be_left_out(content):
    load(content)
    petition = Petition.objects.get()
    PetitionText.objects.create(
        petition=petition, digest=petition.digest, language="en", title="x", text="y"
    )
    file = content / "2025" / "ellen.toml"
    text = file.read_text()
    file.write_text(text[: text.index("[petition]")] + text[text.index("[solidarity]") :])

    with pytest.raises(CommandError) as error:
        load(content)

    assert str(error.value).splitlines() == [
        "2025/ellen.toml: petition: can’t be left out, because people have signed it; to end it, "
        "give it a last day: closes_on.",
        "Nothing was loaded.",
    ]
    assert Petition.objects.get() == petition
    assert SocialPost.objects.count() == 2


def test_milestone_of_a_file_names_the_page_that_says_so(content):
    file = content / "2025" / "ellen.toml"
    source = 'source_url = "https://news.example/plan"'
    file.write_text(file.read_text().replace("[[milestones]]", f"[[milestones]]\n{source}"))

    load(content)

    assert Case.objects.get().milestones.get().source_url == "https://news.example/plan"


def test_a_file_may_name_the_publisher_of_a_source(content):
    file = content / "2025" / "ellen.toml"
    said = '[[sources]]\npublisher = "The Organiser"\n'
    file.write_text(file.read_text().replace("[[sources]]\n", said))

    load(content)

    assert Case.objects.get().sources.get().publisher == "The Organiser"


def test_address_that_a_file_hides_in_one_place_is_hidden_in_all(content):
    file = content / "2025" / "ellen.toml"
    here = 'source_url = "https://organiser.example/ellen"\n'
    half = file.read_text().replace("[[milestones]]\n", f"[[milestones]]\n{here}hide_url = true\n")
    file.write_text(half)

    with pytest.raises(CommandError) as refused:
        load(content)

    assert str(refused.value).splitlines()[0] == (
        "2025/ellen.toml: hide_url: https://organiser.example/ellen is hidden in one place and "
        "shown in another."
    )
    file.write_text(half.replace("[[sources]]\n", "[[sources]]\nhide_url = true\n"))
    load(content)
    case = Case.objects.get()
    assert (case.milestones.get().source_link, case.sources.get().link) == ("", "")


def test_case_loaded_with_no_petition_still_follows_its_file(content):
    file = content / "2025" / "ellen.toml"
    text = file.read_text().replace('facts_as_of = "2025-12"\n', "")
    file.write_text(text[: text.index("[petition]")] + text[text.index("[solidarity]") :])
    load(content)
    file.write_text(text.replace('language = "en"\ntext = "Stay', 'language = "nb"\ntext = "Stay'))

    said = load(content)

    assert said == "Cases: 0 new, 1 changed, 0 as they were.\n"
    assert Petition.objects.exists()
    assert [phrase.language for phrase in SolidarityPhrase.objects.all()] == ["en", "nb"]


def test_changed_picture_replaces_the_old_one(content, media, django_capture_on_commit_callbacks):
    add_picture(content)
    load(content)
    before = Portrait.objects.get()
    add_picture(content, "navy")

    with django_capture_on_commit_callbacks(execute=True):
        load(content)

    after = Portrait.objects.get()
    assert after.pk == before.pk
    assert Image.open(media / after.renditions["jpeg"]["900"]).getpixel((9, 9))[2] > 100
    names = {after.image.name, *(n for w in after.renditions.values() for n in w.values())}
    assert {p.relative_to(media).as_posix() for p in media.rglob("*") if p.is_file()} == names


def test_changed_words_of_a_picture_render_nothing(content, media):
    add_picture(content)
    load(content)
    before = {path: path.stat().st_mtime_ns for path in media.rglob("*")}
    change(content / "2025" / "pictures" / "pictures.toml", "A shore.", "A wide shore.")

    load(content)

    assert Portrait.objects.get().alt == "A wide shore."
    assert {path: path.stat().st_mtime_ns for path in media.rglob("*")} == before


def test_what_staff_changed_is_left_alone_and_reported(content):
    load(content)
    case = Case.objects.get()
    case.headline = "Put better by staff"
    case.save()

    assert load(content).splitlines()[0] == (
        "Ellen Test was changed here since it was loaded; it was left as it is."
    )
    change(content / "2025" / "ellen.toml", "Stop building.", "Stop building at once.")
    assert load(content).splitlines()[0] == (
        "Ellen Test was changed here since it was loaded, and its file has changed too; it was "
        "left as it is: compare the two."
    )
    assert Case.objects.get().headline == "Put better by staff"
    assert case.demands.get().text == "Stop building."


@pytest.mark.parametrize(
    "act",
    [
        lambda case: case.outcomes.create(kind="released", headline="Free", date="2026-02-01"),
        lambda case: case.demands.all().delete(),
        lambda case: Target.objects.update(email="minister@tests.example"),
        lambda case: Point.objects.filter(text__startswith="Nobody").update(text="They were not."),
        lambda case: case.consents.update(withdrawn_on=datetime.date(2026, 1, 1)),
        lambda case: case.themes.clear(),
        lambda case: Case.objects.update(stage=Stage.CLOSED),
        lambda case: Case.objects.update(facts_checked_on=datetime.date(2026, 1, 1)),
        lambda case: Case.objects.update(i18n={"headline_fr": "Une éleveuse"}),
        lambda case: Petition.objects.update(goal=500),
        lambda case: Petition.objects.update(i18n={"text_fr": "Nous vous demandons…"}),
        lambda case: case.social_posts.filter(language="es").delete(),
        lambda case: case.solidarity_phrases.create(language="nb", text="Hei!", position=2),
        lambda case: case.solidarity_phrases.filter(position=0).update(language="nb"),
        lambda case: SolidarityAction.objects.update(takes_drawings=True),
        lambda case: SafetyRule.objects.filter(topic="religion").update(stops=True),
    ],
    ids=[
        "outcome", "demand", "target", "point", "consent", "themes", "stage", "checked",
        "translation", "petition", "petition's translation", "post", "phrase", "its language",
        "solidarity", "rule that stops",
    ],
)  # fmt: skip
def test_anything_staff_did_makes_the_case_theirs(content, act):
    load(content)
    act(Case.objects.get())
    change(content / "2025" / "ellen.toml", "A herder defends", "An old herder defends")

    said = load(content)

    assert "Ellen Test was changed here" in said
    assert Case.objects.get().headline == "A herder defends invented pastures"


def test_saving_a_form_without_changing_a_word_changes_nothing(content):
    load(content)
    case = Case.objects.get()
    case.story = case.story.replace("\n", "\r\n")  # as browsers send it
    case.headline_fr = ""
    case.save()
    SafetyRule.objects.create(case=case, topic="war")  # a row of the form left as it was

    assert load(content) == "Cases: 0 new, 0 changed, 1 as they were.\n"


def test_file_follows_again_once_staff_and_file_agree(content):
    load(content)
    Case.objects.update(headline="Put better")
    file = content / "2025" / "ellen.toml"
    change(file, "A herder defends invented pastures", "Put better")
    assert load(content) == "Cases: 0 new, 0 changed, 1 as they were.\n"

    change(file, "Put better", "Put best")
    load(content)

    assert Case.objects.get().headline == "Put best"


def test_freeze_survives_a_load(content):
    load(content)
    Case.objects.update(freeze=Freeze.WITHDRAWN, freeze_reason="A threat.")
    change(content / "2025" / "ellen.toml", "A herder defends", "An old herder defends")

    load(content)

    assert Case.objects.get().freeze == Freeze.WITHDRAWN


def test_deleted_case_does_not_come_back(content):
    load(content)
    Case.objects.get().delete()

    said = load(content)

    assert said.splitlines()[0] == (
        "Ellen Test was deleted here, or has another address now; it was not loaded again."
    )
    assert not Case.objects.exists()


def test_case_made_by_staff_is_not_written_over(content):
    make_case(slug="ellen", display_name="Ellen Test", headline="Ours")

    said = load(content)

    assert said.splitlines()[1] == (
        "Ellen Test was made here, not loaded; its file was not loaded over it."
    )
    assert Case.objects.get().headline == "Ours"


def test_edition_follows_its_file_until_staff_change_it(content):
    load(content)
    change(content / "2025" / "edition.toml", "Letters for people.", "Letters for ten people.")
    load(content)
    edition = Edition.objects.get()
    assert edition.introduction == "Letters for ten people."

    Edition.objects.update(title="Our own title")
    change(content / "2025" / "edition.toml", "ten people", "eight people")
    said = load(content)

    assert "The edition 2025 was changed here since it was loaded, and its file" in said
    assert Edition.objects.get().introduction == "Letters for ten people."


def test_figures_and_themes_are_made_once_and_then_left_to_staff(content):
    (content / "figures.toml").write_text(FIGURES)
    load(content)
    figure = YearlyFigure.objects.get()
    assert (figure.year, figure.actions, figure.qualifier) == (2014, 3000, "more than")
    assert figure.source_url == "https://organiser.example/2014"

    YearlyFigure.objects.update(note="By staff.")
    Theme.objects.update(name="Land")

    assert load(content).splitlines()[:2] == [
        "The theme land-rights is called “Land” here and “Land rights” in its file; its name was "
        "left as it is.",
        "The yearly figure of 2014 differs from its file and was left as it is; delete it to have "
        "it loaded again.",
    ]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("actions = 3000", "actions = 4000"),
        ("more than", "at least"),
        ("https://organiser.example/2014", "https://organiser.example/2014-revised"),
    ],
)
def test_whatever_changes_of_a_yearly_figure_is_told(content, was, now):
    (content / "figures.toml").write_text(FIGURES)
    load(content)
    assert "differs from its file" not in load(content)

    change(content / "figures.toml", was, now)

    assert "The yearly figure of 2014 differs from its file" in load(content)


def test_word_lists_follow_their_file_until_staff_change_them(content):
    file = content / "words.toml"
    file.write_text(WORDS)
    load(content)
    insults, threats = WordList.objects.all()
    assert (insults.kind, insults.language, insults.stops) == ("insult", "en", False)
    assert insults.words == ["you are a liar", "idiot*"]
    assert (threats.kind, threats.language, threats.stops) == ("threat", "es", True)
    assert insults.history.get().history_change_reason == "loaded from content"

    threats.words += ["lo pagará caro"]
    threats.save()
    change(file, '"idiot*"', '"idiots"')
    change(file, '"se arrepentirá"', '"se arrepentirán"')

    assert load(content).splitlines()[0] == (
        "The word list “threats (es)” was changed here since it was loaded, and its file has "
        "changed too; it was left as it is: compare the two."
    )
    insults.refresh_from_db()
    threats.refresh_from_db()
    assert insults.words == ["you are a liar", "idiots"]
    assert threats.words == ["se arrepentirá", "lo pagará caro"]


def test_deleted_word_list_does_not_come_back(content):
    (content / "words.toml").write_text(WORDS)
    load(content)
    WordList.objects.get(kind="insult").delete()

    said = load(content)

    assert said.splitlines()[0] == (
        "The word list “insults (en)” was deleted here; it was not loaded again."
    )
    assert WordList.objects.get().kind == "threat"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"insult"', '"joke"', "lists 1, kind: Value 'joke' is not a valid choice."),
        ('language = "es"', "", "lists 2, language: This field cannot be blank."),
        ('["se arrepentirá"]', '"se arrepentirá"', "lists 2, words: must be a list of texts."),
        ("idiot*", "id*ot", "lists 1, words: “id*ot”: a * goes at the end of a word, for any"),
        ("idiot*", "*", "lists 1, words: “*”: a * goes at the end of a word, for any ending."),
        (
            '"threat"\nlanguage = "es"',
            '"insult"\nlanguage = "en"',
            "lists 2: there is another list of this kind in this language.",
        ),
    ],
)
def test_mistake_in_a_word_list_is_one_sentence(content, old, new, sentence):
    (content / "words.toml").write_text(WORDS)
    change(content / "words.toml", old, new)

    with pytest.raises(CommandError) as error:
        load(content)

    assert str(error.value).startswith(f"words.toml: {sentence}")
    assert not WordList.objects.exists()


def test_earlier_case_says_by_what_right_it_is_told(content):
    text = CASE[: CASE.index("[consent]")] + CASE[CASE.index("[[sources]]") :]
    (content / "2025" / "ellen.toml").write_text(text.replace('"draft"', '"closed"'))

    load(content)

    consent = Consent.objects.get()
    assert (consent.basis, consent.page) == ("organiser", "https://organiser.example/ellen")
    assert consent.risk_note == (
        "Told publicly by the campaign at the time; only public facts are repeated here; not "
        "verified by whoever runs this site."
    )


def test_file_does_not_get_past_the_publish_gate(content):
    change(content / "2025" / "ellen.toml", 'stage = "draft"', 'stage = "published"')

    with pytest.raises(CommandError) as error:
        load(content)

    assert str(error.value) == (
        "2025/ellen.toml: stage: can’t be “published” yet. It is not answered whether a letter may "
        "touch: Naming the organisation, Season's greetings, The country's politics, War and armed "
        "conflict, Gender and sexuality, Your own address, Enclosures, Photographs, Any language."
        "\nNothing was loaded."
    )
    assert not Case.objects.exists()


def test_content_of_a_deployer_stands_beside_what_ships(content, tmp_path):
    load(content)
    own = tmp_path / "own"
    (own / "2026").mkdir(parents=True)
    (own / "2026" / "edition.toml").write_text(EDITION.replace("2025", "2026"))
    (own / "2026" / "sam.toml").write_text(CASE)

    said = load(own)

    assert said == "Cases: 1 new, 0 changed, 0 as they were.\n"
    assert Case.objects.get(slug="sam").edition.year == 2026
    assert Case.objects.get(slug="ellen").edition.year == 2025


def test_dry_run_does_nothing(content, media):
    add_picture(content)

    said = load(content, dry_run=True)

    assert said == "Cases: 1 would be new, 0 would be changed, 0 as they were.\n"
    assert not Edition.objects.exists()
    assert not Case.objects.exists()
    assert not media.exists()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('kind = "person"', "", "kind: This field cannot be blank."),
        ('"person"', '"hero"', "kind: Value 'hero' is not a valid choice."),
        (
            'country = "NO"\nregion',
            'country = "XX"\nregion',
            "country: Value 'XX' is not a valid choice.",
        ),
        ("position = 1", 'position = "1"', "position: must be a whole number."),
        ("position = 1", "position = true", "position: must be a whole number."),
        ("position = 1", "colour = 1", "colour: is not a key that is known here."),
        ('["land-rights"]', '["land"]', "themes: “land” is not in themes.toml."),
        ('["land-rights"]', '"land-rights"', "themes: must be a list of texts."),
        (
            '"2025-07"',
            '"2025-13"',
            "milestones 1, date: “2025-13” is no date; write 2025, 2025-07 or 2025-07-30.",
        ),
        (
            '"2025-07"',
            '"July"',
            "milestones 1, date: “July” is no date; write 2025, 2025-07 or 2025-07-30.",
        ),
        ("[[demands]]", "[demands]", "demands: must be a list of tables."),
        (
            '"no-change-yet"',
            '"freed"',
            "outcomes 1, kind: Value 'freed' is not a valid choice.",
        ),
        (
            'basis = "organiser"',
            'basis = "given"',
            "consent, basis: must be “organiser”; a consent given to you is entered in the admin.",
        ),
        ('note = "All of it is public already."', "", "consent, note: This field cannot be blank."),
        ('page = "https://organiser.example/ellen"', "", "consent, page: is needed beside basis."),
        (
            'url = "https://organiser.example/ellen"',
            'url = "organiser"',
            "sources 1, url: Enter a valid URL.",
        ),
        (
            '"1 Invented Street"]\npostal_country = "NO"',
            '"1 Invented Street"]',
            "targets 1, postal_country: is needed beside postal.",
        ),
        (
            'language = "en"\npostal',
            'language = "en"\nlocal_language = "fr"\npostal',
            "targets 1, local_salutation: is needed beside local_language.",
        ),
        (
            'subject = "The pastures"',
            f'subject = "{"x" * 151}"',
            "targets 1, model_letters 1, subject: Ensure this value has at most 150 characters",
        ),
        (
            '[[targets.model_letters]]\nlanguage = "en"',
            '[[targets.model_letters]]\nlanguage = "en"\nsubject = "x"\nbody = "y"\n'
            '[[targets.model_letters]]\nlanguage = "en"',
            "targets, model_letters: has two letters in one language.",
        ),
        ('topic = "charges"', 'topic = "fees"', "rules 1, topic: Value 'fees' is not a valid"),
        (
            'title = "No building without consent"',
            "",
            "petition, title: This field cannot be blank.",
        ),
        (
            "We ask you not to",
            "We ask you not to" * 200,
            "petition, text: must have at most 3000 characters (it has 3455).",
        ),
        (
            "[petition]",
            "[petition]\ngoal = 0",
            "petition, goal: must be left out if there is none.",
        ),
        (
            "[petition]",
            '[petition]\ncloses_on = "2026"',
            "petition, closes_on: must be a whole date",
        ),
        (
            "Ellen defends invented",
            "Ellen defends invented " * 40,
            "social_posts 1, text: must have at most 500 characters (it has 930).",
        ),
        (
            'recipient = "Ellen Test"',
            'recipient = "Ellen Test"\nrecipient_kind = "hero"',
            "solidarity, recipient_kind: Value 'hero' is not a valid choice.",
        ),
        (
            'recipient = "Ellen Test"',
            'recipient = "Ellen Test"\nopens_on = "2026-02-01"\nends_on = "2026-01-31"',
            "solidarity, ends_on: must not be before opens_on.",
        ),
        (
            '[[solidarity.phrases]]\nlanguage = "en"\ntext = "You are not alone."\n\n'
            '[[solidarity.phrases]]\nlanguage = "en"\ntext = "Stay strong."\n',
            'phrases = ["Stay strong."]\n',
            "solidarity, phrases: must be a list of tables: [[solidarity.phrases]].",
        ),
        ('"Ellen Test"\nshort', '"Ellen\nshort', "is not valid TOML: "),
    ],
)
def test_mistake_in_a_file_is_one_sentence_and_nothing_is_loaded(content, old, new, sentence):
    change(content / "2025" / "ellen.toml", old, new)

    with pytest.raises(CommandError) as error:
        load(content)

    first, last = str(error.value).splitlines()
    assert first.startswith(f"2025/ellen.toml: {sentence}")
    assert last == "Nothing was loaded."
    assert not Edition.objects.exists()


def test_each_wrong_file_has_its_line(content):
    change(content / "themes.toml", "name =", "title =")
    change(content / "2025" / "edition.toml", "year = 2025", "year = 2024")
    change(content / "2025" / "ellen.toml", 'kind = "person"', "")

    with pytest.raises(CommandError) as error:
        load(content)

    assert str(error.value).splitlines() == [
        "themes.toml: themes 1, title: is not a key that is known here.",
        "2025/edition.toml: year: must be 2025, as its folder is named.",
        "2025/ellen.toml: kind: This field cannot be blank.",
        "Nothing was loaded.",
    ]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            lambda folder: (folder / "pictures.toml").unlink(),
            "2025/pictures/ellen.png: has no entry in pictures.toml beside it.",
        ),
        (
            lambda folder: (folder / "ellen.png").unlink(),
            "2025/pictures/pictures.toml: ellen: there is no picture of this name beside it (.png, "
            ".jpg, .jpeg, .webp).",
        ),
        (
            lambda folder: (folder / "ellen.png").write_bytes(b"no picture"),
            "2025/pictures/ellen.png: This file is not a picture: please choose a JPEG, PNG or "
            "WebP file.",
        ),
        (
            lambda folder: change(folder / "pictures.toml", 'alt = "A shore."', ""),
            "2025/pictures/pictures.toml: ellen, alt: This field cannot be blank.",
        ),
        (
            lambda folder: change(folder / "pictures.toml", "0.3", "3"),
            "2025/pictures/pictures.toml: ellen, focal_x: Ensure this value is less than or equal "
            "to 1.",
        ),
        (
            lambda folder: change(folder / "pictures.toml", "[ellen]", "[somebody]"),
            "2025/pictures/ellen.png: has no entry in pictures.toml beside it.",
        ),
    ],
    ids=["no words", "no picture", "broken", "no alt", "focal point", "another name"],
)
def test_mistake_with_a_picture_is_one_sentence(content, spoil, sentence):
    add_picture(content)
    spoil(content / "2025" / "pictures")

    with pytest.raises(CommandError) as error:
        load(content)

    assert str(error.value).splitlines()[0] == sentence
    assert not Case.objects.exists()


def test_words_for_a_picture_of_no_case_are_a_mistake(content):
    add_picture(content)
    words = content / "2025" / "pictures" / "pictures.toml"
    words.write_text(PICTURES + '\n[nobody]\nalt = "x"\n')

    with pytest.raises(CommandError, match=r"pictures.toml: nobody: is not a key"):
        load(content)


def test_mistake_in_a_case_does_not_make_its_picture_one(content):
    add_picture(content)
    change(content / "2025" / "ellen.toml", 'kind = "person"', "")

    with pytest.raises(CommandError) as error:
        load(content)

    assert str(error.value).splitlines() == [
        "2025/ellen.toml: kind: This field cannot be blank.",
        "Nothing was loaded.",
    ]


def test_what_stands_twice_is_loaded_once(content):
    (content / "themes.toml").write_text(THEMES * 2)
    (content / "figures.toml").write_text(FIGURES + FIGURES[FIGURES.index("[[years]]") :])
    change(content / "2025" / "ellen.toml", '["land-rights"]', '["land-rights", "land-rights"]')

    load(content)

    assert Theme.objects.get() == Case.objects.get().themes.get()
    assert YearlyFigure.objects.get().year == 2014
    assert load(content) == "Cases: 0 new, 0 changed, 1 as they were.\n"


def test_folder_has_to_be_there(tmp_path):
    with pytest.raises(CommandError, match="there is no such folder"):
        load(tmp_path / "nowhere")


def test_case_needs_its_edition(content):
    (content / "2025" / "edition.toml").unlink()

    with pytest.raises(CommandError, match=r"2025/ellen.toml: there is no edition.toml for 2025"):
        load(content)

    make_edition(2025)
    assert load(content).endswith("Cases: 1 new, 0 changed, 0 as they were.\n")


@pytest.mark.slow
def test_what_ships_is_loaded_whole_and_may_be_shown(django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr(pictures, "KINDS", {"webp": ("WEBP", {"quality": 1}, [400])})  # quicker

    with django_assert_max_num_queries(130):  # some for every thousand rows, none for each case
        load(CONTENT)
    cases = list(gate.with_needed(Case.objects.all()))
    before = everything()

    with CaptureQueriesContext(connection) as queries:
        said = load(CONTENT)

    files = [
        path for path in CONTENT.glob("[0-9]*/*.toml") if path.stem not in {"edition", "rules"}
    ]
    assert len(cases) == len(files) == 67
    assert {str(case): gate.problems(case) for case in cases} == {str(case): [] for case in cases}
    assert Case.objects.taking_actions().count() == 8
    assert {case.stage for case in cases} == {Stage.PUBLISHED, Stage.CLOSED}
    assert {consent.basis for consent in Consent.objects.all()} == {ConsentBasis.ORGANISER}
    assert all(case.outcomes.exists() for case in cases)
    assert Portrait.objects.count() == 8
    assert Petition.objects.count() == 8
    assert WordList.objects.count() == 6
    assert (Embassy.objects.count(), Embassy.objects.offered().count()) == (51, 31)
    first = PostalNote.objects.filter(embassy_first=True)
    assert set(first.values_list("country", flat=True)) == {"MM", "KH", "ZA", "EC"}
    todays = Postage.objects.filter(current=True)
    assert set(todays.values_list("country", flat=True)) == {"US", "FR", "DE", "ES", "IE", "NL"}
    assert said == f"Cases: 0 new, 0 changed, {len(cases)} as they were.\n"
    assert writes(queries) == []
    assert everything() == before
