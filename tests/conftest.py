"""What every test stands on: no secrets of this machine, no cache between tests."""

import importlib
import os

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings as site_settings
from django.core.cache import cache
from django.db import connection

from letters import checking, sampling
from write4rights import translations


def pytest_configure(config):
    """French pages are French: the compiled catalogues are not in the repository."""
    translations.compile_all()
    # How long one example takes says more of the machine's other work than of the code.
    hypothesis.settings.register_profile("site", deadline=None)
    hypothesis.settings.load_profile("site")


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """What a process remembers for seconds is forgotten between tests."""
    sampling.is_there.forget()
    checking.what_stops.forget()


@pytest.fixture(autouse=True)
def _mails_in_memory(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


# --- browsers: nothing of them is imported or started for other tests


def _is_in_a_browser(item: pytest.Item) -> bool:
    return item.get_closest_marker("browser") is not None


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, request, tmp_path_factory):
    """A browser asks for several things at once, each on a connection of its own: an SQLite in
    memory has but one."""
    database = site_settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3") and any(map(_is_in_a_browser, request.session.items)):
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def chromium():
    """One browser for all journeys; each person in it has a context of their own."""
    from playwright.sync_api import sync_playwright

    from tests import browser

    if not (path := browser.chromium()):
        reason = "No Chromium is found: set CHROMIUM to the path of one."
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    # Playwright keeps a loop running in this thread, in which Django would refuse to query.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=browser.OPTIONS)
        yield started
        started.close()


@pytest.fixture
def site(live_server, settings, monkeypatch, tmp_path):
    """The address of the running site, with the roles of its staff and no data."""
    settings.SITE_URL = live_server.url
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PAGE_CACHE_SECONDS = 0  # nor does a browser keep a page
    # The form's guard takes whoever is done in under three seconds for a robot.
    monkeypatch.setattr("letters.guarding.FASTEST", -1)
    cache.clear()
    # A transactional test before this one has emptied the tables, the roles' too.
    first = importlib.import_module("letters.migrations.0002_roles")
    more = importlib.import_module("letters.migrations.0005_roles_for_every_action")
    first.make_roles(apps, connection.schema_editor())
    more.give_more(apps, connection.schema_editor())
    return live_server.url


@pytest.fixture
def arrive(chromium, site, request):
    """Somebody comes to the site: `arrive(javascript=False)`. Ends with what their browsers
    complained of, and after a failure with a picture of each page."""
    from tests.browser import Visitor

    visitors = []

    def arrive(javascript: bool = True, site: str = site, **options) -> Visitor:
        context = chromium.new_context(
            java_script_enabled=javascript, reduced_motion="reduce", locale="en-GB", **options
        )
        visitors.append(Visitor(context, site))
        return visitors[-1]

    yield arrive
    for number, visitor in enumerate(visitors):
        if request.node.stash.get(FAILED, False):
            path = request.getfixturevalue("tmp_path") / f"{number}.png"
            visitor.page.screenshot(path=path, full_page=True)
            print(f"{visitor.page.url} looked so: {path}")  # noqa: T201
        visitor.context.close()
    assert [said for visitor in visitors for said in visitor.complaints] == []


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report
