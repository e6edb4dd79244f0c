"""The plain parts of forms, written without templates.

A page of the admin has eight hundred: boxes, lists, labels, and errors that are not there. A
template for each, which includes others, took two fifths of its time. Django's own templates say
what is to be written (tests/write4rights/test_form_renderer.py compares); all else still has one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.utils.html import conditional_escape as escape
from django.utils.safestring import mark_safe


class FormRenderer(TemplatesSetting):
    def render(self, template_name: str, context: dict[str, Any], request=None) -> str:
        if template_name in ERRORS and not context["errors"]:
            return ""
        if write := WRITERS.get(template_name):
            return mark_safe(write(context))  # noqa: S308  # each value in it is escaped
        return super().render(template_name, context, request)


def write_input(context: dict[str, Any]) -> str:
    widget = context["widget"]
    kind, name, value = (widget[key] for key in ("type", "name", "value"))
    typed = "" if value is None else f' value="{escape(value)}"'
    attributes = write_attributes(widget["attrs"])
    return f'<input type="{escape(kind)}" name="{escape(name)}"{typed}{attributes}>'


def write_textarea(context: dict[str, Any]) -> str:
    widget = context["widget"]
    start = f'<textarea name="{escape(widget["name"])}"{write_attributes(widget["attrs"])}>'
    return f"{start}\n{escape(widget['value'] or '')}</textarea>"


def write_select(context: dict[str, Any]) -> str:
    widget = context["widget"]
    lines = [f'<select name="{escape(widget["name"])}"{write_attributes(widget["attrs"])}>']
    for group, options, _index in widget["optgroups"]:
        written = [
            f'<option value="{escape(option["value"])}"{write_attributes(option["attrs"])}>'
            f"{escape(option['label'])}</option>"
            for option in options
        ]
        if group:
            written = [f'<optgroup label="{escape(group)}">', *written, "</optgroup>"]
        lines += written
    return "\n".join([*lines, "</select>"])


def write_label(context: dict[str, Any]) -> str:
    label, tag = escape(context["label"]), context["tag"]
    if not context["use_tag"]:
        return label
    return f"<{tag}{write_attributes(context['attrs'])}>{label}</{tag}>"


def write_attributes(attributes: Mapping[str, Any] | None) -> str:
    return "".join(
        f" {escape(name)}" if value is True else f' {escape(name)}="{escape(value)}"'
        for name, value in (attributes or {}).items()
        if value is not False
    )


WRITERS: dict[str, Callable[[dict[str, Any]], str]] = {
    "django/forms/widgets/checkbox.html": write_input,
    "django/forms/widgets/email.html": write_input,
    "django/forms/widgets/hidden.html": write_input,
    "django/forms/widgets/number.html": write_input,
    "django/forms/widgets/password.html": write_input,
    "django/forms/widgets/text.html": write_input,
    "django/forms/widgets/textarea.html": write_textarea,
    "django/forms/widgets/select.html": write_select,
    "django/forms/label.html": write_label,
}
ERRORS = {"django/forms/errors/list/default.html", "django/forms/errors/list/ul.html"}
