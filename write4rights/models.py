from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SecondFactorReset(models.Model):
    """Somebody of the staff lost a telephone or key; one person asks to take it away, another has
    to approve it. See `write4rights.second_factors`."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reset")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)

    class Meta:
        verbose_name = _("reset of a second factor")
        verbose_name_plural = _("resets of second factors")
        default_permissions = ()
        permissions = [
            (
                "approve_secondfactorreset",
                _("Can ask for and approve that a second factor is taken away"),
            )
        ]

    def __str__(self) -> str:
        return str(self.person)


class BackupRun(models.Model):
    """That a backup was made, restored or tried, and how it went: `write4rights.backup`."""

    class Kind(models.TextChoices):
        BACKUP = "backup", _("backup")
        RESTORE = "restore", _("restored")
        DRILL = "drill", _("drill")

    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices)
    started_at = models.DateTimeField(_("begun"))
    finished_at = models.DateTimeField(_("finished"), default=timezone.now)
    ok = models.BooleanField(_("went well"))
    summary = models.TextField(_("what it said"), blank=True)

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        default_permissions = ()
        indexes = [models.Index(name="backup_run_newest", fields=["kind", "-finished_at"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.finished_at:%Y-%m-%d %H:%M}"

    @classmethod
    def last(cls, kind: str) -> BackupRun | None:
        """The newest that went well."""
        return cls.objects.filter(kind=kind, ok=True).order_by("-finished_at").first()


class ErasureFile(models.Model):
    """A file of the erasure list that has to lie beside the backups, as long as it is needed."""

    name = models.CharField(max_length=100, unique=True)

    class Meta:
        verbose_name = _("file of the erasure list")
        verbose_name_plural = _("files of the erasure list")
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
