from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from letters.encryption import EncryptedTextField


class MailKind(models.TextChoices):
    LETTER_LINK = "letter-link", _("link to a letter")
    PLEDGE_LINK = "pledge-link", _("link to a pledge")
    LETTER_REJECTED = "letter-rejected", _("a letter needs a change")
    CONFIRM = "confirm", _("what an address asked for, to be confirmed")
    NEWS = "news", _("news of a case")


class OutgoingMailQuerySet(models.QuerySet):
    def waiting(self) -> "OutgoingMailQuerySet":
        return self.filter(sent_at=None, given_up_at=None)

    def due(self) -> "OutgoingMailQuerySet":
        """To be tried now: what somebody waits for before news, then the longest waiting.

        News of a case that may not be told now waits until it may.
        """
        due = self.waiting().filter(not_before__lte=timezone.now())
        told = Case.objects.told().values("pk")
        return due.filter(Q(case=None) | Q(case__in=told)).order_by("is_news", "not_before", "pk")


class OutgoingMail(models.Model):
    """The outbox: a mail that leaves only from here, at most one of a kind for a thing.

    The row commits with what it tells of, or not at all; `manage.py work` sends it.
    """

    # "letter:17" — what it is about; with `kind` unique, so that a retry makes no second mail.
    about = models.CharField(max_length=40)
    kind = models.CharField(max_length=20, choices=MailKind.choices)
    to = EncryptedTextField()
    to_hash = models.CharField(max_length=43, db_index=True)
    subject = EncryptedTextField()
    body = EncryptedTextField()
    language = models.CharField(max_length=12, default="en")
    is_news = models.BooleanField(default=False)
    # Of whom a news mail tells: it does not leave while the case is frozen.
    case = models.ForeignKey(Case, models.CASCADE, null=True, related_name="+")
    # Where one click ends such mails (RFC 8058); empty for mails that were asked for by a form.
    unsubscribe_url = EncryptedTextField(blank=True)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        constraints = [
            models.UniqueConstraint(name="mail_one_of_a_kind_per_thing", fields=["about", "kind"])
        ]
        indexes = [
            models.Index(
                name="mail_waiting",
                fields=["is_news", "not_before"],
                condition=Q(sent_at=None, given_up_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.about})"
