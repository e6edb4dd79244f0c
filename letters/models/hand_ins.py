from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models import Case, Freeze, Target
from letters.models.actions import ActionKind
from letters.models.letters import HAND_IN_PAGES, LEFT, Format, Letter, LetterState
from letters.models.locks import lock
from letters.models.signatures import Signature


class HandInState(models.TextChoices):
    MAKING = "making", _("being made")
    READY = "ready", _("ready to print")
    PRINTED = "printed", _("printed")
    ON_WAY = "on-way", _("on its way")
    HANDED_IN = "handed-in", _("handed in")
    CANCELLED = "cancelled", _("cancelled")


# It is on no paper that is final: what is withdrawn, erased or changed leaves it.
NOT_PRINTED = [HandInState.MAKING, HandInState.READY]
# Its paper may be needed once more: some of it was lost, or spoilt by the printer.
NOT_HANDED_IN = [*NOT_PRINTED, HandInState.PRINTED, HandInState.ON_WAY]


class Paper(models.TextChoices):
    A4 = "a4", "A4"
    LETTER = "letter", "US Letter"


class LeftBecause(models.TextChoices):
    """Why something is in a hand-in no more."""

    WITHDRAWN = "withdrawn", _("withdrawn")
    CHANGED = "changed", _("changed by its writer")
    ASKED = "asked", _("its writer was asked to change it")
    REJECTED = "rejected", _("rejected")
    INVALID = "invalid", _("found not to be valid")
    ERASED = "erased", _("erased")
    CANCELLED = "cancelled", _("the hand-in was cancelled")
    RETURNED = "returned", _("we have it back, and it waits for another hand-in")


class HandInQuerySet(models.QuerySet["HandIn"]):
    def not_printed(self) -> HandInQuerySet:
        return self.filter(state__in=NOT_PRINTED)

    def lock_that_of(self, letter: Letter) -> None:
        """Of a letter: nobody marks as printed what it is in until the transaction ends."""
        standing = HandInItem.objects.open().filter(letter=letter)
        lock(self.not_printed().filter(pk__in=standing.values("hand_in")))


class HandIn(models.Model):
    """Letters, messages or signatures of one case that are printed and handed in together.

    Its number is its primary key.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="hand_ins", verbose_name=_("case"))
    target = models.ForeignKey(
        Target,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="hand_ins",
        verbose_name=_("target"),
    )
    kind = models.CharField(_("what"), max_length=10, choices=ActionKind.choices)
    form = models.CharField(_("form"), max_length=6, choices=Format.choices, blank=True)
    # As chosen: no language means all, no day means from the first or to the last.
    languages = models.JSONField(_("languages"), default=list, blank=True)
    since = models.DateField(_("counted since"), null=True, blank=True)
    until = models.DateField(_("counted until"), null=True, blank=True)
    limit = models.PositiveIntegerField(_("at most"), null=True, blank=True)
    paper = models.CharField(_("paper"), max_length=6, choices=Paper.choices, default=Paper.A4)
    page_language = models.CharField(max_length=12, default="en", editable=False)  # of its cover
    state = models.CharField(
        _("state"), max_length=9, choices=HandInState.choices, default=HandInState.MAKING
    )
    made_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by")
    )
    # Of the form that made it: sent twice, it makes one hand-in.
    form_key = models.CharField(max_length=22, blank=True, editable=False)
    ready_at = models.DateTimeField(_("ready"), null=True, editable=False)
    printed_at = models.DateTimeField(_("printed"), null=True, editable=False)
    printed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("printed by"),
    )
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, editable=False)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("cancelled by"),
    )

    objects = HandInQuerySet.as_manager()

    class Meta:
        verbose_name = _("hand-in")
        verbose_name_plural = _("hand-ins")
        ordering = ["-pk"]
        permissions = [
            ("make_handin", _("Can make and cancel hand-ins, and mark them printed")),
            ("fetch_handin", _("Can fetch the paper of hand-ins")),
            ("deliver_handin", _("Can record what happened to hand-ins")),
        ]
        constraints = [
            models.UniqueConstraint(
                name="hand_in_one_for_a_form", fields=["form_key"], condition=~Q(form_key="")
            ),
            models.CheckConstraint(
                name="hand_in_has_a_form_only_if_of_messages",
                condition=Q(kind=ActionKind.SOLIDARITY) ^ Q(form=""),
            ),
            models.CheckConstraint(
                name="hand_in_to_the_person_has_no_target",
                condition=Q(target__isnull=True) | ~Q(kind=ActionKind.SOLIDARITY),
            ),
            models.CheckConstraint(
                name="hand_in_is_not_of_posts", condition=~Q(kind=ActionKind.SOCIAL)
            ),
            models.CheckConstraint(
                name="hand_in_cancelled_by_somebody",
                condition=~Q(state=HandInState.CANCELLED)
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
            ),
            models.CheckConstraint(
                name="hand_in_printed_before_it_leaves",
                condition=~Q(
                    state__in=[HandInState.PRINTED, HandInState.ON_WAY, HandInState.HANDED_IN]
                )
                | Q(printed_at__isnull=False, printed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return _("hand-in %(number)s") % {"number": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("admin:letters_handin_change", args=[self.pk])

    @property
    def is_of_signatures(self) -> bool:
        return self.kind == ActionKind.SIGNATURE

    @property
    def is_printed(self) -> bool:
        return self.printed_at is not None

    @property
    def ready_on(self) -> datetime.date | None:
        return timezone.localdate(self.ready_at) if self.ready_at else None

    @property
    def printed_on(self) -> datetime.date | None:
        return timezone.localdate(self.printed_at) if self.printed_at else None

    @property
    def may_be_cancelled(self) -> bool:
        # See also HandInQuerySet.not_printed
        return self.state in NOT_PRINTED

    @property
    def may_be_made_again(self) -> bool:
        # See also HandInPartQuerySet.to_make
        return self.state in NOT_HANDED_IN


class HandInItemQuerySet(models.QuerySet["HandInItem"]):
    def open(self) -> HandInItemQuerySet:
        """What is in its hand-in still."""
        return self.filter(left_at=None)

    def printed(self) -> HandInItemQuerySet:
        """What was on its paper: in it still, or in it until we had it back."""
        return self.filter(Q(left_at=None) | Q(left_because=LeftBecause.RETURNED))

    def taken_there(self) -> HandInItemQuerySet:
        """Letters that were handed in with it, also what came back: an answer is for them too."""
        is_there = Q(left_at=None, letter__state__in=LEFT)
        return self.filter(is_there | Q(left_because=LeftBecause.RETURNED))

    def returned(self) -> HandInItemQuerySet:
        """Of what was taken there: refused or sent back, so that we have it."""
        refused = Q(hand_in__state=HandInState.HANDED_IN, hand_in__delivery__result="refused")
        return self.open().filter(Q(returned_on__isnull=False) | refused)

    def of(self, letter: Letter) -> HandInItem | None:
        """What a letter is in, with what became of it."""
        if letter.state not in HAND_IN_PAGES:
            return None
        related = self.open().select_related("hand_in__delivery").defer("hand_in__delivery__proof")
        return related.filter(letter=letter).first()

    def make_paper_anew(self, letter: Letter) -> int:
        """What is printed of a letter has changed: the part on which it stands is made anew, and
        has to be fetched and printed once more. Returns how many."""
        standing = self.open().filter(letter=letter, hand_in__state__in=NOT_PRINTED)
        holding = HandInPart.objects.that_hold(standing).filter(index__gt=0)
        return HandInPart.objects.filter(pk__in=lock(holding)).renew()

    def leave(
        self,
        because: LeftBecause,
        *,
        letters: Iterable[int] | None = None,
        signatures: Iterable[int] | None = None,
    ) -> int:
        """Take these out of hand-ins that are not printed. Returns how many.

        Inside the transaction that changes them; whoever calls it moves their state. A part on
        which one stands is made anew, unless somebody has fetched it: then its page tells which
        numbers to take out by hand. Of what is erased no file stays, fetched or printed or not.
        """
        what, keys = ("letter", letters) if letters is not None else ("signature", signatures)
        keys = list(keys or [])
        if not keys:
            return 0
        chosen = self.filter(**{f"{what}__in": keys})
        printable = HandIn.objects.not_printed().filter(pk=OuterRef("hand_in"))
        leaving = chosen.open().filter(Exists(printable))
        is_erased = because == LeftBecause.ERASED
        lock(leaving)
        holding = HandInPart.objects.that_hold(chosen if is_erased else leaving)
        held = HandInPart.objects.filter(pk__in=lock(holding))
        held.filter(fetched_at=None, hand_in__state__in=NOT_HANDED_IN).renew()
        if is_erased:
            held.erase_made()
        return leaving.update(left_at=timezone.now(), left_because=because)


class HandInItem(models.Model):
    """One letter, message or signature of a hand-in, and the number it has there on the paper."""

    hand_in = models.ForeignKey(
        HandIn, models.CASCADE, related_name="items", db_index=False, verbose_name=_("hand-in")
    )
    number = models.PositiveIntegerField(_("number"))
    # Empty once its row is gone, which may be long after it has left or was handed in.
    letter = models.ForeignKey(Letter, models.SET_NULL, null=True, related_name="hand_in_items")
    signature = models.ForeignKey(
        Signature, models.SET_NULL, null=True, related_name="hand_in_items"
    )
    left_at = models.DateTimeField(_("left"), null=True, editable=False)
    left_because = models.CharField(
        _("why it left"), max_length=9, choices=LeftBecause.choices, blank=True
    )
    returned_on = models.DateField(_("came back on"), null=True, editable=False)
    returned_at = models.DateTimeField(null=True, editable=False)  # when staff said so
    # The state of the letter of which its writer was told last: told of each once.
    told = models.CharField(max_length=14, blank=True, editable=False)

    objects = HandInItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("item of a hand-in")
        verbose_name_plural = _("items of hand-ins")
        ordering = ["hand_in", "number"]
        constraints = [
            models.UniqueConstraint(
                name="hand_in_has_each_number_once", fields=["hand_in", "number"]
            ),
            models.UniqueConstraint(
                name="hand_in_item_letter_is_in_one_hand_in",
                fields=["letter"],
                condition=Q(left_at=None),
            ),
            models.UniqueConstraint(
                name="hand_in_item_signature_is_in_one_hand_in",
                fields=["signature"],
                condition=Q(left_at=None),
            ),
            models.CheckConstraint(
                name="hand_in_item_is_a_letter_or_a_signature",
                condition=Q(letter__isnull=True) | Q(signature__isnull=True),
            ),
            models.CheckConstraint(
                name="hand_in_item_left_for_a_reason",
                condition=Q(left_at__isnull=True) ^ ~Q(left_because=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hand_in_id}/{self.number}"


class HandInPartQuerySet(models.QuerySet["HandInPart"]):
    def to_make(self) -> HandInPartQuerySet:
        """Those of what is not handed in, and whose case is not frozen."""
        return self.filter(
            made_at=None,
            erased_at=None,
            hand_in__state__in=NOT_HANDED_IN,
            hand_in__case__freeze=Freeze.NONE,
        )

    def renew(self) -> int:
        """They have to be made anew: whoever is making one just now makes it in vain."""
        return self.update(made_at=None, fetched_at=None, failed_at=None, version=F("version") + 1)

    def that_hold(self, items: HandInItemQuerySet) -> HandInPartQuerySet:
        """Those on which one of these stands, as they were made or will be."""
        on_it = items.filter(
            Q(left_at=None) | Q(left_at__gte=OuterRef("made_at")),
            hand_in=OuterRef("hand_in"),
            number__range=(OuterRef("first"), OuterRef("last")),
        )
        return self.filter(Exists(on_it))

    def erase_made(self) -> int:
        """Their files are fetched no more, and the worker deletes them. On a cover are no words."""
        return self.made().filter(index__gt=0).update(erased_at=timezone.now())

    def made(self) -> HandInPartQuerySet:
        """Those whose file is there as it should be."""
        return self.filter(erased_at=None).exclude(made_at=None)


class HandInPart(models.Model):
    """The paper of so many items in a row: one PDF, which lies encrypted in the private storage."""

    hand_in = models.ForeignKey(
        HandIn, models.CASCADE, related_name="parts", db_index=False, verbose_name=_("hand-in")
    )
    index = models.PositiveIntegerField(_("part"))  # 0 is the cover, of all numbers
    first = models.PositiveIntegerField(_("from number"))
    last = models.PositiveIntegerField(_("to number"))
    version = models.PositiveIntegerField(default=1, editable=False)
    # The version that a task was made for; less than `version` while none was.
    queued_version = models.PositiveIntegerField(default=0, editable=False)
    failed_at = models.DateTimeField(_("given up"), null=True, editable=False)
    path = models.CharField(max_length=100, blank=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)  # of the PDF itself
    size = models.PositiveIntegerField(_("bytes"), default=0, editable=False)
    pages = models.PositiveIntegerField(_("pages"), default=0, editable=False)
    made_at = models.DateTimeField(_("made"), null=True, editable=False)
    fetched_at = models.DateTimeField(_("first fetched"), null=True, editable=False)
    # In any version: what left the hand-in since may be on paper that somebody has.
    first_fetched_at = models.DateTimeField(null=True, editable=False)
    erased_at = models.DateTimeField(_("erased"), null=True, editable=False)

    objects = HandInPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("part of a hand-in")
        verbose_name_plural = _("parts of hand-ins")
        ordering = ["hand_in", "index"]
        constraints = [
            models.UniqueConstraint(name="hand_in_has_each_part_once", fields=["hand_in", "index"]),
            models.CheckConstraint(
                name="hand_in_part_begins_before_it_ends", condition=Q(first__lte=F("last"))
            ),
            models.CheckConstraint(
                name="hand_in_part_is_fetched_only_once_it_is_made",
                condition=Q(fetched_at__isnull=True) | Q(made_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="hand_in_part_to_make",
                fields=["id"],
                condition=Q(made_at=None, erased_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.hand_in_id}: {self.first}–{self.last}"

    @property
    def is_cover(self) -> bool:
        return self.index == 0

    @property
    def is_made(self) -> bool:
        # See also HandInPartQuerySet.made
        return self.made_at is not None and self.erased_at is None

    @property
    def file_name(self) -> str:
        """As whoever fetches it keeps it."""
        what = "cover" if self.is_cover else f"part-{self.index:03}"
        return f"hand-in-{self.hand_in_id}-{what}.pdf"


# The state of a letter that is in its hand-in no more though it could be in another.
OUT_OF_HAND_IN = models.Case(
    models.When(state=LetterState.IN_HAND_IN, then=Value(LetterState.APPROVED.value)),
    default=F("state"),
)
