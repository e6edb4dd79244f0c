from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.countries import LanguageField, language_name
from cases.models.history import History


class MailTextKind(models.TextChoices):
    """The texts that mails are made of, by their names for staff, as their list has them."""

    CONFIRM = "confirm", _("Please confirm")
    CHANGE_ASKED = "change-asked", _("We ask for a change")
    LETTER_REJECTED = "letter-rejected", _("We can’t pass it on")
    DATA_LINK = "data-link", _("Link to all that we hold")
    LETTER_LINK = "letter-link", _("Private link to a letter or message")
    PLEDGE_LINK = "pledge-link", _("Private link to a pledge")
    PLEDGE_ANSWERED = "pledge-answered", _("Answer to a big pledge")
    REPLY_CAME = "reply-came", _("A reply came")
    LETTER_HANDED_IN = "letter-handed-in", _("It was handed in")
    LETTER_RETURNED = "letter-returned", _("It came back")
    THANKS = "thanks", _("Thank-you, for all that was done on a day")
    REMIND_HALF = "remind-half", _("Reminder at half time")
    REMIND_LAST = "remind-last", _("Reminder before the last day to post")
    REMIND_AFTER = "remind-after", _("Reminder after its day")
    NEWS = "news", _("News of a case")
    NEWS_BAD = "news-bad", _("News of a case that is bad")
    YEAR = "year", _("The letter about the year")
    CONFIRM_NOTHING = "confirm-nothing", _("Nothing left to confirm")
    OPENING_TO_DELIVER = (
        "opening-to-deliver",
        _("Opening: to somebody who asked us to deliver something"),
    )
    OPENING_WANTED = "opening-wanted", _("Opening: to somebody who wanted this mail")
    OPENING_TYPED = "opening-typed", _("Opening: to an address that somebody typed")
    PRIVATE_LINKS = "private-links", _("Below private links")
    END_SUCH_MAILS = "end-such-mails", _("Below news of a letter")
    END = "end", _("The end of every mail")


class MailText(models.Model):
    """A text of mails in one language, as staff changed it.

    Where there is no row, the text is as it ships: `letters/mail/texts.py`, which also says which
    words in braces it may have.
    """

    kind = models.CharField(_("text"), max_length=30, choices=MailTextKind.choices, editable=False)
    language = LanguageField(_("language"), editable=False)
    subject = models.CharField(
        _("subject"),
        max_length=100,
        blank=True,
        help_text=_(
            "Others may see it over somebody’s shoulder: it names the campaign and the person or "
            "petition, and never who took part."
        ),
    )
    body = models.TextField(
        _("words"),
        max_length=5_000,
        help_text=_(
            "Plain text. An empty line starts a new paragraph; long lines are broken "
            "when the mail is sent. What is in braces is filled in for each mail."
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
                violation_error_code="body",
                violation_error_message=_(
                    "Somebody else has just changed this text. Look at theirs in the list."
                ),
            )
        ]

    def __str__(self) -> str:
        language = language_name(self.language, get_language() or "en")
        return _("%(text)s (%(language)s)") % {
            "text": self.get_kind_display(),
            "language": language,
        }
