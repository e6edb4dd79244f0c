"""Where somebody can be reached, found in a text: e-mail, link, telephone, address.

Sober on purpose: no year, date, paragraph of a law or number of people is taken for a telephone,
and what is not plainly an address is not called one.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    EMAIL = "email"
    LINK = "link"
    PHONE = "phone"
    ADDRESS = "address"


class Contact(NamedTuple):
    kind: Kind
    start: int
    end: int


CAPITAL = "[A-ZÀ-ÖØ-Þ]"
A_WORD_FOR_TELEPHONE = r"(?i:phone|mobile|cell|whats?app|tel|t[eé]l[eé]phone|tel[eé]fono|m[oó]vil)"
BETWEEN_DIGITS = r"(?:[ .\-/]|\) ?| ?\()?"
DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}")

PATTERNS = [
    (Kind.EMAIL, r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"),
    (Kind.LINK, r"(?i:\bhttps?://|\bwww\.)[^\s<>]*[^\s<>.,;:!?)\]”’\"']"),
    (Kind.LINK, r"(?<![\w@.-])(?:[\w-]{1,63}\.)+(?:com|info|net|org)(?:/[\w/.-]*\w)?(?![\w@-])"),
    # +47 22 12 34 56
    (Kind.PHONE, rf"(?<![\w+])(?:\+|00)[1-9](?:{BETWEEN_DIGITS}\d){{7,13}}(?![\w-])"),
    # 030 1234567
    (Kind.PHONE, rf"(?<![\w.+(/-])\(?0[1-9](?:{BETWEEN_DIGITS}\d){{7,10}}(?![\w-])"),
    # (555) 555-0100
    (Kind.PHONE, r"(?<![\w.-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])"),
    # My phone number is 22 12 34 56
    (
        Kind.PHONE,
        rf"\b{A_WORD_FOR_TELEPHONE}\b\.?(?:\W{{1,3}}[^\W\d]{{1,12}}){{0,3}}\W{{1,3}}"
        rf"(?P<number>\d(?:{BETWEEN_DIGITS}\d){{5,11}})(?![\w-])",
    ),
    # 12 Some Street
    (
        Kind.ADDRESS,
        rf"\b\d{{1,5}}[A-Za-z]?,? (?:{CAPITAL}[\w'’.-]* ){{1,4}}"
        r"(?:Street|St\.|Road|Rd\.?|Avenue|Ave\.?|Lane|Drive|Boulevard|Blvd\.?|Crescent)(?!\w)",
    ),
    # 12 bis, rue des Lilas
    (
        Kind.ADDRESS,
        r"\b\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|all[ée]e|impasse|chemin|quai)"
        rf" (?:(?:de|du|des|la|le|les) |[dl]['’])*{CAPITAL}[\w'’-]+",
    ),
    # Calle Mayor 3
    (
        Kind.ADDRESS,
        rf"\b(?i:calle|avenida|avda\.?|plaza|paseo)(?: (?:(?:de|del|la|las|los) )*{CAPITAL}\w+)"
        r"{1,4},? (?:n[.º°o]{1,3} ?|# ?)?\d{1,5}\b",
    ),
    # Musterstraße 5, Storgata 5
    (
        Kind.ADDRESS,
        rf"\b{CAPITAL}\w+(?:stra(?:ß|ss)e|str\.|gata|gatan|gaten|veien|vegen|vägen) \d{{1,4}}"
        r"(?: ?[a-zA-Z])?\b",
    ),
    (Kind.ADDRESS, r"\b(?:P\.? ?O\.? ?Box|Postboks|Postfach|Apartado(?: de correos)?) \d+"),
    # SW1A 1AA
    (Kind.ADDRESS, r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b"),
    # 0106 Oslo, alone on its line
    (Kind.ADDRESS, rf"(?m:^)(?:[A-Z]{{1,2}}-)?\d{{4,5}} {CAPITAL}[\w'’-]+(?: [\w'’-]+)?(?m:$)"),
]
# What each kind can't be without: most texts have none of it.
NEEDED_CHARACTERS = {Kind.EMAIL: "@", Kind.LINK: "\\.", Kind.PHONE: "\\d", Kind.ADDRESS: "\\d"}
COMPILED = [
    (kind, re.compile(NEEDED_CHARACTERS[kind]), re.compile(pattern)) for kind, pattern in PATTERNS
]


def find(text: str) -> Iterator[Contact]:
    """None within another; those of one kind in their order."""
    taken: list[tuple[int, int]] = []
    for kind, needed, pattern in COMPILED:
        if not needed.search(text):
            continue
        for match in pattern.finditer(text):
            start, end = match.span("number" if "number" in pattern.groupindex else 0)
            if kind == Kind.PHONE and DATE.fullmatch(text, start, end):
                continue
            if not any(start < until and begin < end for begin, until in taken):
                taken.append((start, end))
                yield Contact(kind, start, end)
