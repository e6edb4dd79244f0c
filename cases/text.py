"""Text as people write it: folded for comparing, and Markdown shown safely."""

import unicodedata
from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

# Characters that do not come apart into a base letter and a mark.
PLAIN_CHARACTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ŧ": "t", "ı": "i", "ŋ": "n", "ß": "ss", "æ": "ae", "œ": "oe"}
    # Apostrophes as keyboards have them, and characters that nobody sees.
    | {"’": "'", "‘": "'", "ʼ": "'"}
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")
)


def folded(text: str) -> str:
    """The text for comparing: lower case, without accents, its white space single."""
    # Twice, as Unicode's compatibility caseless matching does: “𝓐” is an A only when taken apart.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return " ".join(bare.translate(PLAIN_CHARACTERS).split())


def folded_with_places(text: str) -> tuple[str, list[int]]:
    """The text folded, and for each character of that its place in the text."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for bare in _folded_character(character):
            if bare != " " or (characters and characters[-1] != " "):
                characters.append(bare)
                places.append(place)
    if characters and characters[-1] == " ":
        characters.pop()
        places.pop()
    return "".join(characters), places


@lru_cache(maxsize=4096)
def _folded_character(character: str) -> str:
    """`folded` looks at one character after the other, but for white space."""
    between = folded(f"x{character}x")
    return between[1:-1]


def _markdown() -> MarkdownIt:
    """Paragraphs, headings, lists, quotes, emphasis and links; any HTML stays text."""
    parser = MarkdownIt("zero", {"typographer": False, "html": False}).enable(
        ["heading", "list", "blockquote", "emphasis", "link", "newline", "escape", "entity"]
    )

    def link_open(renderer: RendererHTML, tokens: list[Token], index: int, options, env) -> str:
        tokens[index].attrSet("rel", "noopener noreferrer")
        return renderer.renderToken(tokens, index, options, env)

    parser.add_render_rule("link_open", link_open)
    return parser


MARKDOWN = _markdown()


@lru_cache(maxsize=1024)
def as_html(text: str) -> SafeString:
    """The Markdown as HTML that is safe whatever was typed."""
    return mark_safe(MARKDOWN.render(text))  # noqa: S308 - the parser escapes all HTML


def as_blocks(text: str) -> list[dict]:
    """The Markdown as plain blocks for print: [{"kind": "paragraph", "runs": [{"text": …}]}].

    Kinds: paragraph, heading, quote, item. A run may have "strong", "emphasis" or "href".
    """
    blocks: list[dict] = []
    kinds = ["paragraph"]
    openings = {"heading_open": "heading", "blockquote_open": "quote", "list_item_open": "item"}
    closings = {"heading_close", "blockquote_close", "list_item_close"}
    for token in MARKDOWN.parse(text):
        if token.type in openings:
            kinds.append(openings[token.type])
        elif token.type in closings:
            kinds.pop()
        elif token.type == "inline":
            blocks.append({"kind": kinds[-1], "runs": _runs(token.children or [])})
    return blocks


def _runs(tokens: list[Token]) -> list[dict]:
    runs: list[dict] = []
    style: dict = {}
    for token in tokens:
        match token.type:
            case "text" | "text_special":
                runs.append({"text": token.content, **style})
            case "softbreak" | "hardbreak":
                runs.append({"text": " ", **style})
            case "strong_open":
                style["strong"] = True
            case "em_open":
                style["emphasis"] = True
            case "link_open":
                style["href"] = str(token.attrGet("href") or "")
            case "strong_close":
                style.pop("strong", None)
            case "em_close":
                style.pop("emphasis", None)
            case "link_close":
                style.pop("href", None)
    return runs
