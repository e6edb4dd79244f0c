"""How a name will appear: shown beside the choice, asked where no page shows it before it goes."""

from typing import NamedTuple

from django import forms
from django.utils.translation import gettext as _

from cases.printing import fonts
from cases.typed_text import plain
from letters.models import NameForm, names

PARTS = (NameForm.FIRST, NameForm.INITIALS)  # what we take out of a name ourselves


class Appearance(NamedTuple):
    """What a page says about it, for `letters/checks/_name_shown.html`."""

    name: str
    boxes: list[str]  # letters of it that our faces for print lack
    told: str  # for the form's hidden field: what the page has said

    @property
    def lacks(self) -> str:
        return fonts.in_words(self.boxes)


def appearance(name: str, name_form: str, *texts: str) -> Appearance:
    """Of the name, and of texts that go on paper with it."""
    shown = names.shown(name, name_form)
    lacking = fonts.missing("\n".join([shown, *texts]))
    return Appearance(shown, fonts.missing(shown), " ".join([shown, *lacking]).strip())


def sent_appearance(sent, *texts: str) -> Appearance:
    """The same of what was sent and not looked at yet."""
    name = "" if sent.get("under_18") else plain(str(sent.get("name") or ""))
    return appearance(name, str(sent.get("name_form") or NameForm.FULL), *texts)


def told_field() -> forms.CharField:
    return forms.CharField(required=False, widget=forms.HiddenInput)


def question(appears: Appearance) -> str:
    return _(
        "Your name will appear as “%(name)s”. If that is right, send the form once more. If not, "
        "choose “full name, as I type it” and type just what should appear."
    ) % {"name": appears.name}


def boxes_on_paper(lacking: str) -> str:
    return _(
        "Our printing does not have these characters: %(signs)s. On paper a box stands for each. "
        "Type it in Latin letters, or send the form once more as it is."
    ) % {"signs": lacking}
