"""Forms opened and filled in, ready to be sent: each with its own token, from its own address."""

from html.parser import HTMLParser
from http.client import HTTPConnection
from urllib.parse import urlencode

from bench.load import UnexpectedAnswer, http


def filled_in(port: int, path: str, number: int, answers: dict[str, str]) -> list[bytes]:
    """So many POSTs of the form at a path, as people would send them who opened it one by one.

    `{visitor}` in an answer is the number of each.
    """
    requests = []
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    cookie = ""
    for visitor in range(number):
        sender = f"10.{visitor >> 16 & 255}.{visitor >> 8 & 255}.{visitor & 255}"
        connection.request("GET", path, headers={"Cookie": cookie, "X-Forwarded-For": sender})
        answer = connection.getresponse()
        html = answer.read().decode()
        if answer.status != 200:
            raise UnexpectedAnswer(f"{answer.status} at {path}: {html[:2_000]}")
        if said := answer.getheader("Set-Cookie"):
            cookie = said.partition(";")[0]
        answered = {name: text.format(visitor=visitor) for name, text in answers.items()}
        fields = PostedFields.of(html) | answered
        body = urlencode(fields).encode()
        requests.append(http("POST", path, body, Cookie=cookie, X_Forwarded_For=sender))
    connection.close()
    return requests


class PostedFields(HTMLParser):
    """What a browser would send of a page's last POST form if nobody changed anything."""

    @classmethod
    def of(cls, html: str) -> dict[str, str]:
        parser = cls()
        parser.feed(html)
        return dict(parser.fields)

    def __init__(self):
        super().__init__()
        self.fields: dict[str, str] = {}
        self.inside = False
        self.name = ""  # of the select or textarea that is open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attributes}
        match tag:
            case "form":
                self.inside = said.get("method", "").lower() == "post"
                if self.inside:
                    self.fields = {}
            case "input" if self.inside and "name" in said:
                is_choice = said.get("type") in {"radio", "checkbox"}
                if not is_choice or "checked" in said:
                    self.fields[said["name"]] = said.get("value", "on" if is_choice else "")
            case "textarea" | "select" if self.inside:
                self.name = said.get("name", "")
                self.fields[self.name] = ""
            case "option" if self.inside and "selected" in said:
                self.fields[self.name] = said.get("value", "")

    def handle_data(self, data: str) -> None:
        if self.inside and self.lasttag == "textarea" and self.name:
            self.fields[self.name] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in {"textarea", "select"}:
            self.name = ""
        elif tag == "form":
            self.inside = False
