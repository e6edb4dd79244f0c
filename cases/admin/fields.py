"""Form fields for people who do not write JSON."""

from collections.abc import Iterable

from django import forms
from django.contrib.admin.widgets import AdminFileWidget
from django.core.files import File
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cases import pictures
from cases.models.word_lists import validate_words
from cases.typed_text import clean


class LinesField(forms.Field):
    """A list as lines of a text box: one entry a line."""

    widget = forms.Textarea

    def __init__(self, *, encoder=None, decoder=None, **kwargs) -> None:
        super().__init__(**kwargs)  # encoder, decoder: a JSONField's, of no use for lines
        self.widget.attrs.setdefault("rows", 2)

    def prepare_value(self, value: list[str] | str | None) -> str:
        return "\n".join(value) if isinstance(value, list) else value or ""

    def to_python(self, value: str | list[str] | None) -> list[str]:
        lines = value if isinstance(value, list) else clean(value or "").splitlines()
        return [line.strip() for line in lines if line.strip()]

    def has_changed(self, initial: list[str] | None, data: str | None) -> bool:
        return self.to_python(initial) != self.to_python(data)


class WordsField(LinesField):
    """Words and phrases to look for in texts, one a line; * stands for any ending."""

    default_validators = [validate_words]

    def to_python(self, value: str | list[str] | None) -> list[str]:
        return list(dict.fromkeys(word.lower() for word in super().to_python(value)))


class PictureField(forms.FileField):
    """An upload made clean before anything else sees it; a bad file is a sentence beside it."""

    def clean(self, data: File | None, initial: File | None = None) -> File | None:
        cleaned = super().clean(data, initial)
        return pictures.clean(cleaned) if data else cleaned


class PictureInput(AdminFileWidget):
    """Links to the picture where staff may see it; readers may not, as long as it is a draft's."""

    template_name = "admin/cases/picture_input.html"


class FixedChoice(forms.HiddenInput):
    """A value that is decided already: shown as text, sent along unseen."""

    input_type = "hidden"

    def __init__(self, choices: Iterable[tuple[str, str | Promise]]) -> None:
        super().__init__()
        self.labels = dict(choices)

    @property
    def is_hidden(self) -> bool:
        return False  # its cell in the table stands

    def render(self, name, value, attrs=None, renderer=None) -> SafeString:
        hidden = super().render(name, value, attrs, renderer)
        return format_html("{}{}", hidden, self.labels.get(value, value or ""))
