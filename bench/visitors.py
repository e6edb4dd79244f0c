"""People who open forms and send them, each from an address and with a cookie of their own."""

import itertools
import re
from html import unescape
from http.client import HTTPConnection
from urllib.parse import urlencode

from bench.load import UnexpectedAnswer, http

HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)"(?: value="([^"]*)")?')
_number = itertools.count()


class Visitor:
    """`{visitor}` in what one answers is their number."""

    def __init__(self, port: int):
        self.number = next(_number)
        sender = f"10.{self.number >> 16 & 255}.{self.number >> 8 & 255}.{self.number & 255}"
        self.headers = {"X-Forwarded-For": sender}
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.hidden: dict[str, str] = {}  # fields of the page that was opened last
        self.own_page = ""  # where the form that was sent last led to

    def open(self, path: str) -> None:
        """Open a page, as far as its forms; a PDF leaves the page open that it hangs on."""
        text, _ = self._ask("GET", path, expected=200)
        if not path.endswith(".pdf"):
            self.hidden = {name: unescape(value) for name, value in HIDDEN.findall(text)}

    def send(self, path: str, answers: dict[str, str]) -> None:
        """Send the form of the open page."""
        _, location = self._ask("POST", path, expected=302, body=self.filled_in(answers))
        self.own_page = location.partition("#")[0]

    def request_to_send(self, path: str, answers: dict[str, str]) -> bytes:
        """The same as a request for later."""
        names = {name.replace("-", "_"): value for name, value in self.headers.items()}
        return http("POST", path, self.filled_in(answers), **names)

    def filled_in(self, answers: dict[str, str]) -> bytes:
        given = {name: text.format(visitor=self.number) for name, text in answers.items()}
        return urlencode(self.hidden | given).encode()

    def _ask(self, method: str, path: str, expected: int, body: bytes = b"") -> tuple[str, str]:
        headers = self.headers | {"Connection": "close"}  # they wait longer than it is kept
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode(errors="replace")
        if answer.status != expected:
            raise UnexpectedAnswer(f"{answer.status} at {path}: {text[:2_000]}")
        if cookie := answer.headers["Set-Cookie"]:
            self.headers["Cookie"] = cookie.partition(";")[0]
        return text, answer.headers["Location"] or ""


def forms_to_send(port: int, path: str, number: int, answers: dict[str, str]) -> list[bytes]:
    """So many POSTs of the form at a path, as people would send them who opened it one by one."""
    requests = []
    for _ in range(number):
        visitor = Visitor(port)
        visitor.open(path)
        requests.append(visitor.request_to_send(path, answers))
    return requests
