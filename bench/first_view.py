"""What a phone loads for the first view of a page, and what Lighthouse says of it.

    python -m bench.first_view http://127.0.0.1:8000 /cases/     of a site that runs

Bytes are those on the wire, with the heads of the answers: of the page and of all it asks for
before anybody scrolls.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.browser import PHONE

DENSITIES = [2, 3]  # of the pixels of a phone: what is heavier counts
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
LIGHTHOUSE_RUNS = 3
LIGHTHOUSE_OPTIONS = ["--quiet", "--output=json", "--chrome-flags=--headless --no-sandbox"]


@dataclass
class View:
    bytes: int
    requests: int


def first_views(site: str, paths: list[str]) -> dict[str, View]:
    """The heavier of the views that phones of two densities load, by path."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        views = {
            path: max(
                (_view(browser, site + path, density) for density in DENSITIES),
                key=lambda view: view.bytes,
            )
            for path in paths
        }
        browser.close()
    return views


@contextmanager
def phone(browser: Browser, density: int) -> Iterator[tuple[Page, CDPSession, list[int]]]:
    """A page on a phone that has loaded nothing yet, its DevTools, and the bytes of each answer."""
    context = browser.new_context(
        viewport=PHONE, device_scale_factor=density, is_mobile=True, has_touch=True
    )
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    sizes: list[int] = []
    devtools.on("Network.loadingFinished", lambda end: sizes.append(end["encodedDataLength"]))
    devtools.send("Network.enable")
    yield page, devtools, sizes
    context.close()


def _view(browser: Browser, url: str, density: int) -> View:
    with phone(browser, density) as (page, _devtools, sizes):
        page.goto(url, wait_until="networkidle")
        return View(round(sum(sizes)), len(sizes))


def lighthouse(command: str, url: str) -> dict[str, list[float]]:
    """Scores and the largest paint, in milliseconds, of some runs as its slow phone."""
    found: dict[str, list[float]] = {}
    with TemporaryDirectory(prefix="lighthouse-") as folder:
        file = Path(folder, "report.json")
        for _ in range(LIGHTHOUSE_RUNS):
            subprocess.run(
                [*command.split(), url, *LIGHTHOUSE_OPTIONS, f"--output-path={file}"],
                check=True,
                capture_output=True,
                env=os.environ | {"CHROME_PATH": CHROMIUM or ""},
            )
            report = json.loads(file.read_text())
            for name in ["performance", "accessibility", "best-practices"]:
                found.setdefault(name, []).append(report["categories"][name]["score"] * 100)
            paint = report["audits"]["largest-contentful-paint"]["numericValue"]
            found.setdefault("LCP", []).append(paint)
    return found


def main(site: str, *paths: str) -> None:
    for path, view in first_views(site, list(paths)).items():
        print(f"{path:<44}{view.bytes / 1000:8.1f} KB{view.requests:4} requests")
        if command := os.environ.get("LIGHTHOUSE"):
            for name, values in lighthouse(command, site + path).items():
                worst = max(values) if name == "LCP" else min(values)
                print(f"    {name:<40}{statistics.median(values):8.0f}, at worst {worst:.0f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
