"""Whether two letters say the same or nearly the same.

Comparing each with each would take too long, so first come hashes: of all runs of three words, the
smallest under each of many orders (min-hash). Texts of which nearly all runs are the same have some
of these in common, taken together in bands, and only those that do are compared word by word. The
hashes are keyed: without the key nobody can try out which words they come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from cases.encryption import keyed_hash
from cases.text import folded
from letters.models import Letter

MIN_RATIO = 0.9  # of words that are the same, in the same order, from which on a moderator is told
TERMS_A_RUN = 3
BANDS = 12
# With three a band, texts that share three quarters of their runs meet in 998 of 1,000 cases; those
# that share a fifth in 92, and they are then compared in vain.
HASHES_A_BAND = 3
PRIME = 2**61 - 1
# Thai, Lao, Tibetan, Burmese, Khmer, kana and Chinese have no spaces between words.
WITHOUT_SPACES = re.compile(
    r"[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)


class Text(NamedTuple):
    """A letter as it is compared."""

    terms: list[str]
    bands: list[int]


def text_of(letter: Letter) -> Text:
    terms = terms_of(letter)
    target = letter.target_id or ""
    scope = f"{letter.case_id}|{letter.kind}|{letter.form}|{letter.language}|{target}"
    return Text(terms, _bands(terms, scope))


def terms_of(letter: Letter) -> list[str]:
    """Its words, whatever their case and accents; characters where words are not told apart."""
    return [
        term
        for word in folded(f"{letter.subject}\n{letter.body}").split()
        for term in (word if WITHOUT_SPACES.search(word) else [word])
    ]


def are_alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """The real comparison, of terms."""
    if one == other:
        return True
    enough = MIN_RATIO * (len(one) + len(other)) / 2
    if min(len(one), len(other)) < enough:
        return False
    return _in_common(one, other) >= enough


def _in_common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many terms of one are in the other too, in the same order (longest common subsequence).

    A bit for each term of one, in one long number: 3,000 characters take some milliseconds. A bit
    is 0 where one more is in common than before it (Hyyrö 2004).
    """
    places: dict[str, int] = {}
    for place, term in enumerate(one):
        places[term] = places.get(term, 0) | (1 << place)
    every = bits = (1 << len(one)) - 1
    for term in other:
        here = bits & places.get(term, 0)
        bits = ((bits + here) | (bits - here)) & every
    return len(one) - bits.bit_count()


def _bands(terms: list[str], scope: str) -> list[int]:
    runs = {_hash(run) for run in _runs(terms)}
    smallest = [min((a * run + b) % PRIME for run in runs) for a, b in _orders()]
    found = []
    for band in range(BANDS):
        first = band * HASHES_A_BAND
        found.append(_hash(f"{scope}|{band}|{smallest[first : first + HASHES_A_BAND]}") >> 1)
    return found


def _runs(terms: list[str]) -> Iterator[str]:
    for start in range(max(1, len(terms) - TERMS_A_RUN + 1)):
        yield " ".join(terms[start : start + TERMS_A_RUN])


def _hash(text: str) -> int:
    """64 bits."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8, key=_key()).digest(), "big")


@lru_cache(maxsize=1)
def _key() -> bytes:
    return keyed_hash("", "similar-texts").encode()


@lru_cache(maxsize=1)
def _orders() -> list[tuple[int, int]]:
    numbers = [_hash(f"order {number}") for number in range(2 * BANDS * HASHES_A_BAND)]
    return [
        (a % (PRIME - 1) + 1, b % PRIME) for a, b in zip(numbers[::2], numbers[1::2], strict=True)
    ]
