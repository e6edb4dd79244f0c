"""What ships is not warned of by its own rules, and neither is what people write in good faith."""

import io
import shutil

import pytest
from pypdf import PdfReader

from cases.content_files.importing import CONTENT, load
from cases.models import AppliesTo, Case, Embassy, ModelLetter, Point
from letters.models import Letter
from letters.text import checks, printing, routes
from letters.text.checks import Problem
from tests.factories import make_letter

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def campaign(tmp_path) -> None:
    """The eight cases and the word lists that ship, without their pictures."""
    shutil.copytree(
        CONTENT,
        tmp_path,
        ignore=shutil.ignore_patterns("20[01]*", "202[0-4]", "pictures"),
        dirs_exist_ok=True,
    )
    load([tmp_path])


def found(text: str, slug: str, about: str, language: str = "en") -> list[Problem]:
    """The words of the text that a rule or a list names."""
    case = Case.objects.get(slug=slug)
    problems = checks.problems(text, case, about=about, language=language)
    return [problem for problem in problems if problem.start is not None]


@pytest.mark.slow
def test_what_ships_is_not_warned_of():
    warned = {}
    for case in Case.objects.taking_actions():
        about = AppliesTo.APPEAL
        for letter in ModelLetter.objects.filter(target__case=case):
            points = [point.text for point in letter.points.all()]
            for text in [letter.subject, letter.body, *points]:
                warned[case.slug, text] = found(text, case.slug, about, letter.language)
        for text in [case.petition.title, case.petition.text]:
            warned[case.slug, text] = found(text, case.slug, about)
        about = AppliesTo.SOLIDARITY
        for phrase in case.solidarity_phrases.all():
            warned[case.slug, phrase.text] = found(phrase.text, case.slug, about, phrase.language)

    assert len(warned) > Point.objects.count() > 0
    assert {place: problems for place, problems in warned.items() if problems} == {}


@pytest.mark.slow
def test_addresses_that_ship_show_whole_in_the_windows_of_envelopes():
    """Of the offices, of messages of support, and of the offices through an embassy."""
    addresses = []
    for case in Case.objects.taking_actions():
        targets = case.targets.all()
        addresses += [target.window_lines for target in targets if target.postal_lines]
        if case.takes_messages:
            addresses.append(case.solidarity_action.window_lines)
        for embassy in Embassy.objects.offered().filter(of_country=case.country):
            for origin in [embassy.in_country, *embassy.covers]:
                by_way = {"embassy": embassy, "embassy_part": "via", "posted_from": origin}
                letters = [Letter(case=case, target=target, **by_way) for target in targets]
                addresses += [routes.envelope_lines(letter) for letter in letters]

    hidden = [
        (paper, window, lines)
        for paper, window in printing.SHEETS.values()
        for lines in addresses
        if not printing.fits_window(paper, window, tuple(lines), room=0)
    ]

    assert len(addresses) > Embassy.objects.offered().count() > 20
    # The window of a No. 10 takes eight lines: who has nine is told, and prints without a window.
    assert [paper for paper, _window, _lines in hidden if paper != "letter"] == []
    assert len(hidden) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_model_letters_fit_on_one_page_and_say_what_is_asked(paper):
    pages, remarks, models = {}, {}, ModelLetter.objects.select_related("target__case")
    for model in models:
        target = model.target
        place = target.case.slug, target.key, model.language
        whole = checks.problems(model.body, target.case, target=target, language=model.language)
        remarks[place] = [problem.sentence for problem in whole]
        letter = make_letter(
            target.case,
            target=target,
            language=model.language,
            subject=model.subject,
            body=f"{model.body} …",  # a word of one's own: no translation on a second page
            place="A town of some size, Norway",
        )
        pdf = PdfReader(io.BytesIO(printing.pdf(letter, paper=paper)))
        pages[place] = len(pdf.pages)

    assert {slug for slug, *_ in pages} == set(
        Case.objects.taking_actions().values_list("slug", flat=True)
    )
    assert {place: number for place, number in pages.items() if number > 1} == {}
    # Neither too long by the estimate, nor without a demand.
    assert {sentence for told in remarks.values() for sentence in told} == {
        "It is our model letter, unchanged."
    }


THANKS = {"en": "Thank you for ", "fr": "Je vous remercie ", "es": "Le agradezco "}
REPLY = {
    "en": ("reply", "grateful to hear"),
    "fr": ("réponse",),
    "es": ("respuesta", "Quisiera saber"),
}


def test_model_letters_and_points_end_with_thanks_and_ask_for_a_reply():
    for model in ModelLetter.objects.prefetch_related("points"):
        for end in [model.body.splitlines()[-1], list(model.points.all())[-1].text]:
            assert end.startswith(THANKS[model.language]), (model, end)
            assert any(words in end for words in REPLY[model.language]), (model, end)


HARMLESS_LETTERS = [
    ("damisoa", "en", "I respectfully ask those in charge of the site to listen, Mr President."),
    ("damisoa", "en", "The site is enclosed by the river. I picture the children waiting there."),
    ("damisoa", "fr", "Tout à coup la rivière monte. Je vous prie de bien vouloir agir."),
    ("damisoa", "fr", "La population souffre de la faim ; les soins sont un cadeau rare."),
    ("ellinor-guttorm-utsi", "en", "The herders are attached to their land. I share their view."),
    ("ellinor-guttorm-utsi", "en", "Their opposition to the project is no crime."),
    ("guerreras-por-la-amazonia", "es", "¿Quién va a pagar por los daños? No se arrepentirá."),
    ("guerreras-por-la-amazonia", "en", "Somebody tried to blow up a girl’s home."),
    ("juan-lopez", "en", "Nobody deserves to die for a river. The murderers are still free."),
    ("juan-lopez", "en", "Those accused stand trial; whoever ordered it has not been charged."),
    ("juan-lopez", "es", "Nadie merece morir por defender un río. Lo mataron de un tiro."),
    ("mother-nature-cambodia", "en", "Their conviction is that rivers belong to everybody."),
    ("sai-zaw-thaike", "en", "Please let him be part of the next amnesty of prisoners."),
    (
        "sonia-dahmani",
        "en",
        "She was convicted in three cases; drop every charge.",
    ),
    ("sonia-dahmani", "fr", "Le procès a été un coup pour beaucoup d’entre nous."),
    ("unecebo-mboteni", "en", "An innocent child should be safe. You are responsible for schools."),
]
HARMLESS_MESSAGES = [
    ("ellinor-guttorm-utsi", "nb", "God jul er ikke det eneste ordet for en god vinter."),
    ("ellinor-guttorm-utsi", "de", "Ich war im Sommer im Norden. Ihr Mut ist kein Gift, er hilft."),
    ("ellinor-guttorm-utsi", "en", "Your courage is a gift to all of us. I drew you a picture."),
    ("guerreras-por-la-amazonia", "es", "¡Ánimo, guerreras! No están solas, con todo mi cariño."),
    ("damisoa", "fr", "J’espère que cette lettre vous trouve en bonne santé. Adieu à la faim !"),
    ("damisoa", "en", "You will be sorry to hear that it rains here too. Help is coming for you."),
    (
        "sai-zaw-thaike",
        "en",
        "Watch your cats for me. I look at your photos again and again.",
    ),
    ("sai-zaw-thaike", "en", "They make you pay for your courage. I hope to find you well soon."),
    ("mother-nature-cambodia", "en", "Warm greetings from one friend of rivers to another."),
    ("unecebo-mboteni", "en", "Such an innocent boy. I think of you, and I am so sorry."),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("texts", "about"),
    [(HARMLESS_LETTERS, AppliesTo.APPEAL), (HARMLESS_MESSAGES, AppliesTo.SOLIDARITY)],
    ids=["letters", "messages"],
)
def test_words_in_good_faith_are_not_warned_of(texts, about):
    warned = {text: found(text, slug, about, language) for slug, language, text in texts}

    assert {text: problems for text, problems in warned.items() if problems} == {}


def test_words_to_avoid_are_found_in_letters():
    about = AppliesTo.APPEAL
    for slug, language, text, words in [
        ("damisoa", "en", "I am a member of my Amnesty group.", "Amnesty group"),
        ("damisoa", "fr", "Que Dieu vous garde.", "Dieu"),
        ("ellinor-guttorm-utsi", "en", "Have a happy New Year.", "New Year"),
        ("guerreras-por-la-amazonia", "es", "Usted es un mentiroso.", "Usted es un mentiroso"),
        ("juan-lopez", "en", "Shame on you!", "Shame on you"),
        ("mother-nature-cambodia", "en", "The king must hear of it.", "king"),
        ("sai-zaw-thaike", "en", "Your junta will not last.", "junta"),
        ("sonia-dahmani", "fr", "Vous êtes des lâches.", "Vous êtes des lâches"),
        ("unecebo-mboteni", "en", "The coming elections will show it.", "elections"),
    ]:
        problems = found(text, slug, about, language)
        assert [(problem.words, problem.stops) for problem in problems] == [(words, False)], text


def test_words_to_avoid_are_found_in_messages():
    about = AppliesTo.SOLIDARITY
    for slug, text, words in [
        ("damisoa", "Merry Christmas to all of you!", "Christmas"),
        ("ellinor-guttorm-utsi", "God bless you.", "God bless"),
        ("guerreras-por-la-amazonia", "¡Feliz Navidad!", "Navidad"),
        ("mother-nature-cambodia", "You are innocent.", "You are innocent"),
        ("sai-zaw-thaike", "Amnesty told me of you.", "Amnesty"),
        ("juan-lopez", "I put in a photo of me.", "photo of me"),
        ("unecebo-mboteni", "The government should be ashamed.", "government"),
    ]:
        problems = found(text, slug, about)
        assert [(problem.words, problem.stops) for problem in problems] == [(words, False)], text


@pytest.mark.slow
@pytest.mark.parametrize("about", [AppliesTo.APPEAL, AppliesTo.SOLIDARITY])
def test_threat_stops_whatever_it_is_written_for(about):
    for slug, language, text in [
        ("ellinor-guttorm-utsi", "en", "We know where you live."),
        ("sai-zaw-thaike", "en", "One day I'll make you pay."),
        ("sonia-dahmani", "fr", "Vos jours sont comptés."),
        ("guerreras-por-la-amazonia", "es", "Usted lo pagará caro."),
    ]:
        [problem] = found(text, slug, about, language)
        assert problem.stops, text
