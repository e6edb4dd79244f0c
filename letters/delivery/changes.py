"""What a writer can be asked to change, in sentences that are ready: nobody has to type them.

None of them says a name, an address or a word of the letter: they go into a mail.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext, override

from cases.models import Answer, SafetyRule, Topic, WordList, WordListKind
from letters.models import Letter, RejectionCode
from letters.models.rejections import TOLD
from letters.text import checks
from letters.text.contact_data import Kind

# Of any letter, besides the rules of its case.
ALWAYS = [
    RejectionCode.PRIVATE,
    RejectionCode.INSULT,
    RejectionCode.THREAT,
    RejectionCode.UNREADABLE,
]
NOT_IN_WORDS = [Topic.ENCLOSURES, Topic.PHOTOS, Topic.LANGUAGE]


def sentences(letter: Letter, problems: Iterable[checks.Problem]) -> dict[str, str]:
    """By a key of each; those for which the check found a reason come first."""
    found = [_key(problem) for problem in problems]
    rules = letter.case.safety_rules.filter(applies_to=checks.applies_to(letter))
    ready = {
        _rule_key(rule): _rule_sentence(rule)
        for rule in rules.exclude(topic__in=NOT_IN_WORDS)
        if rule.answer in (Answer.NO, Answer.UNKNOWN) or _rule_key(rule) in found
    }
    ready |= {code.value: str(TOLD[code]) for code in ALWAYS}
    return {key: ready[key] for key in [*found, *ready] if key in ready}


def for_its_writer(letter: Letter, key: str, problems: Iterable[checks.Problem]) -> str:
    """One of them in the language of the page on which its writer reads it."""
    with override(letter.page_language):
        return sentences(letter, problems)[key]


def _rule_key(rule: SafetyRule) -> str:
    return f"rule-{rule.topic}"


def _rule_sentence(rule: SafetyRule) -> str:
    # Not its reason: in one language, in words of editors, which may name people.
    return gettext("For this case, leave out: %(topic)s.") % {"topic": rule.get_topic_display()}


def _key(problem: checks.Problem) -> str:
    match problem.source:
        case SafetyRule() as rule:
            return _rule_key(rule)
        case WordList(kind=WordListKind.THREAT):
            return RejectionCode.THREAT.value
        case WordList():
            return RejectionCode.INSULT.value
        case Kind.EMAIL | Kind.PHONE | Kind.ADDRESS:
            return RejectionCode.PRIVATE.value
    return ""
