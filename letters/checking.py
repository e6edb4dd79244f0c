"""What in a text somebody should look at again before it leaves, and why.

The site's server compares it with the safety rules of the case and with the lists of insults and
threats; nothing of it is kept. It explains. Only what a rule or a list says it stops, stops.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext as _

from cases.models import (
    AppliesTo,
    Case,
    Demand,
    ModelLetter,
    SafetyRule,
    Topic,
    WordList,
    WordListKind,
)
from cases.text import folded, folded_with_places
from letters import contact_data, fitting, starting
from letters.contact_data import Kind
from letters.models import Format, Letter
from letters.remembering import Remembered

MOST = 30  # problems that are told: whoever has more begins anew
LONGEST = 6_000  # letters of a text that are looked at: no form takes more
SHORTEST = 40  # letters from which on a text is asked what it leaves out

LONGEST_QUOTE = 60

SUBJECT, BODY = "subject", "body"


@dataclass(frozen=True)
class Problem:
    """A sentence, and why it matters; `start` and `end` are None for the text as a whole."""

    sentence: str
    why: str
    start: int | None = None
    end: int | None = None
    words: str = ""  # what stands there
    field: str = BODY  # in which of the two
    stops: bool = False


class Piece(NamedTuple):
    """A run of a text, marked if a problem lies in it."""

    text: str
    marked: bool


def problems(
    text: str,
    case: Case,
    *,
    about: str = AppliesTo.APPEAL,
    subject: str = "",
    language: str = "en",
    own_email: str = "",
    card: bool = False,
) -> list[Problem]:
    """What stops the text first, then by place, then what concerns it as a whole.

    `about` says whether it is a letter to the official or a message to the person, `own_email` is
    the writer's address if it is known. A place counts letters of the text as it was given.
    """
    rules = [
        rule for rule in case.safety_rules.all() if rule.applies_to == about and not rule.allows
    ]
    lists = _lists(case, about, language)
    own = next((rule for rule in rules if rule.topic == Topic.OWN_ADDRESS), None)
    found = []
    for field, words in [(SUBJECT, subject[:LONGEST]), (BODY, text[:LONGEST])]:
        found += _listed(words, field, rules, lists)
        found += _contact_data(words, field, own, own_email)
    found.sort(key=lambda problem: (problem.field == BODY, problem.start))
    if text.strip():
        found += _as_a_whole(text[:LONGEST], case, about, language, card)
    return sorted(found, key=lambda problem: not problem.stops)[:MOST]


def problems_of(letter: Letter) -> list[Problem]:
    """The same of a letter or message as it is kept."""
    is_card = letter.form == Format.CARD
    return problems(
        letter.body, letter.case, own_email=letter.email, card=is_card, **_about(letter)
    )


def stops(letter: Letter) -> bool:
    """Whether it can't leave as it is kept: a rule may be newer than a draft."""
    return bool(stopping(letter.body, letter.case, **_about(letter)))


def _about(letter: Letter) -> dict[str, str]:
    rules = {"about": applies_to(letter)}
    return rules | {"subject": letter.subject, "language": letter.language}


def applies_to(letter: Letter) -> str:
    """Which of the case's safety rules are asked of it."""
    return AppliesTo.SOLIDARITY if letter.is_message else AppliesTo.APPEAL


def stopping(
    text: str,
    case: Case,
    *,
    about: str = AppliesTo.APPEAL,
    subject: str = "",
    language: str = "en",
) -> list[Problem]:
    """Those problems alone for which a text is not taken, asked of the database every few
    seconds: as soon as that, what staff change holds."""
    all_rules, all_lists = what_stops()
    rules = [
        rule
        for rule in all_rules
        if rule.case_id == case.pk and rule.applies_to == about and not rule.allows
    ]
    languages = _languages(case, about, language)
    lists = [one for one in all_lists if languages is None or one.language in languages]
    return [
        problem
        for field, words in [(SUBJECT, subject[:LONGEST]), (BODY, text[:LONGEST])]
        for problem in _listed(words, field, rules, lists)
    ]


def is_rude(text: str) -> bool:
    """Whether a word of the lists, in any language, stands in it."""
    return any(_listed(text, BODY, [], list(WordList.objects.all())))


def pieces(text: str, found: Iterable[Problem], field: str = BODY) -> list[Piece]:
    """The text with the places of the problems marked, for somebody who reads it."""
    marks = sorted(
        (problem.start, problem.end)
        for problem in found
        if problem.field == field and problem.start is not None and problem.end is not None
    )
    run, place = [], 0
    for start, end in marks:
        if end <= place:
            continue
        start = max(start, place)
        run += [Piece(text[place:start], False), Piece(text[start:end], True)]
        place = end
    return [piece for piece in [*run, Piece(text[place:], False)] if piece.text]


# --- words that rules and lists name


def _lists(case: Case, about: str, language: str) -> list[WordList]:
    languages = _languages(case, about, language)
    lists = WordList.objects.all()
    return list(lists if languages is None else lists.filter(language__in=languages))


def _languages(case: Case, about: str, language: str) -> set[str] | None:
    """Those the text may be in; None for a message of support, which may be in any."""
    if about == AppliesTo.SOLIDARITY:
        return None
    return {"en", language, *dict(starting.languages(case))}


@Remembered
def what_stops() -> tuple[list[SafetyRule], list[WordList]]:
    """The rules of all cases and the lists whose words stop a text: mostly few."""
    rules, lists = SafetyRule.objects.filter(stops=True), WordList.objects.filter(stops=True)
    return list(rules), list(lists)


def _listed(
    text: str, field: str, rules: list[SafetyRule], lists: list[WordList]
) -> Iterator[Problem]:
    bare, places = folded_with_places(text)
    sources = [source for source in [*lists, *rules] if source.words]
    patterns = [_pattern(tuple(source.words)) for source in sources]
    said = set()
    # All words in one go, and only where one begins each source by itself.
    for begin in _beginnings(tuple(word for source in sources for word in source.words), bare):
        for source, pattern in zip(sources, patterns, strict=True):
            match = pattern.match(bare, begin)
            if match is None:
                continue
            start, end = _between(places, match.start(), match.end(), len(text))
            words = text[start:end].rstrip()
            sentence, why = _told(source, words)
            if (match[0], why) not in said:  # told once, where it stands first
                said.add((match[0], why))
                end = start + len(words)
                yield Problem(sentence, why, start, end, words, field, source.stops)


def _between(places: list[int], first: int, after: int, length: int) -> tuple[int, int]:
    """Where folded letters stand in the text, with the marks that belong to the last of them."""
    end = places[after] if after < len(places) else length
    return places[first], max(end, places[after - 1] + 1)


def _told(source: SafetyRule | WordList, words: str) -> tuple[str, str]:
    if isinstance(source, WordList):
        if source.kind == WordListKind.THREAT:
            sentence = _("“%(words)s” reads as a threat.")
            why = _("A threat puts the person in danger, and you; say what you ask for instead.")
        else:
            sentence = _("“%(words)s” reads as an insult.")
            why = _("Who is insulted stops reading. Be firm about what happened, and courteous.")
    else:
        sentence = _("“%(words)s” is better left out.")
        why = source.why or _("For this case, leave out: %(topic)s.") % {
            "topic": source.get_topic_display()
        }
    if source.stops:
        advice = _("Take it out or say it otherwise: with it the text can’t go.")
        sentence = f"{sentence} {advice}"
    return sentence % {"words": _shortened(words)}, why


# Scripts that write no space between words: a word is found inside others there.
RUNS_ON = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
NEVER = "(?!)"


@lru_cache(maxsize=1024)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
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


@lru_cache(maxsize=128)
def _beginning(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"(?={_pattern(words).pattern})")


def _beginnings(words: tuple[str, ...], bare: str) -> list[int]:
    return [match.start() for match in _beginning(words).finditer(bare)]


# --- addresses, telephones, links


def _contact_data(
    text: str, field: str, own: SafetyRule | None, own_email: str
) -> Iterator[Problem]:
    """Where somebody can be reached. `own` is the rule if writers are to leave their own out."""
    for kind, start, end in contact_data.find(text):
        words = text[start:end]
        is_own = kind == Kind.EMAIL and words.casefold() == own_email.casefold()
        if own is None and (is_own or kind == Kind.ADDRESS):
            continue
        sentence, why = _reached(kind, is_own, own)
        yield Problem(sentence % {"words": _shortened(words)}, why, start, end, words, field)


def _reached(kind: Kind, is_own: bool, own: SafetyRule | None) -> tuple[str, str]:
    if kind == Kind.LINK:
        return _("“%(words)s” is a link."), _("On paper nobody can follow it: say what it shows.")
    sentence = {
        Kind.EMAIL: _("“%(words)s” is an e-mail address."),
        Kind.PHONE: _("“%(words)s” looks like a telephone number."),
        Kind.ADDRESS: _("“%(words)s” looks like an address."),
    }[kind]
    if is_own:
        sentence = _("“%(words)s” is your own e-mail address.")
    theirs = _("Is it somebody else’s? They have not agreed that it is passed on.")
    if own is None:
        return sentence, theirs
    mine = own.why or _("Your own address need not stand in the text.")
    return sentence, mine if is_own else f"{mine} {theirs}"


# --- the text as a whole


# The words that every second sentence has: they tell a language, and say nothing else.
COMMON = {
    "en": "a about after all also an and any anyone are as at be been before but by can could "
    "every everyone everything for from had has have he her his how i if in into is it its make "
    "may more most must no nobody nor not nothing of on only or other our own people person she "
    "should so some such sure than that the their them then there these they this those to under "
    "until up us was we were what when where which while who will with without would you your",
    "fr": "à au aux avec ce ces cet cette comme dans de des depuis du elle elles en est et été "
    "être eu il ils je la le les leur leurs lui mais me mes mon ne nos notre nous on ont ou par "
    "pas personne personnes plus pour qu que qui sa sans se ses si son sont sur tous tout toute "
    "toutes un une vos votre vous y",
    "es": "a al ante como con contra de del desde donde el ella ellos en entre es esta estas este "
    "estos fue ha han hasta la las le les lo los más me mi no nos o para pero persona personas "
    "por porque que quien se ser si sin sobre son su sus también todas todo todos un una usted "
    "ustedes y ya yo",
}
COMMON_WORDS = {code: frozenset(folded(words).split()) for code, words in COMMON.items()}
WORD = re.compile(r"[^\W\d_]+")
STEM = 6  # letters in which “release” and “released” are one word


def _as_a_whole(text: str, case: Case, about: str, language: str, card: bool) -> list[Problem]:
    found = []
    if card and not fitting.fits_one_page(text, "card"):
        found.append(
            Problem(_("This is longer than a card."), _("Shorten it, or let it stand on a letter."))
        )
    elif not card and not fitting.fits_one_page(text):
        found.append(
            Problem(
                _("This is longer than one page."),
                _("One page is read to its end. Shorten it, if you can."),
            )
        )
    if len(text.strip()) < SHORTEST:
        return found
    bare = folded(text)
    if about == AppliesTo.APPEAL:
        demands = [_in_language(demand, language) for demand in case.demands.all()]
        if _asks_for_none(bare, list(filter(None, demands)), case, language):
            found.append(
                Problem(
                    _("The letter does not say yet what you ask for."),
                    _("What letters ask for in this case: %(demands)s")
                    % {"demands": " ".join(filter(None, demands))},
                )
            )
    if _is_all_ours(bare, case, about):
        found.append(
            Problem(
                _("Every word of it is ours."),
                _("It may go like that. A sentence of your own weighs more: who you are, and why."),
            )
        )
    return found


def _in_language(demand: Demand, language: str) -> str:
    """The demand as it is written in that language, empty if it is not."""
    return demand.text if language == "en" else (demand.i18n or {}).get(f"text_{language}") or ""


def _asks_for_none(bare: str, demands: list[str], case: Case, language: str) -> bool:
    """Whether not one of the words that carry the demands is there; nobody knows in a language
    that they are not written in, or that the text does not seem to be in."""
    common = COMMON_WORDS.get(language, frozenset())
    words = WORD.findall(bare)
    if common and 10 * len(common.intersection(words)) < len(set(words)):
        return False
    carrying = _stems(folded(" ".join(demands)), common) - _stems(folded(case.display_name))
    return bool(carrying) and carrying.isdisjoint(_stems(bare))


def _stems(bare: str, common: frozenset[str] = frozenset()) -> set[str]:
    return {word[:STEM] for word in WORD.findall(bare) if len(word) > 3 and word not in common}


def _is_all_ours(bare: str, case: Case, about: str) -> bool:
    """Whether nothing is left of it without the model letters and points, or sample sentences."""
    if about == AppliesTo.APPEAL:
        models: Iterable[ModelLetter] = case.model_letters.prefetch_related("points")
        ours = [
            text
            for model in models
            for text in [*model.body.split("\n"), *(point.text for point in model.points.all())]
        ]
    else:
        ours = [phrase.text for phrase in case.solidarity_phrases.all()]
    for text in sorted(map(folded, ours), key=len, reverse=True):
        if text:
            bare = bare.replace(text, " ")
    return not WORD.search(bare)


def _shortened(words: str) -> str:
    return words if len(words) <= LONGEST_QUOTE else f"{words[:LONGEST_QUOTE]}…"
