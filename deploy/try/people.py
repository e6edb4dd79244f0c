"""A writer, and readers in a loop, as deploy/try/run needs them. Only what Python brings.

people.py letter URL ADDRESS  opens a case, writes a letter in both steps, prints its private page
people.py look URL PAGE…      ends with 1 if one of these private pages is not that letter's
people.py read URL SECONDS    readers and signers, until SIGTERM too; prints each failure, and sums
"""

import collections
import contextlib
import http.cookiejar
import random
import re
import signal
import ssl
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser

BODY = """I am writing because of what was done to a person who did nothing but speak up. I ask
you to look into it, to end it, and to tell the public what was found. Many people follow it."""
FILLED_IN = {
    "subject": "An urgent request",
    "body": BODY,
    "name": "A person who tries this out",
    "country": "NO",
    "ties": "no",
    "consent": "on",
}
FASTEST = 3.2  # seconds: who sends a form sooner is taken for a program


class Form(HTMLParser):
    """The fields of the page's last form that is sent by POST, as a browser would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.choices: dict[str, list[str]] = collections.defaultdict(list)
        self.is_in, self.has_button, self.area, self.select = False, False, "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes) -> None:
        said = {name: value or "" for name, value in attributes}
        name, value, kind = said.get("name", ""), said.get("value", ""), said.get("type", "text")
        if tag == "form":
            self.is_in = said.get("method", "").lower() == "post"
            if self.is_in:
                self.fields, self.choices = {}, collections.defaultdict(list)
                self.has_button = False
        if not self.is_in or "form" in said:
            return
        if tag == "button" and said.get("type", "submit") == "submit" and not self.has_button:
            self.has_button = True  # the first is the one that Enter presses
            self.fields |= {name: value} if name else {}
        if tag != "option" and not name:
            return
        if tag == "textarea":
            self.area, self.fields[name] = name, ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select:
            self.choices[self.select].append(value)
            if "selected" in said:
                self.fields[self.select] = value
        elif tag == "input" and kind in ("radio", "checkbox"):
            self.choices[name].append(value)
            if "checked" in said:
                self.fields[name] = value or "on"
        elif tag == "input" and kind not in ("submit", "file"):
            self.fields[name] = value

    def handle_data(self, data: str) -> None:
        if self.area:
            self.fields[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""
        if tag == "select":
            self.select = ""
        if tag == "form":
            self.is_in = False

    def filled(self, **more: str) -> dict[str, str]:
        known = set(self.fields) | set(self.choices)
        given = {**FILLED_IN, **more}
        return self.fields | {name: given[name] for name in known & given.keys()}


class Person:
    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        # Whoever reads or signs comes from elsewhere; the proxy of a try believes it.
        self.headers = {"X-Try-Address": f"10.{random.randrange(256)}.{random.randrange(256)}.7"}
        unproven = ssl.create_default_context()  # the certificate of a try is its own
        unproven.check_hostname, unproven.verify_mode = False, ssl.CERT_NONE
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
            urllib.request.HTTPSHandler(context=unproven),
        )

    def get(self, path: str) -> tuple[str, str]:
        return self._read(urllib.request.Request(self._whole(path), headers=self.headers))

    def post(self, path: str, fields: dict[str, str]) -> tuple[str, str]:
        headers = self.headers | {"Origin": self.url, "Referer": self._whole(path)}
        data = urllib.parse.urlencode(fields).encode()
        return self._read(urllib.request.Request(self._whole(path), data, headers))

    def _whole(self, path: str) -> str:
        return path if path.startswith("http") else self.url + path

    def _read(self, request: urllib.request.Request) -> tuple[str, str]:
        with self.opener.open(request, timeout=60) as response:
            return response.geturl(), response.read().decode()


def cases(url: str) -> list[str]:
    """The addresses of the cases that take letters first."""
    _at, page = Person(url).get("/cases/")
    found = dict.fromkeys(re.findall(r'href="(/cases/[\w-]+/)"', page))
    return list(found)


def write_a_letter(url: str, email: str) -> None:
    for case in cases(url):
        person = Person(url)
        try:
            _at, page = person.get(f"{case}write/")
        except urllib.error.HTTPError:
            continue
        if 'name="body"' not in page:
            continue
        time.sleep(FASTEST)
        at = f"{case}write/"
        for _step in range(4):
            at, page = person.post(at, Form(page).filled(email=email))
            if "/letters/" in at:
                break
        else:
            sys.exit(f"No letter came of it: {re.findall('error.*', page)[:5]}")
        for more in ["", "letter.pdf", "envelope.pdf"]:
            with contextlib.suppress(UnicodeDecodeError):  # a PDF
                person.get(urllib.parse.urlsplit(at).path + more)
        return print(at)
    sys.exit("No case takes letters.")


def look(url: str, *pages: str) -> None:
    for page in pages:
        _at, shown = Person(url).get(page)
        if FILLED_IN["subject"] not in shown:
            sys.exit("A letter is not what its writer wrote.")
    print(f"       letters that are there: {len(pages)}")


def read_on(url: str, seconds: float) -> None:
    """Two who read and two who sign, one after the other, each with a new connection."""
    known = cases(url)[:8]
    pages = ["/", "/fr/", "/cases/", "/impact/", *known, *(f"{case}write/" for case in known[:3])]
    until = time.monotonic() + seconds
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_what: stop.set())
    answered: collections.Counter[str] = collections.Counter()
    slowest: collections.Counter[str] = collections.Counter()

    def ask(what: str, act, *arguments):
        began, at = time.monotonic(), time.strftime("%H:%M:%S")
        try:
            return act(*arguments)
        except urllib.error.HTTPError as error:
            answered[f"{what} {error.code}"] += 1
            print(f"{at} {what}: {error.code}", flush=True)
        except OSError as error:
            answered[f"{what} no answer"] += 1
            print(f"{at} {what}: {error}", flush=True)
        finally:
            slowest[what] = max(slowest[what], time.monotonic() - began)
        return None

    def read() -> None:
        while time.monotonic() < until and not stop.is_set():
            for page in pages:
                if ask("page", Person(url).get, page):
                    answered["page ok"] += 1
                time.sleep(0.02)

    def sign(number: int) -> None:
        turn = 0
        while time.monotonic() < until and not stop.is_set():
            case, turn = known[turn % len(known)], turn + 1
            person = Person(url)
            found = ask("form", person.get, f"{case}sign/")
            if not found or 'name="email"' not in found[1]:
                time.sleep(0.2)
                continue
            time.sleep(FASTEST)
            fields = Form(found[1]).filled(email=f"try-{number}-{turn}@example.org")
            sent = ask("signature", person.post, f"{case}sign/", fields)
            if sent:
                is_there = not sent[0].endswith("/sign/")
                answered["signature ok" if is_there else "signature shown again"] += 1

    threads = [threading.Thread(target=read) for _person in range(2)]
    threads += [threading.Thread(target=sign, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(", ".join(f"{number} {what}" for what, number in sorted(answered.items())))
    took = [f"{what} {seconds:.2f} s" for what, seconds in sorted(slowest.items())]
    print(f"slowest: {', '.join(took)}")


if __name__ == "__main__":
    what, url, *more = sys.argv[1:]
    if what == "letter":
        write_a_letter(url, *more)
    elif what == "look":
        look(url, *more)
    else:
        read_on(url, float(more[0]))
