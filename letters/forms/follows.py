from django.utils.translation import gettext_lazy as _

from letters.forms.fields import email_field
from letters.privacy.antispam import SpamProtectedForm


class FollowForm(SpamProtectedForm):
    purpose = "follow"

    email = email_field(
        required=True,
        help_text=_("We mail you a link. No news comes until you have opened it and said yes."),
        error_messages={"required": _("Type your e-mail address, or take the feed instead.")},
    )
