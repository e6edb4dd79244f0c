"""What every test stands on: no secrets of this machine, no cache between tests."""

import datetime
import functools
import gc
import itertools
import os
import re
import time
from pathlib import Path

import hypothesis
import pytest
import time_machine
from django.conf import settings as site_settings
from django.core.cache import cache, caches
from django.core.servers.basehttp import WSGIServer
from django.core.signals import request_finished, request_started
from django.template import Context, Template
from django.test.signals import template_rendered
from django.utils import timezone
from django.utils.safestring import SafeString

from cases.printing import rendering, stored
from tests import databases, factories, staff
from write4rights import translations


def pytest_configure(config):
    """French pages are French: the compiled catalogues are not in the repository."""
    translations.compile_all()
    # All that is imported stays until the end: looking through it for garbage is a tenth of a run.
    gc.set_threshold(100_000, 50, 100)
    # Typst gives way to all other work of the machine, which in a test is not what readers do.
    rendering.MAX_SECONDS = 100
    # How long an example takes says more of the machine's other work than of the code. And the
    # examples are the same each time: what chance finds is found by whoever asks it to, with
    # `pytest --hypothesis-profile=explore`.
    calm = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
    hypothesis.settings.register_profile("site", derandomize=True, **calm)
    hypothesis.settings.register_profile("explore", max_examples=1_000, **calm)
    hypothesis.settings.load_profile(config.getoption("--hypothesis-profile") or "site")


@pytest.fixture(autouse=True, scope="session")
def _contexts_of_pages_only(django_test_environment):
    """`response.context` is that of the page. Django's client copies that of every template
    included as well, which is a twentieth of a run."""

    def render(template: Template, context: Context) -> SafeString:
        if context.template is template:
            template_rendered.send(sender=template, template=template, context=context)
        return template.nodelist.render(context)

    Template._render = render


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish():
    """What is there before the first test is never garbage: it is not looked through again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items):
    """What asks no database shows the same beside every one: `bin/test` runs it once. A browser
    gets more time: on a machine that does much else, it takes many times as long."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.timeout(BROWSER_LIMIT))
        asks = DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ()))
        if not asks and not item.get_closest_marker("django_db"):
            item.add_marker("any_database")


BROWSER_LIMIT = 900  # seconds: the slowest takes forty where nothing else runs
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """What a process remembers for seconds is forgotten between tests."""
    stored.clear()
    caches["fragments"].clear()


@pytest.fixture(autouse=True)
def _invented_rows_are_numbered_from_one(monkeypatch):
    """“Test Person 9” comes after “Test Person 10”: not where other tests were run before."""
    for module in [factories, staff]:
        monkeypatch.setattr(module, "numbers", itertools.count(1))


@pytest.fixture(autouse=True)
def _no_hour_ends(request):
    """No hour, day or year ends within a test: late in an hour it is some minutes later. Limits
    count by the hour, and what is of yesterday is shown. A browser has the time of the machine."""
    now = timezone.now()
    if now.minute < 50 or request.node.get_closest_marker("browser"):
        yield
    else:
        with time_machine.travel(now + datetime.timedelta(minutes=10)):
            yield


@pytest.fixture
def still_clock():
    """The time stands still: forms are as old as whole seconds."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def _mails_in_memory(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


# --- browsers: nothing of them is imported or started for other tests


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """No run migrates from nothing: see tests/databases.py."""
    database = site_settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3"):
        databases.begin_with_a_copy(database)
        yield
        return
    # Of this process alone: mutmut forks one for each mutant.
    path = Path(database["TEST"]["NAME"]).with_name(f"{os.getpid()}.sqlite3")
    database["TEST"]["NAME"] = str(path)
    databases.begin_with_a_copy(database)
    yield
    path.unlink()


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb):
    """The copy of an SQLite is taken as it stands; its folder goes with the process."""
    return site_settings.DATABASES["default"]["ENGINE"].endswith("sqlite3") or django_db_keepdb


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The database is there, and what the migrations made of roles is noted."""
    with django_db_blocker.unblock():
        staff.note_roles()


def pytest_generate_tests(metafunc):
    """A supporter's journey is walked in both browsers, any other in Chromium."""
    if metafunc.definition.get_closest_marker("supporter"):
        firefox = pytest.param("firefox", marks=pytest.mark.firefox)
        metafunc.parametrize("browser", ["chromium", firefox], indirect=True)


@pytest.fixture(scope="session")
def playwright():
    from playwright.sync_api import sync_playwright

    # It keeps a loop running in this thread, in which Django would refuse to query.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def start_browser(playwright):
    """One browser of a kind for all journeys; each person in it has a context of their own."""
    from tests import browser

    @functools.cache
    def start(kind: str):
        if not (path := browser.path_of(kind)):
            reason = f"No {kind} is found: set {kind.upper()} to the path of one."
            pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
        started.append(browser.launch(playwright, kind, path))
        return started[-1]

    started = []
    yield start
    for one in started:
        one.close()


@pytest.fixture
def browser(start_browser, request):
    return start_browser(getattr(request, "param", "chromium"))


@pytest.fixture(scope="session")
def html_checker():
    from tests import html_checker

    if not (java := html_checker.java()):
        reason = "No Java is found, which the HTML checker needs."
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    checker = html_checker.HTMLChecker(java)
    yield checker
    checker.stop()


@pytest.fixture(scope="session")
def _room_for_a_browser():
    """As many may wait for the site as in production: Django's test server keeps ten waiting."""
    WSGIServer.request_queue_size = 128


@pytest.fixture(scope="session")
def site_address(_room_for_a_browser, live_server):
    """Where browsers find the site. With THROUGH_NGINX=true that is the proxy that ships, in whose
    log then stand words and numbers that tell nobody's secret, and nothing else."""
    if os.environ.get("THROUGH_NGINX") != "true":
        yield live_server.url
        return
    from tests import nginx

    with nginx.open_folder() as folder:
        with nginx.running(folder, live_server.url.removeprefix("http://")) as proxy:
            yield f"https://localhost:{proxy.https}"
        lines = proxy.log.read_text().splitlines()
        assert [line for line in lines if not LOGGED.fullmatch(line)] == []
        assert "client" not in (folder / "error.log").read_text()  # whom it quotes in an error


# When, how, the kind of page, status, bytes, seconds in all and of the site, whether it was kept.
LOGGED = re.compile(
    r"[-\d:T+]{25} [A-Z]+ [a-z-]+ \d{3} \d+ [\d.]+ (?:-|[\d.]+(?:, [\d.]+)*) (?:-|[A-Z]+)"
)


@pytest.fixture
def site(site_address, settings, monkeypatch, tmp_path):
    """The address of the running site, with the roles of its staff and no data. It ends when all
    that was asked is answered: what is answered later would find the tables of the next test."""
    settings.SITE_URL = site_address
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PAGE_CACHE_SECONDS = 0  # nor does a browser keep a page, or Firefox show it once more
    monkeypatch.setattr("cases.http_caching.STALE_WHILE_REVALIDATE", 0)
    # The form's guard takes whoever is done in under three seconds for a robot.
    monkeypatch.setattr("letters.privacy.antispam.FASTEST", -1)
    cache.clear()
    staff.give_roles()
    unanswered = []

    def note_question(**_kwargs) -> None:
        unanswered.append(1)

    def note_answer(**_kwargs) -> None:
        unanswered.pop()

    request_started.connect(note_question)
    request_finished.connect(note_answer)
    yield site_address
    while unanswered:
        time.sleep(0.01)


@pytest.fixture
def arrive(browser, site, request):
    """Somebody comes to the site: `arrive(javascript=False)`. Ends with what their browsers
    complained of, and after a failure with a picture of each page."""
    from tests.browser import PHONE, Visitor

    visitors = []
    usual = {"reduced_motion": "reduce", "locale": "en-GB", "ignore_https_errors": True}
    if request.node.get_closest_marker("supporter") or request.node.get_closest_marker("phone"):
        usual["viewport"] = PHONE

    def arrive(javascript: bool = True, site: str = site, **options) -> Visitor:
        context = browser.new_context(java_script_enabled=javascript, **usual | options)
        if not javascript:  # what Firefox is asked for here, it does not do: no script arrives
            context.route("**/*.js", lambda route: route.abort())
        visitors.append(Visitor(context, site))
        return visitors[-1]

    yield arrive
    said = [said for visitor in visitors for said in visitor.complaints]
    for number, visitor in enumerate(visitors):
        if request.node.stash.get(FAILED, False):
            path = request.getfixturevalue("tmp_path") / f"{number}.png"
            visitor.page.screenshot(path=path, full_page=True)
            print(f"{visitor.page.url} looked so: {path}")  # noqa: T201
        visitor.context.close()
    assert said == []


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report
