"""Whole stories, one person each, in a real browser. Whoever is named here is plainly invented."""

import io

from pypdf import PdfReader

from tests.staff import PASSWORD


def pages_of(pdf: bytes) -> list[str]:
    """The words of each page, their white space single."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def sign_in(visitor, person) -> None:
    visitor.opens("/admin/")
    visitor.is_at("Staff sign in here")
    visitor.fills("Username", person.username)
    visitor.fills("Password", PASSWORD)
    visitor.presses("Sign in")


def sign_out(visitor) -> None:
    visitor.page.locator("#user-tools summary").click()
    visitor.presses("Sign out")
    visitor.is_at("Staff sign in here")
