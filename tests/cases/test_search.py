import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Case
from cases.search import matches
from tests.factories import make_case

NAMES = {
    "Ellinor Guttorm Utsi": ("NO", ["Ellinor Guttorm"]),
    "Sonia Dahmani": ("TN", ["سنية الدهماني"]),
    "Sai Zaw Thaike": ("MM", ["စိုင်းဇော်သိုက်"]),
    "Mother Nature Cambodia": ("KH", ["ចលនាមាតាធម្មជាតិ"]),
    "Juan López": ("HN", []),
    "Đặng Đình Bách": ("VN", []),
}


@pytest.fixture
def names(db) -> None:
    for name, (country, others) in NAMES.items():
        make_case(display_name=name, country=country, other_names=others, headline="A test")


def found(client, query: str) -> list[str]:
    return [
        case.display_name
        for case in client.get("/cases/", {"q": query}, follow=True).context["cases"]
    ]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("Ellinor Guttorm Utsi", "Ellinor Guttorm Utsi"),
        ("ellinor", "Ellinor Guttorm Utsi"),
        ("utsi ellinor", "Ellinor Guttorm Utsi"),
        ("Elinor", "Ellinor Guttorm Utsi"),
        ("Guttrom", "Ellinor Guttorm Utsi"),
        ("juan lopez", "Juan López"),
        ("LÓPEZ", "Juan López"),
        ("Lopes", "Juan López"),
        ("dang dinh bach", "Đặng Đình Bách"),
        ("dahmany", "Sonia Dahmani"),
        ("الدهماني", "Sonia Dahmani"),
        ("စိုင်းဇော်သိုက်", "Sai Zaw Thaike"),
        ("ធម្មជាតិ", "Mother Nature Cambodia"),
        ("norway", "Ellinor Guttorm Utsi"),
        ("hondurs", "Juan López"),
        ("  sai   zaw  ", "Sai Zaw Thaike"),
    ],
)
def test_name_is_found(client, names, query, name):
    assert found(client, query) == [name]


def test_country_is_found_in_the_language_of_the_page(client, names):
    response = client.get("/fr/cases/", {"q": "norvege"})

    assert [case.display_name for case in response.context["cases"]] == ["Ellinor Guttorm Utsi"]


@pytest.mark.parametrize("query", ["xyzzy", "Ellinor xyzzy", "%", "_", "'", "-- ", "*", "\\", "."])
def test_what_is_not_there_is_not_found_and_the_page_says_so(client, names, query):
    response = client.get("/cases/", {"q": query})

    assert list(response.context["cases"]) == []
    assert "Nobody is found under this" in response.content.decode()


def test_one_letter_finds_names_that_begin_with_it(client, names):
    assert found(client, "j") == ["Juan López"]


def test_empty_or_blank_query_finds_everybody(client, names):
    assert len(found(client, "")) == len(found(client, "   ")) == len(NAMES)


def test_query_that_is_too_long_is_told_and_ignored(client, names):
    response = client.get("/cases/", {"q": "a" * 81})

    assert len(response.context["cases"]) == len(NAMES)
    assert "at most 80 characters" in response.content.decode()


def test_longest_query_is_answered(client, names):
    assert found(client, "ab " * 26) == []


def test_other_spellings_are_found_and_not_shown(client, names):
    response = client.get("/cases/", {"q": "sonia"})

    assert "سنية" not in response.content.decode()


def test_new_case_is_found_at_once(client, names):
    make_case(display_name="Unecebo Testboteni")

    assert found(client, "testboteni") == ["Unecebo Testboteni"]
    Case.objects.filter(display_name="Unecebo Testboteni").delete()
    assert found(client, "testboteni") == []


@given(st.text(max_size=80), st.text(max_size=80))
def test_match_is_between_nothing_and_everything(query, text):
    assert 0 <= matches(query, text) <= 1


@given(st.lists(st.text(alphabet="abcdéøñşž", min_size=1, max_size=12), min_size=1, max_size=4))
def test_every_word_of_a_text_finds_it(words):
    for word in words:
        assert matches(word, " ".join(words)) == 1


@given(st.text(alphabet="abcdefghijklmnop", min_size=7, max_size=12), st.data())
def test_one_letter_too_few_is_forgiven(word, data):
    at = data.draw(st.integers(1, len(word) - 2))

    assert matches(word[:at] + word[at + 1 :], word) > 0


@pytest.mark.slow
def test_what_readers_type_is_not_remembered_for_good():
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]

    for number in range(3_000):
        word = "".join(chr(0x4E00 + (number * 83 + at * 7) % 20_000) for at in range(80))
        matches(word, "Ellinor Guttorm")
        matches("\ufdfa" * 80, f"Ellinor {number}")  # each becomes eighteen letters
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    assert kept < 8_000_000


def test_long_word_is_found_by_its_beginning():
    assert matches("a" * 60, "a" * 60) == 1.0
    assert matches("x" * 80 + " anna", "x" * 60) > 0
