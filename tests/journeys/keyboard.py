"""Somebody who has nothing but a keyboard: what they press is counted."""

from contextlib import AbstractContextManager

import pytest

from tests.browser import Visitor


class Keyboard:
    """With scripts a page may have keys of its own; without, Tab leads to each button."""

    def __init__(self, visitor: Visitor, javascript: bool = True) -> None:
        self.visitor, self.javascript, self.strokes = visitor, javascript, 0

    def hits(self, *keys: str) -> None:
        for key in keys:
            self.visitor.hits(key)
            self.strokes += 1 + key.count("+")

    def types(self, text: str) -> None:
        self.visitor.types(text)
        self.strokes += len(text)

    def tabs_to(self, label: str) -> None:
        """To the control that begins with this label, from wherever the focus is."""
        for _nr in range(80):
            self.hits("Tab")
            if self.visitor.focused["text"].strip().startswith(label):
                return
        pytest.fail(f"Tab does not come to {label}.")

    def tabs_to_field(self, element_id: str) -> None:
        for _nr in range(80):
            self.hits("Tab")
            if self.visitor.focused["id"] == element_id:
                return
        pytest.fail(f"Tab does not come to the field {element_id}.")

    def goes(self, *keys: str) -> None:
        """The last of these leads to another page."""
        with self._another_page():
            self.hits(*keys)

    def follows(self, label: str) -> None:
        self.tabs_to(label)
        self.goes("Enter")

    def does(self, key: str, label: str) -> None:
        if self.javascript:
            self.hits(key)
        else:
            self.tabs_to(label)
            self.hits("Enter")

    def _another_page(self) -> AbstractContextManager:
        return self.visitor.page.expect_navigation()
