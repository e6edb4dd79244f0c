"""What is written without a template is what Django's own template says."""

import re

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe

from write4rights.form_renderer import FormRenderer

NASTY = 'a"b’s <i>& c'
MARKED = mark_safe("fish &amp; chips")
ATTRIBUTES = {
    "id": NASTY,
    "class": MARKED,
    "maxlength": 9,
    "data-nothing": None,
    NASTY: "x",
    "required": True,
    "disabled": False,
}
CHOICES = [
    ("", "---"),
    (None, "unknown"),
    (2025, 2025),
    (NASTY, NASTY),
    ("marked", MARKED),
    (NASTY, [("in", "in a group"), ("group", NASTY)]),
]


def written(html: str) -> str:
    """Without the line ends and spaces between tags that nobody sees."""
    return re.sub(r"(?<=>)\s+(?=<)", "", html)


@pytest.mark.parametrize("value", [None, "", 0, 7, False, True, NASTY, MARKED, "one\n\ntwo"])
@pytest.mark.parametrize(
    "widget",
    [
        forms.TextInput,
        forms.HiddenInput,
        forms.NumberInput,
        forms.EmailInput,
        forms.PasswordInput,
        forms.CheckboxInput,
        forms.Textarea,
    ],
)
def test_a_box_is_what_its_template_says(widget, value):
    here, template = (
        widget().render(NASTY, value, ATTRIBUTES, renderer)
        for renderer in [FormRenderer(), DjangoTemplates()]
    )

    assert here == template


@pytest.mark.parametrize("value", [None, "", 2025, NASTY, "group", "not offered"])
def test_a_list_is_what_its_template_says(value):
    here, template = (
        forms.Select(ATTRIBUTES, CHOICES).render(NASTY, value, None, renderer)
        for renderer in [FormRenderer(), DjangoTemplates()]
    )

    assert written(here) == written(template)


class AForm(forms.Form):
    text = forms.CharField(label=NASTY, help_text="Some help.")
    marked = forms.CharField(label=MARKED, required=False)
    numbers = forms.MultipleChoiceField(choices=CHOICES, widget=forms.SelectMultiple)
    several = forms.MultipleChoiceField(choices=CHOICES, widget=forms.CheckboxSelectMultiple)


@pytest.mark.parametrize("data", [None, {}, {"text": NASTY, "numbers": ["in", NASTY, "wrong"]}])
def test_labels_and_errors_are_what_their_templates_say(data):
    here, template = (AForm(data, renderer=one()) for one in [FormRenderer, DjangoTemplates])

    for ours, theirs in zip(here, template, strict=True):
        assert ours.label_tag() == theirs.label_tag()
        assert ours.label_tag(attrs=ATTRIBUTES) == theirs.label_tag(attrs=ATTRIBUTES)
        assert ours.legend_tag() == theirs.legend_tag()
        assert str(ours.errors) == str(theirs.errors)
        assert ours.errors.as_ul() == theirs.errors.as_ul()
        assert written(str(ours)) == written(str(theirs))
