"""Somebody at a browser: journeys are told by what they press, type and see.

The browsers are the system's: Chromium is $CHROMIUM or one of its usual names, Firefox likewise.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Playwright,
    Request,
    Response,
    Route,
    WebError,
    expect,
)

PATIENCE = 120_000  # milliseconds: for a machine that does much else; only a failure waits so long
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]

# What Firefox says of a font when somebody leaves the page before it came (NS_BINDING_ABORTED).
LEFT_BEFORE_IT_CAME = f"status={0x804B0002}"

expect.set_options(timeout=PATIENCE)


PHONE = {"width": 360, "height": 740}

NAMES = {
    # The shell is Chromium without the windows that nobody sees here: half the processor's time.
    "chromium": ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"],
    "firefox": ["firefox-esr", "firefox"],
}


def path_of(browser: str) -> str | None:
    """Where `chromium` or `firefox` is, None if it is not there."""
    given = os.environ.get(browser.upper())
    return given or next(filter(None, map(shutil.which, NAMES[browser])), None)


def launch(playwright: Playwright, browser: str, path: str) -> Browser:
    if browser == "firefox":
        # Driven by WebDriver BiDi, as any Firefox; else Playwright wants the one that it built.
        return playwright.firefox.launch(channel="moz-firefox", executable_path=path)
    return playwright.chromium.launch(executable_path=path, args=OPTIONS)


class Visitor:
    """One person with a browser of their own, and what that browser complained of.

    Names are the words on the page: of a button or link, a label, an option. Whatever is done or
    seen, is done or seen on a page that is there as a whole and whose scripts have run.
    """

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.context = context
        self.site = site
        self.complaints: list[str] = []
        context.set_default_timeout(PATIENCE)
        context.on("request", self._keep_to_the_site)
        context.on("response", self._note_failure)
        context.on("console", self._note_error)
        context.on("weberror", self._note_script_error)
        self.page = context.new_page()

    # --- acts

    def opens(self, address: str) -> Response | None:
        """Go to an address of the site, or to a whole one."""
        address = address if "://" in address else self.site + address
        try:
            return self.page.goto(address)
        except Error as error:  # Firefox: a page it loads once more in the background was faster
            if "interrupted by another navigation" not in str(error):
                raise
            return self.page.goto(address)

    def opens_another_tab(self) -> None:
        self.page = self.context.new_page()

    @contextmanager
    def on_a_slow_line(self, script: str) -> Iterator[None]:
        """A script of ours comes only after the block, in which the page is still loading."""
        late: list[Route] = []
        take = late.append
        self.page.route(f"**/js/{script}", lambda route: take(route))
        yield
        take = Route.continue_
        for route in late:
            route.continue_()
        self.page.wait_for_load_state()

    def presses(self, name: str) -> None:
        """Click, and wait for the answer if the site is asked for one."""
        self.control(name).click()

    def unfolds(self, name: str) -> None:
        """Open what is folded away under this name."""
        self.page.wait_for_load_state()
        self.page.locator("summary", has_text=name).first.click()

    def fills(self, label: str, text: str) -> None:
        field = self.field(label)
        field.clear()  # what is filled into a number or an address, Firefox adds to what is there
        field.fill(text)

    def types(self, text: str) -> None:
        """Key by key, wherever the focus is."""
        self.page.keyboard.type(text)

    def hits(self, key: str, times: int = 1) -> None:
        for _nr in range(times):
            self.page.keyboard.press(key)

    def ticks(self, option: str) -> None:
        self.field(option).check()

    def picks(self, label: str, option: str) -> None:
        self.field(label).select_option(label=option)

    def answers(self, question: str, option: str) -> None:
        """Choose one of the radio buttons under a question."""
        group = self.page.get_by_role("radiogroup", name=question)
        group = group.or_(self.page.get_by_role("group", name=question))
        group.get_by_label(option, exact=True).check()

    def signs_in(self, person) -> None:
        """Be somebody of the staff, by a session that is there already."""
        # Imported late: Django's models need its settings.
        from django.conf import settings
        from django.test import Client

        client = Client()
        client.force_login(person)
        name = settings.SESSION_COOKIE_NAME
        self.context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": self.site}]
        )

    def downloads(self, name: str) -> bytes:
        """What a link leads to, as a file."""
        self.page.wait_for_load_state()
        address = self.page.get_by_role("link", name=name).first.get_attribute("href")
        answer = self.context.request.get(self.site + address)
        assert answer.ok, answer.status
        return answer.body()

    def waits_until(self, condition: str) -> None:
        """Until an expression of JavaScript is true in the page."""
        # As a function: an expression alone is evaluated anew each time, which our policy forbids.
        self.page.wait_for_function(f"() => {condition}")

    # --- what is there

    def control(self, name: str) -> Locator:
        """The link or button of that name."""
        self.page.wait_for_load_state()
        link = self.page.get_by_role("link", name=name, exact=True)
        button = self.page.get_by_role("button", name=name, exact=True)
        return link.or_(button).first

    def field(self, label: str) -> Locator:
        """The field whose label begins so."""
        self.page.wait_for_load_state()
        return self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}")).first

    def sees(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(
                text, use_inner_text=True, ignore_case=True
            )
        self.page.wait_for_load_state()

    def does_not_see(self, *texts: str) -> None:
        self.page.wait_for_load_state()
        for text in texts:
            expect(self.page.locator("body")).not_to_contain_text(
                text, use_inner_text=True, ignore_case=True
            )

    def is_at(self, heading: str) -> None:
        """The page with this heading is there."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        self.page.wait_for_load_state()

    def has_focus_on(self, element_id: str) -> None:
        """The focus comes there, as soon as a script has run that puts it there."""
        expect(self.page.locator(f'[id="{element_id}"]')).to_be_focused()

    @property
    def focused(self) -> dict:
        """The element with the focus: `id`, `tag`, `text`, and the width of its `outline`."""
        return self.page.evaluate(
            """() => {
                const element = document.activeElement;
                const style = getComputedStyle(element);
                return {
                    id: element.id,
                    tag: element.tagName.toLowerCase(),
                    text: element.innerText ?? "",
                    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
                };
            }"""
        )

    # --- what must not be

    def _keep_to_the_site(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and not request.url.startswith(self.site):
            self.complaints.append(f"asked somebody else: {request.url}")

    def _note_failure(self, response: Response) -> None:
        # A page that is missing or gone is the journey's to judge; a part of a page must be there.
        is_page = response.request.is_navigation_request()
        if response.status >= (500 if is_page else 400):
            self.complaints.append(f"{response.status}: {response.url}")

    def _note_script_error(self, error: WebError) -> None:
        if LEFT_BEFORE_IT_CAME not in str(error.error):
            self.complaints.append(f"script: {error.error}")

    def _note_error(self, message: ConsoleMessage) -> None:
        # What could not be loaded is noted by its answer; violations of the policy come here.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")
