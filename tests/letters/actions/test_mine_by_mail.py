"""Mine, by mail: the link proves the address, and shows what is its owner's; not what others typed.

What the link is for its owner's data is in tests/letters/privacy/test_personal_data.py.
"""

import datetime
import re

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases.models import Case
from letters.actions.mine import Mine
from letters.models import EmailAddress, Follow, Letter, OutgoingMail, Pledge
from letters.models.email_spelling import email_hash
from letters.privacy import consent
from tests.factories import (
    make_case_to_write_for,
    make_edition,
    make_email_address,
    make_follow,
    make_letter,
    make_petition,
    make_pledge,
    make_post,
    make_signature,
)
from tests.letters.sending import (
    everyone,
    letter_form,
    pledge_form,
    send_letter,
    send_pledge,
    token,
)
from tests.staff import text

pytestmark = pytest.mark.usefixtures("counts_hold")

DAY = datetime.timedelta(days=1)
ADDRESS = "sam@example.org"


def of(email: str = ADDRESS, *, proven: bool = True) -> dict:
    proven_on = timezone.localdate() if proven else None
    return {"email": email, "email_hash": email_hash(email), "email_proven_on": proven_on}


def ask(client: Client, email: str = ADDRESS, **fields):
    return client.post(reverse("letters:mine-by-mail"), {"token": token(), "email": email} | fields)


def mailed(client: Client, email: str = ADDRESS) -> str:
    """The page that the link in the mail opens."""
    ask(client, email)
    call_command("work", once=True)
    [body] = [one.body for one in mail.outbox if "/mine/" in one.body and email in one.to]
    return re.search(r"http://testserver(/mine/\S+/)", body)[1]


# --- asking for it


def test_a_known_an_unknown_and_a_blocked_address_get_the_same_bytes_for_the_same_statements():
    make_letter(make_case_to_write_for(), **of())
    make_pledge(**of())
    make_signature(email_address=make_email_address(ADDRESS))
    make_email_address("blocked@example.org", blocked_on=timezone.localdate())
    answers = []

    for email in [ADDRESS, "nobody@example.org", "blocked@example.org"]:
        client = Client()
        with CaptureQueriesContext(connection) as run:
            response = ask(client, email)
        page = client.get(response.url)
        shapes = [re.sub(r"'[^']*'|\d+", "…", query["sql"]) for query in run]
        answers.append((response.url, page.content, dict(page.headers), shapes))

    assert answers[0] == answers[1] == answers[2]


def test_the_form_of_the_list_and_that_of_its_own_page_ask_for_the_same(client):
    for url in ["/mine/", "/mine/by-mail/"]:
        page = client.get(url).content.decode()
        assert 'action="/mine/by-mail/"' in page
        assert "Send me the link" in page


def test_a_wrong_address_typed_on_the_list_is_told_beside_the_field(client):
    response = ask(client, "sam@")

    assert response.status_code == 200
    assert "Error:" in text(response)
    assert 'value="sam@"' in response.content.decode()


# --- what somebody may have mistyped


def test_of_what_nobody_said_is_theirs_nothing_is_told_that_was_typed(client):
    case = make_case_to_write_for(display_name="Ana Test")
    make_letter(case, name="Zora Tester", body="A secret of a test.", **of(proven=False))
    pledge = make_pledge(case, group="Class 7", name="Zora Tester", **of(proven=False))
    url = mailed(client)

    pages = [client.get(page) for page in [url, f"{url}mine.json", f"{url}mine.txt"]]

    shown = pages[0].content.decode()
    assert "Is this yours?" in shown
    assert "A letter for Ana Test" in shown
    assert "3 letters for Ana Test" in shown
    for typed in ["Zora", "secret", "Class 7", pledge.key, Letter.objects.get().key]:
        assert [typed in page.content.decode() for page in pages] == [False] * 3
    for thing in [pledge, Letter.objects.get()]:
        assert client.get(f"{url}erase/{thing._meta.model_name}-{thing.pk}/").status_code == 404
        client.post(f"{url}erase/{thing._meta.model_name}-{thing.pk}/")
    assert (Letter.objects.count(), Pledge.objects.count()) == (1, 1)


def test_several_are_said_to_be_ones_own_at_once_and_are_shown(client):
    letter, other = [make_letter(make_case_to_write_for(), **of(proven=False)) for _nr in range(2)]
    pledge = make_pledge(**of(proven=False))
    url = mailed(client)

    for _twice in range(2):
        chosen = [f"letter-{letter.pk}", f"pledge-{pledge.pk}"]
        answer = client.post(url, {"act": "mine", "what": chosen})
        assert answer.url.startswith(url)

    for thing, is_proven in [(letter, True), (pledge, True), (other, False)]:
        thing.refresh_from_db()
        assert (thing.email_proven_on is not None) == is_proven
        assert (thing.get_absolute_url() in client.get(url).content.decode()) == is_proven


def test_no_takes_the_address_off_and_leaves_each_to_who_wrote_it(client):
    mistyped = make_letter(make_case_to_write_for(), **of(proven=False))
    url = mailed(client)

    for _twice in range(2):
        client.post(url, {"act": "not-mine", "what": [f"letter-{mistyped.pk}"]})

    mistyped.refresh_from_db()
    assert (mistyped.email, mistyped.email_hash) == ("", "")
    assert mistyped.body
    assert "We hold nothing under this address." in text(client.get(url))


def test_nothing_of_another_address_is_answered_for(client):
    theirs = make_letter(make_case_to_write_for(), **of("kim@example.org", proven=False))
    proven = make_letter(make_case_to_write_for(), **of())
    url = mailed(client)

    for act in ["mine", "not-mine"]:
        client.post(url, {"act": act, "what": [f"letter-{theirs.pk}", f"letter-{proven.pk}", "x"]})

    theirs.refresh_from_db()
    assert (theirs.email_proven_on, theirs.email) == (None, "kim@example.org")
    assert Letter.objects.get(pk=proven.pk).email == ADDRESS


def test_who_erases_all_is_told_of_what_they_have_not_answered(client):
    make_letter(make_case_to_write_for(), **of(proven=False))
    url = mailed(client)

    page = text(client.get(f"{url}erase/all/"))

    assert "That includes 1 thing of which you have not said whether it is yours." in page


# --- what this device has without an address


def without_address(client: Client) -> None:
    """A letter and a promise of this device, and a post; another letter of nobody."""
    case = make_case_to_write_for(display_name="Ana Test")
    send_letter(client, case, name="", consent="")
    send_pledge(client, case, consent="")
    client.post(
        reverse("letters:posted", args=[case.slug]),
        {"token": token(), "network": "bluesky", "country": "NO"},
    )
    send_letter(Client(), case, name="")


def everything_loose() -> list[str]:
    """As the form names it: all of the promises, and the letter that `without_address` made."""
    pledges = [f"pledge-{one.pk}" for one in Pledge.objects.all()]
    return [*pledges, f"letter-{Letter.objects.earliest('pk').pk}"]


def put_under(client: Client, url: str, **fields):
    return client.post(
        url, {"act": "put-under", "consent": "on", "what": everything_loose()} | fields
    )


def test_of_what_was_kept_from_a_link_its_giver_reads_no_address(client):
    """They made a letter, and gave the list that has it to somebody else."""
    giver, case = Client(), make_case_to_write_for()
    send_letter(giver, case)
    given = Letter.objects.get()
    link = giver.get("/mine/").context["list_url"]
    client.post(link, {"act": "keep"})
    send_pledge(client, case)
    url = mailed(client)

    form = client.get(url).context["form"]
    nothing = client.post(url, {"act": "put-under", "consent": "on"})
    ticked_all_the_same = put_under(client, url)

    assert form.made_here == form["what"].value() == [f"pledge-{Pledge.objects.get().pk}"]
    assert "Tick what is yours." in text(nothing)
    assert ticked_all_the_same.status_code == 302
    given.refresh_from_db()
    assert given.email == ADDRESS
    for page in [link, "/mine/"]:
        assert given.get_absolute_url() not in giver.get(page).content.decode()
    assert given.get_absolute_url() in client.get("/mine/").content.decode()


@pytest.mark.parametrize("kept", ["by its page", "by a list", "by both"])
def test_what_was_kept_is_not_made_here_however_it_came(client, kept):
    letter, mine = make_letter(make_case_to_write_for()), Mine()
    mine.add(letter, made_here=True)
    giver = Client()
    giver.cookies["mine"] = mine.dumps()
    if kept != "by its page":
        client.post(giver.get("/mine/").context["list_url"], {"act": "keep"})
    if kept != "by a list":
        keep = {"kind": "letter", "key": letter.key, "act": "keep"}
        client.post(reverse("letters:mine-keep"), keep)

    form = client.get(mailed(client)).context["form"]

    assert (form.made_here, len(form.things)) == ([], 1)


def test_what_this_device_has_without_an_address_is_put_under_it(client):
    without_address(client)
    url = mailed(client)
    there = [Letter.objects.earliest("pk"), Pledge.objects.get()]
    old_links = [one.get_absolute_url() for one in there]
    assert client.get(url).context["form"].made_here == everything_loose()

    refused = client.post(url, {"act": "put-under", "what": everything_loose()})
    for _twice in range(2):
        put_under(client, url)

    assert "Tick this, or leave it as it is." in text(refused)
    letter, others = Letter.objects.order_by("pk")
    for thing in [letter, Pledge.objects.get()]:
        assert (thing.email, thing.email_hash) == (ADDRESS, email_hash(ADDRESS))
        assert thing.email_proven_on == timezone.localdate()
        assert thing.consent_version == consent.VERSION
    assert (others.email, others.email_hash, others.email_proven_on) == ("", "", None)
    assert [client.get(link).status_code for link in old_links] == [404] * 2
    on_device = text(client.get("/mine/"))
    for thing in [letter, Pledge.objects.get()]:
        assert thing.get_absolute_url() in on_device
    # On another device it is there now; no mail was needed to prove it.
    assert letter.get_absolute_url() in Client().get(url).content.decode()
    assert not OutgoingMail.objects.exclude(kind="data-link").exists()


def test_who_agreed_to_an_earlier_text_has_agreed_to_that(client):
    letter = make_letter(make_case_to_write_for(), consent_version="2025-01")
    mine = Mine()
    mine.add(letter)
    client.cookies["mine"] = mine.dumps()
    url = mailed(client)

    put_under(client, url)

    letter.refresh_from_db()
    assert (letter.email, letter.consent_version) == (ADDRESS, "2025-01")


def test_what_stands_under_another_address_stays_there(client):
    case = make_case_to_write_for()
    send_letter(client, case, email="kim@example.org")
    url = mailed(client)
    assert not client.get(url).context["has_loose"]

    put_under(client, url)

    assert Letter.objects.get().email == "kim@example.org"


def test_where_nothing_is_handed_to_us_the_text_agreed_to_says_no_word_of_it(client, settings):
    settings.DELIVERY_OFFERED = False
    without_address(client)
    url = mailed(client)

    assert "hand it to us" not in text(client.get(url))
    put_under(client, url)

    assert Letter.objects.earliest("pk").consent_version == consent.POSTED_ONLY
    assert Pledge.objects.get().consent_version == consent.VERSION


# --- from there


def test_what_is_found_by_mail_is_kept_on_a_device_by_its_button_alone(client):
    case = make_case_to_write_for()
    letter, pledge = make_letter(case, state="posted", **of()), make_pledge(case, **of())
    address = make_email_address(ADDRESS)
    make_signature(make_petition(case), email_address=address)
    make_letter(case, **of(proven=False))
    url = mailed(client)
    client.get(url)
    assert "mine" not in client.cookies

    client.post(url, {"act": "keep"})

    mine = Mine.loads(client.cookies["mine"].value)
    kept = {(entry.kind, entry.number) for entry in mine.entries}
    assert kept == {("letter", letter.pk), ("pledge", pledge.pk), ("address", address.pk)}
    assert "Keep all of this on this device" not in text(client.get(url))


def test_several_are_marked_as_posted_and_undone_by_mail_too(client):
    case = make_case_to_write_for()
    letters = [make_letter(case, state="ready", route="post", **of()) for _nr in range(2)]
    unproven = make_letter(case, state="ready", route="post", **of(proven=False))
    url = mailed(client)

    ticked = [one.pk for one in [*letters, unproven]]
    answer = client.post(url, {"act": "posted", "letter": ticked})
    counted = everyone(case)
    marked = client.get(answer.url).context["marked"]
    client.post(url, {"act": "undo", "marked": marked})

    assert (counted, everyone(case)) == (2, 0)
    assert set(Letter.objects.values_list("state", flat=True)) == {"ready"}


def test_all_mails_are_stopped_by_one_button(client):
    case = make_case_to_write_for()
    letter = make_letter(case, state="submitted", route="deliver", wants_news=True, **of())
    theirs = make_letter(
        case, state="submitted", route="deliver", wants_news=True, **of("kim@example.org")
    )
    make_follow(case, email_address=make_email_address(ADDRESS))
    make_follow(case, email_address=make_email_address("kim@example.org"))
    make_pledge(case, wants_reminders=True, **of())
    url = mailed(client)

    answer = client.post(url, {"act": "stop-mails"})
    client.post(url, {"act": "stop-mails"})

    assert "Done" in text(client.get(answer.url))
    assert not Letter.objects.get(pk=letter.pk).wants_news
    assert not Pledge.objects.get().wants_reminders
    assert Letter.objects.get(pk=theirs.pk).wants_news
    states = dict(Follow.objects.values_list("email_address__email_hash", "state"))
    assert states == {email_hash(ADDRESS): "ended", email_hash("kim@example.org"): "confirmed"}


def test_the_letter_about_the_year_is_told_and_stopped_with_all_others(client):
    make_follow(edition=make_edition(2025), email_address=make_email_address(ADDRESS))
    url = mailed(client)

    shown = text(client.get(url))
    client.post(url, {"act": "stop-mails"})

    assert "The letter about the year 2025" in shown
    assert "All good news" not in shown
    assert Follow.objects.get().state == "ended"


def test_the_language_of_mails_is_chosen(client):
    make_letter(make_case_to_write_for(), **of())
    unproven = make_letter(make_case_to_write_for(), **of(proven=False))
    make_pledge(**of())
    make_follow(email_address=make_email_address(ADDRESS))
    url = mailed(client)

    client.post(url, {"act": "language", "language": "xx"})
    client.post(url, {"act": "language", "language": "fr"})

    languages = [
        *Letter.objects.order_by("pk").values_list("page_language", flat=True),
        Pledge.objects.get().language,
        EmailAddress.objects.get().language,
    ]
    assert languages == ["fr", "en", "fr", "fr"]
    assert Letter.objects.get(pk=unproven.pk).page_language == "en"
    assert client.get(url).context["language_form"]["language"].value() == "fr"


def test_a_case_that_is_taken_down_is_not_named(client):
    case = make_case_to_write_for(display_name="Ana Test")
    make_letter(case, **of())
    make_letter(case, **of(proven=False))
    make_pledge(case, **of(proven=False))
    send_letter(client, case, name="")
    url = mailed(client)
    Case.objects.filter(pk=case.pk).update(freeze="hidden", freeze_reason="A test.")

    shown = text(client.get(url))

    assert "Ana" not in shown
    assert shown.count("for a case that is not shown at the moment") >= 4


def test_an_address_that_was_changed_is_not_shown_where_it_was(client):
    send_letter(client, make_case_to_write_for(), email=ADDRESS)
    letter = Letter.objects.get()
    Letter.objects.update(email_proven_on=timezone.localdate())
    url = mailed(client)
    assert letter.get_absolute_url() in client.get(url).content.decode()

    client.post(f"{letter.get_absolute_url()}edit/", letter_form(email="kim@example.org"))

    assert letter.get_absolute_url() not in client.get(url).content.decode()
    assert "We hold nothing under this address." in text(client.get(url))


def test_the_page_costs_the_same_for_one_and_for_twelve(client):
    costs = []
    for number in [1, 11]:
        for _nr in range(number):
            case = make_case_to_write_for()
            make_letter(case, state="ready", route="post", **of())
            make_letter(case, **of(proven=False))
            make_pledge(case, **of())
        if number == 1:
            make_follow(email_address=make_email_address(ADDRESS))
            url = mailed(client)
            client.get(url)
        with CaptureQueriesContext(connection) as run:
            client.get(url)
        costs.append(len(run))

    assert costs[0] == costs[1] <= 20


def test_posts_stay_on_their_device(client):
    post = make_post()
    mine = Mine()
    mine.add(post)
    client.cookies["mine"] = mine.dumps()

    assert post.key not in client.get(mailed(client)).content.decode()


def test_a_promise_by_mail_can_be_gone_on_with(client):
    client.post(reverse("letters:pledge-edition"), pledge_form(email=ADDRESS))
    make_case_to_write_for()
    client.post(reverse("letters:pledge-edition"), pledge_form(email=ADDRESS))
    Pledge.objects.update(email_proven_on=timezone.localdate())

    with time_machine.travel(timezone.now() + 20 * DAY):
        page = client.get(mailed(Client()))
        assert page.context["things"].late == [Pledge.objects.get()]
        assert "Late." in text(page)


def test_the_letter_about_the_year_is_asked_for_and_all_mails_are_stopped_here(client):
    make_letter(make_case_to_write_for(), **of())
    make_follow(edition=make_edition(2024), email_address=make_email_address(ADDRESS))
    page = mailed(client)

    offered = text(client.get(page))
    client.post(page, {"act": "year"})
    client.post(page, {"act": "year"})
    wanted = text(client.get(page))
    client.post(page, {"act": "stop-mails"})

    assert "Send me one letter" in offered  # who wanted that of 2024 did not ask for this one
    assert "The letter about the year 2025" in wanted
    assert "One mail, when this year’s campaign is over." in wanted
    assert "Send me one letter" not in wanted
    assert [follow.state for follow in Follow.objects.all()] == ["ended", "ended"]
