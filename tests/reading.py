"""Pages as a strict reader of HTML sees them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element

import html5lib
from django.contrib.staticfiles import finders
from django.http import HttpResponse

from write4rights.static_files import with_imports

HTML_TREE = html5lib.getTreeBuilder("etree")


class Page(NamedTuple):
    root: Element

    def all(self, tag: str, **attributes: str) -> list[Element]:
        return [
            element
            for element in self.root.iter(tag)
            if all(element.get(name) == value for name, value in attributes.items())
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        [element] = self.all(tag, **attributes)
        return element

    def texts(self, tag: str, **attributes: str) -> list[str]:
        return [words(element) for element in self.all(tag, **attributes)]

    def meta(self, name: str) -> str | None:
        """What a `<meta name>` or `<meta property>` says, None without one."""
        said = [*self.all("meta", name=name), *self.all("meta", property=name)]
        return said[0].get("content") if said else None

    @property
    def title(self) -> str:
        return words(self.one("title"))

    @property
    def links(self) -> list[str]:
        return [element.get("href", "") for element in self.root.iter("a")]


def page(response: HttpResponse) -> Page:
    """The page parsed as the standard says; what browsers would have to mend raises ParseError."""
    parser = html5lib.HTMLParser(HTML_TREE, strict=True, namespaceHTMLElements=False)
    return Page(parser.parse(response.content.decode()))


def words(element: Element) -> str:
    """The text of an element, its white space single."""
    return " ".join("".join(element.itertext()).split())


def weight(response: HttpResponse) -> tuple[int, int]:
    """Bytes a browser loads for a page when compressed: (all of it, styles and scripts alone).

    Fonts and pictures aside: they are loaded once, or as wide as they are shown.
    """
    shown = page(response)
    styles = [element.get("href") for element in shown.all("link", rel="stylesheet")]
    scripts = [element.get("src") for element in shown.all("script") if element.get("src")]
    files = [with_imports(name.removeprefix("/static/")).encode() for name in styles]
    files += [Path(finders.find(name.removeprefix("/static/"))).read_bytes() for name in scripts]
    code = sum(len(gzip.compress(file)) for file in files)
    return len(gzip.compress(response.content)) + code, code
