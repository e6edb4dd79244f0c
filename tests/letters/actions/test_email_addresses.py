"""The page of an address: yes, no, and back."""

import datetime
import re

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from letters.actions import email_addresses, follows
from letters.actions import signatures as signature_actions
from letters.mail import links, messages
from letters.models import EmailAddress, Follow, MailKind, OutgoingMail, Signature
from letters.models.demo_data import demo_data_exists
from letters.models.email_spelling import email_hash
from tests.factories import (
    make_case_to_write_for,
    make_email_address,
    make_follow,
    make_petition,
    make_signature,
)
from tests.letters.sending import act, ask_to_be_told, publish, say_yes, sign, signed, yesterday
from tests.letters.stored import everything
from tests.reading import page, words

pytestmark = pytest.mark.usefixtures("counts_hold")


def page_of(client, email_address) -> str:
    return " ".join(client.get(email_address.get_absolute_url()).content.decode().split())


def states(email_address) -> list[str]:
    signatures = email_address.signatures.order_by("pk").values_list("state", flat=True)
    return [*signatures, *email_address.follows.order_by("pk").values_list("state", flat=True)]


@pytest.fixture
def sam():
    """An address under which a signature and a wish for news wait."""
    email_address = make_email_address("sam@example.org")
    signature = make_signature(email_address=email_address, state="unconfirmed")
    make_follow(signature.petition.case, email_address=email_address, state="unconfirmed")
    return email_address


@pytest.mark.parametrize("name", ["signature-sent", "follow-sent"])
def test_nobody_has_signed_or_asked_for_news_where_there_is_no_case(client, name):
    make_petition(make_case_to_write_for(slug="a-draft", stage="draft"))
    hidden = make_case_to_write_for(slug="hidden", freeze="hidden", freeze_reason="A threat")

    answers = {
        slug: client.get(reverse(f"letters:{name}", args=[slug]))
        for slug in ("nobody-here", "a-draft", "hidden")
    }

    found = {slug: response.status_code for slug, response in answers.items()}
    assert found == {"nobody-here": 404, "a-draft": 404, "hidden": 200}
    assert hidden.display_name not in answers["hidden"].content.decode()


# --- looking changes nothing


@pytest.mark.slow
@pytest.mark.parametrize("name", ["email-address", "not-me", "stop", "email-address-erase"])
def test_a_link_that_is_opened_twenty_times_changes_nothing(client, sam, name):
    make_follow(email_address=sam)
    make_signature(email_address=sam)
    url = reverse(f"letters:{name}", args=[sam.key])
    before = everything("letters_")

    for _nr in range(20):
        assert client.get(url).status_code == client.head(url).status_code == 200

    assert everything("letters_") == before


def test_a_made_up_key_opens_nothing_and_shows_a_way_on(client):
    for name in ["email-address", "not-me", "stop", "email-address-erase"]:
        response = client.get(reverse(f"letters:{name}", args=["x" * 22]))

        assert response.status_code == 404
        assert "Who you can write for" in response.content.decode()


def test_the_page_of_an_address_is_nobody_elses(client, sam):
    response = client.get(sam.get_absolute_url())

    assert response["Cache-Control"] == "no-store, private"
    assert response["X-Robots-Tag"] == "noindex"
    assert "sam@example.org" not in response.content.decode()


# --- yes


def test_the_page_says_what_waits_and_in_whose_name(client, sam):
    page = page_of(client, sam)

    assert "Was this you?" in page
    assert "As “Sam Tester”, Norway." in page
    assert "Yes, all of these were me" in page


def test_one_button_confirms_all_and_pressing_it_twice_is_fine(client, sam):
    response = say_yes(client, sam)

    assert response.url == sam.get_absolute_url() + "#now"
    assert states(sam) == ["confirmed", "confirmed"]
    act(client, sam, "confirm", seen=timezone.now().isoformat())
    assert states(sam) == ["confirmed", "confirmed"]
    assert signed(sam.signatures.get().petition.case) == 1
    assert "You are one of the first to sign" in page_of(client, sam)


def test_each_thing_can_be_confirmed_or_left_out_on_its_own(client, sam):
    signature, follow = sam.signatures.get(), sam.follows.get()

    say_yes(client, sam, what=f"follow-{follow.pk}")
    assert states(sam) == ["unconfirmed", "confirmed"]
    act(client, sam, "withdraw", what=f"signature-{signature.pk}")
    assert states(sam) == ["withdrawn", "confirmed"]
    assert signed(signature.petition.case) == 0

    act(client, sam, "restore", what=f"signature-{signature.pk}")
    assert signed(signature.petition.case) == 1
    act(client, sam, "withdraw", what=f"signature-{signature.pk}")
    assert signed(signature.petition.case) == 0


def heading_after(client, response) -> str:
    """What the page that follows an act begins with: its title says the same."""
    shown = page(client.get(response.url))
    [heading] = shown.all("h1")
    assert (heading.get("id"), response.url.partition("#")[2]) == ("now", "now")
    assert words(shown.one("title")).startswith(words(heading))
    return words(heading)


def test_each_act_is_said_in_the_heading_of_the_page_that_follows(client):
    sam = make_email_address("sam@example.org")
    signature, kept = make_signature(email_address=sam), make_signature(email_address=sam)
    follow = make_follow(signature.petition.case, email_address=sam)

    def after(name, thing=None):
        what = f"{thing._meta.model_name}-{thing.pk}" if thing else ""
        return heading_after(client, act(client, sam, name, what=what))

    assert after("withdraw", signature) == "Done: the signature is withdrawn"
    assert after("withdraw", signature).startswith("Nothing was done this time")
    assert after("restore", signature) == "Done: you have signed after all"
    assert after("end", follow) == "Done: this news is stopped"
    assert after("renew", follow) == "Done: you get this news again"
    assert after("end-all") == "Done: all news is stopped"
    assert after("unblock") == "Done: we may send you mails again"
    assert kept.counts


def test_a_yes_to_one_is_said_while_others_wait_and_the_last_lets_the_page_speak(client, sam):
    signature, follow = sam.signatures.get(), sam.follows.get()

    first = heading_after(client, say_yes(client, sam, what=f"follow-{follow.pk}"))
    second = heading_after(client, say_yes(client, sam, what=f"signature-{signature.pk}"))

    assert (first, second) == ("Done: you have said yes", "Your signature counts")


def test_the_page_opened_again_says_nothing_of_an_act_it_does_not_know(client, sam):
    url = sam.get_absolute_url()

    assert "Was this you?" in words(page(client.get(url + "?done=anything")).one("h1"))


def test_you_and_everyone(client):
    petition = make_petition()
    mine = make_signature(petition)
    for _nr in range(12):
        make_signature(petition, counted_on=yesterday())
    publish()
    assert f"You and about 10 others signed for {petition.case.display_name}." in page_of(
        client, mine.email_address
    )

    petition.shown_from = 50
    petition.save()
    assert "You are one of the first to sign" in page_of(client, mine.email_address)


def test_nobody_says_yes_to_what_their_page_did_not_show(client, sam):
    seen = client.get(sam.get_absolute_url()).context["seen"]
    petition = sam.signatures.get().petition
    sign(client, petition, name="Somebody Else")

    response = act(client, sam, "confirm", seen=seen)

    assert response.url == sam.get_absolute_url() + "?changed"
    assert "something was added" in client.get(response.url).content.decode()
    assert states(sam) == ["unconfirmed", "confirmed"]
    assert signed(petition.case) == 0


@pytest.mark.parametrize("seen", ["", "yesterday", "2025-01-01", "9999-12-31T23:59:59"])
def test_who_has_seen_nothing_confirms_nothing(client, sam, seen):
    act(client, sam, "confirm", seen=seen)

    assert states(sam) == ["unconfirmed", "unconfirmed"]


@pytest.mark.parametrize("freeze", ["paused", "hidden", "withdrawn"])
def test_what_cannot_be_confirmed_now_keeps_waiting(client, sam, freeze):
    case = sam.signatures.get().petition.case
    case.freeze, case.freeze_reason = freeze, "A test."
    case.save()

    page = page_of(client, sam)
    say_yes(client, sam)

    assert "It waits here; please come back." in page
    is_visible = freeze == "paused"
    assert (case.display_name in page) is is_visible
    assert (sam.signatures.get().text.title in page) is is_visible
    assert states(sam) == ["unconfirmed", "confirmed" if is_visible else "unconfirmed"]

    case.freeze = "none"
    case.save()
    say_yes(client, sam)
    assert states(sam) == ["confirmed", "confirmed"]


def test_an_untold_case_can_be_left_but_not_joined(client):
    signature = make_signature()
    follow = make_follow(signature.petition.case, email_address=signature.email_address)
    case = signature.petition.case
    case.freeze, case.freeze_reason = "hidden", "A test."
    case.save()
    assert case.display_name not in page_of(client, signature.email_address)

    for name in ["withdraw", "restore"]:
        act(client, signature.email_address, name, what=f"signature-{signature.pk}")
    for name in ["end", "renew"]:
        act(client, signature.email_address, name, what=f"follow-{follow.pk}")

    assert states(signature.email_address) == ["withdrawn", "ended"]


def test_one_address_does_nothing_with_what_is_anothers(client, sam):
    other = make_signature()

    act(client, sam, "withdraw", what=f"signature-{other.pk}")
    act(client, sam, "end", what=f"signature-{sam.signatures.get().pk}")

    assert states(other.email_address) == ["confirmed"]
    assert states(sam) == ["unconfirmed", "unconfirmed"]


# --- no


def test_it_was_not_me_deletes_what_waits_and_keeps_what_is_confirmed(client, sam):
    mine = make_signature(email_address=sam, name="Sam Tester")
    # What its owner took back, and what a moderator found not to be valid, is theirs to keep: an
    # invalid one that a link deletes could be signed anew.
    withdrawn = make_signature(email_address=sam, state="withdrawn")
    invalid = make_signature(email_address=sam, state="invalid")
    ended = make_follow(make_petition().case, email_address=sam, state="ended")
    follows.follow(email="sam@example.org", case=None)
    url = reverse("letters:not-me", args=[sam.key])
    assert "Wasn’t it you?" in client.get(url).content.decode()

    for _again in range(2):
        assert client.post(url).url == url

    assert {*sam.signatures.all()} == {mine, withdrawn, invalid}
    assert {*sam.follows.all()} == {ended}
    assert not OutgoingMail.objects.exists()
    assert "Nothing is waiting under your address" in client.get(url).content.decode()
    assert signed(mine.petition.case) == 1


@pytest.mark.parametrize("block", [False, True])
def test_it_was_not_me_touches_nobody_elses_and_no_more_than_what_waits(sam, block):
    other = make_signature(state="unconfirmed").email_address
    make_follow(email_address=other, state="unconfirmed")
    ended = make_follow(email_address=sam, state="ended")
    for one in [sam, other]:
        messages.queue_confirm(one, one.email)
    OutgoingMail.objects.filter(about=links.about(sam)).update(sent_at=timezone.now())

    email_addresses.not_me(sam, block=block)

    assert states(other) == ["unconfirmed", "unconfirmed"]
    assert EmailAddress.objects.get(pk=other.pk).blocked_on is None
    assert OutgoingMail.objects.filter(kind=MailKind.CONFIRM).count() == 2
    assert Follow.objects.get(email_address=sam).changed_at == ended.changed_at


def test_a_blocked_address_is_only_a_hash_and_gets_no_mail(client, sam):
    make_follow(email_address=sam)
    petition = make_petition()

    client.post(reverse("letters:not-me", args=[sam.key]), {"block": "on"})
    stored = EmailAddress.objects.get()
    assert (stored.email, stored.blocked_on) == ("", timezone.localdate())
    assert set(states(sam)) == {"ended"}

    sent = reverse("letters:signature-sent", args=[petition.case.slug])
    assert sign(client, petition).url == sent
    call_command("work", once=True)
    assert mail.outbox == []


def test_a_block_is_undone_on_the_page_of_the_address(client, sam):
    petition = make_petition()
    client.post(reverse("letters:not-me", args=[sam.key]), {"block": "on"})
    assert "We send no mail to this address" in page_of(client, sam)

    act(client, sam, "unblock")
    assert "We no longer have the address itself" in page_of(client, sam)
    sign(client, petition)
    call_command("work", once=True)

    assert [sent.to for sent in mail.outbox] == [["sam@example.org"]]
    assert EmailAddress.objects.get().email == "sam@example.org"


# --- which address is written to


def test_another_spelling_takes_the_place_of_an_address_only_until_its_owner_has_said_yes(client):
    petition = make_petition()
    sign(client, petition, email="sam+tag@example.org")
    email_address = EmailAddress.objects.get()

    sign(client, petition, email="sam@example.org")
    email_address.refresh_from_db()
    assert email_address.email == "sam@example.org"

    EmailAddress.objects.update(email="sam+tag@example.org")
    say_yes(client, email_address)
    sign(client, petition, email="sam@example.org")
    email_address.refresh_from_db()
    assert email_address.email == "sam+tag@example.org"


def test_another_spelling_does_not_take_the_place_of_an_address_that_follows(client):
    tagged = make_email_address("sam+tag@example.org")
    make_follow(email_address=tagged)

    ask_to_be_told(client, make_case_to_write_for(), email="sam@example.org")

    assert EmailAddress.objects.get().email == "sam+tag@example.org"


def test_no_spelling_takes_the_place_of_an_address_whose_owner_blocked_it(client, sam):
    client.post(reverse("letters:not-me", args=[sam.key]), {"block": "on"})

    for spelling in ["sam@example.org", "sam+tag@example.org"]:
        ask_to_be_told(client, email=spelling)
        sign(client, make_petition(), email=spelling)

    assert EmailAddress.objects.get().email == ""


# --- no more news


def test_the_button_ends_all_news_and_the_page_of_the_address_takes_it_up_again(client):
    email_address = make_email_address()
    first, all_news = (
        make_follow(make_case_to_write_for(), email_address=email_address),
        make_follow(email_address=email_address),
    )
    url = reverse("letters:stop", args=[email_address.key])
    assert "Stop the news?" in client.get(url).content.decode()

    for _again in range(2):
        assert client.post(url).url == url

    assert "The news is stopped" in client.get(url).content.decode()
    assert states(email_address) == ["ended", "ended"]
    act(client, email_address, "renew", what=f"follow-{all_news.pk}")
    assert states(email_address) == ["ended", "confirmed"]
    assert first.email_address == email_address


def test_a_mail_program_ends_the_news_by_one_click_with_no_cookie_and_no_redirect():
    email_address = make_follow().email_address
    client = Client(enforce_csrf_checks=True)

    response = client.post(
        reverse("letters:stop", args=[email_address.key]),
        "List-Unsubscribe=One-Click",
        "application/x-www-form-urlencoded",
    )

    assert response.status_code == 200
    assert not response.cookies
    assert states(email_address) == ["ended"]


def test_the_page_of_an_address_is_not_free_of_its_token(sam):
    client = Client(enforce_csrf_checks=True)

    assert act(client, sam, "end-all").status_code == 403


# --- from outside, one address is as any other


def answers(client, send) -> dict[str, tuple[HttpResponse, list[str]]]:
    """What a form answers, and the statements it makes, for addresses of every history."""
    petition = make_petition()
    signature = make_signature(
        petition, state="unconfirmed", email_address=make_email_address("a@example.org")
    )
    make_follow(petition.case, state="unconfirmed", email_address=signature.email_address)
    confirmed = make_signature(petition, email_address=make_email_address("confirmed@example.org"))
    make_follow(petition.case, email_address=confirmed.email_address)
    withdrawn = make_signature(
        petition, state="withdrawn", email_address=make_email_address("withdrawn@example.org")
    )
    make_follow(petition.case, state="ended", email_address=withdrawn.email_address)
    invalid = make_email_address("invalid@example.org")
    make_signature(petition, state="invalid", email_address=invalid)
    blocked = make_email_address("blocked@example.org")
    email_addresses.not_me(blocked, block=True)
    made = {}
    for name in ["new", "a", "confirmed", "withdrawn", "invalid", "blocked"]:
        demo_data_exists()  # asked every few seconds, not by every request
        with CaptureQueriesContext(connection) as context:
            response = send(client, petition, f"{name}@example.org")
        made[name] = response, [shape(query["sql"]) for query in context]
    return made


def shape(sql: str) -> str:
    """A statement without its values."""
    return re.sub(r"'[^']*'|s\d+_x\d+|\b\d+\b|NULL(?=[,)])", "?", sql)


SENDERS = {
    "sign": lambda client, petition, email: sign(client, petition, email=email, follow="on"),
    "follow": lambda client, petition, email: ask_to_be_told(client, petition.case, email=email),
    "follow-all": lambda client, petition, email: ask_to_be_told(client, email=email),
}


@pytest.mark.parametrize("form", SENDERS)
def test_the_answer_is_the_same_for_every_address(client, form):
    made = answers(client, SENDERS[form])

    whole = {
        (
            response.status_code,
            tuple(sorted(response.headers.items())),
            str(response.cookies),
            response.content,
        )
        for response, _sql in made.values()
    }
    assert len(whole) == 1
    [where] = {response.url for response, _sql in made.values()}
    assert client.get(where).status_code == 200


@pytest.mark.parametrize("form", SENDERS)
def test_the_statements_are_the_same_for_every_address(client, form):
    made = answers(client, SENDERS[form])

    [new, *others] = [sql for _response, sql in made.values()]
    for sql in others:
        assert sql == new


def test_an_address_is_found_by_a_hash_of_its_address(client):
    sign(client, make_petition(), email="Sam+News@example.org")

    assert EmailAddress.objects.get().email_hash == email_hash("sam@example.org")
    for word in ["Sam Tester", "example.org"]:
        assert word not in everything("letters_")


# --- what it costs


def test_the_page_of_an_address_costs_the_same_for_one_thing_and_for_ten(client, sam):
    costs = []
    for more in [0, 9]:
        for _nr in range(more):
            signature = make_signature(email_address=sam)
            make_follow(signature.petition.case, email_address=sam)
        demo_data_exists()
        with CaptureQueriesContext(connection) as context:
            assert client.get(sam.get_absolute_url()).status_code == 200
        costs.append(len(context))

    assert costs[0] == costs[1] <= 6


def test_erasing_takes_the_address_and_leaves_the_number_of_what_has_closed(client, sam):
    yesterday = timezone.localdate() - datetime.timedelta(days=2)
    mine = make_signature(make_petition(closes_on=yesterday), email_address=sam)
    url = reverse("letters:email-address-erase", args=[sam.key])

    assert client.post(url).url == reverse("letters:erased")

    assert client.get(sam.get_absolute_url()).status_code == 404
    assert not EmailAddress.objects.exists()
    assert not Follow.objects.exists()
    left = Signature.objects.get()
    assert (left.pk, left.name, left.email_address) == (mine.pk, "", None)
    assert signed(mine.petition.case) == 1
    assert not signature_actions.withdraw(left)


def test_erasing_takes_the_mails_to_the_address_but_not_that_of_a_letter(client, sam):
    for kind in MailKind.values:
        OutgoingMail.objects.create(
            kind=kind,
            about=f"about-{kind}:1",
            to=sam.email,
            to_hash=sam.email_hash,
            created_at=timezone.now(),
            not_before=timezone.now(),
        )

    client.post(reverse("letters:email-address-erase", args=[sam.key]))

    left = set(OutgoingMail.objects.values_list("kind", flat=True))
    gone = {MailKind.CONFIRM, MailKind.NEWS, MailKind.THANKS_SIGNED}
    assert left == set(MailKind.values) - gone


def test_nobody_signs_twice_by_erasing_the_first_time(client, sam):
    mine = make_signature(email_address=sam)

    client.post(reverse("letters:email-address-erase", args=[sam.key]))

    assert signed(mine.petition.case) == 0
    assert not Signature.objects.filter(pk=mine.pk).exists()
