from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.text import as_blocks, as_html, folded, folded_with_places

ALLOWED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote"}
ALLOWED |= {"em", "strong", "a", "br"}
ATTRIBUTES = {("a", "href"), ("a", "rel"), ("a", "title"), ("ol", "start")}


class Seen(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def test_story_is_paragraphs_headings_lists_quotes_and_emphasis():
    story = "## The pastures\n\nShe *herds* **reindeer**.\n\n- one\n- two\n\n> We belong here."

    assert as_html(story) == (
        "<h2>The pastures</h2>\n"
        "<p>She <em>herds</em> <strong>reindeer</strong>.</p>\n"
        "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"
        "<blockquote>\n<p>We belong here.</p>\n</blockquote>\n"
    )


def test_link_leads_away_without_saying_from_where():
    assert as_html("[a report](https://example.org/r)") == (
        '<p><a href="https://example.org/r" rel="noopener noreferrer">a report</a></p>\n'
    )


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        "<b>bold</b>",
        "<img src=x onerror=alert(1)>",
        "<!-- comment -->",
        "<style>*{display:none}</style>",
        "<iframe src=//example.org>",
        "a <br> b",
    ],
)
def test_html_stays_text(typed):
    html = as_html(typed)

    assert Seen(html).tags == ["p"]
    assert "&lt;" in html


@pytest.mark.parametrize(
    "typed",
    [
        "[x](javascript:alert(1))",
        "[x](JavaScript:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](vbscript:x)",
        "[x](data:text/html,<script>)",
        "[x](file:///etc/passwd)",
        "![alt](https://example.org/pixel.gif)",
        "<https://example.org/>",
        "https://example.org/",
        "www.example.org",
        "`code`",
        "~~~\ncode\n~~~",
        "| a | b |\n|---|---|",
    ],
)
def test_what_is_not_for_stories_stays_text(typed):
    seen = Seen(as_html(typed))

    assert set(seen.tags) <= {"p", "br", "a"}
    assert all(
        not value.lower().replace("\t", "").startswith(("javascript", "vbscript", "data", "file"))
        for _tag, _name, value in seen.attributes
    )
    assert "img" not in seen.tags


def test_picture_and_bare_address_are_no_links_that_load_something():
    assert "<a" not in as_html("https://example.org/ and <https://example.org/>")
    assert "<img" not in as_html("![alt](https://example.org/pixel.gif)")


MARKS = st.sampled_from(
    ["<", ">", "[", "]", "(", ")", "javascript:", "&#x", ";", "*", "_", "\n", "> ", "# ", "\\", '"']
)
STORY = st.lists(MARKS | st.text(max_size=8), max_size=30).map("".join)


@given(STORY)
def test_whatever_is_typed_only_harmless_html_comes_out(typed):
    seen = Seen(as_html(typed))

    assert set(seen.tags) <= ALLOWED
    assert {(tag, name) for tag, name, _value in seen.attributes} <= ATTRIBUTES
    for _tag, name, value in seen.attributes:
        if name == "href":
            scheme = "".join(value.split()).lower()
            assert not scheme.startswith(("javascript:", "vbscript:", "file:", "data:"))
    rels = [value for _tag, name, value in seen.attributes if name == "rel"]
    assert rels == ["noopener noreferrer"] * seen.tags.count("a")


@given(STORY)
def test_print_says_the_same_words_as_the_page(typed):
    class Words(HTMLParser):
        said = ""

        def handle_data(self, data):
            self.said += data

    reader = Words()
    reader.feed(as_html(typed))
    printed = "".join(run["text"] for block in as_blocks(typed) for run in block["runs"])

    assert "".join(printed.split()) == "".join(reader.said.split())


def test_blocks_for_print_keep_kind_and_style():
    assert as_blocks("# One\n\n> a *b*\n\n- [c](https://example.org)") == [
        {"kind": "heading", "runs": [{"text": "One"}]},
        {"kind": "quote", "runs": [{"text": "a "}, {"text": "b", "emphasis": True}]},
        {"kind": "item", "runs": [{"text": "c", "href": "https://example.org"}]},
    ]


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Ánne  Máret\tUtsi", "anne maret utsi"),
        ("Đặng Øyvind Łukasz Ŧ ŋ", "dang oyvind lukasz t n"),
        ("STRASSE Straße", "strasse strasse"),
        ("Œuvre æ", "oeuvre ae"),
        ("İstanbul Işık", "istanbul isik"),
        ("سُنية", "سنية"),
        ("ﬁn", "fin"),
        ("𝓐nne", "anne"),
        ("O’Brien", "o'brien"),
        ("un\u00adseen\u200b", "unseen"),
    ],
)
def test_folded_text_has_no_accents_and_no_capitals(text, bare):
    assert folded(text) == bare


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text):
    assert folded(folded(text)) == folded(text)


@given(st.text(max_size=60))
def test_places_lead_from_the_folded_text_to_where_it_came_from(text):
    bare, places = folded_with_places(text)

    assert bare == folded(text)
    assert len(places) == len(bare)
    assert places == sorted(places)
    assert all(bare[i] in folded(f"x{text[place]}x") for i, place in enumerate(places))


def test_the_place_of_a_word_is_where_it_was_typed():
    typed = "  Die STRASSE,\n\tÁnne"
    bare, places = folded_with_places(typed)

    assert bare == "die strasse, anne"
    assert typed[places[bare.index("anne")] :] == "Ánne"
