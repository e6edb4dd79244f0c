import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.encryption import EncryptedTextField
from cases.models import Case, Freeze


class MailKind(models.TextChoices):
    LETTER_LINK = "letter-link", _("link to a letter")
    PLEDGE_LINK = "pledge-link", _("link to a pledge")
    PLEDGE_ANSWERED = "pledge-answered", _("answer to a big pledge")
    LETTER_REJECTED = "letter-rejected", _("a letter needs a change")
    CHANGE_ASKED = "change-asked", _("a change of a letter is asked for")
    LETTER_HANDED_IN = "letter-handed-in", _("a letter was handed in")
    LETTER_RETURNED = "letter-returned", _("a letter came back")
    REPLY_CAME = "reply-came", _("a reply came")
    REMIND_HALF = "remind-half", _("reminder of a pledge at half time")
    REMIND_LAST = "remind-last", _("reminder of a pledge before the last day to post")
    REMIND_AFTER = "remind-after", _("reminder of a pledge after its day")
    THANKS_POSTED = "thanks-posted", _("thanks for a letter")
    THANKS_SIGNED = "thanks-signed", _("thanks for a signature")
    YEAR = "year", _("the letter about the year")
    CONFIRM = "confirm", _("what an address asked for, to be confirmed")
    DATA_LINK = "data-link", _("link to all data of one address")
    NEWS = "news", _("news of a case")


# Staff may take back what they tell of, as long as it has not left: it never leaves early.
TELLS_OF_DECISION = [MailKind.LETTER_REJECTED, MailKind.CHANGE_ASKED]

# What was done on one day is thanked for in one mail, which says nothing else.
THANKS = [MailKind.THANKS_POSTED, MailKind.THANKS_SIGNED]

# Each of these thanks: an address gets one such mail a day.
ONE_A_DAY = [*THANKS, MailKind.LETTER_HANDED_IN]

# Whoever asked for them ends them by a click; they leave by themselves, with that link.
REMINDERS = [MailKind.REMIND_HALF, MailKind.REMIND_LAST, MailKind.REMIND_AFTER]


class Priority(models.IntegerChoices):
    """In which order mails leave."""

    CONFIRM = 0, _("must be confirmed")
    LINK = 1, _("was asked for")
    TRAPPED = 2, _("a trap or a limit caught it")
    NEWS = 3, _("news")


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def waiting(self) -> "OutgoingMailQuerySet":
        return self.filter(sent_at=None, given_up_at=None)

    def held_up(self) -> "OutgoingMailQuerySet":
        """Waiting because more was asked for than may leave in an hour; news may wait."""
        return self.waiting().exclude(held_up_by="").exclude(priority=Priority.NEWS)

    def due(self) -> "OutgoingMailQuerySet":
        """To be tried now: what must be confirmed first and news last, then the longest waiting."""
        due = self.waiting().may_be_told().filter(not_before__lte=timezone.now())
        return due.order_by("priority", "not_before", "pk")

    def longest_due(self) -> datetime.timedelta:
        """For how long the first of those that could leave now could have left."""
        first = self.due().order_by("not_before").values_list("not_before", flat=True).first()
        return timezone.now() - first if first else datetime.timedelta()

    def may_be_told(self) -> "OutgoingMailQuerySet":
        """All but those of a case of which nothing may be told now: they wait until it may."""
        visible = Case.objects.visible().values("pk")
        not_frozen = Case.objects.filter(freeze=Freeze.NONE).values("pk")
        return self.filter(
            Q(case=None) | Q(is_news=True, case__in=visible) | Q(is_news=False, case__in=not_frozen)
        )


class OutgoingMail(models.Model):
    """The outbox: a mail that leaves only from here, at most one of a kind for a thing.

    The row commits with what it tells of, or not at all; `manage.py work` sends it. What several
    rows say to one address may leave as one mail: it is written when it leaves. Only the words of
    news are kept, because two people have approved them.
    """

    # "letter:17" — what it is about; with `kind` unique, so that a retry makes no second mail.
    about = models.CharField(max_length=40)
    kind = models.CharField(max_length=20, choices=MailKind.choices)
    to = EncryptedTextField()
    to_hash = models.CharField(max_length=43, db_index=True)
    subject = EncryptedTextField(blank=True)
    body = EncryptedTextField(blank=True)
    language = models.CharField(max_length=12, default="en")
    is_news = models.BooleanField(default=False)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.LINK)
    # Who shares what may leave in an hour: see letters.mail.pace. `sender` goes once it has left.
    domain = models.CharField(max_length=22, blank=True)
    sender = models.CharField(max_length=3, blank=True)
    # Which allowance was used up when its turn came; empty if none was.
    held_up_by = models.CharField(max_length=7, blank=True)
    # Rows that leave as one mail have the same number, the first of theirs.
    batch = models.BigIntegerField(null=True)
    # Of whom it tells: it does not leave while the case is frozen.
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
                fields=["priority", "not_before"],
                condition=Q(sent_at=None, given_up_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.about})"
