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


class InvalidateForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is it not valid?"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Kept in the log for staff: how you know, without the name. Whoever signed sees on "
            "their page that it does not count. You can undo it."
        ),
        error_messages={"required": _("Say why: others have to understand it later.")},
    )


class FindForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address of the writer"),
        help_text=_("In full. It is compared by a keyed hash, and not written down anywhere."),
    )
