from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.countries import country_choices, validate_country
from cases.models import Case
from letters.encryption import EncryptedTextField
from letters.models.actions import ActionKind
from letters.models.pledges import Pledge
from letters.models.private_links import PrivateLink, PrivateLinkQuerySet
from letters.models.tallies import Place, TallySource


class LetterKind(models.TextChoices):
    """Whom it is for: the official, or the person."""

    APPEAL = ActionKind.APPEAL.value, _("appeal letter")
    SOLIDARITY = ActionKind.SOLIDARITY.value, _("message of support")


class Format(models.TextChoices):
    """What a message of support stands on."""

    LETTER = "letter", _("letter")
    CARD = "card", _("card")


class Route(models.TextChoices):
    """How a letter reaches the target."""

    UNDECIDED = "", _("not chosen yet")
    POST = "post", _("I post it myself")
    EMAIL = "email", _("I e-mail it myself")
    DELIVER = "deliver", _("deliver it for me")
    BY_HAND = "by-hand", _("written by hand, posted by its writer")


class LetterState(models.TextChoices):
    DRAFTING = "drafting", _("drafting")
    READY = "ready", _("ready to send")
    POSTED = "posted", _("posted")
    SUBMITTED = "submitted", _("submitted")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")


# A letter counts once it is posted, or submitted and not rejected: DESIGN.md §4.
COUNTED = [LetterState.POSTED, LetterState.SUBMITTED, LetterState.APPROVED]
# Its writer may still change the words.
EDITABLE = [
    LetterState.DRAFTING,
    LetterState.READY,
    LetterState.SUBMITTED,
    LetterState.APPROVED,
    LetterState.REJECTED,
]


class NameForm(models.TextChoices):
    FULL = "full", _("full name")
    FIRST = "first", _("first name only")
    INITIALS = "initials", _("initials")
    NONE = "none", _("no name")


# Somebody has to read it: we deliver it, or it was sent and a trap or a limit caught it.
AWAITING_MODERATION = Q(state=LetterState.SUBMITTED) | Q(state=LetterState.POSTED, held=True)


class LetterQuerySet(PrivateLinkQuerySet):
    def awaiting_moderation(self) -> LetterQuerySet:
        return self.filter(AWAITING_MODERATION)

    def shown(self) -> LetterQuerySet:
        """Messages that readers may read, the newest first; not those of a case that is untold."""
        told = Case.objects.told().filter(solidarity_action__shows_messages=True)
        return self.filter(
            shown_on__isnull=False, erased_on__isnull=True, case__in=told.values("pk")
        ).order_by("-shown_on", "-pk")

    def counted(self) -> LetterQuerySet:
        # See also Letter.counts
        return self.filter(counted_on__isnull=False)


class Letter(PrivateLink):
    """A letter to an official or a message to the person, from its first draft until it is sent.

    `letters.writing` moves it from state to state and keeps the tally in step.
    """

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="letters", verbose_name=_("case"), db_index=False
    )
    pledge = models.ForeignKey(
        Pledge,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="letters",
        verbose_name=_("pledge"),
    )
    kind = models.CharField(
        _("kind"), max_length=10, choices=LetterKind.choices, default=LetterKind.APPEAL
    )
    form = models.CharField(_("form"), max_length=6, choices=Format.choices, default=Format.LETTER)
    route = models.CharField(
        _("route"), max_length=8, choices=Route.choices, blank=True, default=Route.UNDECIDED
    )
    state = models.CharField(
        _("state"), max_length=10, choices=LetterState.choices, default=LetterState.DRAFTING
    )
    # The day it counts on in the tally; empty while it does not count.
    counted_on = models.DateField(_("counted on"), null=True, blank=True, editable=False)
    # A trap or a limit caught it: it counts only after somebody has read it.
    held = models.BooleanField(_("held for a look"), default=False)
    rejection_reason = models.CharField(_("reason of the rejection"), max_length=400, blank=True)

    subject = EncryptedTextField(_("subject"), blank=True)
    body = EncryptedTextField(_("letter"), blank=True)
    language = models.CharField(_("language of the letter"), max_length=12, default="en")
    page_language = models.CharField(max_length=12, default="en", editable=False)
    name_form = models.CharField(
        _("how the name stands"), max_length=8, choices=NameForm.choices, default=NameForm.FULL
    )
    name = EncryptedTextField(_("name"), blank=True)
    place = EncryptedTextField(_("place"), blank=True)
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        choices=country_choices,
        validators=[validate_country],
    )
    email = EncryptedTextField(_("e-mail"), blank=True)
    email_hash = models.CharField(max_length=43, blank=True, editable=False)
    # Its writer lets others read it on the case's page; a moderator chooses which are shown.
    may_be_shown = models.BooleanField(_("may be shown on the site"), default=False)
    shown_on = models.DateField(_("shown since"), null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(_("last changed"), editable=False)
    # Its words and its writer are gone; the number stays.
    erased_on = models.DateField(_("erased on"), null=True, blank=True, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-pk"]
        indexes = [
            models.Index(name="letter_by_case", fields=["case", "-id"]),
            models.Index(
                name="letter_awaiting_moderation",
                fields=["-id"],
                condition=AWAITING_MODERATION,
            ),
            models.Index(
                name="letter_by_email", fields=["email_hash"], condition=~Q(email_hash="")
            ),
            models.Index(
                name="letter_to_be_erased", fields=["changed_at"], condition=Q(erased_on=None)
            ),
            models.Index(name="letter_sample", fields=["id"], condition=Q(is_sample=True)),
            models.Index(
                name="letter_shown",
                fields=["case", "-shown_on", "-id"],
                condition=Q(shown_on__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="letter_counts_only_when_posted_or_submitted",
                condition=Q(counted_on__isnull=True) | (Q(state__in=COUNTED) & Q(held=False)),
            ),
            models.CheckConstraint(
                name="letter_counts_when_posted_or_submitted",
                condition=Q(counted_on__isnull=False) | ~Q(state__in=COUNTED) | Q(held=True),
            ),
            models.CheckConstraint(
                name="letter_shown_only_if_its_writer_agreed_and_it_was_approved",
                condition=Q(shown_on__isnull=True)
                | Q(may_be_shown=True, kind=LetterKind.SOLIDARITY, state=LetterState.APPROVED),
            ),
            models.CheckConstraint(
                name="letter_rejected_with_a_reason",
                condition=~Q(state=LetterState.REJECTED) | ~Q(rejection_reason=""),
            ),
        ]
        permissions = [("moderate_letter", _("Can read, approve and reject letters"))]

    def __str__(self) -> str:
        name = _("message %(number)s") if self.is_message else _("letter %(number)s")
        return name % {"number": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("letters:letter", args=[self.key])

    @property
    def counts_at(self) -> Place | None:
        """Where it counts in the tally, if it does."""
        if self.counted_on is None:
            return None
        source = TallySource.ONLINE.value
        return Place(self.case_id, self.kind, source, self.counted_on, self.country)

    @property
    def counts(self) -> bool:
        # See also LetterQuerySet.counted
        return self.counted_on is not None

    @property
    def is_message(self) -> bool:
        """For the person, not for the official."""
        return self.kind == LetterKind.SOLIDARITY

    @property
    def may_be_rejected(self) -> bool:
        """It is with us, or it waits for a look at all."""
        with_us = self.state in (LetterState.SUBMITTED, LetterState.APPROVED)
        return with_us or (self.state == LetterState.POSTED and self.held)

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE and self.erased_on is None

    @property
    def signed_name(self) -> str:
        """The name as the target sees it: in full, the first name, initials, or nothing."""
        words = self.name.split()
        match self.name_form:
            case NameForm.FULL:
                return " ".join(words)
            case NameForm.FIRST:
                return words[0] if words else ""
            case NameForm.INITIALS:
                return " ".join(f"{word[0].upper()}." for word in words)
        return ""


class LetterPicture(models.Model):
    """The drawing or photo of a message of support: made anew without what a camera adds.

    Only its writer and moderators see it; it is erased with the letter's words.
    """

    letter = models.OneToOneField(Letter, models.CASCADE, related_name="picture")
    data = EncryptedTextField()  # base64 of a JPEG
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.width} × {self.height}"
