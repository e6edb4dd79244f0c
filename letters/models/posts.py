from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from letters.models.actions import ActionKind
from letters.models.counted import CountedAction
from letters.models.private_links import PrivateLink, PrivateLinkQuerySet
from letters.models.tallies import TallyKey, TallySource


class Network(models.TextChoices):
    X = "x", "X"
    BLUESKY = "bluesky", "Bluesky"
    MASTODON = "mastodon", "Mastodon"
    FACEBOOK = "facebook", "Facebook"
    WHATSAPP = "whatsapp", "WhatsApp"
    TELEGRAM = "telegram", "Telegram"
    SIGNAL = "signal", "Signal"
    EMAIL = "email", _("E-mail")
    OTHER = "other", _("somewhere else")


class PostState(models.TextChoices):
    POSTED = "posted", _("posted")
    WITHDRAWN = "withdrawn", _("taken back")


COUNTED_POST = Q(state=PostState.POSTED, needs_review=False, invalid_on=None)


class PostQuerySet(PrivateLinkQuerySet["Post"]):
    def needing_review(self) -> PostQuerySet:
        return self.filter(needs_review=True, invalid_on=None)


class Post(CountedAction, PrivateLink):
    """Somebody says that they posted about a case. Where the post is, nobody asks."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="posts", verbose_name=_("case"))
    network = models.CharField(_("where"), max_length=10, choices=Network.choices)
    state = models.CharField(
        _("state"),
        max_length=9,
        choices=PostState.choices,
        default=PostState.POSTED,
    )
    # See also Letter.invalid_on
    invalid_on = models.DateField(_("not valid since"), null=True, blank=True, editable=False)
    was_counted_on = models.DateField(null=True, blank=True, editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        db_table = "letters_socialaction"  # as it was called first
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="social_action_counts_only_when_posted",
                condition=Q(counted_on__isnull=True) | COUNTED_POST,
            ),
            models.CheckConstraint(
                name="social_action_counts_when_posted",
                condition=Q(counted_on__isnull=False) | ~COUNTED_POST,
            ),
        ]
        indexes = [
            models.Index(name="social_action_by_moment", fields=["created_at"]),
            models.Index(
                name="social_action_not_posted",
                fields=["state", "-id"],
                condition=~Q(state=PostState.POSTED),
            ),
            models.Index(
                name="social_action_not_valid",
                fields=["-id"],
                condition=Q(invalid_on__isnull=False),
            ),
            models.Index(name="social_action_by_network", fields=["network", "-id"]),
            models.Index(name="social_action_held", fields=["-id"], condition=Q(needs_review=True)),
            models.Index(
                name="social_action_of_alarm", fields=["alarm"], condition=Q(alarm__isnull=False)
            ),
            models.Index(name="social_action_sample", fields=["id"], condition=Q(is_sample=True)),
        ]

    def __str__(self) -> str:
        return _("post %(number)s") % {"number": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("letters:post", args=[self.key])

    @property
    def tally_key(self) -> TallyKey | None:
        """Where it counts in the tally, if it does."""
        if self.counted_on is None:
            return None
        source = TallySource.SAID.value
        return TallyKey(
            self.case_id, ActionKind.SOCIAL.value, source, self.counted_on, self.country
        )

    @property
    def is_valid(self) -> bool:
        return self.invalid_on is None
