from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from letters.models import Letter


class RejectForm(forms.Form):
    reason = forms.CharField(
        label=_("What would have to change?"),
        max_length=Letter._meta.get_field("rejection_reason").max_length,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "The writer reads this on their page, and may change the letter. Name the sentence "
            "and the rule; we do not rewrite it."
        ),
        error_messages={"required": _("Tell the writer why.")},
    )


class FindForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address of the writer"),
        help_text=_("In full. It is compared by a keyed hash, and not written down anywhere."),
    )
