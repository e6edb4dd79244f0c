"""Search that forgives accents and small typing errors, the same on every database.

A campaign has some hundred cases in all, so their names and headlines fit in memory: a search
compares the trigrams of its words with those of each text, as pg_trgm does. No index to keep.

What is remembered is bounded in bytes, however long and odd the words: of texts of our own some
5,000 words, of 5 kB at most, and of what readers type the last few queries.
"""

from functools import lru_cache
from typing import NamedTuple

from cases.text import folded

# Of the trigrams of a word that must be found again: “Elinor Guttrom” finds Ellinor Guttorm.
MIN_SIMILARITY = 0.5
MAX_WORD_LENGTH = 40  # characters of a word that are looked at
MAX_QUERY_LENGTH = 80  # characters, when folded: one can become eighteen


class Word(NamedTuple):
    text: str
    trigrams: frozenset[str]


def matches(query: str, text: str) -> float:
    """How well the text answers the query: 0 for not at all, 1 for every word as it stands.

    Each word of the query must be found: as the beginning of a word or, misspelt, by enough of its
    trigrams. Both are folded first.
    """
    words = [known_word(word[:MAX_WORD_LENGTH]) for word in folded(text).split()]
    return min((_best(wanted, words) for wanted in words_of_query(query)), default=0.0)


@lru_cache(maxsize=20)
def words_of_query(query: str) -> list[Word]:
    """Worked out once for all texts that one search looks at."""
    return [to_word(word[:MAX_WORD_LENGTH]) for word in folded(query)[:MAX_QUERY_LENGTH].split()]


def to_word(text: str) -> Word:
    """With its runs of three characters, its beginning and end marked."""
    padded = f"  {text} "
    return Word(text, frozenset(padded[start : start + 3] for start in range(len(padded) - 2)))


known_word = lru_cache(maxsize=5_000)(to_word)  # for texts of ours only


def _best(wanted: Word, words: list[Word]) -> float:
    best = 0.0
    for word in words:
        if word.text.startswith(wanted.text) or (len(wanted.text) > 3 and wanted.text in word.text):
            return 1.0
        if len(wanted.text) > 3:
            shared = len(wanted.trigrams & word.trigrams) / len(wanted.trigrams)
            best = max(best, shared)
    return best if best >= MIN_SIMILARITY else 0.0
