"""What whoever handed letters in says of it."""

from __future__ import annotations

import datetime
import re
from base64 import b64encode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Min
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext_lazy as _

from letters.forms.fields import LineField, PlainTextField
from letters.forms.replies import day_field, jpeg_field, past_day
from letters.models import Delivery, DeliveryResult, HandInItem
from letters.text import pictures

MAX_NUMBERS = 5_000  # typed one by one; else all came back
AMBIGUOUS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])")  # 1,200 is one number, or two
NUMBERS = re.compile(r"([0-9]{1,9})(?:\s*[-–]\s*([0-9]{1,9}))?")  # 3, or 12-15


class DeliveryForm(forms.Form):
    """Where, when, to whom, and how it went. `printed` are on the paper.

    When somebody marked it printed says little: it may be days after it was handed in.
    """

    handed_in_on = day_field(_("On which day?"))
    place = LineField(label=_("Where?"), max_length=200, help_text=_("The office and its town."))
    received_by = LineField(
        label=_("Who to?"),
        max_length=200,
        required=False,
        help_text=_("Who took it, or who would not. Seen by staff only."),
    )
    result = forms.ChoiceField(
        label=_("How did it go?"),
        choices=[
            (DeliveryResult.ACCEPTED.value, _("It was accepted.")),
            (DeliveryResult.REFUSED.value, _("It was refused: we have it back.")),
        ],
        widget=forms.RadioSelect,
        help_text=_("If some of it came back, say so afterwards, by the numbers on the paper."),
    )
    number = forms.IntegerField(label=_("How many were handed in?"), min_value=1)
    is_right = forms.BooleanField(label=_("The number is right"), required=False)
    proof = jpeg_field(
        _("Photo or receipt"),
        _("Kept without what a camera adds, and seen by staff only. Show no face without asking."),
    )
    note = PlainTextField(
        label=_("Note"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Seen by staff only."),
    )

    def __init__(
        self, data=None, files=None, *, printed: int, ready_on: datetime.date | None
    ) -> None:
        super().__init__(data, files, initial={"number": printed})
        self.printed, self.ready_on = printed, ready_on
        if not self.is_bound:
            del self.fields["is_right"]

    def clean_handed_in_on(self):
        message = _("It was ready to print on %(day)s: give that day or a later one.")
        return _not_before(self.ready_on, self.cleaned_data["handed_in_on"], message)

    def clean_proof(self) -> str:
        upload = self.cleaned_data["proof"]
        return b64encode(pictures.clean(upload).jpeg).decode() if upload else ""

    def clean(self) -> None:
        number = self.cleaned_data.get("number")
        is_right = self.cleaned_data.pop("is_right", False)
        if number in (None, self.initial["number"]) or number >= self.printed:
            del self.fields["is_right"]
        elif not is_right:
            message = _("%(printed)s were printed. Is the number right? Then tick the box below.")
            self.add_error("number", self._about_printed(message))

    def clean_number(self) -> int:
        number = self.cleaned_data["number"]
        if number > self.printed:
            message = _("Only %(printed)s were printed: no more can have been handed in.")
            raise self._about_printed(message)
        return number

    def _about_printed(self, message) -> ValidationError:
        return ValidationError(message, params={"printed": number_format(self.printed)})


class CorrectionForm(DeliveryForm):
    """The same once more, after somebody found a mistake in it."""

    as_read = forms.DateTimeField(widget=forms.HiddenInput)

    def __init__(self, data=None, files=None, *, delivery: Delivery) -> None:
        hand_in = delivery.hand_in
        printed = HandInItem.objects.printed().filter(hand_in=hand_in)
        super().__init__(data, files, printed=printed.count(), ready_on=hand_in.ready_on)
        is_refused = delivery.result == DeliveryResult.REFUSED
        said = ["handed_in_on", "place", "received_by", "number", "note"]
        self.initial = {name: getattr(delivery, name) for name in said} | {
            "result": DeliveryResult.REFUSED if is_refused else DeliveryResult.ACCEPTED,
            "as_read": delivery.changed_at.isoformat() if delivery.changed_at else "",
        }
        days = printed.exclude(returned_on=None)
        self.first_back = days.aggregate(day=Min("returned_on"))["day"]
        if delivery.proof:
            self.fields["proof"].help_text = _(
                "There is one already: a new one takes its place. Seen by staff only."
            )

    def clean_handed_in_on(self):
        day = super().clean_handed_in_on()
        if self.first_back and day > self.first_back:
            message = _("Some came back on %(day)s: give that day or an earlier one.")
            raise ValidationError(message, params={"day": date_format(self.first_back)})
        return day

    @property
    def corrected(self) -> list[str]:
        """Which fields, and how those that readers are told of: for the log."""
        return [
            f"{name} from {self.initial[name]} to {self.cleaned_data[name]}"
            if name in ("handed_in_on", "number", "result")
            else name
            for name in self.changed_data
            if name in self.cleaned_data and name != "as_read"
        ]


class ReturnedForm(forms.Form):
    """Which of a hand-in came back."""

    on = day_field(_("On which day?"))
    everything = forms.BooleanField(label=_("All of it came back"), required=False)
    numbers = LineField(
        label=_("Which numbers came back?"),
        required=False,
        max_length=2_000,
        help_text=_("As printed in the margin behind the “/”: 3, 7, 12-15."),
    )

    def __init__(self, data=None, *, handed_in_on: datetime.date | None) -> None:
        super().__init__(data)
        self.handed_in_on = handed_in_on

    def clean_on(self):
        message = _("It was handed in on %(day)s: give that day or a later one.")
        return _not_before(self.handed_in_on, self.cleaned_data["on"], message)

    def clean_numbers(self) -> list[int]:
        found: set[int] = set()
        if is_unclear := AMBIGUOUS.search(self.cleaned_data["numbers"]):
            one = is_unclear[0]
            raise ValidationError(
                _("Is “%(typed)s” one number? Then type %(one)s. If not, type %(several)s."),
                params={
                    "typed": one,
                    "one": one.replace(",", ""),
                    "several": one.replace(",", ", "),
                },
            )
        parts = (part.strip() for part in self.cleaned_data["numbers"].split(","))
        for part in filter(None, parts):
            if not (typed := NUMBERS.fullmatch(part)):
                raise ValidationError(_("Type numbers with commas between them: 3, 7, 12-15."))
            first, last = int(typed[1]), int(typed[2] or typed[1])
            if last < first:
                raise ValidationError(
                    _("%(numbers)s goes backwards: the lower number comes first."),
                    params={"numbers": part},
                )
            span = range(first, last + 1)
            if len(span) + len(found) > MAX_NUMBERS:
                raise ValidationError(_("That is too many to type. Did all of it come back?"))
            found.update(span)
        return sorted(found)

    def clean(self) -> None:
        if "numbers" not in self.errors and not (
            self.cleaned_data.get("everything") or self.cleaned_data.get("numbers")
        ):
            self.add_error("numbers", _("Say which came back, or that all did."))

    @property
    def chosen(self) -> list[int] | None:
        """The numbers; None for all."""
        return None if self.cleaned_data["everything"] else self.cleaned_data["numbers"]


def _not_before(first: datetime.date | None, day: datetime.date, message) -> datetime.date:
    """The day, if it is not before the first and has come."""
    if first and day < first:
        raise ValidationError(message, params={"day": date_format(first)})
    return past_day(day)
