from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.countries import LanguageField
from cases.models.history import History


def validate_words(words: list[str]) -> None:
    """Raise ValidationError for words that `stop_words` can't look for."""
    for word in words:
        if "*" in word[:-1] or word == "*":
            raise ValidationError(
                _("“%(word)s”: a * goes at the end of a word, for any ending."),
                params={"word": word},
            )


class WordListKind(models.TextChoices):
    INSULT = "insult", _("insults")
    THREAT = "threat", _("threats")


class WordList(models.Model):
    """Words that no letter or message of any case should have, in one language.

    What one case has to avoid stands in its safety rules.
    """

    kind = models.CharField(_("what"), max_length=8, choices=WordListKind.choices)
    language = LanguageField(_("language"))
    words = models.JSONField(
        _("words"),
        default=list,
        blank=True,
        validators=[validate_words],
        help_text=_("A list: [“word”, “two words”, “begin*”]. Case and accents do not matter."),
    )
    stops = models.BooleanField(
        _("stops the letter"),
        default=False,
        help_text=_("Such a text can't be sent. Off: the writer is told, and decides."),
    )
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    history = History()

    class Meta:
        verbose_name = _("word list")
        verbose_name_plural = _("word lists")
        ordering = ["kind", "language"]
        constraints = [
            models.UniqueConstraint(
                name="word_list_one_of_a_kind_per_language",
                fields=["kind", "language"],
                violation_error_code="language",
                violation_error_message=_(
                    "There is a list of this kind in this language already: change that one."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.language})"
