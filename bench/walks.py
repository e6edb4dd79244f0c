"""What a supporter has to do on a phone, counted: `make walk`.

A site with the campaign that ships is served, and somebody walks through it in Chromium at
360 × 740: from home to a posted letter, from a case to a counted signature, and so on.

    clicks    what is pressed or followed; ticks and choices are fields
    fields    what is typed, chosen or ticked
    loads     pages, the first among them
    first y   how many pixels down the control begins that is pressed first
    bytes     what the first view of the first page takes on the wire, and its requests
    LCP       of that view: median of some, on a slow phone: 1.6 Mbit/s, 150 ms before each answer,
              a processor four times as slow. A busy machine makes it larger.

    VIEWS=5         how often each first view is measured
    CHROMIUM        the path of the browser
"""

import io
import os
import re
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, Locator, Request, sync_playwright

from bench.databases import find_server, run_python, scratch_database
from bench.first_view import phone
from bench.projects import SITE, manage
from bench.servers import Server
from tests.browser import PHONE, launch, path_of

SLOW_PHONE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6 * 1_000_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
SLOWER = 4
VIEWS = int(os.environ.get("VIEWS", 5))
PATIENCE = 60_000  # ms
FASTEST = 4  # seconds on a form: who is quicker is taken for a machine
CASE = "/cases/ellinor-guttorm-utsi/"
NOTE_LARGEST = """
window.largest = 0;
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.largest = entry.startTime;
}).observe({type: "largest-contentful-paint", buffered: true});
"""
_senders = count(1)


@dataclass
class View:
    """The first view of a page."""

    bytes: int = 0
    requests: int = 0
    largest: list[float] = field(default_factory=list)


def first_view(browser: Browser, address: str) -> View:
    view = View()
    for _nr in range(VIEWS):
        with phone(browser, density=2) as (page, devtools, sizes):
            page.add_init_script(NOTE_LARGEST)
            devtools.send("Network.emulateNetworkConditions", SLOW_PHONE)
            devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            page.goto(address, wait_until="networkidle", timeout=PATIENCE)
            page.wait_for_function("window.largest > 0", timeout=PATIENCE)
            view.largest.append(page.evaluate("window.largest"))
            view.bytes = int(sum(sizes))
            view.requests = len(sizes)
    return view


class Walker:
    """Somebody who does what there is to do, with as few clicks as the pages allow."""

    def __init__(self, browser: Browser, site: str) -> None:
        # Limits count by the address: each walker comes from another.
        self.context = browser.new_context(
            viewport=PHONE, extra_http_headers={"X-Forwarded-For": f"10.0.0.{next(_senders)}"}
        )
        self.context.set_default_timeout(PATIENCE)
        self.site = site
        self.clicks = self.fields = self.loads = 0
        self.first_y: float | None = None
        self.page = self.context.new_page()
        self.page.on("request", self._note_load)

    def _note_load(self, request: Request) -> None:
        is_page = request.is_navigation_request() and request.frame == self.page.main_frame
        if is_page and not request.redirected_from:
            self.loads += 1

    def opens(self, address: str) -> None:
        self.page.goto(address if "://" in address else self.site + address)
        self.since = time.monotonic()

    def there(self, *selectors: str) -> Locator | None:
        """The first of these that can be seen on the page."""
        for selector in selectors:
            for one in self.page.locator(selector).all():
                if one.is_visible():
                    return one
        return None

    def presses(self, *selectors: str) -> None:
        control = self.there(*selectors)
        assert control, f"{self.page.url} has none of {selectors}"
        if self.first_y is None:
            self.first_y = control.evaluate(
                "element => element.getBoundingClientRect().top + scrollY"
            )
        if control.evaluate("element => element.type === 'submit'"):
            time.sleep(max(0, FASTEST - (time.monotonic() - self.since)))
        self.clicks += 1
        before = self.loads
        control.click()
        self.page.wait_for_load_state("networkidle")
        if self.loads > before:
            self.since = time.monotonic()

    def prints(self, *selectors: str) -> None:
        """A file that opens beside the page."""
        control = self.there(*selectors)
        assert control, f"{self.page.url} has none of {selectors}"
        self.clicks += 1
        address = control.get_attribute("href")
        assert self.context.request.get(self.site + address).ok, address

    def fills(self, **answers: str | dict) -> None:
        """Those of these fields that stand on the page and are still to be filled in."""
        for name, answer in answers.items():
            named = f"main form[method=post] [name={name}]"
            value = answer if isinstance(answer, str) else ""  # no file
            choices = [f"{named}[type=radio][value='{value}']", f"{named}[type=checkbox]"]
            if box := self.there(*choices):
                is_done, fill = box.is_checked(), box.check
            elif box := self.there(f"{named}:is(select)"):
                is_done, fill = False, partial(box.select_option, answer)
            elif box := self.there(named):
                is_done = bool(box.input_value())
                fill = partial(box.fill if isinstance(answer, str) else box.set_input_files, answer)
            else:
                continue
            if not is_done:
                fill()
                self.fields += 1

    def finishes(self, path: str, **answers: str | dict) -> None:
        """All steps of the form at an address that ends so."""
        while urlsplit(self.page.url).path.endswith(path):
            errors = self.there("#error-summary")
            assert not errors, errors.inner_text()
            self.fills(**answers)
            self.presses(*NEXT)

    def opens_the_link_in(self, mails: str) -> None:
        self.opens(re.findall(rf"^{re.escape(SITE['SITE_URL'])}(/\S+)", mails, re.M)[0])


# What goes on from a page: of its forms the main button, which stands last.
NEXT = [
    "main form[method=post] button.button:not(.button-quiet):not([type=button])",
    "main form[method=post] button.button:not([type=button])",
]
SIGN = "main button[name=act][value=sign]"
A_CASE = "main a[href^='/cases/']:not([href='/cases/']):not([href*='?'])"


def drawing() -> dict:
    data = io.BytesIO()
    Image.effect_noise((1200, 800), 40).save(data, "JPEG")
    return {"name": "drawing.jpg", "mimeType": "image/jpeg", "buffer": data.getvalue()}


def letter(one: Walker, _work) -> None:
    one.opens("/")
    while not one.there("main a[href$='/write/']"):
        one.presses("main a.button[href^='/cases/']", A_CASE)
    one.presses("main a.button[href$='/write/']")
    if not one.there("textarea[name=body]") or not one.page.input_value("textarea[name=body]"):
        one.presses("main [href*='start=model']", "main [name=start][value=model]")
    one.finishes("/write/", ties="no", name_form="none")
    one.presses("main button[name=act][value=post]")
    one.prints("main a[href$='.pdf']")
    one.presses("main button[name=act][value=posted]")


def signature(one: Walker, work: Callable[[], str]) -> None:
    one.opens(CASE)
    one.presses("main a[href$='/sign/']")
    one.finishes("/sign/", name="A Walker", email="a.walker@example.org", consent="on")
    one.opens_the_link_in(work())
    one.presses(*NEXT)


def message(one: Walker, _work) -> None:
    one.opens(CASE)
    one.presses("main a[href$='/solidarity/']")
    one.fills(body="You are not forgotten.", ties="no")
    one.presses(*NEXT)
    one.fills(name_form="none")
    one.presses("main button[name=step][value='3']")
    one.finishes("/solidarity/", picture=drawing())
    one.presses("main button[name=act][value=deliver]", "main button[name=act][value=post]")
    if not one.there("main button[value=withdraw]"):
        one.presses("main button[name=act][value=posted]")


def take_all(one: Walker, _work) -> None:
    """A letter for the second person, and eight signatures."""
    details = {"name": "A Walker", "email": "all.walker@example.org", "consent": "on"}
    one.opens("/take-all/")
    one.fills(**details)
    one.presses(SIGN)
    one.presses("main a[href$='/letter/']")
    one.finishes("/letter/", ties="no", **details)
    one.presses("main a[href='/take-all/']")
    while one.there(SIGN):
        one.presses(SIGN)


def follow(one: Walker, _work) -> None:
    one.opens(CASE)
    one.presses("main a[href$='/follow/']")
    one.finishes("/follow/", email="follow.walker@example.org")


def share(one: Walker, _work) -> None:
    one.opens(CASE)
    one.presses("main a[href$='/share/']")
    one.presses("main a[href$='/posted/']")
    one.finishes("/posted/", network="bluesky")


WALKS = [letter, signature, message, take_all, follow, share]
OTHER_VIEWS = {"list": "/cases/", "write page": f"{CASE}write/"}
STARTS = {"letter": "/", "take_all": "/take-all/"}


def row(name: str, *cells: object) -> None:
    print(f"{name:<22}", *(f"{cell:>9}" for cell in cells), flush=True)


def main() -> None:
    with ExitStack() as at_the_end:
        folder = Path(at_the_end.enter_context(TemporaryDirectory(prefix="walks-")))
        database = at_the_end.enter_context(scratch_database(find_server(), "walks", folder))
        environment = SITE | {
            "DATABASE_URL": database.url,
            "RENDERED_DIR": str(folder / "rendered"),
            "BENCH_STATIC": str(folder / "static"),
            "EMAIL_URL": "consolemail://",
        }
        for command in ["migrate", "createcachetable", "load_campaign", "collectstatic --no-input"]:
            manage(environment, *command.split())
        server = Server("write4rights.wsgi", environment, database, folder / "log")
        at_the_end.callback(server.stop)
        site = f"http://127.0.0.1:{server.port}"
        playwright = at_the_end.enter_context(sync_playwright())
        browser = launch(playwright, "chromium", path_of("chromium"))
        at_the_end.callback(browser.close)

        def viewed(address: str) -> list[object]:
            view = first_view(browser, site + address)
            largest = f"{statistics.median(view.largest) / 1000:.2f} s"
            return [f"{view.bytes / 1024:.0f} KB", view.requests, largest]

        row("", "clicks", "fields", "loads", "first y", "bytes", "requests", "LCP")
        for walk in WALKS:
            one = Walker(browser, site)
            walk(one, lambda: run_python(environment, "manage.py", "work", "--once"))
            counted = [one.clicks, one.fields, one.loads, round(one.first_y or 0)]
            start = STARTS.get(walk.__name__, CASE)
            row(walk.__name__.replace("_", " "), *counted, *viewed(start))
            one.context.close()
        for name, address in OTHER_VIEWS.items():
            row(name, *[""] * 4, *viewed(address))


if __name__ == "__main__":
    main()
