"""What in a text somebody should look at again before it leaves, and why.

The site's server compares it with the safety rules of the case and with the lists of insults and
threats; nothing of it is kept. It explains. Only what a rule or a list says it stops, stops.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.core.cache import caches
from django.utils.translation import gettext as _

from cases import stop_words
from cases.models import (
    AppliesTo,
    Case,
    Demand,
    ModelLetter,
    SafetyRule,
    Target,
    Topic,
    WordList,
    WordListKind,
)
from cases.printing import fonts
from cases.text import folded, folded_with_places
from letters.models import Format, Letter
from letters.text import composing, contact_data, page_fit
from letters.text.contact_data import Kind

MAX_PROBLEMS = 30  # problems that are told: whoever has more begins anew
MAX_CHARACTERS = 6_000  # of a text that are looked at: no form takes more
MIN_CHARACTERS = 40  # from which on a text is asked what it leaves out

MAX_QUOTED_CHARACTERS = 60

SUBJECT, BODY = "subject", "body"


@dataclass(frozen=True)
class Problem:
    """A sentence, and why it matters; `start` and `end` are None for the text as a whole.

    `source` is the rule or list that names the words, or what kind of address they are.
    """

    sentence: str
    why: str
    start: int | None = None
    end: int | None = None
    words: str = ""  # what stands there
    field: str = BODY  # in which of the two
    stops: bool = False
    source: SafetyRule | WordList | Kind | None = None


class Piece(NamedTuple):
    """A run of a text, marked if a problem lies in it; staff may have left it out."""

    text: str
    marked: bool
    left_out: bool = False


def problems(
    text: str,
    case: Case,
    *,
    target: Target | None = None,
    about: str = AppliesTo.APPEAL,
    subject: str = "",
    language: str = "en",
    own_email: str = "",
    card: bool = False,
    name: str = "",
) -> list[Problem]:
    """What stops the text first, then by place, then what concerns it as a whole.

    `about` says whether it is a letter to the official or a message to the person, `target` to
    which official (the first, if none is said), `own_email` is the writer's address if it is known,
    `name` as it will stand under the text. A place counts characters of the text as it was given.
    """
    target = _to_whom(case, about, target)
    rules = _forbidding(case.safety_rules.all(), case, about)
    lists = _in_its_languages(WordList.objects.all(), target, about, language)
    own = next((rule for rule in rules if rule.topic == Topic.OWN_ADDRESS), None)
    found: list[Problem] = []
    subject, text = subject[:MAX_CHARACTERS], text[:MAX_CHARACTERS]
    for field, words in [(SUBJECT, subject), (BODY, text)]:
        found += _listed(words, field, rules, lists)
        found += _contact_data(words, field, own, own_email)
    found.sort(key=lambda problem: (problem.field == BODY, problem.start))
    found += [*_unprintable(SUBJECT, subject), *_unprintable(BODY, text)]
    if text.strip():
        found += _as_a_whole(text, case, target, about, language, card, name)
    return sorted(found, key=lambda problem: not problem.stops)[:MAX_PROBLEMS]


def problems_of(letter: Letter) -> list[Problem]:
    """The same of a letter or message as it is kept."""
    is_card, name = letter.form == Format.CARD, letter.signed_name
    return problems(**_kept(letter), own_email=letter.email, card=is_card, name=name)


def is_blocked(letter: Letter) -> bool:
    """Whether it can't leave as it is kept: a rule may be newer than a draft."""
    return bool(blocking_problems(**_kept(letter)))


def _kept(letter: Letter) -> dict[str, Any]:
    return {
        "text": letter.body,
        "case": letter.case,
        "target": letter.target,
        "about": applies_to(letter),
        "subject": letter.subject,
        "language": letter.language,
    }


def applies_to(letter: Letter) -> str:
    """Which of the case's safety rules are asked of it."""
    return AppliesTo.SOLIDARITY if letter.is_message else AppliesTo.APPEAL


def blocking_problems(
    text: str,
    case: Case,
    *,
    target: Target | None = None,
    about: str = AppliesTo.APPEAL,
    subject: str = "",
    language: str = "en",
) -> list[Problem]:
    """Those problems alone for which a text is not taken, asked of the database every few
    seconds: as soon as that, what staff change holds."""
    all_rules, all_lists = blocking_rules()
    rules = _forbidding(all_rules, case, about)
    lists = _in_its_languages(all_lists, _to_whom(case, about, target), about, language)
    return [
        problem
        for field, words in [(SUBJECT, subject[:MAX_CHARACTERS]), (BODY, text[:MAX_CHARACTERS])]
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


def _to_whom(case: Case, about: str, target: Target | None) -> Target | None:
    """The official it goes to; the first one if none is said, nobody if it goes to the person."""
    if about == AppliesTo.SOLIDARITY:
        return None
    return target or next(iter(case.targets.all()), None)


def _forbidding(rules: Iterable[SafetyRule], case: Case, about: str) -> list[SafetyRule]:
    """Those of the case that say what such a text must leave out."""
    return [
        rule
        for rule in rules
        if rule.case_id == case.pk and rule.applies_to == about and not rule.allows
    ]


def _in_its_languages(
    lists: Iterable[WordList], target: Target | None, about: str, language: str
) -> list[WordList]:
    """Those in a language that the text may be in: a message of support may be in any."""
    languages = {"en", language, *dict(composing.languages(target))}
    is_message = about == AppliesTo.SOLIDARITY
    return [one for one in lists if is_message or one.language in languages]


def blocking_rules() -> tuple[list[SafetyRule], list[WordList]]:
    """The rules of all cases and the lists whose words stop a text: mostly few."""
    found = caches["fragments"].get("blocking-rules")
    if found is None:
        rules, lists = SafetyRule.objects.filter(stops=True), WordList.objects.filter(stops=True)
        found = list(rules), list(lists)
        caches["fragments"].set("blocking-rules", found, 4)  # seconds
    return found


def _listed(
    text: str, field: str, rules: list[SafetyRule], lists: list[WordList]
) -> Iterator[Problem]:
    bare, places = folded_with_places(text)
    both: list[SafetyRule | WordList] = [*lists, *rules]
    sources = [source for source in both if source.words]
    patterns = [stop_words.pattern(tuple(source.words)) for source in sources]
    said = set()
    # All words in one go, and only where one begins each source by itself.
    words_of_all = tuple(word for source in sources for word in source.words)
    for begin in _beginning(words_of_all).finditer(bare):
        for source, pattern in zip(sources, patterns, strict=True):
            match = pattern.match(bare, begin.start())
            if match is None:
                continue
            start, end = _between(places, match.start(), match.end(), len(text))
            words = text[start:end].rstrip()
            sentence, why = _sentence_and_reason(source, words)
            if (match[0], why) not in said:  # told once, where it stands first
                said.add((match[0], why))
                end = start + len(words)
                yield Problem(sentence, why, start, end, words, field, source.stops, source)


def _between(places: list[int], first: int, after: int, length: int) -> tuple[int, int]:
    """Where folded characters stand in the text, with the marks that belong to the last of them."""
    end = places[after] if after < len(places) else length
    return places[first], max(end, places[after - 1] + 1)


def _sentence_and_reason(source: SafetyRule | WordList, words: str) -> tuple[str, str]:
    if isinstance(source, WordList):
        if source.kind == WordListKind.THREAT:
            sentence = _("“%(words)s” reads as a threat.")
            why = _("A threat puts the person in danger, and you; say what you ask for instead.")
        else:
            sentence = _("“%(words)s” reads as an insult.")
            why = _(
                "People who are insulted stop reading. Be firm about what happened, and polite."
            )
    else:
        sentence = _("“%(words)s” is better left out.")
        why = source.why or _("For this case, leave out: %(topic)s.") % {
            "topic": source.get_topic_display()
        }
    if source.stops:
        advice = _("Take it out or say it another way: the text can’t be sent with it.")
        sentence = f"{sentence} {advice}"
    return sentence % {"words": _shortened(words)}, why


@lru_cache(maxsize=128)
def _beginning(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"(?={stop_words.pattern(words).pattern})")


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
        told = sentence % {"words": _shortened(words)}
        yield Problem(told, why, start, end, words, field, source=kind)


def _reached(kind: Kind, is_own: bool, own: SafetyRule | None) -> tuple[str, str]:
    if kind == Kind.LINK:
        return _("“%(words)s” is a link."), _("Nobody can click on paper: say what the page shows.")
    sentence = {
        Kind.EMAIL: _("“%(words)s” is an e-mail address."),
        Kind.PHONE: _("“%(words)s” looks like a telephone number."),
        Kind.ADDRESS: _("“%(words)s” looks like an address."),
    }[kind]
    if is_own:
        sentence = _("“%(words)s” is your own e-mail address.")
    theirs = _("Is it somebody else’s? They have not agreed to have it passed on.")
    if own is None:
        return sentence, theirs
    mine = own.why or _("You don’t need to put your own address in the text.")
    return sentence, mine if is_own else f"{mine} {theirs}"


# --- what can't be printed


RUN = re.compile(r"\S+")


def _unprintable(field: str, text: str) -> Iterator[Problem]:
    """One for all characters that our faces for print lack, where the first of them stands."""
    if not (lacking := fonts.missing(text)):
        return
    run = next((run for run in RUN.finditer(text) if fonts.missing(run[0])), None)
    if run is None:
        return
    words = run[0][:MAX_QUOTED_CHARACTERS]
    yield Problem(
        _("We cannot print these characters: %(signs)s") % {"signs": fonts.in_words(lacking)},
        _("On paper each becomes a box. Write it another way if you can."),
        run.start(),
        run.start() + len(words),
        words,
        field,
    )


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
STEM = 6  # characters in which “release” and “released” are one word


def _as_a_whole(
    text: str,
    case: Case,
    target: Target | None,
    about: str,
    language: str,
    card: bool,
    name: str,
) -> Iterator[Problem]:
    if not page_fit.fits_one_page(text, "card" if card else "a4"):
        if card:
            yield Problem(_("This is longer than a card."), _("Shorten it, or choose a letter."))
        else:
            yield Problem(
                _("This is longer than one page."),
                _("People read one page to the end. Shorten it if you can."),
            )
    yield from _stands_twice(text, target, about, language, name)
    if len(text.strip()) < MIN_CHARACTERS:
        return
    bare = folded(text)
    if about == AppliesTo.APPEAL:
        asked = [_in_language(demand, "text", language) for demand in case.demands.all()]
        asked += [_in_language(target, "asked", language)] if target else []
        demands = " ".join(filter(None, asked))
        if _asks_for_none(bare, demands, case, language):
            yield Problem(
                _("The letter does not say yet what you ask for."),
                _("What letters ask for in this case: %(demands)s") % {"demands": demands},
            )
    if _is_all_ours(bare, case, about):
        yield Problem(
            _("It is our model letter, unchanged."),
            _(
                "You can send it as it is. A sentence of your own counts for more: who "
                "you are, and why you write."
            ),
        )


# How a line begins that greets or takes leave, folded. That of the case itself comes to them.
GREETINGS = (
    "dear|to whom it may concern|your excellency|honourable|honorable|to the honourable|hello|"
    "estimad|distinguid|excelentisim|senor |senora |muy senor|a quien corresponda|querid|"
    "monsieur|madame|mesdames|excellence|cher |chere |"
    "sehr geehrt|liebe |lieber |"
    "caro |cara |egregi|gentile|prezad|exmo|"
    "уважаем|дорог|"
    "عزيز|السيد|حضره|معالي|سعاده"
)
LEAVES = (
    "yours |sincerely|respectfully|faithfully|kind regards|best regards|with kind regards|"
    "with respect|regards|best wishes|"
    "atentamente|cordialmente|respetuosamente|saludos|un saludo|con mis mejores|le saluda|"
    "cordialement|respectueusement|veuillez agreer|je vous prie d'agreer|salutations|"
    "mit freundlichen|hochachtungsvoll|"
    "cordiali saluti|distinti saluti|atenciosamente|"
    "с уважением|искренне|"
    "مع خالص|مع فائق|وتفضلوا|تفضلوا"
)
GREETS, TAKES_LEAVE = (re.compile(f"(?:{words})") for words in (GREETINGS, LEAVES))
MAX_GREETING_CHARACTERS = 90  # characters of a line
HEAD = re.compile(r"[^,:،\n]{1,60}[,:،]")  # of a line that goes on behind the greeting
LINE = re.compile(r"[^\n]*\S[^\n]*")
LAST_LINES = 4


def _stands_twice(
    text: str, target: Target | None, about: str, language: str, name: str
) -> Iterator[Problem]:
    """Salutation, close and name that the sheet has already."""
    lines = list(LINE.finditer(text))
    found: list[tuple[re.Match[str], str]] = []
    if about == AppliesTo.APPEAL and lines:
        salutation, close = composing.salutation_and_close(target, language)
        first = HEAD.match(text, lines[0].start()) or lines[0]
        if _is_like(first[0], salutation, GREETS):
            said = _("“%(words)s” will appear twice: the sheet already has a greeting.")
            found.append((first, said))
        leaving = [
            line for line in lines[-LAST_LINES:][1:] if _is_like(line[0], close, TAKES_LEAVE)
        ]
        said = _("“%(words)s” will appear twice: the ending is already below the text.")
        found += [(line, said) for line in leaving[:1]]
    if name and len(lines) > 1 and _bare_line(lines[-1][0]) == _bare_line(name):
        found.append(
            (lines[-1], _("“%(words)s” will appear twice: your name is already below the text."))
        )
    for line, sentence in found:
        words = line[0].strip()
        start = line.start() + line[0].index(words)
        told, why = sentence % {"words": _shortened(words)}, _("Take it out here.")
        yield Problem(told, why, start, start + len(words), words)


def _is_like(line: str, own: str, pattern: re.Pattern[str]) -> bool:
    bare = _bare_line(line)
    if not bare or len(line) > MAX_GREETING_CHARACTERS:
        return False
    is_own = bool(own) and bare == _bare_line(own)
    # A sentence ends otherwise than a greeting does.
    return is_own or bool(pattern.match(bare) and line.rstrip()[-1] not in ".?;")


def _bare_line(line: str) -> str:
    return folded(line).strip(" ,.:;!،–-")


def _in_language(row: Demand | Target, field: str, language: str) -> str:
    """What is asked as it is written in that language, empty if it is not."""
    if language == "en":
        return getattr(row, field)
    return (row.i18n or {}).get(f"{field}_{language}") or ""


def _asks_for_none(bare: str, demands: str, case: Case, language: str) -> bool:
    """Whether not one of the words that carry the demands is there; nobody knows in a language
    that they are not written in, or that the text does not seem to be in."""
    common = COMMON_WORDS.get(language, frozenset())
    words = WORD.findall(bare)
    if common and 10 * len(common.intersection(words)) < len(set(words)):
        return False
    carrying = _stems(folded(demands), common) - _stems(folded(case.display_name))
    return bool(carrying) and carrying.isdisjoint(_stems(bare))


def _stems(bare: str, common: frozenset[str] = frozenset()) -> set[str]:
    return {word[:STEM] for word in WORD.findall(bare) if len(word) > 3 and word not in common}


def _is_all_ours(bare: str, case: Case, about: str) -> bool:
    """Whether nothing is left of it without the model letters and points, or sample sentences."""
    if about == AppliesTo.APPEAL:
        models: Iterable[ModelLetter] = ModelLetter.objects.filter(
            target__case=case
        ).prefetch_related("points")
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
    return words if len(words) <= MAX_QUOTED_CHARACTERS else f"{words[:MAX_QUOTED_CHARACTERS]}…"
