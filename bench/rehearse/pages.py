"""What somebody finds on a page: forms with what stands in them, files that it needs."""

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlencode, urljoin

FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
FIELD = re.compile(
    r"<input\b([^>]*)>|<textarea\b([^>]*)>(.*?)</textarea>|<select\b([^>]*)>(.*?)</select>",
    re.DOTALL,
)
OPTION = re.compile(r"<option\b([^>]*)>")
BUTTON = re.compile(r"<button\b([^>]*)>")
ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')
FILE = re.compile(
    r'<link\b[^>]*?rel="(?:stylesheet|preload|icon)"[^>]*>|<script\b[^>]*>|<img\b[^>]*>'
)
NO_FIELD = {"submit", "button", "file", "image", "reset"}


@dataclass
class Form:
    action: str
    fields: dict[str, str]
    names: set[str]  # of all that can be filled in or pressed

    def filled_in(self, **answers: str) -> str:
        """As it is sent with these answers; those that it does not ask for are left out."""
        given = {name: text for name, text in answers.items() if name in self.names}
        return urlencode(self.fields | given)


def attributes(text: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in ATTRIBUTE.findall(text)}


def form_with(page: str, name: str, value: str = "", without: str = "") -> Form | None:
    """The form to be sent that asks for this, or has a button of that name (and value)."""
    for head, body in FORM.findall(page):
        told = attributes(head)
        if told.get("method", "get").lower() != "post":
            continue
        form = _read(told.get("action", ""), body)
        if without in form.names:
            continue
        buttons = [attributes(button) for button in BUTTON.findall(body)]
        pressed = [one for one in buttons if one.get("name") == name]
        if value and not any(one.get("value") == value for one in pressed):
            continue
        form.names |= {one["name"] for one in buttons if "name" in one}
        if name in form.names:
            return form
    return None


def _read(action: str, body: str) -> Form:
    form = Form(action.partition("#")[0], {}, set())
    for box, area, text, select, options in FIELD.findall(body):
        told = attributes(box or area or select)
        name, kind = told.get("name", ""), told.get("type", "text")
        if not name or "form" in told or kind in NO_FIELD:
            continue
        form.names.add(name)
        if area:
            form.fields[name] = unescape(text).removeprefix("\n")
        elif select:
            chosen = [attributes(one) for one in OPTION.findall(options)]
            first = chosen[:1]
            chosen = [one for one in chosen if "selected" in one] or first
            form.fields[name] = chosen[0].get("value", "") if chosen else ""
        elif kind not in ("radio", "checkbox"):
            form.fields[name] = told.get("value", "")
        elif "checked" in told:
            form.fields[name] = told.get("value", "on")
    return form


def files_of(page: str, path: str) -> list[str]:
    """What a browser asks for when it opens the page the first time."""
    found = []
    for tag in FILE.findall(page):
        told = attributes(tag)
        if told.get("loading") == "lazy":  # below what is seen first
            continue
        if address := told.get("href") or told.get("src"):
            found.append(urljoin(path, address))
    return [one for one in dict.fromkeys(found) if one.startswith("/")]


def link_to(page: str, ending: str) -> str:
    """The first link whose address ends so; empty if there is none."""
    found = re.search(rf'href="([^"]*{ending})"', page)
    return unescape(found[1]) if found else ""
