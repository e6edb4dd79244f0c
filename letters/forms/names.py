"""How a name will appear: shown beside the choice, asked where it can't be known or is not shown
before it goes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.printing import fonts
from cases.typed_text import plain
from letters.forms.fields import Radios
from letters.models import NameForm, names

BELOW_A_PETITION = "letters:signed-name-shown"
PARTS = (NameForm.FIRST, NameForm.INITIALS)  # what we take out of a name ourselves


class Appearance(NamedTuple):
    """What a page says about it, for `letters/checks/_name_shown.html`."""

    name: str
    typed: str
    parts: list[str]  # one of them is the first name, and only its owner knows which
    boxes: list[str]  # letters of it that our faces for print lack
    told: str  # for the form's hidden field: what the page has said
    address: str = "letters:name-shown"  # where the script asks anew

    @property
    def is_below_a_petition(self) -> bool:
        return self.address == BELOW_A_PETITION

    @property
    def lacks(self) -> str:
        return fonts.in_words(self.boxes)


def appearance(name: str, name_form: str, part: str) -> Appearance:
    """`part` is the one they chose."""
    parts = parts_to_choose(name, name_form)
    shown = names.shown(name, name_form) if not parts else part if part in parts else ""
    return Appearance(shown, name, parts, fonts.missing(shown), told=shown)


def sent_appearance(sent) -> Appearance:
    """The same of what was sent and not looked at yet."""
    name, part = (plain(str(sent.get(field) or "")) for field in ("name", "first_name"))
    name_form = NameForm.NONE if sent.get("under_18") else sent.get("name_form") or NameForm.FULL
    return appearance(name, str(name_form), part)


def sent_signature(sent) -> Appearance:
    """The same of a signature: its first name below the petition, if the box for that is ticked."""
    shown = {"name_form": NameForm.FIRST if sent.get("shows_name") else NameForm.NONE}
    typed = {field: sent.get(field) for field in ("name", "first_name")}
    return sent_appearance(typed | shown)._replace(boxes=[], address=BELOW_A_PETITION)


def parts_to_choose(name: str, name_form: str) -> list[str]:
    """For “first name only”, where we can't know which word of the name that is."""
    is_asked = name_form == NameForm.FIRST and names.is_guess(name)
    return names.candidates(name) if is_asked else []


def name_form_field(**options) -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=NameForm.choices, initial=NameForm.FULL, widget=Radios, **options
    )


def first_name_field() -> forms.CharField:
    """Which of the parts; `letters/checks/_name_shown.html` shows the choice once there is one."""
    return forms.CharField(
        label=gettext_lazy("Which part of your name should appear?"),
        required=False,
        max_length=120,
        widget=Radios,
    )


def preset_name_form(typed: Mapping[str, Any]) -> str:
    """Initials for who has ties to the country, until they were advised and still want more."""
    name_form = typed.get("name_form") or NameForm.FULL
    is_safe = typed.get("ties") != "yes" or typed.get("advised") or name_form != NameForm.FULL
    return name_form if is_safe else NameForm.INITIALS


def told_field() -> forms.CharField:
    return forms.CharField(required=False, widget=forms.HiddenInput)


def which_part() -> str:
    return _(
        "Choose which part of your name should appear: we can’t tell which is your first name."
    )


def question(appears: Appearance) -> str:
    return _(
        "Your name will appear as “%(name)s”. If that is right, send the form once more. If not, "
        "choose “full name, as I type it” and type just what should appear."
    ) % {"name": appears.name}


def boxes_on_paper(lacking: str) -> str:
    return _(
        "We cannot print these characters: %(signs)s. On paper each becomes a box. Write "
        "this in Latin letters, or send the form once more as it is."
    ) % {"signs": lacking}
