from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.cases import Case
from cases.models.fields import OneToOneOrNoneField


class ActionCount(models.Model):
    """The running totals of a case, one a kind of action, so that a page need not add up the tally.

    Only `letters.statistics.ledger` writes it, in the transaction that changes the tally, and
    `manage.py recount` proves that both say the same. Readers are told their sum, and the single
    numbers as they are published once a day.
    """

    case = OneToOneOrNoneField(Case, models.CASCADE, primary_key=True, related_name="action_count")
    letters = models.PositiveIntegerField(_("letters"), default=0)
    messages = models.PositiveIntegerField(_("messages of support"), default=0)
    signatures = models.PositiveIntegerField(_("signatures"), default=0)
    posts = models.PositiveIntegerField(_("posts"), default=0)
    # What readers are told of each kind, until the next day: letters/statistics/published.py
    shown_letters = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    shown_messages = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    shown_signatures = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    shown_posts = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # The answers that came, as readers are told of them: letters/statistics/replies.py
    shown_official_replies = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    shown_person_replies = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("action count")
        verbose_name_plural = _("action counts")

    def __str__(self) -> str:
        return str(self.total)

    @property
    def total(self) -> int:
        return self.letters + self.messages + self.signatures + self.posts
