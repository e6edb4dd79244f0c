"""Why a letter or message can't be passed on, as staff choose it, and what its writer reads."""

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RejectionCode(models.TextChoices):
    INSULT = "insult", _("It insults somebody")
    THREAT = "threat", _("It threatens somebody")
    RISK = "risk", _("It could put the person at risk")
    PRIVATE = "private", _("It says where somebody lives or can be reached")
    OFF_TOPIC = "off-topic", _("It is about something else")
    UNREADABLE = "unreadable", _("We can’t read it")
    OTHER = "other", _("Another reason, which you write")
    SPAM = "spam", _("Spam or advertising")
    FORGED = "forged", _("Not written by a real person")
    HARMFUL = "harmful", _("Meant to do harm")


# Whoever meant it knows, and learns nothing from us: no mail, and no reason on the page.
UNTOLD = [RejectionCode.SPAM, RejectionCode.FORGED, RejectionCode.HARMFUL]

# What the writer reads, in front of what the moderator adds.
TOLD: dict[str, str | Promise] = {
    RejectionCode.INSULT: _("Something in it reads as an insult. Say it firmly and politely."),
    RejectionCode.THREAT: _("Something in it reads as a threat. Say what you ask for instead."),
    RejectionCode.RISK: _("Something in it could put the person you write for at risk."),
    RejectionCode.PRIVATE: _("It says where somebody lives or can be reached. Leave that out."),
    RejectionCode.OFF_TOPIC: _("It is not about the person you chose to write for."),
    RejectionCode.UNREADABLE: _("None of us can read it. Try another language, or plain text."),
}
