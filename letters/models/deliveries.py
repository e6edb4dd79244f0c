from __future__ import annotations

import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.encryption import EncryptedTextField
from cases.models import Freeze
from cases.models.fields import OneToOneOrNoneField
from letters.models.hand_ins import HandIn, HandInState

# A wrong mark can be taken back for so long; writers are told only afterwards.
UNDO_WITHIN = datetime.timedelta(hours=1)


class DeliveryResult(models.TextChoices):
    ACCEPTED = "accepted", _("accepted")
    REFUSED = "refused", _("refused")
    RETURNED_IN_PART = "returned-in-part", _("some of it came back")
    RETURNED = "returned", _("all of it came back")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def handed_in(self) -> DeliveryQuerySet:
        # See also Delivery.is_handed_in
        return self.filter(hand_in__state=HandInState.HANDED_IN)

    def to_tell(self) -> DeliveryQuerySet:
        """Of which writers are to be told now; of a frozen case nobody is."""
        due = self.handed_in().filter(
            tell_after__lte=timezone.now(), hand_in__case__freeze=Freeze.NONE
        )
        return due.order_by("tell_after", "pk")


class Delivery(models.Model):
    """What became of a printed hand-in: on its way, handed in where, when and to whom, or refused.

    `letters.delivery.deliveries` writes it and moves the letters with it.
    """

    hand_in = OneToOneOrNoneField(HandIn, models.CASCADE, related_name="delivery")
    on_way_at = models.DateTimeField(_("on its way"), null=True, editable=False)
    on_way_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    handed_in_on = models.DateField(_("handed in on"), null=True)
    place = models.CharField(_("where"), max_length=200, blank=True)
    # Who took it may be somebody by name: for staff alone.
    received_by = EncryptedTextField(_("who to"), blank=True)
    note = EncryptedTextField(_("note"), blank=True)
    result = models.CharField(
        _("result"), max_length=16, choices=DeliveryResult.choices, blank=True
    )
    number = models.PositiveIntegerField(_("how many"), null=True)
    # base64 of a JPEG, made anew: a photo of the hand-in, or the receipt
    proof = EncryptedTextField(_("proof"), blank=True)
    marked_at = models.DateTimeField(_("entered"), null=True, editable=False)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    # A mistake in it, found after the hour in which it could be taken back.
    corrected_at = models.DateTimeField(_("corrected"), null=True, editable=False)
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    # From when on writers are told, and how far that is; empty if there is nobody to tell.
    tell_after = models.DateTimeField(null=True, editable=False)
    told_number = models.PositiveIntegerField(default=0, editable=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("what happened to a hand-in")
        verbose_name_plural = _("what happened to hand-ins")
        constraints = [
            models.CheckConstraint(
                name="delivery_handed_in_is_whole",
                condition=Q(handed_in_on__isnull=True, result="", number=None, marked_at=None)
                | (
                    Q(handed_in_on__isnull=False, number__isnull=False, marked_at__isnull=False)
                    & ~Q(result="")
                ),
            )
        ]
        indexes = [
            models.Index(
                name="delivery_to_tell",
                fields=["tell_after"],
                condition=Q(tell_after__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.hand_in)

    @property
    def is_handed_in(self) -> bool:
        # See also DeliveryQuerySet.handed_in
        return self.handed_in_on is not None

    @property
    def changed_at(self) -> datetime.datetime | None:
        """When somebody last said what became of it."""
        return self.corrected_at or self.marked_at

    @property
    def may_be_undone(self) -> bool:
        """Nobody was told yet."""
        return (
            self.marked_at is not None
            and self.told_number == 0
            and timezone.now() < self.marked_at + UNDO_WITHIN
        )
