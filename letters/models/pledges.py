from __future__ import annotations

from django.apps import apps
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from cases.countries import CountryField
from cases.dates import earliest_today
from cases.encryption import EncryptedTextField
from cases.models import Case, Edition
from letters.models.private_links import PrivateLink, PrivateLinkQuerySet

MAX_LETTERS_PROMISED = 500  # a big school or write-a-thon; more is a typing error
BIG_PLEDGE = 50  # letters: of more, staff have a friendly look first
MAX_ANSWER = 400  # characters


class PledgeState(models.TextChoices):
    """Whether it stands. That it is kept is not stored: its letters tell, see `pledges.done`."""

    OPEN = "open", _("open")
    RELEASED = "released", _("cancelled")


class ReminderStep(models.IntegerChoices):
    """Of which reminders were mailed: see letters.mail.reminders."""

    NONE = 0, _("none yet")
    HALF = 1, _("halfway")
    LAST_DAYS = 2, _("before the last day to post")
    AFTER = 3, _("after its day")


# Staff have not answered who promised so many. What was given back needs no answer.
WAITS_FOR_LOOK = Q(number__gt=BIG_PLEDGE, looked_at=None, state=PledgeState.OPEN)


class PledgeQuerySet(PrivateLinkQuerySet["Pledge"]):
    def needing_review(self) -> PledgeQuerySet:
        """Letters were written by hand for them that wait to count; not while they wait for a look
        themselves."""
        letters = apps.get_model("letters", "Letter")
        waiting = letters.objects.by_hand_needing_review().filter(pledge__isnull=False)
        return self.filter(pk__in=waiting.values("pledge")).exclude(WAITS_FOR_LOOK)

    def waiting_for_look(self) -> PledgeQuerySet:
        # See also Pledge.waits_for_look
        return self.filter(WAITS_FOR_LOOK)


class Pledge(PrivateLink):
    """A promise to write a number of letters, for one case or for any of an edition.

    A pledge never counts as an action: only letters do.
    """

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="pledges")
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, blank=True, related_name="pledges", verbose_name=_("case")
    )
    number = models.PositiveSmallIntegerField(
        _("letters pledged"),
        validators=[MinValueValidator(1), MaxValueValidator(MAX_LETTERS_PROMISED)],
    )
    state = models.CharField(
        _("state"), max_length=8, choices=PledgeState.choices, default=PledgeState.OPEN
    )
    # A trap or a limit caught it, or its letters were not valid: what is written by hand for it
    # counts only after somebody had a look.
    needs_review = models.BooleanField(_("needs review"), default=False, db_column="held")
    name = EncryptedTextField(_("name"), blank=True)
    group = EncryptedTextField(_("group or class"), blank=True)
    email = EncryptedTextField(_("e-mail"), blank=True)
    email_hash = models.CharField(max_length=43, blank=True, editable=False, db_index=True)
    # See also Letter.email_proven_on
    email_proven_on = models.DateField(
        _("address confirmed on"), null=True, blank=True, editable=False
    )
    # To which text its writer agreed: see letters.privacy.consent. Empty if it names nobody.
    consent_version = models.CharField(
        _("agreed to version"), max_length=10, blank=True, default="", editable=False
    )
    country = CountryField(_("country"), blank=True)
    language = models.CharField(max_length=12, default="en", editable=False)
    due_on = models.DateField(_("by"))
    looked_at = models.DateTimeField(_("looked at"), null=True, blank=True, editable=False)
    # What staff answered who promised many; its writer reads it, in a mail too.
    answer = models.CharField(_("answer"), max_length=MAX_ANSWER, blank=True, editable=False)
    wants_reminders = models.BooleanField(_("reminders by e-mail"), default=False, editable=False)
    reminder_step = models.PositiveSmallIntegerField(
        _("last reminder"), choices=ReminderStep, default=ReminderStep.NONE, editable=False
    )
    # Of which day that step was: its writer may have moved the day since.
    reminded_for = models.DateField(_("it was of the day"), null=True, editable=False)
    # Steps were taken again for a later day: this happens once, however often it is moved.
    reminded_anew = models.BooleanField(_("reminded of a later day"), default=False, editable=False)
    next_reminder_on = models.DateField(_("next reminder"), null=True, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)

    # What the list of the admin adds.
    counted_letters: int
    waiting_letters: int

    objects = PledgeQuerySet.as_manager()

    class Meta:
        verbose_name = _("pledge")
        verbose_name_plural = _("pledges")
        ordering = ["-pk"]
        indexes = [
            models.Index(name="pledge_sample", fields=["id"], condition=Q(is_sample=True)),
            models.Index(name="pledge_to_look_at", fields=["-id"], condition=WAITS_FOR_LOOK),
            models.Index(
                name="pledge_next_reminder",
                fields=["next_reminder_on"],
                condition=Q(next_reminder_on__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="pledge_promises_a_sensible_number",
                condition=Q(number__gte=1) & Q(number__lte=MAX_LETTERS_PROMISED),
            ),
            models.CheckConstraint(
                name="pledge_proves_an_address_that_it_has",
                condition=Q(email_proven_on__isnull=True) | ~Q(email_hash=""),
            ),
            models.CheckConstraint(
                name="pledge_has_an_address_for_reminders",
                condition=Q(wants_reminders=False) | ~Q(email_hash=""),
            ),
            models.CheckConstraint(
                name="pledge_is_reminded_of_only_if_asked",
                condition=Q(next_reminder_on__isnull=True) | Q(wants_reminders=True),
            ),
        ]

    def __str__(self) -> str:
        label = ngettext("%(number)s letter", "%(number)s letters", self.number)
        return label % {"number": self.number}

    def get_absolute_url(self) -> str:
        return reverse("letters:pledge-page", args=[self.key])

    @property
    def is_released(self) -> bool:
        return self.state == PledgeState.RELEASED

    @property
    def is_over(self) -> bool:
        """Whether its last day is over everywhere."""
        return self.due_on < earliest_today()

    @property
    def waits_for_look(self) -> bool:
        """Whether so much is promised that staff have a look first: until then nothing that is
        written by hand for it counts."""
        # See also PledgeQuerySet.waiting_for_look
        return self.number > BIG_PLEDGE and self.looked_at is None and not self.is_released

    @property
    def told_answer(self) -> str:
        """What staff answered, as its writer reads it: it may say of whom the promise is."""
        if self.looked_at is None or (self.case and not self.case.is_visible):
            return ""
        return self.answer or gettext("Welcome, and thank you for so many letters!")

    def letters_left(self) -> int:
        """How many are still to be written."""
        return max(0, self.number - self.letters.for_pledges().count())
