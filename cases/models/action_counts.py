from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.cases import Case


class ActionCount(models.Model):
    """The running totals of a case, one a kind of action, so that a page need not add up the tally.

    Only `letters.counting` writes it, in the transaction that changes the tally; `manage.py
    recount` proves that both say the same.
    """

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="action_count")
    letters = models.PositiveIntegerField(_("letters"), default=0)
    messages = models.PositiveIntegerField(_("messages of support"), default=0)
    signatures = models.PositiveIntegerField(_("signatures"), default=0)
    posts = models.PositiveIntegerField(_("posts"), default=0)

    class Meta:
        verbose_name = _("action count")
        verbose_name_plural = _("action counts")

    def __str__(self) -> str:
        return str(self.letters + self.messages + self.signatures + self.posts)
