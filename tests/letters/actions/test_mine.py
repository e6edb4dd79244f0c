"""Mine: what this device remembers, as its list, as a link; and several marked at once."""

import datetime
import secrets
import zlib

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases.encryption import fernet
from cases.models import Case
from letters.actions import erasure
from letters.actions.mine import MAX_THINGS, Entry, Mine
from letters.models import EmailAddress, Letter, Pledge, Post
from tests.factories import (
    make_case_to_write_for,
    make_email_address,
    make_follow,
    make_letter,
    make_petition,
    make_pledge,
    make_post,
    make_signature,
    make_solidarity_action,
)
from tests.letters.sending import (
    act,
    by_hand,
    everyone,
    letter_form,
    message_form,
    say_yes,
    send_letter,
    send_pledge,
    sign,
    sign_form,
    token,
)
from tests.letters.stored import everything
from tests.reading import page as parsed
from tests.staff import text

pytestmark = pytest.mark.usefixtures("counts_hold")

DAY = datetime.timedelta(days=1)
MINE = "/mine/"


def remembered(client: Client) -> list[str]:
    """What the cookie of a device holds, as its private pages: the newest last."""
    cookie = client.cookies.get("mine")
    mine = Mine.loads(cookie.value if cookie else "")
    things = {"letter": Letter, "pledge": Pledge, "post": Post, "address": EmailAddress}
    return [
        things[entry.kind].objects.get(pk=entry.number).get_absolute_url() for entry in mine.entries
    ]


def device_with(*things) -> Client:
    """A device that remembers these things."""
    client, mine = Client(), Mine()
    mine.add(*things)
    client.cookies["mine"] = mine.dumps()
    return client


def kept(client: Client, thing, kind: str, act: str = "keep"):
    return client.post(reverse("letters:mine-keep"), {"kind": kind, "key": thing.key, "act": act})


# --- what a device remembers


def test_what_is_made_on_a_device_is_remembered_by_it(client):
    case = make_case_to_write_for()
    make_solidarity_action(case)
    posted = {"token": token(), "network": "bluesky", "country": "NO"}

    send_pledge(client, case)
    send_letter(client, case)
    client.post(reverse("letters:message-write", args=[case.slug]), message_form())
    client.post(reverse("letters:posted", args=[case.slug]), posted)

    [letter, message] = Letter.objects.order_by("pk")
    things = [Pledge.objects.get(), letter, message, Post.objects.get()]
    assert remembered(client) == [thing.get_absolute_url() for thing in things]
    assert remembered(Client()) == []
    shown = text(client.get(MINE))
    assert "3 letters for" in shown
    assert "A letter for" in shown
    assert "A message for" in shown


def test_the_same_form_twice_is_remembered_once(client):
    case = make_case_to_write_for()
    url, form = reverse("letters:letter-write", args=[case.slug]), letter_form()

    client.post(url, form)
    client.post(url, form)

    assert remembered(client) == [Letter.objects.get().get_absolute_url()]


def test_nobody_learns_from_the_cookie_what_is_in_it(client):
    send_letter(client, make_case_to_write_for())

    cookie = client.cookies["mine"]

    assert Letter.objects.get().key not in cookie.value
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["max-age"] == 180 * 24 * 60 * 60
    assert cookie.value not in everything("letters_")


def test_a_signature_is_remembered_once_its_address_is_confirmed(client):
    petition = make_petition()
    sign(client, petition)
    assert remembered(client) == []

    say_yes(client, EmailAddress.objects.get())

    assert remembered(client) == [EmailAddress.objects.get().get_absolute_url()]
    assert "Signed. It counts." in text(client.get(MINE))


def test_a_mailed_link_is_remembered_by_the_yes_and_not_by_being_opened(client):
    send_letter(Client(), make_case_to_write_for(), email="sam@example.org")
    call_command("work", once=True)
    link = mail.outbox[0].body.partition("http://testserver")[2].split()[0]

    client.get(link)
    opened = remembered(client)
    client.post(link, {"act": "mine"})

    assert opened == []
    assert remembered(client) == [Letter.objects.get().get_absolute_url()]


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (make_letter, "letter"),
        (make_pledge, "pledge"),
        (make_post, "post"),
        (make_email_address, "address"),
    ],
)
def test_a_private_page_is_kept_and_forgotten_by_its_buttons(client, make, kind):
    thing = make()
    url = thing.get_absolute_url()
    assert "This device does not remember it" in text(client.get(url))
    assert remembered(client) == []

    assert kept(client, thing, kind).url == f"{url}#on-device"

    assert remembered(client) == [url]
    assert "This device remembers it" in text(client.get(url))

    kept(client, thing, kind, "forget")

    assert remembered(client) == []
    assert "This device does not remember it" in text(client.get(url))


def test_only_who_knows_the_key_of_a_thing_can_keep_it(client):
    letter = make_letter()

    answers = [
        client.post(reverse("letters:mine-keep"), {"kind": kind, "key": key, "act": "keep"})
        for kind, key in [
            ("letter", "A" * 22),
            ("letter", str(letter.pk)),
            ("pledge", letter.key),
            ("nothing", letter.key),
        ]
    ]

    assert [response.status_code for response in answers] == [404] * 4
    assert client.get(reverse("letters:mine-keep")).url == MINE


def test_the_newest_hundred_stay_and_fit_into_a_cookie(client):
    entries = [
        Entry("address", 10**9 + nr, secrets.token_urlsafe(6), made_here=nr % 3 > 0)
        for nr in range(150)
    ]
    mine = Mine()

    mine.add_all(entries)

    assert mine.entries == entries[-MAX_THINGS:]
    assert len(f"__Host-mine={mine.dumps()}") < 4096
    # As the path of a link, too: gunicorn takes lines of 4,094 characters.
    assert len(reverse("letters:mine-list", args=[mine.dumps()])) < 3900


def test_a_list_is_kept_for_180_days_from_the_last_visit():
    letter, now = make_letter(), timezone.now()
    client = device_with(letter)

    shown = []
    for day in [170, 340, 521]:
        with time_machine.travel(now + day * DAY):
            shown.append(letter.get_absolute_url() in text(client.get(MINE)))

    assert shown == [True, True, False]


def encrypted(entries: bytes) -> str:
    return fernet().encrypt(zlib.compress(entries)).decode()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nothing of ours",
        "é",
        "A" * 5000,
        encrypted(b"{}"),
        encrypted(b'[["letter",1]]'),
        encrypted(b'[["novel",1,"x"]]'),
        Mine([Entry("letter", 1, "x")]).dumps()[:-3],
    ],
    ids=["empty", "ours", "accent", "long", "no list", "of an earlier version", "novel", "cut off"],
)
def test_a_cookie_that_is_not_as_we_wrote_it_is_an_empty_list(client, value):
    client.cookies["mine"] = value

    assert client.get(MINE).status_code == 200
    send_letter(client, make_case_to_write_for())
    assert remembered(client) == [Letter.objects.get().get_absolute_url()]


def test_pages_in_french_share_the_list(client):
    letter = make_letter()
    client = device_with(letter)

    french = client.get("/fr/mine/")

    assert letter.get_absolute_url() in french.content.decode()


# --- what it does not remember


def test_a_device_that_keeps_nothing_keeps_nothing_until_it_is_told_to_again(client):
    case = make_case_to_write_for()
    client.post(MINE, {"act": "keep-nothing"})

    send_letter(client, case)
    letter = Letter.objects.get()
    kept(client, letter, "letter")

    assert client.cookies["mine"].value == ""
    assert "This device keeps nothing" in text(client.get(MINE))
    assert "This device keeps nothing" in text(client.get(letter.get_absolute_url()))

    client.post(MINE, {"act": "keep-again"})
    kept(client, letter, "letter")
    assert remembered(client) == [letter.get_absolute_url()]


def test_keep_nothing_takes_what_was_there_off_the_device():
    client = device_with(make_letter())

    client.post(MINE, {"act": "keep-nothing"})
    client.post(MINE, {"act": "keep-again"})

    assert remembered(client) == []


def test_everything_is_forgotten_by_one_button_and_nothing_of_it_undone(client):
    send_letter(client, make_case_to_write_for())

    client.post(MINE, {"act": "forget-all"})

    assert client.cookies["mine"].value == ""
    assert "This device remembers nothing yet." in text(client.get(MINE))
    assert Letter.objects.get().state == "drafting"


@pytest.mark.parametrize(
    ("url", "act"), [(MINE, "forget-all"), (MINE, "keep-nothing"), (f"{MINE}erase/", "")]
)
def test_nor_does_the_device_keep_details_and_drafts(client, url, act):
    petition = make_petition(make_case_to_write_for())
    details = sign_form(petition, keep="on")
    client.post(reverse("letters:take-all-case", args=[petition.case.slug]), details)
    assert client.cookies["take-all-en"].value

    response = client.post(url, {"act": act})

    assert response["Clear-Site-Data"] == '"storage"'
    assert not client.cookies["take-all-en"].value


def test_a_device_that_keeps_nothing_keeps_no_draft(client):
    case = make_case_to_write_for()
    make_solidarity_action(case)
    pages = [reverse(f"letters:{name}-write", args=[case.slug]) for name in ("letter", "message")]
    assert all("data-draft=" in text(client.get(page)) for page in pages)

    client.post(MINE, {"act": "keep-nothing"})

    assert not any("data-draft=" in text(client.get(page)) for page in pages)


def test_what_is_erased_is_gone_from_lists_and_from_links_to_them():
    case = make_case_to_write_for(display_name="Ana Test")
    letter, draft = make_letter(case, state="posted"), make_letter(case, state="drafting")
    pledge, post = make_pledge(case), make_post(case)
    client = device_with(letter, draft, pledge, post)
    link = client.get(MINE).context["list_url"]
    assert "Ana Test" in text(client.get(link))

    for thing in [letter, draft, pledge]:
        client.post(f"{thing.get_absolute_url()}erase/")
    with time_machine.travel(timezone.now() + 100 * DAY):
        call_command("erase_expired")  # the link of a post that was made so long ago

        link = client.get(MINE).context["list_url"]
        for url in [MINE, link]:
            assert "Ana Test" not in text(client.get(url))
        assert "Nothing of this list is left." in text(client.get(link))


def test_another_thing_with_the_number_of_one_on_the_list_is_not_shown():
    """As after a backup was restored."""
    letter = make_letter()
    client = device_with(letter)

    Letter.objects.filter(pk=letter.pk).update(key_hash="of-another-letter")

    assert client.get(MINE).context["things"].letters == []


def test_an_address_that_is_erased_takes_its_signatures_along():
    signature = make_signature()
    client = device_with(signature.email_address)

    erasure.erase_email_addresses(EmailAddress.objects.all())

    assert not client.get(MINE).context["things"]


@pytest.mark.parametrize("freeze", ["hidden", "withdrawn"])
def test_a_case_that_is_taken_down_is_not_named(freeze):
    case = make_case_to_write_for(display_name="Ana Test")
    address = make_email_address()
    make_signature(make_petition(case, title="Free Ana Test"), email_address=address)
    make_follow(case, email_address=address)
    ready = make_letter(case, state="ready", route="post")
    things = [make_letter(case, state="posted"), ready, make_pledge(case), make_post(case), address]
    client = device_with(*things)
    link = client.get(MINE).context["list_url"]
    Case.objects.filter(pk=case.pk).update(freeze=freeze, freeze_reason="A test.")

    for url in [MINE, link]:
        shown = text(client.get(url))
        assert "Ana" not in shown
        assert "A letter for a case that is not shown at the moment" in shown
        assert client.get(url).context["numbers"].untold == 3
    client.post(MINE, {"act": "posted", "letter": [ready.pk]})
    assert Letter.objects.get(pk=ready.pk).state == "ready"


def test_readers_pages_know_nothing_of_the_cookie(client):
    make_case_to_write_for(slug="ana-test")
    letter = make_letter(Case.objects.get())

    for url in ["/", "/cases/", "/cases/ana-test/", "/privacy/"]:
        without, with_it = Client().get(url), device_with(letter).get(url)
        assert with_it.content == without.content
        assert "Cookie" not in with_it.get("Vary", "")
        assert "mine" not in with_it.cookies


def test_no_page_of_mine_is_kept_or_listed_anywhere(client):
    letter = make_letter()
    client = device_with(letter)
    link = client.get(MINE).context["list_url"]

    for url in [MINE, link, "/mine/by-mail/", "/mine/mail-sent/"]:
        response = client.get(url)
        assert response["Cache-Control"] == "no-store, private"
        assert response["X-Robots-Tag"] == "noindex"


def test_a_list_that_another_tab_was_shown_meanwhile_overwrites_nothing(client):
    case = make_case_to_write_for()
    send_letter(client, case)
    with_one = client.cookies["mine"].value
    slow = Client()
    slow.cookies["mine"] = with_one
    send_pledge(client, case)

    answer = slow.get(MINE)

    assert "mine" not in answer.cookies
    with time_machine.travel(timezone.now() + 2 * DAY):
        assert "mine" in slow.get(MINE).cookies  # it is kept longer


def test_an_answer_that_was_on_its_way_undoes_no_keep_nothing(client):
    case = make_case_to_write_for()
    send_letter(client, case)
    late = client.cookies["mine"].value
    client.post(MINE, {"act": "keep-nothing"})

    client.cookies["mine"] = late
    send_letter(client, case)

    assert "This device keeps nothing" in text(client.get(MINE))
    client.post(MINE, {"act": "keep-again"})
    assert remembered(client) == []


def test_a_tablet_keeps_nothing_for_years(client):
    client.post(MINE, {"act": "keep-nothing"})
    off = client.cookies["mine-off"]
    assert off["max-age"] == 3650 * 24 * 60 * 60

    with time_machine.travel(timezone.now() + 399 * DAY):
        looked = client.get(MINE)
        send_letter(client, make_case_to_write_for())

    assert looked.cookies["mine-off"]["max-age"] == off["max-age"]
    assert remembered(client) == []


# --- the list as a link


def test_the_list_says_that_its_link_works_on_after_it_was_forgotten():
    client = device_with(make_letter())
    shown = client.get(MINE)
    client.post(MINE, {"act": "forget-all"})

    assert "open all of this for 30 days, even after you delete it here" in text(shown)
    with time_machine.travel(timezone.now() + 29 * DAY):
        assert Client().get(shown.context["list_url"]).status_code == 200


def test_a_link_shows_the_list_on_a_device_that_has_its_own_and_merges_only_by_the_button():
    mine, yours = make_letter(), make_letter()
    link = device_with(mine).get(MINE).context["list_url"]
    other = device_with(yours)

    shown = text(other.get(link))
    looked = remembered(other)
    answer = other.post(link, {"act": "keep"})
    other.post(link, {"act": "keep"})

    assert mine.get_absolute_url() in other.get(link).content.decode()
    assert "Keep it on this device" in shown
    assert looked == [yours.get_absolute_url()]
    assert answer.url == f"{MINE}?done=keep#now"
    assert remembered(other) == [yours.get_absolute_url(), mine.get_absolute_url()]


def test_a_link_is_not_kept_by_a_device_that_keeps_nothing():
    letter, tablet = make_letter(), Client()
    link = device_with(letter).get(MINE).context["list_url"]
    tablet.post(MINE, {"act": "keep-nothing"})

    assert "Keep it on this device" not in text(tablet.get(link))
    tablet.post(link, {"act": "keep"})

    assert tablet.cookies["mine"].value == ""
    assert letter.get_absolute_url() in tablet.get(link).content.decode()


def test_a_link_that_is_broken_or_too_old_says_so(client):
    letter, now = make_letter(), timezone.now()
    link = device_with(letter).get(MINE).context["list_url"]

    with time_machine.travel(now + 31 * DAY):
        assert client.get(link).status_code == 404
    broken = client.get(link[:-10] + "AAAAAAAAA/")
    assert broken.status_code == 404
    assert "This list can’t be opened" in text(broken)
    assert client.post(link[:-10] + "AAAAAAAAA/", {"act": "keep"}).status_code == 404


# --- what it shows


def test_what_is_late_stands_on_top():
    today = timezone.localdate()
    kept_one = make_pledge(number=1, due_on=today - 9 * DAY)
    make_letter(kept_one.case, pledge=kept_one, state="posted")
    given_back = make_pledge(due_on=today - 9 * DAY, state="released")
    soon, late = make_pledge(due_on=today + DAY), make_pledge(due_on=today - 2 * DAY)
    client = device_with(kept_one, given_back, soon, late)

    things = client.get(MINE).context["things"]

    assert (things.late, things.current) == ([late], [soon])
    assert things.done == [kept_one, given_back]
    shown = client.get(MINE).content.decode()
    in_order = [shown.index(one.get_absolute_url()) for one in [late, soon, kept_one]]
    assert in_order == sorted(in_order)
    assert shown.count("Late.") == 1


@pytest.mark.parametrize(("now", "is_late"), [("11:59", False), ("12:00", True)])
def test_a_promise_is_late_once_its_day_is_over_everywhere(now, is_late):
    with time_machine.travel(f"2025-12-11T{now}Z", tick=False):
        pledge = make_pledge(due_on=datetime.date(2025, 12, 10))

        shown = text(device_with(pledge).get(MINE))

    assert ("Late." in shown) is is_late


def test_each_state_is_told_in_words():
    case = make_case_to_write_for()
    words = {
        ("drafting", ""): "A draft: choose how it travels.",
        ("ready", "post"): "Print it",
        ("ready", "email"): "Send it by e-mail",
        ("posted", "post"): "Posted. It counts.",
        ("posted", "email"): "Sent by e-mail. It counts.",
        ("submitted", "deliver"): "With us, and waits to be read. It counts.",
        ("approved", "deliver"): "Read, and waits to be handed in. It counts.",
        ("withdrawn", ""): "You have withdrawn it.",
    }
    for (state, route), told in words.items():
        letter = make_letter(case, state=state, route=route)
        assert told in text(device_with(letter).get(MINE)), state
    wanting = {"change_wanted": "Please leave it out."}
    asked = make_letter(case, state="asked", route="deliver", **wanting)
    assert "We ask you to change something" in text(device_with(asked).get(MINE))
    late = make_letter(make_case_to_write_for(), state="ready", route="post")
    Case.objects.filter(pk=late.case_id).update(freeze="paused", freeze_reason="A test.")
    assert "Ready to be printed and posted." in text(device_with(late).get(MINE))
    held = make_letter(case, state="posted", route="post", needs_review=True)
    assert "Somebody from the campaign has a look" in text(device_with(held).get(MINE))


def test_each_letter_shows_the_day_that_matters_and_what_comes_next():
    day = datetime.date(2026, 11, 20)
    moment = timezone.make_aware(datetime.datetime(2026, 11, 20, 12))
    case = make_case_to_write_for()
    case.targets.update(appeal_deadline=timezone.localdate() + 30 * DAY)
    target = case.targets.get()
    told = {
        ("drafting", ""): ("It has to be there by", "Choose how it travels"),
        ("ready", "post"): ("It has to be there by", "Print it"),
        ("posted", "post"): ("Posted on 20 November 2026.", "Did you get a reply? Tell us"),
        ("posted", "email"): ("Sent on 20 November 2026.", "Did you get a reply? Tell us"),
        ("submitted", "deliver"): ("With us since 20 November 2026.", "Change it"),
        ("approved", "deliver"): ("We read it on 20 November 2026.", "Change it"),
        ("asked", "deliver"): ("We read it on 20 November 2026.", "Change it, and hand it in"),
    }
    for (state, route), words in told.items():
        since = {"supporter_changed_at": moment, "waiting_since": moment, "decided_on": day}
        wanted = {"change_wanted": "Please leave it out."} if state == "asked" else {}
        letter = make_letter(case, state=state, route=route, target=target, **since, **wanted)
        shown = text(device_with(letter).get(MINE))
        assert [each for each in words if each not in shown] == [], state
        assert letter.get_absolute_url() in shown


def test_of_a_case_that_is_taken_down_no_day_and_no_act_is_told():
    case = make_case_to_write_for()
    case.targets.update(appeal_deadline=timezone.localdate() + 30 * DAY)
    client = device_with(make_letter(case, state="ready", route="post", target=case.targets.get()))
    assert "It has to be there by" in text(client.get(MINE))

    Case.objects.filter(pk=case.pk).update(freeze="hidden", freeze_reason="A test.")

    shown = text(client.get(MINE))
    assert "has to be there" not in shown
    assert "Print it" not in shown


def test_the_numbers_are_mine_of_this_case_and_everyones():
    ana = make_case_to_write_for(display_name="Ana Test")
    ben = make_case_to_write_for(display_name="Ben Test", edition=ana.edition)
    petition, pledge = make_petition(ana), make_pledge(ana, number=5)
    signature = make_signature(petition)
    listed = make_letter(ana, state="posted", pledge=pledge)
    make_letter(ana, state="posted", pledge=pledge)  # on another device
    client = device_with(
        listed, pledge, signature.email_address, make_post(ben), make_letter(ana, state="ready")
    )
    by_hand(client, pledge, 2)
    make_letter(ben, state="posted")  # of somebody else

    numbers = client.get(MINE).context["numbers"]

    assert numbers.own == 6
    assert {case.display_name: own for case, own in numbers.cases} == {"Ana Test": 5, "Ben Test": 1}
    assert [case.total_count for case, _own in numbers.cases] == [5, 2]
    assert numbers.everyone == 7


def test_the_page_of_a_letter_that_counts_says_what_this_device_did_for_its_case(client):
    case = make_case_to_write_for()
    first, second = [make_letter(case, state="posted", route="post") for _nr in range(2)]
    make_letter(case, state="posted", route="post")  # of somebody else
    other_case = make_post()

    def own(client) -> int:
        return client.get(first.get_absolute_url()).context["own"]

    assert own(Client()) == 1
    assert own(device_with(first)) == 1
    assert own(device_with(first, second, other_case, make_post(case))) == 3
    assert own(device_with(second)) == 2


def test_it_costs_the_same_whatever_is_on_the_list(still_clock):
    costs = []
    for number in [1, 12]:
        things = []
        for _nr in range(number):
            case = make_case_to_write_for()
            make_solidarity_action(case)
            signature = make_signature(make_petition(case))
            make_follow(case, email_address=signature.email_address)
            pledge = make_pledge(case)
            make_letter(case, pledge=pledge, state="posted")
            letters = [
                make_letter(case, state=state, route="post") for state in ("ready", "posted")
            ]
            things += [*letters, pledge, make_post(case), signature.email_address]
        client = device_with(*things)
        client.get(MINE)
        with CaptureQueriesContext(connection) as run:
            assert client.get(MINE).status_code == 200
        costs.append(len(run))

    assert costs[0] == costs[1] <= 12


# --- several marked as posted at once


def ready(case: Case | None = None, **fields) -> Letter:
    return make_letter(
        case or make_case_to_write_for(), **{"state": "ready", "route": "post"} | fields
    )


def states() -> list[str]:
    return list(Letter.objects.order_by("pk").values_list("state", flat=True))


def undo_form(client: Client, url: str) -> dict:
    return {"act": "undo", "marked": client.get(url).context["marked"]}


def test_several_are_marked_as_posted_and_the_ledger_holds():
    case = make_case_to_write_for()
    letters = [ready(case), ready(case, route="email"), ready(case)]
    client = device_with(*letters)

    answer = client.post(MINE, {"act": "posted", "letter": [letters[0].pk, letters[1].pk]})

    assert states() == ["posted", "posted", "ready"]
    assert everyone(case) == 2
    assert "2 letters are marked as sent" in text(client.get(answer.url))


def test_the_last_marking_is_undone_by_one_button():
    case = make_case_to_write_for()
    letters = [ready(case), ready(case)]
    client = device_with(*letters, make_letter(case, state="posted"))
    answer = client.post(MINE, {"act": "posted", "letter": [one.pk for one in letters]})

    undo = undo_form(client, answer.url)
    answers = [client.post(MINE, undo).url for _twice in range(2)]

    assert states() == ["ready", "ready", "posted"]
    assert everyone(case) == 1
    assert answers == [f"{MINE}?done=undo#now", f"{MINE}#now"]
    assert "marked as sent" not in text(client.get(answer.url))


def test_the_same_marking_twice_marks_once():
    case = make_case_to_write_for()
    client = device_with(ready(case))
    form = {"act": "posted", "letter": [Letter.objects.get().pk]}

    client.post(MINE, form)
    again = client.post(MINE, form)

    assert again.url == f"{MINE}#now"
    assert everyone(case) == 1


def test_undo_leaves_alone_what_changed_meanwhile():
    case = make_case_to_write_for()
    letters = [ready(case) for _nr in range(3)]
    client = device_with(*letters)
    answer = client.post(MINE, {"act": "posted", "letter": [one.pk for one in letters]})
    undo = undo_form(client, answer.url)

    act(client, letters[0], "undo")  # in another tab; and there it is taken further back
    act(client, letters[0], "undo")
    client.post(f"{letters[1].get_absolute_url()}erase/")
    client.post(MINE, undo)

    left = dict(Letter.objects.values_list("pk", "state"))
    assert left == {letters[0].pk: "drafting", letters[1].pk: "posted", letters[2].pk: "ready"}


def test_only_what_is_ready_and_on_the_list_can_be_marked():
    case = make_case_to_write_for()
    theirs = ready(case)
    on_list = [
        make_letter(case, state="drafting"),
        make_letter(case, state="submitted", route="deliver"),
        make_letter(case, state="withdrawn"),
        ready(case, invalid_on=timezone.localdate()),
    ]
    paused = ready(make_case_to_write_for())
    Case.objects.filter(pk=paused.case_id).update(freeze="paused", freeze_reason="A test.")
    client = device_with(*on_list, paused)
    before = states()

    assert client.get(MINE).context["markable"] == []
    everything_there = [
        *Letter.objects.values_list("pk", flat=True),
        "",
        "x",
        "9" * 5000,
        theirs.key,
    ]
    client.post(MINE, {"act": "posted", "letter": everything_there})

    assert states() == before


def test_an_old_undo_takes_back_nothing_that_was_marked_since():
    letters = [ready(), ready()]
    client = device_with(*letters)
    answer = client.post(MINE, {"act": "posted", "letter": [one.pk for one in letters]})
    undo = undo_form(client, answer.url)

    act(client, letters[0], "undo")
    act(client, letters[0], "posted")
    shown = text(client.get(answer.url))
    client.post(MINE, undo)

    assert "1 letter is marked as sent" in shown
    assert states() == ["posted", "ready"]


@pytest.mark.parametrize("marked", ["", "nothing of ours", "W10:1:x", "\x00"])
def test_nobody_undoes_by_a_list_that_is_not_ours(marked):
    letter = make_letter(make_case_to_write_for(), state="posted", route="post")
    client = device_with(letter)

    client.post(MINE, {"act": "undo", "marked": marked})
    shown = client.get(MINE, {"marked": marked})

    assert states() == ["posted"]
    assert "marked as sent" not in text(shown)


def test_undo_ends_after_an_hour():
    client = device_with(ready())
    answer = client.post(MINE, {"act": "posted", "letter": [Letter.objects.get().pk]})
    undo = undo_form(client, answer.url)

    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=61)):
        client.post(MINE, undo)

    assert states() == ["posted"]


def test_by_a_link_to_a_list_several_are_marked_and_undone_without_a_cookie():
    letters = [ready(), ready()]
    link = device_with(*letters).get(MINE).context["list_url"]
    client = Client()

    answer = client.post(link, {"act": "posted", "letter": [one.pk for one in letters]})
    marked = states()
    client.post(link, undo_form(client, answer.url))

    assert marked == ["posted", "posted"]
    assert states() == ["ready", "ready"]
    assert remembered(client) == []


def test_what_take_all_sends_is_remembered(client, monkeypatch):
    monkeypatch.setattr("letters.privacy.antispam.FASTEST", -1)
    case = make_case_to_write_for()
    url = reverse("letters:take-all-letter", args=[case.slug])
    form = client.get(url).context["form"]
    filled = {name: form[name].value() or "" for name in form.fields}

    client.post(url, filled | {"send": "post", "ties": "no"})

    assert remembered(client) == [Letter.objects.get().get_absolute_url()]


def test_the_page_without_anything_leads_to_the_cases_and_to_the_mail(client):
    shown = parsed(client.get(MINE))

    assert "/cases/" in shown.links
    assert "mine" not in client.cookies
