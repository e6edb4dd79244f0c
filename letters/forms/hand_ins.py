"""What staff choose to make a hand-in."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from cases.countries import language_name
from cases.models import Case, Target
from letters.delivery.hand_ins import Choice
from letters.forms.fields import set_choices, set_queryset
from letters.models import ActionKind, Format, Letter, Paper
from letters.privacy.antispam import key_of, new_token


class WhatForm(forms.Form):
    """Of which case, and what of it: in the address of the page."""

    case = forms.ModelChoiceField(Case.objects.all())
    kind = forms.ChoiceField(
        choices=[(kind, kind) for kind in ActionKind.values if kind != ActionKind.SOCIAL]
    )
    form = forms.ChoiceField(choices=Format.choices, required=False)

    def clean(self) -> None:
        is_message = self.cleaned_data.get("kind") == ActionKind.SOLIDARITY
        if is_message != bool(self.cleaned_data.get("form")):
            raise ValidationError(_("Only a message can be a letter or a card."))


class HandInForm(forms.Form):
    """Which of them, and on what paper."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=200, required=False)
    target = forms.ModelChoiceField(
        Target.objects.none(),
        label=_("To"),
        empty_label=None,
        error_messages={"required": _("Choose who they are for.")},
    )
    languages = forms.MultipleChoiceField(
        label=_("Written in"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Leave all unticked for all languages."),
    )
    since = forms.DateField(
        label=_("Sent to us from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty: from the first on."),
    )
    until = forms.DateField(
        label=_("Sent to us until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("That day is among them. Empty: until now."),
    )
    limit = forms.IntegerField(
        label=_("At most"),
        required=False,
        min_value=1,
        max_value=10_000_000,
        help_text=_("The oldest are taken first. Empty: all of them."),
    )
    paper = forms.ChoiceField(label=_("Paper"), choices=Paper.choices, initial=Paper.A4)

    data: QueryDict

    def __init__(self, data=None, *, case: Case, kind: str, form: str) -> None:
        super().__init__(data)
        self.fields["token"].initial = new_token
        self.all_of_it = Choice(case=case, kind=kind, form=form)
        targets = case.targets.all()
        # As the page says how many it is before anything is filled in.
        first = targets[0] if kind != ActionKind.SOLIDARITY and targets else None
        self.at_first = replace(self.all_of_it, target=first)
        if kind != ActionKind.SOLIDARITY and len(targets) > 1:
            set_queryset(self, "target", targets)
            if kind == ActionKind.APPEAL and self._waiting().filter(target=None).exists():
                self._offer_nobody(targets[0])
        else:
            self.only_target = first
            del self.fields["target"]
        if kind == ActionKind.SIGNATURE:
            del self.fields["languages"]
        else:
            set_choices(self, "languages", self._languages())

    def _offer_nobody(self, first: Target) -> None:
        field = cast(forms.ModelChoiceField, self.fields["target"])
        field.required, field.initial = False, first.pk
        field.empty_label = _("nobody by name: those written to no official")

    def _waiting(self) -> QuerySet[Letter]:
        of = self.all_of_it
        waiting = Letter.objects.to_hand_in().filter(case=of.case, kind=of.kind)
        return waiting.filter(form=of.form) if of.form else waiting

    def _languages(self) -> list[tuple[str, str]]:
        """Those of the letters that wait, and how many there are in each."""
        numbers = self._waiting().order_by("language").values_list("language").annotate(Count("pk"))
        return [
            (code, f"{language_name(code)} ({number_format(number, force_grouping=True)})")
            for code, number in numbers
        ]

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", ValidationError(_("Give a day after the first one.")))

    def key(self) -> str:
        """Of what this form makes, as it is filled in: the same however often it is sent."""
        of = self.all_of_it
        filled_in = {name: self.data.getlist(name) for name in self.fields if name != "token"}
        purpose = f"hand-in of {of.case.pk} {of.kind} {of.form} {filled_in}"
        return key_of(self.cleaned_data["token"] or new_token(), purpose)

    def choice(self) -> Choice:
        asked = self.cleaned_data
        return replace(
            self.all_of_it,
            target=asked["target"] if "target" in self.fields else self.only_target,
            to_nobody="target" in self.fields and asked["target"] is None,
            languages=asked.get("languages", []),
            since=asked["since"],
            until=asked["until"],
            limit=asked["limit"],
        )
