from django.utils.translation import gettext_lazy as _

from letters.forms.fields import email_field
from letters.privacy.antispam import SpamProtectedForm


class YourDataForm(SpamProtectedForm):
    purpose = "data"

    email = email_field(
        required=True,
        help_text=_("We mail you a link. It opens all that we hold under this address."),
        error_messages={"required": _("Type your e-mail address: the link goes there.")},
    )
