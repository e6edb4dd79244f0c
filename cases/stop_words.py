"""Words that rules and lists look for: how they are found, and which would stop too much."""

import re
from collections.abc import Iterable
from functools import lru_cache

from django.utils.translation import gettext as _

from cases.models import (
    AppliesTo,
    Case,
    ModelLetter,
    Point,
    SafetyRule,
    SolidarityPhrase,
    Target,
    WordList,
)
from cases.text import folded

# Scripts that write no space between words: a word is found inside others there.
RUNS_ON = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
NEVER = "(?!)"
MIN_CHARACTERS = 2  # of a word that stops
MIN_BEFORE_STAR = 3  # “th*” begins every fifth word of an English text
SHOWN = 30  # characters of our own text around the word


@lru_cache(maxsize=1024)
def pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of these words or phrases, whole; one that ends in * with any ending."""
    whole, inside = set(), set()
    for word in words:
        bare = folded(word.removesuffix("*"))
        if re.search(f"[{RUNS_ON}]", bare):
            inside.add(re.escape(bare))
        elif bare:
            whole.add(re.escape(bare) + (r"\w*" if word.endswith("*") else r"(?!\w)"))
    return re.compile(rf"(?:(?<!\w){_any_of(whole)}|{_any_of(inside)})")


def _any_of(patterns: set[str]) -> str:
    """The longest first: “war crimes” rather than “war”."""
    return f"(?:{'|'.join(sorted(patterns, key=len, reverse=True)) or NEVER})"


def problems(words: Iterable[str], our_texts: Iterable[str]) -> list[str]:
    """Why these words may not stop a text, as sentences: they would stop nearly all of them, or
    what we propose ourselves."""
    ours = [folded(text) for text in our_texts if text]
    found = []
    for word in words:
        characters = re.findall(r"\w", folded(word))
        runs_on = re.search(f"[{RUNS_ON}]", word)
        is_open = word.endswith("*") and not runs_on
        if len(characters) < (MIN_BEFORE_STAR if is_open else MIN_CHARACTERS):
            found.append(
                _("“%(word)s” is too short: it would stop nearly every text.") % {"word": word}
            )
            continue
        for bare in ours:
            if match := pattern((word,)).search(bare):
                around = bare[max(0, match.start() - SHOWN) : match.end() + SHOWN]
                found.append(
                    _("“%(word)s” would stop a text that we propose ourselves: “… %(text)s …”.")
                    % {"word": word, "text": " ".join(around.split())}
                )
                break
    return found


def our_texts(row: SafetyRule | WordList) -> list[str]:
    """What this site itself puts into the texts that a rule or list is asked of."""
    if isinstance(row, WordList):
        cases = Case.objects.past_gate()
        letters = ModelLetter.objects.filter(target__case__in=cases, language=row.language)
        phrases = SolidarityPhrase.objects.filter(case__in=cases, language=row.language)
        targets = Target.objects.filter(case__in=cases, language=row.language)
        about: set[str] = set(AppliesTo)
    else:
        letters = ModelLetter.objects.filter(target__case=row.case_id)
        phrases = SolidarityPhrase.objects.filter(case=row.case_id)
        targets = Target.objects.filter(case=row.case_id)
        about = {row.applies_to}
    found: list[str] = []
    if AppliesTo.APPEAL in about:
        for subject, body in letters.values_list("subject", "body"):
            found += [subject, body]
        found += Point.objects.filter(model_letter__in=letters).values_list("text", flat=True)
        for parts in targets.values_list("salutation", "close"):
            found += parts
    if AppliesTo.SOLIDARITY in about:
        found += phrases.values_list("text", flat=True)
    return found
