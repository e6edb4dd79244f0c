from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.countries import LanguageField
from cases.models.history import History


class MailText(models.Model):
    """A text of mails in one language, as staff changed it.

    Where there is no row, the text is as it ships: `letters/mail/texts.py`, which also says which
    words in braces it may have.
    """

    kind = models.CharField(_("text"), max_length=30, editable=False)
    language = LanguageField(_("language"), editable=False)
    subject = models.CharField(
        _("subject"),
        max_length=100,
        blank=True,
        help_text=_(
            "Others may see it over somebody’s shoulder: it names the campaign, and never what "
            "somebody did, nor for whom."
        ),
    )
    body = models.TextField(
        _("words"),
        max_length=5_000,
        help_text=_(
            "Plain text. An empty line begins a new paragraph; long lines are broken when the mail "
            "is sent. What stands in braces is filled in for each mail."
        ),
    )

    history = History()

    class Meta:
        verbose_name = _("text of mails")
        verbose_name_plural = _("texts of mails")
        constraints = [
            models.UniqueConstraint(
                name="mail_text_one_of_a_kind_per_language",
                fields=["kind", "language"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.language})"
