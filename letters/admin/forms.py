from __future__ import annotations

import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.admin.forms import CaseField, CasesField
from cases.models import Case
from letters.forms.fields import AddressField, set_queryset
from letters.models import Letter, LetterKind, Pledge
from letters.models.pledges import MAX_ANSWER
from letters.privacy import retention

# An alarm that is off for longer is none.
LONGEST_EXPECTED = datetime.timedelta(days=14)


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


class JudgeForm(forms.Form):
    """Why letters or posts are not valid, or are after all."""

    reason = forms.CharField(
        label=_("Why?"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Kept in the log for staff: how you know, without a name. Whoever wrote sees on their "
            "page whether it counts. You can undo it."
        ),
        error_messages={"required": _("Say why: others have to understand it later.")},
    )


def _validate_year(moment: datetime.datetime) -> None:
    """At both ends of the calendar there is no telling what time it is in another zone."""
    if not 1000 <= moment.year <= 2999:
        raise ValidationError(_("Write a year like 2026."), code="year")


class BetweenForm(forms.Form):
    """All of a case that came between two times, and what is to be done with it."""

    case = CaseField(
        Case.objects.none(),
        label=_("Case"),
        empty_label=None,
        error_messages={"required": _("Choose the case.")},
    )
    kind = forms.ChoiceField(label=_("What"), choices=LetterKind.choices)
    since = forms.DateTimeField(
        label=_("From"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": _("Give the day and the time.")},
        validators=[_validate_year],
    )
    until = forms.DateTimeField(
        label=_("Until"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": _("Give the day and the time.")},
        validators=[_validate_year],
    )
    erased = forms.BooleanField(
        label=_("Also those that were erased since"),
        required=False,
        help_text=_("Of these only the day is known on which they were written."),
    )
    act = forms.ChoiceField(
        label=_("What to do"),
        choices=[
            ("invalidate", _("Not valid: take them out of the count")),
            ("revalidate", _("Valid after all: put them back")),
            ("clear_review", _("Needing review: let them count")),
        ],
    )

    def __init__(self, data=None, *, model) -> None:
        super().__init__(data)
        self.model = model
        set_queryset(self, "case", Case.objects.open_to_readers().select_related("edition"))
        hour = timezone.localtime().replace(minute=0, second=0, microsecond=0)
        self.fields["since"].initial = hour - datetime.timedelta(hours=1)
        self.fields["until"].initial = hour + datetime.timedelta(hours=1)
        if model is not Letter:
            del self.fields["kind"]

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until <= since:
            self.add_error("until", ValidationError(_("Give a time after the first one.")))

    def rows(self) -> QuerySet:
        """What it speaks of. A row that was erased stands at the beginning of its day, in UTC."""
        asked = self.cleaned_data
        since, until = asked["since"], asked["until"]
        is_erased = Q(erased_on__isnull=False) if self.model is Letter else Q(key="")
        came = Q(created_at__gte=since, created_at__lt=until) & ~is_erased
        if asked["erased"]:
            first_day = since.astimezone(datetime.UTC).replace(
                hour=0, minute=0, second=0, microsecond=0
            )
            came |= Q(created_at__gte=first_day, created_at__lt=until) & is_erased
        rows = self.model.objects.filter(came, case=asked["case"])
        return rows.filter(kind=asked["kind"]) if "kind" in self.fields else rows


class SettleForm(forms.Form):
    """What an alarm was about."""

    is_genuine = forms.TypedChoiceField(
        label=_("What is it?"),
        choices=[
            ("yes", _("Real people: let count what waits")),
            ("no", _("Not real: mark what waits as not valid")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    raised_to = forms.IntegerField(
        label=_("If they are real: how many a day are no alarm until tomorrow night?"),
        min_value=1,
        max_value=1_000_000,
        error_messages={"required": _("Give a number.")},
    )
    reason = forms.CharField(
        label=_("Why?"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept in the log for staff: how you know, without a name."),
        error_messages={"required": _("Say why: others have to understand it later.")},
    )


class ExpectForm(forms.Form):
    """Many are expected: for whom, how many, until when."""

    cases = CasesField(
        Case.objects.none(),
        label=_("Who for"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one case.")},
    )
    raised_to = forms.IntegerField(
        label=_("How many a day of each kind are no alarm?"),
        min_value=1,
        max_value=1_000_000,
        error_messages={"required": _("Give a number.")},
    )
    until = forms.DateField(
        label=_("Until the end of which day?"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Give the day.")},
    )

    def __init__(self, data=None, **kwargs) -> None:
        super().__init__(data, **kwargs)
        cases = Case.objects.taking_actions()  # today
        set_queryset(self, "cases", cases.select_related("edition"))

    def clean_until(self) -> datetime.datetime:
        day, today = self.cleaned_data["until"], timezone.localdate()
        if not today <= day <= today + LONGEST_EXPECTED:
            raise ValidationError(
                _("Choose a day from today on, at most %(days)s days away.")
                % {"days": LONGEST_EXPECTED.days}
            )
        end = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time())
        return timezone.make_aware(end)


class PledgeAnswerForm(forms.Form):
    """What becomes of a big pledge, and what its writer reads about it."""

    number = forms.IntegerField(
        label=_("How many letters, if it is made smaller?"),
        required=False,
        help_text=_(
            "Leave it empty to welcome the pledge as it is. What has been started stays pledged."
        ),
    )
    words = forms.CharField(
        label=_("A sentence to its writer"),
        max_length=MAX_ANSWER,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "On their private page, and in a mail if they gave an address. Needed if you make it "
            "smaller; a welcome says thank you by itself."
        ),
    )
    by_hand = forms.BooleanField(
        label=_("Let what was written by hand for it count, too"), required=False
    )

    def __init__(self, data=None, *, pledge: Pledge, fewest: int, waiting: int) -> None:
        super().__init__(data)
        self.makes_smaller = (data or {}).get("act") == "smaller"
        self.pledge, self.fewest = pledge, fewest
        if not waiting:
            del self.fields["by_hand"]

    def clean(self) -> dict:
        cleaned = self.cleaned_data
        if not self.makes_smaller:
            if cleaned.get("number") is not None:
                self.add_error("number", _("Leave it empty, or make the pledge smaller."))
            return cleaned | {"number": self.pledge.number}
        if not cleaned.get("words") and "words" not in self.errors:
            self.add_error("words", _("Say why: its writer reads it."))
        number, most = cleaned.get("number"), self.pledge.number - 1
        if "number" not in self.errors and (number is None or not self.fewest <= number <= most):
            message = _("Give a number from %(fewest)s to %(most)s.")
            self.add_error("number", message % {"fewest": self.fewest, "most": most})
        return cleaned


class FindForm(forms.Form):
    email = AddressField(
        label=_("E-mail address of the writer"),
        help_text=_("In full. It is compared by a keyed hash, and not written down anywhere."),
    )


class RetentionForm(forms.Form):
    """What staff decide about one kind of thing that was handed to us for a case."""

    case = forms.ModelChoiceField(Case.objects.all())
    kind = forms.ChoiceField(choices=[(kind, kind) for kind in retention.KINDS])
    act = forms.ChoiceField(choices=[(act, act) for act in ["keep", "ask", "let-go", "take-back"]])
    months = forms.TypedChoiceField(
        choices=[(months, months) for months in retention.MONTHS], coerce=int, required=False
    )

    def clean(self) -> None:
        if self.cleaned_data.get("act") == "keep" and not self.cleaned_data.get("months"):
            self.add_error("months", _("Choose for how long."))
