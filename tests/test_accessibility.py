"""Every page as axe-core sees it, light and dark, on a phone and on a desk; none scrolls sideways.

WCAG 2.2 AA is the floor: what axe finds there or among its best practices fails. A page is opened
once. It is looked at with all rules, supporters' on a phone and those of staff on a desk, then with
those that the width or the colours can change: most of axe's time goes into looking at the same
elements again. Its HTML is checked, its headings are an outline, and what supporters' pages say to
who listens is compared with tests/snapshots/.
"""

from __future__ import annotations

import datetime
import re

import pytest
import time_machine
from axe_playwright_python.base import AXE_SCRIPT
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from cases.models import Case, Postage, PostalNote, SolidarityAction, YearlyFigure
from cases.publishing import second_look
from letters.actions import data_requests
from letters.actions import letters as letter_actions
from letters.actions.mine import Mine
from letters.mail import announcements, bounces, links
from letters.models import (
    BounceKind,
    EmailAddress,
    Letter,
    LetterState,
    MailText,
    PledgeState,
    Redaction,
    Route,
    TallyKey,
)
from letters.models.email_spelling import email_hash
from letters.privacy import limits
from letters.statistics import ledger
from letters.text import pictures
from tests.browser import Visitor
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_consent,
    make_delivery,
    make_email_address,
    make_embassy,
    make_follow,
    make_full_case,
    make_hand_in,
    make_letter,
    make_message,
    make_outcome,
    make_paper_count,
    make_petition,
    make_pledge,
    make_portrait,
    make_post,
    make_reply,
    make_signature,
    make_solidarity_action,
    make_target,
    make_theme,
)
from tests.letters.sending import a_picture
from tests.snapshots import Snapshots
from tests.staff import make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE, DESK = 360, 1280
HEIGHT = 900
# The narrowest of WCAG's reflow, and a desk at 200%.
MUST_FIT = [320, 640]
# Letters of twice the size, at the narrowest.
TWICE = "document.documentElement.style.fontSize = '200%'"
AS_BEFORE = "document.documentElement.style.fontSize = ''"
# What is wider than the window, and by what; nothing if the page does not scroll.
WIDER = """() => {
    const width = window.innerWidth;
    const over = document.documentElement.scrollWidth - width;
    if (over <= 0) return null;
    const ends = [...document.body.querySelectorAll("*")].filter(
        (one) => one.getBoundingClientRect().right > width + 0.5 && one.checkVisibility()
            && !one.closest(".scroll > *"));
    const inner = ends.filter((one) => !ends.some((other) => one !== other && one.contains(other)));
    return `${over} px wider than the window: ${inner[0]?.outerHTML.slice(0, 160)}`;
}"""
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}
OF_COLOUR = ["color-contrast", "link-in-text-block"]
OF_WIDTH = [*OF_COLOUR, "target-size", "scrollable-region-focusable", "css-orientation-lock"]
DARK = {"runOnly": {"type": "rule", "values": OF_COLOUR}}
NARROW_OR_WIDE = {"runOnly": {"type": "rule", "values": OF_WIDTH}}
LOOKS = [
    (PHONE, "light", RULES),
    (PHONE, "dark", DARK),
    (DESK, "light", NARROW_OR_WIDE),
]
LOOKS_OF_STAFF = [
    (DESK, "light", RULES),
    (DESK, "dark", DARK),
    (PHONE, "light", NARROW_OR_WIDE),
]
# `preload` would fetch what style sheets import, from a wrong address and against the policy.
ALWAYS = {"resultTypes": ["violations"], "preload": False}
# A colour on its way to another is neither.
SETTLE = "document.getAnimations().forEach(animation => animation.finish())"


# An outline: no level is left out, and no heading stands twice in the same part, but for things of
# the same name in a list.
HEADINGS = """() => {
    const faults = [], seen = new Set(), path = [];
    for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
        if (!heading.checkVisibility({ visibilityProperty: true })) continue;
        const level = Number(heading.tagName[1]);
        const text = heading.innerText.trim();
        if (level > Math.max(path.length, 1) + 1) faults.push(`leaves out a level before: ${text}`);
        path.length = Math.min(path.length, level - 1);
        while (path.length < level - 1) path.push("");
        path.push(text);
        const again = seen.has(path.join("\\n")) && !heading.closest("li");
        if (again) faults.push(`stands twice: ${text}`);
        seen.add(path.join("\\n"));
    }
    return faults;
}"""


@pytest.fixture(autouse=True)
def _the_same_day():
    """What the pages say of days is the same whenever it is compared."""
    with time_machine.travel(datetime.datetime(2026, 12, 1, 10, tzinfo=datetime.UTC), tick=False):
        yield


# Set for each test of this file: a journey that looks for findings keeps no snapshot of its own.
_checker = _snapshots = None


@pytest.fixture(autouse=True)
def checked(request, arrive, html_checker):
    """What `findings` notes of a page besides: its HTML, and what it says."""
    global _checker, _snapshots
    _checker = html_checker
    _snapshots = Snapshots(re.sub(r"[^\w]+", "-", request.node.name).strip("-"))
    yield
    differences = _snapshots.differences()
    assert not differences, listed(["`make snapshots` keeps what is said now:", *differences])


def findings(visitor: Visitor, within: str = "html", source: str = "") -> list[str]:
    """What is wrong with the page that stands there, or with a part of it."""
    found = []
    page = visitor.page
    page.wait_for_load_state()
    page.evaluate(AXE_SCRIPT)
    is_of_staff = "/admin/" in page.url
    for width, scheme, rules in LOOKS_OF_STAFF if is_of_staff else LOOKS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=scheme)
        page.evaluate(SETTLE)
        results = page.evaluate("asked => axe.run(...asked)", [within, rules | ALWAYS])
        found += [
            f"{page.url}, {width} px, {scheme}: {one['id']}: {node['html'][:160]}"
            for one in results["violations"]
            for node in one["nodes"]
        ]
    page.emulate_media(color_scheme="light")
    for width in MUST_FIT:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if over := page.evaluate(WIDER):
            found.append(f"{page.url}, {width} px: {over}")
    if not is_of_staff:  # theirs are written by Django's admin for the most part
        if _checker:
            html = source or page.content()
            found += [f"{page.url}: HTML: {one}" for one in _checker.errors(html)]
        page.set_viewport_size({"width": MUST_FIT[0], "height": HEIGHT})
        page.evaluate(TWICE)
        if over := page.evaluate(WIDER):
            found.append(f"{page.url}, letters twice as large: {over}")
        page.evaluate(AS_BEFORE)
        found += [f"{page.url}: heading {fault}" for fault in page.evaluate(HEADINGS)]
        page.set_viewport_size({"width": PHONE, "height": HEIGHT})
        if _snapshots:
            tree = page.locator(within if within != "html" else "main, body:not(:has(main))")
            address = page.url.removeprefix(visitor.site)
            _snapshots.add(address, page.title(), tree.aria_snapshot())
    page.set_viewport_size({"width": DESK, "height": HEIGHT})
    return found


def findings_on(visitor: Visitor, addresses: list[str], within: str = "html") -> list[str]:
    found = []
    for address in addresses:
        answer = visitor.opens(address)
        found += findings(visitor, within, answer.text())
    return found


def listed(found: list[str]) -> str:
    return "\n".join(["", *found])


def test_a_fault_is_found(arrive):
    reader = arrive()
    reader.opens("/about/")
    reader.page.evaluate("document.querySelector('main').append(document.createElement('img'))")

    assert ["image-alt" in found or "“img”" in found for found in findings(reader)] == [True] * 3


ABOUT_CASES = [
    "/",
    "/cases/",
    "/cases/?q=nobody+of+that+name",
    "/cases/ana-test/",
    "/cases/ana-test/share/",
    "/embed/cases/ana-test/",
    "/embed/cases/hidden/",
    "/cases/rosa-muestra/",
    "/cases/paused/",
    "/cases/hidden/",
    "/cases/withdrawn/",
    "/good-news/",
]
ABOUT_THE_CAMPAIGN = [
    "/embed/counter/",
    "/api/",
    "/check/nonsense/",
    "/editions/",
    "/editions/2025/",
    "/how-it-works/",
    "/impact/",
    "/how-we-count/",
    "/writing-safely/",
    "/about/",
    "/privacy/",
    "/no-such-page/",
]


@pytest.mark.parametrize("addresses", [ABOUT_CASES, ABOUT_THE_CAMPAIGN], ids=["cases", "campaign"])
def test_readers_pages(arrive, addresses):
    case = make_full_case(display_name="Ana Test", slug="ana-test")
    make_portrait(case)
    make_letter(case, state=LetterState.POSTED)
    make_case_to_write_for(display_name="Jon Test", slug="jon-test")
    for country, number in [("NO", 2400), ("MT", 7), ("", 5)]:
        place = TallyKey(case.pk, "signature", "online", datetime.date(2025, 12, 9), country)
        ledger.count(place, number)
    YearlyFigure.objects.create(year=2022, actions=5_000_000, qualifier="more than")
    told = make_case(display_name="Rosa Muestra", slug="rosa-muestra", stage="closed")
    make_outcome(told)
    make_case(slug="paused", freeze="paused", freeze_reason="A test.")
    make_case(slug="hidden", freeze="hidden", freeze_reason="A test.")
    make_case(slug="withdrawn", freeze="withdrawn", freeze_reason="A test.")

    found = findings_on(arrive(), addresses)
    assert not found, listed(found)


def test_pages_of_a_new_site(arrive):
    found = findings_on(arrive(), ["/", "/cases/", "/good-news/", "/editions/"])
    assert not found, listed(found)


def test_pages_in_french(arrive):
    make_full_case(display_name="Ana Test", slug="ana-test")
    reader = arrive()

    found = findings_on(reader, ["/fr/", "/fr/cases/", "/fr/cases/ana-test/", "/fr/privacy/"])
    reader.opens("/fr/cases/ana-test/write/")
    reader.page.locator(".write-next button.button").click()
    reader.page.locator("#error-summary").wait_for()
    found += findings(reader)
    assert not found, listed(found)


def test_forms(arrive):
    make_full_case(display_name="Ana Test", slug="ana-test")
    tore = arrive()

    found = findings_on(
        tore,
        [
            "/pledge/",
            "/cases/ana-test/pledge/",
            "/cases/ana-test/posted/",
            "/cases/ana-test/share/mastodon/",
            "/cases/ana-test/write/?start=model",
            "/cases/ana-test/write/",
        ],
    )
    tore.ticks("Yes, or I would rather not say")
    tore.fills("Your letter", "")
    tore.presses("Next: you and your name")
    tore.sees("There is a problem")
    found += findings(tore)
    tore.fills("Your letter", "I am a teacher, and I read this with sorrow: sam@example.org")
    tore.presses("Check my text")
    tore.sees("2 things to look at again")
    found += findings(tore, within="#check")
    tore.presses("Next: you and your name")
    tore.sees("Step 2 of 2")
    tore.answers("How should your name appear under the letter?", "first name only")
    tore.fills("Your name", "Nagy Anna")
    tore.presses("See it as a letter")
    tore.sees("There is a problem", "Which part of your name should appear?")
    found += findings(tore)
    tore.opens("/cases/ana-test/pledge/")
    tore.fills("How many letters?", "0")
    tore.presses("Make the pledge")
    tore.sees("There is a problem")
    found += findings(tore)
    assert not found, listed(found)


def test_the_private_page_of_a_letter_in_each_state(arrive):
    case = make_full_case(display_name="Ana Test", slug="ana-test")
    make_case_to_write_for(display_name="Rosa Muestra")
    target = case.targets.get()
    target.email, target.checked_on = "minister@example.org", "2025-11-01"
    target.save()
    embassy = make_embassy(case.country, "GB")
    PostalNote.objects.create(country=case.country, embassy_first=True, advice="It may get lost.")
    world = {"operator": "Post", "price": "3.20", "currency": "GBP", "as_of": "2026-01"}
    Postage.objects.create(country="GB", current=True, check_url="https://post.example/", **world)
    copied = {"posted_from": "GB", "embassy": embassy, "embassy_part": "copy"}
    ready, delivered = LetterState.READY, Route.DELIVER
    letters = [
        make_letter(case, place="Testville", country="GB", email="a@example.org", email_hash="a"),
        make_letter(case, state=ready, route=Route.POST, **copied),
        make_letter(case, state=ready, route=Route.EMAIL),
        make_letter(case, state=LetterState.POSTED, route=Route.POST),
        make_letter(case, state=LetterState.SUBMITTED),
        make_letter(case, state=LetterState.SUBMITTED, needs_review=True),
        make_letter(case, state=LetterState.APPROVED),
        make_letter(case, state=LetterState.CHANGE_ASKED),
        make_letter(
            case, state=LetterState.REJECTED, route=delivered, rejection_reason="A test says so."
        ),
        make_letter(case, state=LetterState.WITHDRAWN),
    ]
    addresses = [letter.get_absolute_url() for letter in letters]
    leave_out(next(one for one in letters if one.state == LetterState.APPROVED))
    make_reply(case, shown_text="The ministry thanks you.", state="shared")

    found = findings_on(
        arrive(),
        [
            *addresses,
            addresses[0] + "edit/",
            addresses[0] + "erase/",
            addresses[3] + "reply/",
            "/erased/",
        ],
    )
    assert not found, listed(found)


def test_messages_of_support(arrive):
    case = make_full_case(display_name="Ana Test", slug="ana-test")
    SolidarityAction.objects.update(takes_drawings=True, shows_messages=True)
    past = make_solidarity_action(ends_on=datetime.date(2025, 1, 1)).case
    ready, approved = LetterState.READY, LetterState.APPROVED
    drawn = make_message(case)
    pictures.keep(drawn, pictures.clean(a_picture()))
    messages = [
        drawn,
        make_message(case, state=ready, route=Route.POST),
        make_message(case, state=ready, route=Route.POST, form="letter"),
        make_message(case, state=approved, may_be_shown=True),
    ]
    letter_actions.show(messages[-1])
    private = [message.get_absolute_url() for message in messages]
    tore, mia = arrive(), arrive()
    mia.signs_in(make_staff("moderator"))

    found = findings_on(
        tore,
        [
            "/cases/ana-test/messages/",
            f"/cases/{past.slug}/solidarity/",
            *private,
            private[0] + "edit/",
            "/cases/ana-test/solidarity/",
        ],
    )
    tore.presses("Next: you and your name")
    tore.sees("There is a problem")
    found += findings(tore)
    tore.fills("Your message", "You are not forgotten.")
    tore.answers("Do you, or people close to you, live in Norway", "No")
    tore.presses("Next: you and your name")
    tore.sees("Step 2 of 3")
    found += findings(tore)
    tore.answers("How should your name appear under the message?", "no name")
    tore.presses("Add a drawing")
    tore.is_at("A drawing with your message")
    found += findings(tore)
    found += findings_on(mia, [f"/admin/letters/letter/{drawn.pk}/change/"])
    assert not found, listed(found)


def test_the_private_page_of_a_promise_in_each_state(arrive):
    case = make_full_case(display_name="Ana Test", slug="ana-test")
    begun = make_pledge(case, number=3)
    make_letter(case, pledge=begun, state=LetterState.POSTED, route=Route.POST)
    make_letter(case, pledge=begun)
    kept = make_pledge(case, number=1)
    make_letter(case, pledge=kept, state=LetterState.POSTED, route=Route.BY_HAND)
    large = make_pledge(case, number=100)
    any_case = make_pledge(case, number=2)
    any_case.case = None
    any_case.save()
    given_back = make_pledge(case, state=PledgeState.RELEASED)
    answered = make_pledge(case, number=60, looked_at=timezone.now(), answer="Welcome.")
    stopped = make_pledge(make_case(stage="closed"))
    visitor = arrive()

    found = findings_on(
        visitor,
        [
            one.get_absolute_url()
            for one in (kept, large, any_case, given_back, answered, stopped, begun)
        ],
    )
    visitor.fills("How many have you posted?", "40")
    visitor.presses("I have posted them")
    visitor.sees("There is a problem")
    found += findings(visitor)
    found += findings_on(visitor, [begun.get_absolute_url() + "evening.ics?on="])
    assert not found, listed(found)


def test_signing_and_following(arrive):
    case = make_full_case(display_name="Ana Test", slug="ana-test")
    petition = make_petition(case, shows_signers=True, goal=10)
    closed = make_petition(make_case_to_write_for(slug="closed"), closes_on="2025-11-30")
    for _nr in range(5):
        signature = make_signature(petition, shown_name="Sam")
    waits = make_signature(
        closed, email_address=make_email_address(), state="unconfirmed"
    ).email_address
    make_follow(case, email_address=waits)
    make_follow(email_address=waits, state="ended")
    maren = arrive()

    found = findings_on(
        maren,
        [
            "/cases/closed/sign/",
            "/follow/",
            "/mail-sent/",
            waits.get_absolute_url(),
            signature.email_address.get_absolute_url(),
            f"{waits.get_absolute_url()}not-me/",
            f"{waits.get_absolute_url()}stop/",
        ],
    )
    maren.opens("/cases/ana-test/sign/")
    maren.presses("Sign")
    maren.sees("There is a problem")
    found += findings(maren)
    assert not found, listed(found)


def test_take_all(arrive):
    for name in ["Ana Test", "Jon Test"]:
        case = make_full_case(display_name=name, slug=name.lower().replace(" ", "-"))
        make_petition(case)
        make_portrait(case)
    sam = arrive()

    found = findings_on(sam, ["/take-all/", "/take-all/done/", "/take-all/jon-test/letter/"])
    sam.opens("/take-all/")
    sam.presses("Sign, then the next person")
    sam.sees("There is a problem")
    found += findings(sam)
    sam.fills("Your name", "Sam Tester")
    sam.fills("E-mail", "sam@example.org")
    sam.ticks("I agree that you keep this")
    sam.presses("Sign, then the next person")
    sam.sees("Signing as Sam Tester")
    found += findings(sam)
    sam.presses("Sign")
    sam.is_at("Thank you")
    found += findings(sam)
    assert not found, listed(found)


def test_posts_news_and_erasing(arrive):
    case = make_full_case(display_name="Ana Test", slug="ana-test")
    post, pledge = make_post(case), make_pledge(case)
    noa = arrive()

    found = findings_on(
        noa,
        [
            post.get_absolute_url(),
            "/cases/ana-test/follow/",
            f"{pledge.get_absolute_url()}erase/",
            "/mine/erase/",
        ],
    )
    assert not found, listed(found)


def test_what_links_in_mails_open(arrive):
    email = {"email": "sam@example.org", "email_hash": email_hash("sam@example.org")}
    pledge = make_pledge(**email)
    waiting = make_signature(state="unconfirmed").email_address
    mailed = [links.to_thing(thing) for thing in (make_letter(**email), pledge, waiting)]
    links.keep_to_stop([make_follow().email_address])
    thanked = make_letter(state="posted", wants_news=True, email="sam@example.org", email_hash="h")
    stop = links.to_stop(EmailAddress.objects.latest("pk"))

    reminded = make_pledge(
        make_full_case(display_name="Ana Test", slug="ana-test"),
        **email,
        wants_reminders=True,
        email_proven_on=timezone.localdate(),
    )
    make_letter(reminded.case, pledge=reminded, state=LetterState.READY, route=Route.POST)
    links.keep_to_stop_reminders([reminded])
    posted, no_reminders = links.to_say_posted(reminded), links.to_stop_reminders(reminded)

    more = [posted, no_reminders, reminded.get_absolute_url()]
    more += [f"{mailed[2]}not-me/", "/mail/aaaaaaaaaaaaaaaaaaaaaa/", "/address-off/", "/mail-sent/"]
    sam = arrive()
    end_thanks = links.to_end_thanks(thanked)
    found = findings_on(sam, [*mailed, stop, end_thanks, *more])
    sam.opens(posted)
    sam.fills("How many have you written by hand and posted?", "40")
    sam.presses("I have posted them")
    sam.sees("There is a problem")
    found += findings(sam)
    assert not found, listed(found)


def test_mine(arrive):
    today = timezone.localdate()
    case = make_case_to_write_for()
    signature = make_signature(make_petition(case))
    make_follow(case, email_address=signature.email_address)
    mine = Mine()
    mine.add(
        make_pledge(case, due_on=today - datetime.timedelta(days=2)),
        make_letter(case, state="ready", route="post"),
        make_letter(case, state="drafting"),
        make_letter(case, state="posted", route="post"),
        make_post(case),
        signature.email_address,
    )
    maren = arrive()
    found = findings_on(maren, ["/mine/", f"/mine/list/{'A' * 200}/"])
    site = maren.page.url.partition("/mine/")[0]
    maren.context.add_cookies([{"name": "mine", "value": mine.dumps(), "url": site}])

    found += findings_on(maren, ["/mine/", f"/mine/list/{mine.dumps()}/"])
    maren.opens("/mine/")
    maren.page.get_by_label("A letter for").check()
    maren.presses("I have sent them")
    maren.sees("1 letter is marked as sent")
    found += findings(maren)
    maren.presses("Keep nothing on this device")
    found += findings(maren)
    assert not found, listed(found)


def test_the_data_of_one_person(arrive):
    email = "sam@example.org"
    of = {"email": email, "email_hash": email_hash(email)}
    make_letter(name="Sam Tester", **of)
    letter = make_letter(name="Sam Tester", email_proven_on=timezone.localdate(), **of)
    make_signature(email_address=make_email_address(email))
    data_requests.ask_for_link(email)
    call_command("work", once=True)
    [link] = re.findall(r"/mine/\S+/", mail.outbox[0].body)
    maren = arrive()

    found = findings_on(
        maren,
        [
            "/mine/by-mail/",
            "/mine/mail-sent/",
            link,
            f"{link}erase/all/",
            f"{link}erase/letter-{letter.pk}/",
            "/mine/aaaaaaaaaaaaaaaaaaaaaa/",
        ],
    )
    maren.opens("/mine/")
    mine = Mine()
    mine.add(make_letter())
    site = maren.page.url.partition("/mine/")[0]
    maren.context.add_cookies([{"name": "mine", "value": mine.dumps(), "url": site}])
    found += findings_on(maren, [link])  # with what stands under no address
    assert not found, listed(found)

    make_letter(state=LetterState.APPROVED, changed_at=timezone.now() - limits.KEEP_FOR)
    bounces.note(email_hash(email), BounceKind.HARD)
    eva = arrive()
    eva.signs_in(make_staff("safety"))
    found = findings_on(eva, ["/admin/", "/admin/letters/retentiondecision/"])
    eva.opens("/admin/letters/datarequest/")
    eva.fills("E-mail address of the writer", email)
    eva.presses("Find")
    eva.sees("Export all of it", "Let mails go there again")
    found += findings(eva)
    found += findings_on(maren, [letter.get_absolute_url()])  # it says that mails came back
    olu = arrive()
    olu.signs_in(make_staff("moderator"))
    found += findings_on(olu, ["/admin/letters/undeliverable/"])
    assert not found, listed(found)


def test_signing_in(arrive):
    eva = arrive()

    eva.opens("/admin/")
    found = findings(eva)
    eva.fills("Username", "nobody")
    eva.fills("Password", "not a password")
    eva.presses("Sign in")
    eva.sees("There is a problem")
    found += findings(eva)
    assert not found, listed(found)


def test_the_account_of_staff(arrive):
    eva = arrive()
    eva.signs_in(make_staff("editor"))
    pages = ["password", "sessions", "sign-out", "second-factor"]
    found = findings_on(eva, [f"/admin/account/{page}/" for page in pages])
    assert not found, listed(found)


def make_a_draft() -> Case:
    draft = make_case(display_name="Jon Test", stage="draft", themes=[make_theme()])
    make_target(draft)
    return draft


def make_frozen() -> Case:
    return make_case(display_name="Rosa Muestra", freeze="hidden", freeze_reason="A test.")


OF_CASES = [
    "/admin/",
    "/admin/cases/case/",
    "/admin/cases/case/?q=nobody",
    "/admin/cases/case/add/",
    "/admin/cases/case/{case.pk}/change/",
    "/admin/cases/case/{case.pk}/preview/",
    "/admin/cases/case/{case.pk}/history/",
    "/admin/cases/case/freeze/?case={case.pk}",
    "/admin/cases/case/clone/?case={case.pk}",
]
OF_WHAT_BELONGS_TO_THEM = [
    "/admin/cases/pendingchange/",
    "/admin/cases/outcome/",
    "/admin/cases/outcome/add/",
    "/admin/cases/wordlist/add/",
    "/admin/cases/outcome/{asked.pk}/change/",
    "/admin/letters/announcement/",
    "/admin/letters/yearletter/",
    "/admin/letters/yearletter/of/2025/",
    "/admin/letters/announcement/of/{asked.pk}/",
    "/admin/letters/announcement/of/{approved.pk}/",
    "/admin/letters/follow/",
    "/admin/letters/mailtext/",
    "/admin/letters/mailtext/add/?kind=confirm&language=fr",
    "/admin/letters/mailtext/{changed.pk}/change/",
    "/admin/letters/mailtext/{changed.pk}/delete/",
    "/admin/cases/edition/",
    "/admin/cases/modelletter/",
]


@pytest.mark.parametrize("addresses", [OF_CASES, OF_WHAT_BELONGS_TO_THEM], ids=["cases", "theirs"])
def test_the_admin_of_cases(arrive, addresses):
    case = make_full_case(display_name="Ana Test", slug="ana-test", facts_checked_on="2025-11-01")
    make_portrait(case)
    make_consent(case)
    make_a_draft()
    make_frozen()
    asked, approved = make_outcome(case), make_outcome(case)
    for _ in range(6):
        make_follow(case)
    for outcome in [asked, approved]:
        outcome.refresh_from_db()
        news = announcements.ask(outcome, make_staff())
    announcements.approve(news, make_staff())
    announcements.queue_batch()
    target = case.targets.get()
    target.postal = "2 Another Street\n0001 Testville"
    second_look.hold_back(target, make_staff())
    eva = arrive()
    eva.signs_in(make_staff("editor", "safety"))
    changed = MailText.objects.create(kind="end", language="en", body="{organisation}")
    rows = {"case": case, "asked": asked, "approved": approved, "changed": changed}
    found = findings_on(eva, [one.format(**rows) for one in addresses])
    assert not found, listed(found)


def test_what_the_admin_says_of_a_draft_and_of_a_frozen_case(arrive):
    draft, frozen = make_a_draft(), make_frozen()
    eva = arrive()
    eva.signs_in(make_staff("editor", "safety"))

    # The rest of these pages is like that of any case.
    addresses = [f"/admin/cases/case/{one.pk}/change/" for one in (draft, frozen)]
    found = findings_on(eva, addresses, within=".gate")
    assert not found, listed(found)


def leave_out(letter: Letter) -> None:
    """Its first word is not printed."""
    Redaction.objects.create(letter=letter, field="body", start=0, end=6, reason="danger")


def test_the_admin_of_letters(arrive):
    case = make_full_case(display_name="Ana Test", slug="ana-test")
    letter, _alike = (make_letter(case, state=LetterState.SUBMITTED) for _nr in range(2))
    leave_out(letter)
    make_letter(case, state=LetterState.POSTED)
    big = make_pledge(case, number=60)
    signature = make_signature(make_petition(case), needs_review=True)
    paper = make_paper_count(case, state="held", number=9_000)
    reply = make_reply(case, text="The ministry thanks you.")
    told = make_reply(case, entered_by=None, text="The ministry thanks me.")
    mia = arrive()
    mia.signs_in(make_staff("moderator", "counter", "delivery"))
    letters = "/admin/letters/letter/"
    hand_in = make_hand_in(make_letter(case, state=LetterState.APPROVED))
    handed_in = make_delivery().hand_in

    found = findings_on(
        mia,
        [
            "/admin/",
            letters,
            f"{letters}{letter.pk}/change/",
            f"{letters}find/",
            "/admin/letters/signature/?state=all",
            f"/admin/letters/signature/{signature.pk}/change/",
            f"/admin/letters/signature/invalidate/?signature={signature.pk}",
            "/admin/letters/pledge/",
            f"/admin/letters/pledge/{big.pk}/look/",
            "/admin/letters/outgoingmail/",
            "/admin/letters/tally/",
            "/admin/letters/papercount/",
            "/admin/letters/papercount/add/",
            f"/admin/letters/papercount/{paper.pk}/change/",
            f"/admin/letters/papercount/{paper.pk}/correct/",
            "/admin/letters/reply/",
            "/admin/letters/reply/enter/",
            "/admin/letters/reply/desk/",
            f"/admin/letters/reply/desk/{told.pk}/",
            "/admin/letters/reply/desk/decisions/",
            f"/admin/letters/reply/{reply.pk}/change/",
            "/admin/letters/handin/",
            "/admin/letters/handin/add/",
            f"/admin/letters/handin/{hand_in.pk}/change/",
            f"/admin/letters/handin/{hand_in.pk}/record/",
            f"/admin/letters/handin/{hand_in.pk}/stop-offering/",
            f"/admin/letters/handin/{handed_in.pk}/change/",
            f"/admin/letters/handin/{handed_in.pk}/correct/",
            f"{letters}desk/",
            f"{letters}desk/{letter.pk}/",
            f"{letters}desk/languages/",
            f"{letters}desk/decisions/",
            "/admin/letters/signature/desk/",
            "/admin/letters/post/desk/",
        ],
    )
    mia.opens("/admin/letters/signature/desk/")
    mia.presses("Put the first that are free on my desk")
    mia.sees("real: let it count")
    found += findings(mia)
    mia.opens(f"{letters}desk/")
    mia.presses("Read the first that is free")
    mia.unfolds("Ask for a change…")
    mia.unfolds("Leave words out…")
    mia.unfolds("Reject…")
    mia.presses("Reject")
    mia.sees("There is a problem")
    found += findings(mia)
    mia.opens(f"{letters}desk/{letter.pk}/alike/")
    mia.sees("Approve these 2")
    found += findings(mia)
    assert not found, listed(found)
