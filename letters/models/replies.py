from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.encryption import EncryptedTextField
from cases.models import Case, Freeze
from letters.models.hand_ins import HandIn, HandInItem
from letters.models.letters import LEFT, Letter, LetterKind

MAX_CHARACTERS = 6_000  # of what came back, and of what is told of it


class ReplyFrom(models.TextChoices):
    """Who answered."""

    TARGET = "target", _("the official, or their office")
    PERSON = "person", _("the person, or somebody close to them")


class ReplyState(models.TextChoices):
    UNREAD = "unread", _("to read")
    READ = "read", _("read")
    SHARED = "shared", _("writers may read it")


# What each can answer.
KIND_ANSWERED: dict[str, LetterKind] = {
    ReplyFrom.TARGET: LetterKind.APPEAL,
    ReplyFrom.PERSON: LetterKind.SOLIDARITY,
}


class ReplyQuerySet(models.QuerySet["Reply"]):
    def unread(self) -> ReplyQuerySet:
        """What waits to be read, the longest waiting first."""
        return self.filter(state=ReplyState.UNREAD).order_by("pk")

    def counted(self) -> ReplyQuerySet:
        """Those that readers are told of, as a number: of officials what staff have read, of the
        person only what staff let writers read. They stay in it when their words are erased."""
        by_official = Q(sender=ReplyFrom.TARGET) & ~Q(state=ReplyState.UNREAD)
        return self.filter(by_official | Q(sender=ReplyFrom.PERSON, state=ReplyState.SHARED))

    def told_by_writers(self) -> ReplyQuerySet:
        return self.filter(entered_by=None)

    def to_tell(self) -> ReplyQuerySet:
        """Of which writers are to be told now; of a frozen case nobody is."""
        due = self.filter(state=ReplyState.SHARED, tell_after__lte=timezone.now(), erased_on=None)
        return due.filter(case__freeze=Freeze.NONE).order_by("tell_after", "pk")

    def letters(self) -> models.QuerySet[Letter]:
        """Those that one of these answers."""
        # See also Reply.letters
        found = [Letter.objects.filter(pk__in=self.exclude(letter=None).values("letter"))]
        valid = Letter.objects.filter(invalid_on=None)
        left = valid.filter(state__in=LEFT)
        for sender, kind in KIND_ANSWERED.items():
            many = self.filter(sender=sender).order_by()
            hand_ins = many.exclude(hand_in=None).values("hand_in")
            items = HandInItem.objects.taken_there().filter(hand_in__in=hand_ins)
            found += [
                valid.filter(kind=kind, pk__in=items.values("letter")),
                left.filter(kind=kind, case__in=many.filter(is_to_all=True).values("case")),
            ]
        first, *others = [letters.order_by().values("pk") for letters in found]
        return Letter.objects.filter(pk__in=first.union(*others))

    def of_letter(self, letter: Letter) -> ReplyQuerySet:
        """What its writer may see of what came back, the newest first: what they told us, and what
        staff share of answers to this letter, to its hand-in, or to all of its kind."""
        sender = ReplyFrom.PERSON if letter.is_message else ReplyFrom.TARGET
        to_it = Q(letter=letter) & (Q(entered_by=None) | Q(state=ReplyState.SHARED))
        shared = Q(case=letter.case_id, sender=sender, state=ReplyState.SHARED)
        # Also to a hand-in that came back, and that it has left for another.
        items = HandInItem.objects.taken_there().filter(letter=letter, letter__invalid_on=None)
        to_others = Q(hand_in__in=items.values("hand_in"))
        if letter.has_left:
            to_others |= Q(is_to_all=True)
        found = self.filter(to_it | (shared & to_others), erased_on=None)
        return found.defer("text", "picture").order_by("-pk")


class Reply(models.Model):
    """What came back: to one letter or to many, entered by staff or told by a letter's writer.

    `text` and the picture are as it came, for staff alone. What writers may read are other words,
    `shown_text`: staff leave out of it what could hurt somebody.
    """

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="replies", verbose_name=_("case"), db_index=False
    )
    # It answers all letters to the official, or all messages, of the case: those who wrote one may
    # read it. Said, and not read off the two below: a letter is erased one day.
    is_to_all = models.BooleanField(default=False, editable=False)
    # Whose writer told us of it, or which one it answers; empty once that is erased.
    letter = models.ForeignKey(
        Letter,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="replies",
        verbose_name=_("letter"),
    )
    hand_in = models.ForeignKey(
        HandIn,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replies",
        verbose_name=_("hand-in"),
    )
    sender = models.CharField(
        _("who replied"), max_length=6, choices=ReplyFrom.choices, default=ReplyFrom.TARGET
    )
    received_on = models.DateField(_("came on"))
    number = models.PositiveIntegerField(
        _("how many came"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(1_000_000)],
        help_text=_("If the same reply came to many people: how many we know of."),
    )
    text = EncryptedTextField(_("as it came"), blank=True)
    picture = EncryptedTextField(blank=True)  # base64 of a JPEG: a scan, or a photo of it
    language = models.CharField(_("language of the reply"), max_length=12, default="en")
    shown_text = EncryptedTextField(_("what writers may read"), blank=True)
    shown_language = models.CharField(max_length=12, default="en")
    state = models.CharField(
        _("state"), max_length=6, choices=ReplyState.choices, default=ReplyState.UNREAD
    )
    # From when on its writers are told, and which letter was the last; empty if nobody is to be.
    tell_after = models.DateTimeField(null=True, editable=False)
    told_letter = models.BigIntegerField(default=0, editable=False)
    # If it was not shared any more before all were told: who got a mail since then knows of it.
    told_since = models.DateTimeField(null=True, editable=False)
    # Empty if a writer told us of it, on the private page of the letter.
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("entered by"),
    )
    created_at = models.DateTimeField(_("entered"), default=timezone.now, editable=False)
    changed_at = models.DateTimeField(_("last changed"), default=timezone.now, editable=False)
    # Its words and its picture are gone; that it came, and how many did, stays.
    erased_on = models.DateField(_("erased on"), null=True, blank=True, editable=False)

    objects = ReplyQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["-pk"]
        indexes = [
            models.Index(name="reply_by_case", fields=["case", "-id"]),
            models.Index(name="reply_by_state", fields=["state", "id"]),
            models.Index(
                name="reply_to_tell",
                fields=["tell_after"],
                condition=Q(tell_after__isnull=False),
            ),
            models.Index(
                name="reply_to_be_erased", fields=["created_at"], condition=Q(erased_on=None)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="reply_shared_only_with_words_for_its_readers",
                condition=~Q(state=ReplyState.SHARED)
                | ~Q(shown_text="")
                | Q(erased_on__isnull=False),
            ),
            models.CheckConstraint(
                name="reply_answers_one_letter_or_one_hand_in",
                condition=Q(letter__isnull=True) | Q(hand_in__isnull=True),
            ),
            models.CheckConstraint(
                name="reply_to_all_answers_nothing_else",
                condition=Q(is_to_all=False) | Q(letter__isnull=True, hand_in__isnull=True),
            ),
            models.CheckConstraint(name="reply_came_at_least_once", condition=Q(number__gte=1)),
        ]
        permissions = [("handle_reply", _("Can enter, read and share what came back"))]

    def __str__(self) -> str:
        return _("reply %(number)s") % {"number": self.pk}

    @property
    def is_told_by_writer(self) -> bool:
        return self.entered_by_id is None

    def letters(self) -> models.QuerySet[Letter]:
        """What it answers: one letter, those of a hand-in, or all of its kind that have left."""
        # See also ReplyQuerySet.of_letter
        if self.letter_id:
            return Letter.objects.filter(pk=self.letter_id)
        kind = KIND_ANSWERED[self.sender]
        found = Letter.objects.filter(case=self.case_id, kind=kind, invalid_on=None)
        if self.is_to_all:
            return found.filter(state__in=LEFT)
        items = HandInItem.objects.taken_there().filter(hand_in=self.hand_in_id)
        return found.filter(pk__in=items.values("letter"))

    @property
    def is_shared(self) -> bool:
        return self.state == ReplyState.SHARED and self.erased_on is None
