from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.countries import CountryField
from cases.encryption import EncryptedTextField
from cases.models import Case, Embassy, EmbassyUse, Freeze, Target
from cases.models.fields import OneToOneOrNoneField
from letters.models import names
from letters.models.actions import ActionKind
from letters.models.counted import CountedAction
from letters.models.names import NameForm
from letters.models.pledges import Pledge
from letters.models.private_links import PrivateLink, PrivateLinkQuerySet
from letters.models.rejections import TOLD, UNTOLD, RejectionCode
from letters.models.tallies import TallyKey, TallySource


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


class EmbassyPart(models.TextChoices):
    """What an embassy has to do with a letter that its writer posts."""

    VIA = "via", _("the letter goes through it")
    COPY = "copy", _("it gets a copy")


class LetterState(models.TextChoices):
    DRAFTING = "drafting", _("drafting")
    READY = "ready", _("ready to send")
    POSTED = "posted", _("posted")
    SUBMITTED = "submitted", _("submitted")
    CHANGE_ASKED = "asked", _("a change is asked for")
    APPROVED = "approved", _("approved")
    IN_HAND_IN = "in-hand-in", _("in a hand-in")
    PRINTED = "printed", _("printed for its hand-in")
    DELIVERED = "delivered", _("handed in")
    RETURNED = "returned", _("came back")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")


# A moderator has read it; from here on it goes with others. See also letters/models/hand_ins.py
READ_STATES = [
    LetterState.APPROVED,
    LetterState.IN_HAND_IN,
    LetterState.PRINTED,
    LetterState.DELIVERED,
    LetterState.RETURNED,
]
# A letter counts once it is posted, or submitted and not rejected. Its whole life is drawn in
# docs/architecture.md.
COUNTED = [
    LetterState.POSTED,
    LetterState.SUBMITTED,
    LetterState.CHANGE_ASKED,
    *READ_STATES,
]
# It was with whom it is for, or is on its way: an answer can come, also with what they sent back.
LEFT = [LetterState.POSTED, LetterState.DELIVERED, LetterState.RETURNED]
# Its writer may still change the words.
EDITABLE = [
    LetterState.DRAFTING,
    LetterState.READY,
    LetterState.SUBMITTED,
    LetterState.CHANGE_ASKED,
    LetterState.APPROVED,
    LetterState.IN_HAND_IN,
    LetterState.REJECTED,
]
# It is with us, and on no paper yet.
WITH_US = [
    LetterState.SUBMITTED,
    LetterState.CHANGE_ASKED,
    LetterState.APPROVED,
    LetterState.IN_HAND_IN,
]


# What the page of a letter that counts says of its hand-in: see Letter.page_state.
HAND_IN_PAGES: dict[str, str] = {
    LetterState.IN_HAND_IN: "in_hand_in",
    LetterState.PRINTED: "printed",
    LetterState.DELIVERED: "delivered",
    LetterState.RETURNED: "returned",
}

# Somebody has to read it: we deliver it, or it was sent and a trap or a limit caught it. What was
# written by hand has no words here: it is looked at with its pledge, as long as there is one.
AWAITING_MODERATION = Q(invalid_on=None, erased_on=None) & (
    Q(state=LetterState.SUBMITTED)
    | (
        Q(state=LetterState.POSTED, needs_review=True)
        & (~Q(route=Route.BY_HAND) | Q(pledge__isnull=True))
    )
)
# From now on staff have it to read, if it is for them to read: see `Letter.waiting_since`.
STARTS_WAITING = [LetterState.SUBMITTED, LetterState.POSTED]
BY_HAND_NEEDING_REVIEW = Q(route=Route.BY_HAND, needs_review=True, invalid_on=None)
# Read, and in no hand-in yet. What nobody wrote is never handed in.
TO_HAND_IN = Q(
    state=LetterState.APPROVED, invalid_on=None, erased_on=None, needs_review=False, is_sample=False
)
COUNTED_LETTER = Q(state__in=COUNTED, needs_review=False, invalid_on=None)


def letter_source(state: str, route: str) -> str:
    """How we know of a letter that counts: we have it, or its writer says that it has left."""
    # See also counting.LETTER_SOURCE
    if state != LetterState.POSTED:
        return TallySource.ONLINE.value
    return (TallySource.BY_HAND if route == Route.BY_HAND else TallySource.SAID).value


class LetterQuerySet(PrivateLinkQuerySet["Letter"]):
    def awaiting_moderation(self) -> LetterQuerySet:
        return self.filter(AWAITING_MODERATION)

    def queued(self) -> LetterQuerySet:
        """What is to be read now, the longest waiting first: of a frozen case nothing is."""
        waiting = self.awaiting_moderation().exclude(case__in=_frozen())
        return waiting.order_by("waiting_since", "pk")

    def with_frozen_cases(self) -> LetterQuerySet:
        """What waits until its case is unfrozen."""
        waiting = self.awaiting_moderation().filter(case__in=_frozen())
        return waiting.order_by("waiting_since", "pk")

    def without_a_look_at_their_pledge(self) -> LetterQuerySet:
        """Written by hand for a big pledge that staff have not looked at."""
        # See also Letter.lacks_a_look_at_its_pledge
        pledges = Pledge.objects.waiting_for_look()
        return self.filter(route=Route.BY_HAND, pledge__in=pledges.values("pk"))

    def by_hand_needing_review(self) -> LetterQuerySet:
        return self.filter(BY_HAND_NEEDING_REVIEW)

    def for_pledges(self) -> LetterQuerySet:
        """What keeps a pledge: it counts, or was written by hand, also if it waits for a look."""
        # See also letters.actions.pledges.room_left
        return self.filter(Q(counted_on__isnull=False) | Q(route=Route.BY_HAND))

    def shown(self) -> LetterQuerySet:
        """Messages that readers may read, the newest first; not those of a case that is untold."""
        told = Case.objects.visible().filter(solidarity_action__shows_messages=True)
        return self.filter(
            shown_on__isnull=False, erased_on__isnull=True, case__in=told.values("pk")
        ).order_by("-shown_on", "-pk")

    def to_hand_in(self) -> LetterQuerySet:
        """Read, counted, and in no hand-in yet."""
        return self.filter(TO_HAND_IN)

    def counted(self) -> LetterQuerySet:
        # See also Letter.counts
        return self.filter(counted_on__isnull=False)


def _frozen() -> models.QuerySet:
    return Case.objects.exclude(freeze=Freeze.NONE).order_by().values("pk")


class Letter(CountedAction, PrivateLink):
    """A letter to an official or a message to the person, from its first draft until it is sent.

    `letters.actions.letters` moves it from state to state and keeps the tally in step.
    """

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="letters", verbose_name=_("case"), db_index=False
    )
    # Empty for a message, for what was written by hand, and where the case had no target.
    target = models.ForeignKey(
        Target,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="letters",
        verbose_name=_("target"),
        db_index=False,
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
    # What its writer says, to be told of a stamp and an embassy there; empty if they do not.
    posted_from = CountryField(_("posted from"), blank=True)
    embassy = models.ForeignKey(
        Embassy,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("embassy"),
        db_index=False,
    )
    embassy_part = models.CharField(
        _("part of the embassy"), max_length=4, choices=EmbassyPart.choices, blank=True
    )
    state = models.CharField(
        _("state"), max_length=10, choices=LetterState.choices, default=LetterState.DRAFTING
    )
    # Since when staff have it to read, if they have to; else since when it was posted.
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True, editable=False)
    # The day on which staff approved it, asked for a change or rejected it, whichever came last.
    decided_on = models.DateField(_("decided on"), null=True, blank=True, editable=False)
    # Staff found that nobody can stand for it: it is kept, and does not count.
    invalid_on = models.DateField(_("not valid since"), null=True, blank=True, editable=False)
    # The day it counted on until then, and counts on again if that was wrong.
    was_counted_on = models.DateField(null=True, blank=True, editable=False)
    rejection_reason = models.CharField(_("reason of the rejection"), max_length=400, blank=True)
    # The last thing that staff asked its writer to change; it stays when they hand it in again.
    change_wanted = models.CharField(_("change asked for"), max_length=400, blank=True)
    # It was handed in again because staff asked for a change: it is read before others.
    is_answer = models.BooleanField(_("handed in again"), default=False, editable=False)
    # Why, as staff chose it. Its writer reads what it says to them, if anything, and the reason.
    rejection_code = models.CharField(
        max_length=10, choices=RejectionCode.choices, blank=True, editable=False
    )

    subject = EncryptedTextField(_("subject"), blank=True)
    body = EncryptedTextField(_("letter"), blank=True)
    language = models.CharField(_("language of the letter"), max_length=12, default="en")
    page_language = models.CharField(max_length=12, default="en", editable=False)
    name_form = models.CharField(
        _("how the name appears"), max_length=8, choices=NameForm.choices, default=NameForm.FULL
    )
    name = EncryptedTextField(_("name"), blank=True)
    place = EncryptedTextField(_("place"), blank=True)
    email = EncryptedTextField(_("e-mail"), blank=True)
    email_hash = models.CharField(max_length=43, blank=True, editable=False)
    # The day somebody who reads mail at the address said that it is theirs: before that, nothing
    # but its private link is mailed there, and what staff have to tell. See also Pledge.
    email_proven_on = models.DateField(
        _("address confirmed on"), null=True, blank=True, editable=False
    )
    # To which text its writer agreed: see letters.privacy.consent. Empty if it names nobody.
    consent_version = models.CharField(
        _("agreed to version"), max_length=10, blank=True, default="", editable=False
    )
    # One mail once it was handed in, and one if it comes back: nothing without an address.
    wants_news = models.BooleanField(
        _("wants to be thanked, and told what happened"), default=False
    )
    # Its writer lets others read it on the case's page; a moderator chooses which are shown.
    may_be_shown = models.BooleanField(_("may be shown on the site"), default=False)
    shown_on = models.DateField(_("shown since"), null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(_("last changed"), editable=False)
    # What staff do does not move it: how long we keep what waits is counted from here.
    supporter_changed_at = models.DateTimeField(
        _("last changed by its writer"), default=timezone.now, editable=False
    )
    # Its words and its writer are gone; the number stays.
    erased_on = models.DateField(_("erased on"), null=True, blank=True, editable=False)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-pk"]
        indexes = [
            # For the filters of the admin, at a million letters: newest first, whatever is asked.
            models.Index(name="letter_by_case", fields=["case", "-id"]),
            models.Index(
                name="letter_by_target",
                fields=["target", "-id"],
                condition=Q(target__isnull=False),
            ),
            models.Index(name="letter_by_state", fields=["state", "-id"]),
            models.Index(name="letter_by_country", fields=["country", "-id"]),
            models.Index(name="letter_held", fields=["-id"], condition=Q(needs_review=True)),
            models.Index(
                name="letter_not_valid", fields=["-id"], condition=Q(invalid_on__isnull=False)
            ),
            models.Index(
                name="letter_awaiting_moderation",
                fields=["-id"],
                condition=AWAITING_MODERATION,
            ),
            models.Index(
                name="letter_awaiting_by_route",
                fields=["route", "-id"],
                condition=AWAITING_MODERATION,
            ),
            # The reading desk: what waits longest stands first, whatever is asked for.
            models.Index(
                name="letter_queue",
                fields=["waiting_since", "id"],
                condition=AWAITING_MODERATION,
            ),
            models.Index(
                name="letter_queue_of_answers",
                fields=["waiting_since", "id"],
                condition=AWAITING_MODERATION & Q(is_answer=True),
            ),
            models.Index(
                name="letter_queue_by_case",
                fields=["case", "waiting_since", "id"],
                condition=AWAITING_MODERATION,
            ),
            models.Index(
                name="letter_queue_by_kind",
                fields=["kind", "waiting_since", "id"],
                condition=AWAITING_MODERATION,
            ),
            models.Index(
                name="letter_queue_held",
                fields=["waiting_since", "id"],
                condition=AWAITING_MODERATION & Q(needs_review=True),
            ),
            models.Index(
                name="letter_queue_by_language",
                fields=["language", "waiting_since", "id"],
                condition=AWAITING_MODERATION,
            ),
            models.Index(
                name="letter_to_hand_in", fields=["case", "kind", "id"], condition=TO_HAND_IN
            ),
            # How many there are of each, from the index alone: see hand_ins.waiting.
            models.Index(
                name="letter_number_to_hand_in",
                fields=["case", "kind", "form", "counted_on"],
                condition=TO_HAND_IN,
            ),
            models.Index(
                name="letter_by_hand_held", fields=["pledge"], condition=BY_HAND_NEEDING_REVIEW
            ),
            models.Index(
                name="letter_by_email", fields=["email_hash"], condition=~Q(email_hash="")
            ),
            models.Index(
                name="letter_to_be_erased", fields=["changed_at"], condition=Q(erased_on=None)
            ),
            models.Index(
                name="letter_kept_at_most",
                fields=["supporter_changed_at"],
                condition=Q(erased_on=None),
            ),
            models.Index(name="letter_by_moment", fields=["created_at"]),
            models.Index(
                name="letter_of_alarm", fields=["alarm"], condition=Q(alarm__isnull=False)
            ),
            models.Index(
                name="letter_of_embassy", fields=["embassy"], condition=Q(embassy__isnull=False)
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
                condition=Q(counted_on__isnull=True) | COUNTED_LETTER,
            ),
            models.CheckConstraint(
                name="letter_counts_when_posted_or_submitted",
                condition=Q(counted_on__isnull=False)
                | ~Q(state__in=COUNTED)
                | Q(needs_review=True)
                | Q(invalid_on__isnull=False),
            ),
            models.CheckConstraint(
                name="letter_proves_an_address_that_it_has",
                condition=Q(email_proven_on__isnull=True) | ~Q(email_hash=""),
            ),
            models.CheckConstraint(
                name="letter_to_the_person_has_no_target",
                condition=Q(target__isnull=True) | Q(kind=LetterKind.APPEAL),
            ),
            models.CheckConstraint(
                name="letter_shown_only_if_its_writer_agreed_and_it_was_approved",
                condition=Q(shown_on__isnull=True)
                | Q(may_be_shown=True, kind=LetterKind.SOLIDARITY, state__in=READ_STATES),
            ),
            models.CheckConstraint(
                name="letter_rejected_with_a_reason",
                condition=~Q(state=LetterState.REJECTED)
                | ~Q(rejection_reason="")
                | ~Q(rejection_code__in=["", RejectionCode.OTHER]),
            ),
            models.CheckConstraint(
                name="letter_asked_to_change_says_what",
                condition=~Q(state=LetterState.CHANGE_ASKED)
                | ~Q(change_wanted="")
                | Q(erased_on__isnull=False),
            ),
        ]
        permissions = [
            ("moderate_letter", _("Can read, approve and reject letters")),
            ("lead_moderation", _("Can undo what other moderators decided")),
            ("export_counts", _("Can export counts by country")),
            ("export_signatures", _("Can export names and countries of people who signed")),
            ("export_letters", _("Can export the words of letters, without names")),
        ]

    def __str__(self) -> str:
        name = _("message %(number)s") if self.is_message else _("letter %(number)s")
        return name % {"number": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("letters:letter", args=[self.key])

    @property
    def tally_key(self) -> TallyKey | None:
        """Where it counts in the tally, if it does."""
        if self.counted_on is None:
            return None
        source = letter_source(self.state, self.route)
        return TallyKey(self.case_id, self.kind, source, self.counted_on, self.country)

    @property
    def is_valid(self) -> bool:
        return self.invalid_on is None

    @property
    def is_message(self) -> bool:
        """For the person, not for the official."""
        return self.kind == LetterKind.SOLIDARITY

    @property
    def page_state(self) -> str:
        """Which of templates/letters/…/state/ its writer sees."""
        if not self.is_valid:
            return "invalid"
        if self.state in (LetterState.WITHDRAWN, LetterState.REJECTED, LetterState.CHANGE_ASKED):
            return self.state
        if self.counts:
            return HAND_IN_PAGES.get(self.state, "counted")
        has_left = self.state not in (LetterState.DRAFTING, LetterState.READY)
        return "in_review" if self.needs_review and has_left else "open"

    @property
    def lacks_a_look_at_its_pledge(self) -> bool:
        # See also LetterQuerySet.without_a_look_at_their_pledge
        is_by_hand = self.route == Route.BY_HAND
        return is_by_hand and self.pledge is not None and self.pledge.waits_for_look

    @property
    def is_read(self) -> bool:
        """A moderator approved it: it goes with others, or has gone."""
        return self.state in READ_STATES

    @property
    def may_be_rejected(self) -> bool:
        """It is with us, or it waits for a look at all."""
        waits = self.state in WITH_US or (self.state == LetterState.POSTED and self.needs_review)
        return waits and self.is_valid

    @property
    def has_left(self) -> bool:
        """So that an answer can come back to it."""
        return self.state in LEFT and self.is_valid

    @property
    def may_be_approved(self) -> bool:
        return self.state == LetterState.SUBMITTED and self.is_valid and self.erased_on is None

    @property
    def told_reason(self) -> str:
        """Why it was rejected, as its writer reads it; empty if that is not told."""
        if self.rejection_code in UNTOLD:
            return ""
        return f"{TOLD.get(self.rejection_code, '')} {self.rejection_reason}".strip()

    @property
    def may_be_asked_to_change(self) -> bool:
        """It is with us, and nobody asked for a change that its writer has not answered."""
        is_asked = self.state == LetterState.CHANGE_ASKED
        return self.state in WITH_US and not is_asked and self.is_valid

    @property
    def may_want_news(self) -> bool:
        """We hand it in, or they posted it; and we can write to whom it is by."""
        return (
            self.is_valid
            and self.state in (LetterState.POSTED, LetterState.SUBMITTED, *READ_STATES)
            and self.erased_on is None
            and bool(self.email_hash)
        )

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE and self.erased_on is None and self.is_valid

    @property
    def is_to_be_printed(self) -> bool:
        """Whether its writer posts it, or has posted it and may want it once more."""
        states = (LetterState.READY, LetterState.POSTED)
        return self.route == Route.POST and self.state in states

    @property
    def via_embassy(self) -> Embassy | None:
        """The embassy that its writer sends it by way of, as long as its address may be printed."""
        return self._embassy_as(EmbassyPart.VIA)

    @property
    def copied_to(self) -> Embassy | None:
        """The embassy that gets a copy, as long as its address may be printed."""
        return self._embassy_as(EmbassyPart.COPY)

    @property
    def has_lost_embassy(self) -> bool:
        """It was to go through one whose address may not be printed any more."""
        return self.embassy_part == EmbassyPart.VIA and self.via_embassy is None

    def _embassy_as(self, part: str) -> Embassy | None:
        embassy = self.embassy if self.embassy_part == part else None
        is_right = (
            embassy is not None
            and embassy.use == EmbassyUse.YES
            and self.target is not None
            and embassy.of_country == self.case.state_of(self.target)
        )
        return embassy if is_right else None

    @property
    def signed_name(self) -> str:
        """The name as the target sees it: in full, the first name, initials, or nothing."""
        return names.shown(self.name, self.name_form)


class LetterPicture(models.Model):
    """The drawing or photo of a message of support: made anew without what a camera adds.

    Only its writer and moderators see it; it is erased with the letter's words.
    """

    letter = OneToOneOrNoneField(Letter, models.CASCADE, related_name="picture")
    data = EncryptedTextField()  # base64 of a JPEG
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.width} × {self.height}"
