from typing import NamedTuple, Self

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.models.cases import Case
from cases.models.history import History
from cases.models.word_lists import validate_words


class Topic(models.TextChoices):
    """What a letter may or may not do; each is asked of each case."""

    ORGANISATION = "organisation", _("Naming the organisation")
    RELIGION = "religion", _("Religion")
    SEASONS_GREETINGS = "seasons-greetings", _("Season's greetings")
    CHARGES = "charges", _("The charges")
    POLITICS = "politics", _("The country's politics")
    WAR = "war", _("War and armed conflict")
    GENDER_SEXUALITY = "gender-sexuality", _("Gender and sexuality")
    OWN_ADDRESS = "own-address", _("Your own address")
    ENCLOSURES = "enclosures", _("Enclosures")
    PHOTOS = "photos", _("Photographs")
    LANGUAGE = "language", _("Any language")


class Answer(models.TextChoices):
    YES = "yes", _("yes")
    NO = "no", _("no")
    UNKNOWN = "unknown", _("not known, so no")
    DOES_NOT_ARISE = "n/a", _("does not arise here: not shown")


class AppliesTo(models.TextChoices):
    APPEAL = "appeal", _("letters to the official")
    SOLIDARITY = "solidarity", _("messages to the person")


TOPICS = dict(Topic.choices)
ANSWERS = dict(Answer.choices)


class SafetyRule(models.Model):
    """Whether a letter or message of a case may touch a topic. Unknown reads as no.

    Where a topic does not arise (no charges, no prison) writers are told nothing about it; words
    that the row names are pointed out all the same.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="safety_rules")
    topic = models.CharField(_("topic"), max_length=20, choices=Topic.choices)
    applies_to = models.CharField(
        _("in"), max_length=10, choices=AppliesTo.choices, default=AppliesTo.APPEAL
    )
    answer = models.CharField(
        _("may it?"), max_length=7, choices=Answer.choices, default=Answer.UNKNOWN
    )
    words = models.JSONField(
        _("words to watch for"),
        default=list,
        blank=True,
        validators=[validate_words],
        help_text=_("A list: [“election”, “two words”, “pray*”]. Case and accents do not matter."),
    )
    stops = models.BooleanField(
        _("stops the letter"),
        default=False,
        help_text=_(
            "A text with one of these words can't be sent: only where a word puts somebody in "
            "danger. Off: the writer is told, and decides."
        ),
    )
    why = models.CharField(
        _("why"), max_length=300, blank=True, help_text=_("One sentence for the writer.")
    )

    history = History()

    class Meta:
        verbose_name = _("safety rule")
        verbose_name_plural = _("safety rules")
        ordering = ["applies_to", "topic"]
        constraints = [
            models.UniqueConstraint(
                name="safety_rule_one_answer_per_topic",
                fields=["case", "applies_to", "topic"],
                violation_error_code="topic",
                violation_error_message=_("This topic has an answer already: change that one."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_topic_display()}: {self.get_answer_display()}"

    # Django's own methods go through all choices each time, and a page shows twenty rules.
    def get_topic_display(self) -> str:
        return str(TOPICS.get(self.topic, self.topic))

    def get_answer_display(self) -> str:
        return str(ANSWERS.get(self.answer, self.answer))

    @property
    def allows(self) -> bool:
        return self.answer == Answer.YES


class SafetyAdvice(NamedTuple):
    """What writers of a case's letters, or of its messages, are told of its rules."""

    answered: list[SafetyRule]
    left_out: str  # one sentence on all topics of which nothing is known

    @classmethod
    def of(cls, case: Case, applies_to: AppliesTo) -> Self:
        rules = [rule for rule in case.safety_rules.all() if rule.applies_to == applies_to]
        answered = [rule for rule in rules if rule.answer in (Answer.YES, Answer.NO)]
        unknown = [rule.get_topic_display() for rule in rules if rule.answer == Answer.UNKNOWN]
        topics = ", ".join(topic[0].lower() + topic[1:] for topic in unknown)
        sentence = gettext("Leave these out too, as we know nothing about them: %(topics)s.")
        return cls(answered, sentence % {"topics": topics} if topics else "")

    def __bool__(self) -> bool:
        return bool(self.answered or self.left_out)
