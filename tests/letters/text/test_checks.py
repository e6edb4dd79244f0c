"""What a text is told before it leaves: in sentences, with the place and why it matters."""

import pytest
from django.core.cache import caches
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from cases.models import (
    AppliesTo,
    Case,
    Demand,
    ModelLetter,
    SafetyRule,
    SolidarityPhrase,
    WordList,
)
from letters.actions import letters as letter_actions
from letters.models import Letter
from letters.text import checks
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_embassy,
    make_letter,
    make_model_letter,
    make_solidarity_action,
    make_target,
)
from tests.letters.sending import send_letter, send_message

pytestmark = pytest.mark.django_db

ASKS = "Please stop building on the pastures, and listen to those who live from them."
NO_DEMAND = "The letter does not say yet what you ask for."
OURS = "It is our model letter, unchanged."
TOO_LONG = "This is longer than one page."


@pytest.fixture
def case() -> Case:
    return make_case_to_write_for()


def rule(case: Case, words: list[str], **fields) -> SafetyRule:
    fields = {"topic": "religion", "answer": "no", "why": "Others believe otherwise."} | fields
    return SafetyRule.objects.create(case=case, words=words, **fields)


def told(text: str, case: Case, **about) -> list[str]:
    """What is found, without what the text as a whole lacks."""
    found = checks.problems(text, case, **about)
    return [problem.words for problem in found if problem.start is not None]


def sentences(text: str, case: Case, **about) -> list[str]:
    return [problem.sentence for problem in checks.problems(text, case, **about)]


# --- words that a rule names


def test_a_word_that_a_rule_names_is_told_with_its_place_and_why(case):
    rule(case, ["god bless*"])
    text = f"{ASKS} God  Blesses you."

    [problem] = checks.problems(text, case)

    assert problem.sentence == "“God  Blesses” is better left out."
    assert problem.why == "Others believe otherwise."
    assert text[problem.start : problem.end] == problem.words == "God  Blesses"
    assert not problem.stops


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("pray", "I pray for you, we PRAY.", ["pray"]),
        ("pray", "They sprayed it. Prayer.", []),
        ("pray*", "Prayers; praying; sprayed", ["Prayers", "praying"]),
        ("noël", "Joyeux NOEL à vous", ["NOEL"]),
        ("noel", "Joyeux noe\u0308l à vous", ["noe\u0308l"]),
        ("i’ll pray", "I'll pray", ["I'll pray"]),
        ("armée", "l’armée", ["armée"]),
        ("two words", "two\nwords, two, words", ["two\nwords"]),
        ("war crimes", "war crimes", ["war crimes"]),
        ("straße", "auf der STRASSE", ["STRASSE"]),
        ("unseen", "un\u00adseen", ["un\u00adseen"]),
        ("война", "О ВОЙНЕ и война.", ["война"]),
        ("စစ်", "ပြည်တွင်းစစ်ပွဲ", ["စစ်"]),
        ("c++ (a)", "c++ (a) [b]", ["c++ (a)"]),
        ("*", "anything", []),
    ],
)
def test_words_are_compared_whole_without_case_and_accents(word, text, found):
    case = make_case()
    rule(case, [word])

    assert told(text, case) == found


def test_a_phrase_that_begins_within_another_is_found_too():
    case = make_case()
    rule(case, ["god bless"])
    rule(case, ["bless you"], topic="politics", why="Another reason.")

    assert told("God bless you.", case) == ["God bless", "bless you"]


def test_a_word_is_told_once_where_it_stands_first(case):
    rule(case, ["pray"])

    [problem] = checks.problems(f"{ASKS} I pray and pray.", case)

    assert problem.start == len(ASKS) + 3


def test_what_a_rule_allows_is_not_told_and_what_is_not_known_is(case):
    rule(case, ["pray"], answer="yes")
    rule(case, ["regime"], topic="politics", answer="unknown")

    assert told("I pray for the regime.", case) == ["regime"]


def test_letters_and_messages_have_rules_of_their_own(case):
    rule(case, ["pray"], applies_to=AppliesTo.SOLIDARITY)

    assert told("I pray.", case) == []
    assert told("I pray.", case, about=AppliesTo.SOLIDARITY) == ["pray"]


def test_the_subject_is_looked_at_before_the_letter(case):
    rule(case, ["pray", "bless"])

    found = checks.problems(f"{ASKS} Bless you.", case, subject="I pray")

    assert [(problem.field, problem.words) for problem in found] == [
        ("subject", "pray"),
        ("body", "Bless"),
    ]


# --- insults and threats


def test_insults_and_threats_of_the_languages_a_letter_may_be_in_are_told(case):
    WordList.objects.create(kind="insult", language="en", words=["you pig*"])
    WordList.objects.create(kind="threat", language="es", words=["te mataremos"])
    text = "You pigs. Te mataremos."

    assert sentences(text, case) == ["“You pigs” reads as an insult."]
    assert told(text, case, language="es") == ["You pigs", "Te mataremos"]
    assert told(text, case, about=AppliesTo.SOLIDARITY) == ["You pigs", "Te mataremos"]


def test_what_two_lists_have_is_told_once(case):
    WordList.objects.create(kind="insult", language="en", words=["imbecile"])
    WordList.objects.create(kind="insult", language="fr", words=["imbécile"])

    assert told("Imbecile!", case, language="fr") == ["Imbecile"]


def test_what_stops_the_text_comes_first_and_says_what_to_do(case):
    rule(case, ["pray"])
    WordList.objects.create(kind="threat", language="en", words=["we will find you"], stops=True)
    text = f"{ASKS} I pray. We will find you."

    threat, advice = checks.problems(text, case)

    assert (threat.stops, advice.stops) == (True, False)
    assert threat.sentence == (
        "“We will find you” reads as a threat. Take it out or say it another way: the "
        "text can’t be sent with it."
    )
    assert checks.blocking_problems(text, case) == [threat]


def stopped_words(text: str, case: Case, **about) -> list[str]:
    return [problem.words for problem in checks.blocking_problems(text, case, **about)]


@pytest.mark.parametrize(
    ("applies_to", "letter", "message"),
    [(AppliesTo.APPEAL, ["visa"], []), (AppliesTo.SOLIDARITY, [], ["visa"])],
)
def test_what_stops_a_letter_lets_a_message_go_and_the_other_way_round(
    case, applies_to, letter, message
):
    rule(case, ["visa"], applies_to=applies_to, stops=True)
    caches["fragments"].clear()

    assert stopped_words("A visa, please.", case) == letter
    assert stopped_words("A visa, please.", case, about=AppliesTo.SOLIDARITY) == message


def test_what_stops_one_case_stops_no_other_and_what_a_rule_allows_stops_nothing(case):
    rule(case, ["visa"], stops=True)
    rule(case, ["passport"], topic="politics", answer="yes", stops=True)
    caches["fragments"].clear()

    assert stopped_words("A visa, a passport.", case) == ["visa"]
    assert stopped_words("A visa, a passport.", make_case()) == []


def test_a_rule_that_stops_holds_through_the_forms_of_its_kind_and_case_alone(client):
    here = make_solidarity_action().case
    elsewhere = make_solidarity_action().case
    rule(here, ["visa"], applies_to=AppliesTo.APPEAL, stops=True)
    caches["fragments"].clear()
    text = "I ask you for a visa, and I write this for the herders of the north."

    assert send_letter(client, here, body=text).status_code == 200
    assert send_message(client, here, body=text).status_code == 302
    assert send_letter(client, elsewhere, body=text).status_code == 302


def test_a_word_that_stops_lets_what_has_left_be_told_of(case):
    letters = [make_letter(case, state="ready", route="post"), make_letter(case)]
    for letter in letters:
        Letter.objects.filter(pk=letter.pk).update(body="Please give her a visa.")
    rule(case, ["visa"], stops=True)
    caches["fragments"].clear()
    left, begun = [Letter.objects.get(pk=letter.pk) for letter in letters]

    assert not letter_actions.act(begun, "deliver")
    assert not letter_actions.act(begun, "post")
    assert letter_actions.act(left, "posted")


@pytest.mark.parametrize("name", ["post", "embassy", "email", "deliver"])
def test_a_word_that_stops_lets_a_letter_leave_by_no_way(case, name):
    make_embassy("NO", "GB")
    case.targets.update(email="office@example.org", checked_on=timezone.localdate())
    letters = [make_letter(case), make_letter(case)]
    Letter.objects.filter(pk=letters[0].pk).update(body="Please give her a visa.")
    rule(case, ["visa"], stops=True)
    caches["fragments"].clear()
    stopped, free = [Letter.objects.get(pk=letter.pk) for letter in letters]

    assert not letter_actions.act(stopped, name, posted_from="GB")
    assert letter_actions.act(free, name, posted_from="GB")


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_an_insult_is_one_in_every_language_of_the_lists(language):
    WordList.objects.create(kind="insult", language=language, words=["testword"])

    assert checks.is_rude("Testword")
    assert not checks.is_rude("Sam")


def test_words_in_the_language_of_the_target_are_looked_for_too(case):
    WordList.objects.create(kind="threat", language="es", words=["te mataremos"])
    local = {"local_salutation": "Señor Ministro:", "local_close": "Atentamente,"}
    target = make_target(case, language="fr", local_language="es", **local)
    WordList.objects.create(kind="insult", language="en", words=["rotter"])

    found = told("Te mataremos, rotter.", case, target=target, language="fr")

    assert found == ["Te mataremos", "rotter"]
    assert told("Te mataremos.", make_case()) == []


def test_a_demand_of_short_words_alone_can_not_be_missed(case):
    Demand.objects.update(text="Let him go.")

    assert NO_DEMAND not in sentences("I write to you about the pastures, which I know.", case)


def test_a_list_stops_a_kept_letter_in_its_own_language_alone(case):
    WordList.objects.create(kind="threat", language="fr", words=["gare à vous"], stops=True)
    letters = [make_letter(case, language=code, body="Gare à vous.") for code in ["fr", "en"]]

    assert [checks.is_blocked(letter) for letter in letters] == [True, False]


def test_a_kept_letter_is_looked_at_as_one_to_its_own_target(case):
    chair = make_target(case, salutation="Ms Chair,")
    letter = make_letter(case, target=chair, body=f"Ms Chair,\n\n{ASKS}")

    twice = [one for one in checks.problems_of(letter) if "appear twice" in one.sentence]

    assert [problem.words for problem in twice] == ["Ms Chair,"]


def test_most_texts_are_let_through_with_two_statements(case, django_assert_num_queries):
    rule(case, ["pray"])

    target = case.targets.get()

    with django_assert_num_queries(2):
        assert checks.blocking_problems("I pray.", case, target=target) == []


# --- addresses, telephones, links


@pytest.mark.parametrize(
    "words",
    [
        "sam@example.org",
        "sam.tester+letters@mail.example.org",
        "https://example.org/a?b=1",
        "www.example.org",
        "example.org/petition",
        "+47 22 12 34 56",
        "+49 (0)30 1234567",
        "0049-30-1234567",
        "06 12 34 56 78",
        "030 1234567",
        "(555) 555-0100",
        "555-555-0100",
        "12 Some Street",
        "3b, Old Mill Lane",
        "12 bis, rue des Lilas",
        "5 avenue de l’Opéra",
        "Calle Mayor 3",
        "Avenida de la Paz, n.º 15",
        "Musterstraße 5",
        "Storgata 5b",
        "PO Box 12",
        "SW1A 1AA",
    ],
)
def test_where_somebody_can_be_reached_is_told(case, words):
    rule(case, [], topic="own-address", answer="unknown")

    assert told(f"{ASKS} Here: {words}. Thank you.", case) == [words]


def test_a_number_after_a_word_for_telephone_is_one(case):
    [problem] = checks.problems(f"{ASKS} My phone number is 22 12 34 56.", case)

    assert (problem.words, problem.start) == ("22 12 34 56", len(ASKS) + 20)


def test_a_postcode_with_its_town_is_told_where_it_stands_alone(case):
    rule(case, [], topic="own-address")

    assert told("Sam\n0106 Oslo\n75011 Paris\nIn 2024 Oslo", case) == ["0106 Oslo", "75011 Paris"]


@pytest.mark.parametrize(
    "text",
    [
        "On 11 May 2024, 01.02.2024, 2024-02-01 or 01/02/2024.",
        "In 2023–2024 and 2023-2024, since 2020 Finnmark has had 1 200 000 of them.",
        "Article 19 of Decree-Law 54 of 2022, Law no. 0123/2024, pages 123-456.",
        "10,000 Women marched; 2 000 000 000 paid 100.000.000 or 0.5 to 0.75.",
        "On 3 May the Supreme Court sat; 11 Power Plans were sent; 20 to 25 years.",
        "In 2024 Norway refused. The 2019 Nobel Peace Prize. UN Resolution 1325 (2000).",
        "la calle el 15 de mayo, en la avenida 3 de ellos, 12 rue",
        "Ask for it: e.g. this, i.e. that. Dr.No. A+B, C-3, 24/7.",
        "Telephones, 5 of them; mobile 4 people; tel est le cas en 2024.",
        "I phone on 12.12.2024, and again on 01.02.2025.",
    ],
)
def test_years_dates_laws_and_numbers_raise_no_alarm(case, text):
    rule(case, [], topic="own-address")

    assert told(text, case) == []


def test_the_own_address_may_stand_where_the_rules_say_so_but_not_that_of_others(case):
    rule(case, [], topic="own-address", answer="yes", applies_to=AppliesTo.SOLIDARITY)
    text = "12 Some Street, sam@example.org, kim@example.org, +47 22 12 34 56"

    found = checks.problems(text, case, about=AppliesTo.SOLIDARITY, own_email="Sam@Example.org")

    theirs = "Is it somebody else’s? They have not agreed to have it passed on."
    assert [(problem.words, problem.why) for problem in found] == [
        ("kim@example.org", theirs),
        ("+47 22 12 34 56", theirs),
    ]


THEIRS = "Is it somebody else’s? They have not agreed to have it passed on."


@pytest.mark.parametrize(
    ("words", "sentence", "why"),
    [
        ("kim@example.org", "is an e-mail address.", THEIRS),
        ("+47 22 12 34 56", "looks like a telephone number.", THEIRS),
        ("12 Some Street", "looks like an address.", THEIRS),
        ("www.example.org", "is a link.", "Nobody can click on paper: say what the page shows."),
    ],
)
def test_each_way_to_reach_somebody_is_told_with_what_it_is_and_why(case, words, sentence, why):
    rule(case, [], topic="own-address", why="")
    mine = "" if "link" in sentence else "You don’t need to put your own address in the text. "

    [problem] = checks.problems(f"{ASKS} Here: {words} or so.", case)

    assert problem.sentence == f"“{words}” {sentence}"
    assert problem.why == mine + why


@pytest.mark.parametrize(
    ("kind", "sentence", "why"),
    [
        (
            "insult",
            "“Testword” reads as an insult.",
            "People who are insulted stop reading. Be firm about what happened, and polite.",
        ),
        (
            "threat",
            "“Testword” reads as a threat.",
            "A threat puts the person in danger, and you; say what you ask for instead.",
        ),
    ],
)
def test_an_insult_and_a_threat_are_told_with_why_they_do_harm(case, kind, sentence, why):
    WordList.objects.create(kind=kind, language="en", words=["testword"])

    [problem] = checks.problems(f"{ASKS} Testword.", case)

    assert (problem.sentence, problem.why) == (sentence, why)


def test_a_rule_without_a_reason_names_its_topic(case):
    rule(case, ["pray"], why="")

    [problem] = checks.problems(f"{ASKS} I pray.", case)

    assert problem.why == "For this case, leave out: Religion."


def test_a_long_run_of_words_is_quoted_in_part(case):
    rule(case, ["a" * 60, "b" * 61])

    assert sentences(f"{ASKS} {'a' * 60}. {'b' * 61}.", case) == [
        f"“{'a' * 60}” is better left out.",
        f"“{'b' * 60}…” is better left out.",
    ]


def test_the_writer_is_told_why_the_own_address_is_left_out(case):
    rule(case, [], topic="own-address", why="A town is enough.")

    [problem] = checks.problems(f"{ASKS} sam@example.org", case, own_email="sam@example.org")

    assert problem.sentence == "“sam@example.org” is your own e-mail address."
    assert problem.why == "A town is enough."


# --- the text as a whole


def test_a_letter_that_asks_for_nothing_is_told_what_is_asked(case):
    text = "I am a teacher, and I read with sorrow about what you have done to them this year."

    [problem] = checks.problems(text, case)

    assert (problem.sentence, problem.start) == (NO_DEMAND, None)
    assert problem.why == "What letters ask for in this case: Stop building on the pastures."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ASKS, "en"),
        ("I am a teacher, and I ask you that nobody builds on any pasture of theirs.", "en"),
        ("Ich bin Lehrerin und bitte Sie, die Weiden dieser Menschen in Ruhe zu lassen.", "en"),
        ("Soy maestra y le pido que deje en paz la tierra de estas personas, por favor.", "es"),
        ("Short.", "en"),
    ],
)
def test_a_demand_is_missed_only_where_it_would_be_known(case, text, language):
    assert NO_DEMAND not in sentences(text, case, language=language)


def test_a_demand_is_known_in_the_language_it_is_translated_into(case):
    Demand.objects.update(i18n={"text_fr": "Arrêtez de construire sur les pâturages."})
    text = "Je suis enseignante et je vous écris au sujet des éleveurs de rennes de chez vous."

    assert sentences(text, case, language="fr") == [NO_DEMAND]
    assert sentences(f"{text} Ne construisez rien !", case, language="fr") == []


def test_a_demand_is_known_also_in_a_language_whose_common_words_we_do_not_know(case):
    Demand.objects.update(i18n={"text_de": "Bauen Sie nicht auf den Weiden."})
    text = "Ich bin Lehrerin und schreibe Ihnen wegen der Menschen, die dort leben."

    assert sentences(text, case, language="de") == [NO_DEMAND]
    assert sentences(f"{text} Lassen Sie die Weiden in Ruhe!", case, language="de") == []


def test_a_long_line_is_no_greeting_however_it_begins(case):
    line = "Dear Minister who lets others build on the pastures of so many families in the north"
    assert "will appear twice" in " ".join(sentences(f"{line}\n\n{ASKS}", case))

    assert sentences(f"{line} of the country\n\n{ASKS}", case) == []


def test_the_name_of_the_person_is_no_demand():
    case = make_case(display_name="Ana Testperson")
    Demand.objects.create(case=case, text="Release Ana Testperson.")

    assert sentences("I write to you about Ana Testperson, of whom I read.", case) == [NO_DEMAND]


def test_the_model_as_it_stands_may_go_but_own_words_weigh_more(case):
    model = ModelLetter.objects.get(target__case=case)
    points = "\n\n".join(point.text for point in model.points.all())

    assert sentences(model.body.replace("\n\n", "\n"), case) == [OURS]
    assert OURS in sentences(points, case)
    assert OURS not in sentences(f"{model.body} I am a teacher.", case)


def test_sample_sentences_alone_are_ours_too(case):
    SolidarityPhrase.objects.create(case=case, text="You are not forgotten by anybody here.")
    text = "You are not forgotten by anybody here."

    assert sentences(f"{text} ", case, about=AppliesTo.SOLIDARITY) == []  # too short to say so
    assert sentences(f"{text} {text}", case, about=AppliesTo.SOLIDARITY) == [OURS]


def test_more_than_a_page_is_told(case):
    assert TOO_LONG in sentences(f"{ASKS} " * 25, case)
    assert TOO_LONG not in sentences(f"{ASKS} " * 15, case)


def test_more_than_a_card_is_told(case):
    about = {"about": AppliesTo.SOLIDARITY, "card": True}

    assert sentences("You are not forgotten. " * 160, case, **about) == [
        "This is longer than a card."
    ]
    assert sentences("You are not forgotten. " * 110, case, **about) == []


@pytest.mark.parametrize(
    ("begins", "words"),
    [
        ("Dear Chairman,\n\n", "Dear Chairman,"),
        ("Dear Chairman, ", "Dear Chairman,"),
        ("dear minister\n", "dear minister"),
        ("Your Excellency,\n\n", "Your Excellency,"),
        ("Monsieur le Ministre,\n", "Monsieur le Ministre,"),
        ("Sehr geehrter Herr Minister!\n", "Sehr geehrter Herr Minister!"),
        ("", None),
        ("Dear to me is the land of the herders.\n", None),
    ],
)
def test_a_greeting_that_the_sheet_has_already_is_told(case, begins, words):
    text = f"{begins}{ASKS} I am a teacher."

    found = [one for one in checks.problems(text, case) if "appear twice" in one.sentence]

    assert [one.words for one in found] == ([words] if words else [])
    assert all(text[one.start : one.end] == one.words for one in found)


def test_a_close_and_the_name_that_stand_below_already_are_told(case):
    text = f"{ASKS} I am a teacher.\n\nYours faithfully,\nSam  Tester\n"

    found = checks.problems(text, case, name="Sam Tester")

    assert [(one.sentence, text[one.start : one.end]) for one in found] == [
        (
            "“Yours faithfully,” will appear twice: the ending is already below the text.",
            "Yours faithfully,",
        ),
        ("“Sam  Tester” will appear twice: your name is already below the text.", "Sam  Tester"),
    ]
    assert checks.problems(f"{ASKS} I am a teacher. Yours faithfully.", case) == []


def test_around_a_message_stands_nothing_but_the_name(case):
    text = "Dear Ana,\nwe think of you and the herds.\nWarm regards,\nSam"
    about = {"about": AppliesTo.SOLIDARITY, "name": "Sam"}

    assert sentences(text, case, **about) == [
        "“Sam” will appear twice: your name is already below the text."
    ]
    assert sentences("Sam", case, **about) == []


def test_an_empty_sheet_has_no_problem(case):
    assert checks.problems(" \n", case) == []


# --- whatever is typed


PARTS = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=()), max_size=20),
    st.sampled_from(
        [
            "God bless",
            "pray",
            "ş",
            "ﷺ",
            "ß",
            "တ",
            "\u0301",
            "+47 22 12 34 56",
            "a@b.no",
            " ",
            "\n\n",
        ]
    ),
)
TEXTS = st.lists(PARTS, max_size=12).map("".join)


@given(text=TEXTS, subject=TEXTS, words=st.lists(PARTS, max_size=4))
@how(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_text_is_taken_and_every_place_lies_in_it(case, text, subject, words):
    case.safety_rules.all().delete()
    # A database refuses what no form lets through.
    words = [word.replace("\0", "").encode(errors="ignore").decode() for word in words]
    rule(case, ["god bless*", "pray", *filter(None, words)])

    found = checks.problems(text, case, subject=subject)

    for problem in found:
        whole = subject if problem.field == checks.SUBJECT else text
        if problem.start is None:
            continue
        assert 0 <= problem.start < problem.end <= len(whole)
        assert whole[problem.start : problem.end] == problem.words
    pieces = checks.pieces(text, found)
    assert "".join(piece.text for piece in pieces) == text


def test_pieces_mark_each_place_once(case):
    rule(case, ["god bless"])
    rule(case, ["bless you"], topic="politics")
    found = checks.problems("So God bless you all.", case)

    assert [piece[:2] for piece in checks.pieces("So God bless you all.", found)] == [
        ("So ", False),
        ("God bless", True),
        (" you", True),
        (" all.", False),
    ]


def test_pieces_of_a_text_mark_nothing_that_stands_in_its_subject():
    in_subject = checks.Problem("A sentence.", "A reason.", 0, 3, field=checks.SUBJECT)

    assert [piece.marked for piece in checks.pieces("The pastures", [in_subject])] == [False]
    subject = checks.pieces("The herds", [in_subject], checks.SUBJECT)
    assert [(piece.text, piece.marked) for piece in subject] == [("The", True), (" herds", False)]


def test_what_is_asked_of_the_database_does_not_grow(case, django_assert_num_queries):
    rule(case, ["pray"])
    target = case.targets.get()
    with django_assert_num_queries(5):
        checks.problems(ASKS, case, target=target)
    make_model_letter(case, "es")
    for topic in ["politics", "war", "photos"]:
        rule(case, ["regime", "pray*"], topic=topic)

    with django_assert_num_queries(5):
        checks.problems(ASKS, case, target=target)
