"""Search that forgives accents and small typing errors, the same on every database.

A campaign has some hundred cases in all, so their names and headlines fit in memory: a search
compares the trigrams of its words with those of each text, as pg_trgm does. No index to keep.
"""

from collections.abc import Iterable
from functools import lru_cache

from cases.text import folded

# Of the trigrams of a word that must be found again: “Elinor Guttrom” finds Ellinor Guttorm.
ENOUGH = 0.5


@lru_cache(maxsize=50_000)
def trigrams(word: str) -> frozenset[str]:
    """The runs of three letters, with the beginning and end of the word marked."""
    padded = f"  {word} "
    return frozenset(padded[start : start + 3] for start in range(len(padded) - 2))


def matches(query: str, text: str) -> float:
    """How well the text answers the query: 0 for not at all, 1 for every word as it stands.

    Each word of the query must be found: as the beginning of a word or, misspelt, by enough of its
    trigrams. Both are folded first.
    """
    words = folded(text).split()
    scores = [_best(wanted, words) for wanted in folded(query).split()]
    return min(scores, default=0.0)


def _best(wanted: str, words: Iterable[str]) -> float:
    best = 0.0
    parts = trigrams(wanted)
    for word in words:
        if word.startswith(wanted) or (len(wanted) > 3 and wanted in word):
            return 1.0
        if len(wanted) > 3:
            shared = len(parts & trigrams(word)) / len(parts)
            best = max(best, shared)
    return best if best >= ENOUGH else 0.0
