from django.db import models
from django.utils.translation import gettext_lazy as _


class ActionKind(models.TextChoices):
    """What people do for somebody, and what is counted."""

    APPEAL = "appeal", _("letters")
    SOLIDARITY = "solidarity", _("messages of support")
    SIGNATURE = "signature", _("signatures")
    SOCIAL = "social", _("posts")
