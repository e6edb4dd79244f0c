from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.countries import country_name
from cases.encryption import EncryptedTextField
from cases.models import Petition, PetitionText
from letters.models.actions import ActionKind
from letters.models.counted import CountedAction
from letters.models.email_addresses import EmailAddress
from letters.models.tallies import TallyKey, TallySource


class SignatureState(models.TextChoices):
    UNCONFIRMED = "unconfirmed", _("not confirmed yet")
    CONFIRMED = "confirmed", _("confirmed")
    WITHDRAWN = "withdrawn", _("withdrawn")
    INVALID = "invalid", _("not valid")


COUNTED_SIGNATURE = Q(state=SignatureState.CONFIRMED, needs_review=False)
IS_SHOWN = ~Q(shown_name="") & Q(counted_on__isnull=False, erased_on__isnull=True)


class SignatureQuerySet(models.QuerySet["Signature"]):
    def needing_review(self) -> SignatureQuerySet:
        """Confirmed by who owns the address, but a trap or a limit caught the form."""
        return self.filter(state=SignatureState.CONFIRMED, needs_review=True, erased_on=None)

    def shown(self, petition: Petition) -> SignatureQuerySet:
        """Those who want to be seen, the newest first; none below the petition's threshold."""
        return self.filter(IS_SHOWN, petition=petition).order_by("-pk")


class Signature(CountedAction):
    """A name under a petition. It counts once the owner of the address has confirmed it."""

    petition = models.ForeignKey(
        Petition, models.PROTECT, related_name="signatures", verbose_name=_("petition")
    )
    text = models.ForeignKey(
        PetitionText, models.PROTECT, related_name="signatures", verbose_name=_("as it was signed")
    )
    # None once it is erased; the number stays.
    email_address = models.ForeignKey(
        EmailAddress, models.PROTECT, null=True, related_name="signatures", db_column="mailbox_id"
    )
    state = models.CharField(
        _("state"),
        max_length=11,
        choices=SignatureState.choices,
        default=SignatureState.UNCONFIRMED,
    )
    name = EncryptedTextField(_("name"), blank=True)
    # To which text its writer agreed: see letters.privacy.consent. Empty if it names nobody.
    consent_version = models.CharField(
        _("agreed to version"), max_length=10, blank=True, default="", editable=False
    )
    # The part of the name that its owner chose to be shown, with the country; empty for nothing.
    shown_name = EncryptedTextField(
        _("shown below the petition"), blank=True, default="", db_default=""
    )
    wants_thanks = models.BooleanField(_("wants to be thanked"), default=False, db_default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    changed_at = models.DateTimeField(_("last changed"), default=timezone.now, editable=False)
    # See also Letter.supporter_changed_at
    supporter_changed_at = models.DateTimeField(
        _("last changed by its owner"), default=timezone.now, editable=False
    )
    erased_on = models.DateField(_("erased on"), null=True, blank=True, editable=False)

    objects = SignatureQuerySet.as_manager()

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="signature_one_per_petition_and_address", fields=["petition", "email_address"]
            ),
            models.CheckConstraint(
                name="signature_counts_only_when_confirmed",
                condition=Q(counted_on__isnull=True) | COUNTED_SIGNATURE,
            ),
            models.CheckConstraint(
                name="signature_counts_when_confirmed",
                condition=Q(counted_on__isnull=False) | ~COUNTED_SIGNATURE,
            ),
        ]
        indexes = [
            models.Index(
                name="signature_shown",
                fields=["petition", "-id"],
                condition=IS_SHOWN,
            ),
            models.Index(
                name="signature_to_be_erased", fields=["changed_at"], condition=Q(erased_on=None)
            ),
            models.Index(
                name="signature_kept_at_most",
                fields=["supporter_changed_at"],
                condition=Q(erased_on=None),
            ),
            models.Index(name="signature_by_country", fields=["country", "-id"]),
            models.Index(
                name="signature_not_confirmed",
                fields=["state", "-id"],
                condition=~Q(state=SignatureState.CONFIRMED),
            ),
            models.Index(
                name="signature_unconfirmed",
                fields=["created_at"],
                condition=Q(state=SignatureState.UNCONFIRMED),
            ),
            models.Index(name="signature_held", fields=["-id"], condition=Q(needs_review=True)),
            models.Index(
                name="signature_of_alarm", fields=["alarm"], condition=Q(alarm__isnull=False)
            ),
            models.Index(name="signature_sample", fields=["id"], condition=Q(is_sample=True)),
        ]
        permissions = [("moderate_signature", _("Can review and invalidate signatures"))]

    def __str__(self) -> str:
        return _("signature %(number)s") % {"number": self.pk}

    @property
    def tally_key(self) -> TallyKey | None:
        """Where it counts in the tally, if it does."""
        if self.counted_on is None:
            return None
        source = TallySource.ONLINE.value
        return TallyKey(
            self.petition.case_id, ActionKind.SIGNATURE.value, source, self.counted_on, self.country
        )

    @property
    def country_name(self) -> str:
        return country_name(self.country)
