"""All that hangs on one address: seen, taken along and erased, by its owner, staff and command."""

import datetime
import io
import json
import re

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases.encryption import keyed_hash
from letters.actions import erasure as erasure_actions
from letters.models import (
    DataRequest,
    EmailAddress,
    Follow,
    Letter,
    LetterKind,
    LetterPicture,
    MailedLink,
    OutgoingMail,
    Pledge,
    Signature,
    Throttle,
)
from letters.models.email_spelling import email_hash
from letters.privacy import erasure, personal_data, throttle
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_email_address,
    make_follow,
    make_letter,
    make_message,
    make_petition,
    make_pledge,
    make_post,
    make_reply,
    make_signature,
)
from tests.letters.sending import everyone, signed, token
from tests.letters.stored import column, everything
from tests.staff import said, signed_in, text

pytestmark = pytest.mark.usefixtures("counts_hold")

DAY = datetime.timedelta(days=1)
ADDRESS = "sam@example.org"
ADMIN = "/admin/letters/datarequest/"


def address_of(email: str = ADDRESS) -> dict:
    """Of a letter or promise: an address whose owner has said that it is theirs."""
    proven_on = timezone.localdate()
    return {"email": email, "email_hash": email_hash(email), "email_proven_on": proven_on}


def everything_of(email: str, name: str = "Sam Tester") -> None:
    """Something in every table that knows an address."""
    of = address_of(email)
    case = make_case_to_write_for()
    letter = make_letter(case, state="posted", name=name, place="Testville", **of)
    make_message(state="approved", name=name, **of)
    rejected = {"state": "rejected", "rejection_reason": "A reason of a test."}
    rejected["change_wanted"] = "A wish of a test."
    make_letter(case, name=name, **rejected, **of)
    LetterPicture.objects.create(letter=letter, data="ZHJhd2luZw==", width=1, height=1)
    make_pledge(case, name=name, group="A class of tests", **of)
    email_address = make_email_address(email)
    make_signature(email_address=email_address, name=name)
    closed = make_petition(closes_on=timezone.localdate() - 2 * DAY)
    make_signature(closed, email_address=email_address, name=name)
    make_follow(case, email_address=email_address)
    make_follow(email_address=email_address, state="unconfirmed")
    # Of a letter that was erased while a worker wrote the mail about it.
    MailedLink.objects.create(
        key_hash=keyed_hash(email, "a link of a test"),
        purpose="letter",
        about=f"letter:{10**9}",
        to_hash=email_hash(email),
    )
    for number, ended in enumerate([{}, {"sent_at": timezone.now()}]):
        OutgoingMail.objects.create(
            about=f"mailbox:{email_address.pk + 10**9 * number}",
            kind="confirm",
            to=email,
            to_hash=email_hash(email),
            subject="A mail",
            body="Words of a mail.",
            created_at=timezone.now(),
            not_before=timezone.now() + DAY,
            **ended,
        )


def ask(client: Client, email: str = ADDRESS, **fields):
    return client.post(reverse("letters:mine-by-mail"), {"token": token(), "email": email} | fields)


def link_in_mail(email: str = ADDRESS) -> str:
    """The address that the mail leads to, as it lies in the outbox or was sent."""
    call_command("work", "--once")
    [body] = [one.body for one in mail.outbox if "/mine/" in one.body and email in one.to]
    return re.search(r"https?://[^/]+(/mine/\S+/)", body)[1]


def page_of(client: Client, email: str = ADDRESS) -> str:
    ask(client, email)
    return link_in_mail(email)


def traces_of(email: str) -> list[str]:
    """What stands in the database of one person: each encrypted value, each key and each hash."""
    of = email_hash(email)
    found = [of]
    names = {
        Letter: ["key", "key_hash", "subject", "body", "name", "place", "email"],
        Pledge: ["key", "key_hash", "name", "email"],
        EmailAddress: ["key", "key_hash", "email"],
        Signature: ["name"],
        OutgoingMail: ["to", "subject", "body"],
    }
    rows = {
        "letters": Letter.objects.filter(email_hash=of),
        "pledges": Pledge.objects.filter(email_hash=of),
        "email_addresses": EmailAddress.objects.filter(email_hash=of),
        "signatures": Signature.objects.filter(email_address__email_hash=of),
        "mails": OutgoingMail.objects.filter(to_hash=of),
    }
    for thing in (thing for queryset in rows.values() for thing in queryset):
        quoted = {"to": '"to"'}
        found += [column(thing, quoted.get(name, name)) for name in names[type(thing)]]
    pictures = LetterPicture.objects.filter(letter__email_hash=of)
    found += [column(picture, "data") for picture in pictures]
    return [trace for trace in found if trace]


# --- by themselves


def test_a_known_and_an_unknown_address_are_answered_alike(client):
    everything_of(ADDRESS)

    known, unknown = ask(client), ask(client, "nobody@example.org")

    assert known.url == unknown.url == reverse("letters:mine-mail-sent")
    assert client.get(known.url).status_code == 200
    call_command("work", "--once")
    kinds = OutgoingMail.objects.filter(kind="data-link").values_list("to_hash", flat=True)
    assert set(kinds) == {email_hash(ADDRESS), email_hash("nobody@example.org")}


def test_a_known_and_an_unknown_address_cost_the_same(client):
    everything_of(ADDRESS)
    counts = []
    for email in [ADDRESS, "nobody@example.org"]:
        with CaptureQueriesContext(connection) as run:
            ask(client, email)
        counts.append(len(run))

    assert counts[0] == counts[1]


def test_the_page_lists_all_that_hangs_on_the_address(client):
    everything_of(ADDRESS)
    everything_of("other@example.org", name="Kim Other")

    page = text(client.get(page_of(client)))

    assert page.count("Erase it") == 8
    assert page.count("Is this yours?") == 0
    assert ADDRESS in page
    assert "other@example.org" not in page


def test_under_an_address_without_anything_the_page_says_so(client):
    assert "We hold nothing under this address." in text(client.get(page_of(client)))


def test_the_file_holds_every_word(client):
    everything_of(ADDRESS)
    url = page_of(client)

    response = client.get(f"{url}mine.json")

    data = json.loads(response.content)
    assert response["Content-Disposition"] == 'attachment; filename="mine.json"'
    assert "no-store" in response["Cache-Control"]
    numbers = {what: len(rows) for what, rows in data.items()}
    expected = {"letters": 3, "pledges": 1, "signatures": 2, "follows": 1, "email_addresses": 1}
    assert numbers == expected | {"mails": 2}
    letter = next(one for one in data["letters"] if one["state"] == "posted")
    assert (letter["name"], letter["place"], letter["email"]) == (
        "Sam Tester",
        "Testville",
        ADDRESS,
    )
    assert "pastures" in letter["body"]
    assert letter["picture"]["base64"] == "ZHJhd2luZw=="
    assert data["pledges"][0]["group"] == "A class of tests"
    assert "stop building" in data["signatures"][0]["signed_text"]["text"]
    assert data["email_addresses"][0]["email"] == ADDRESS
    assert "Words of a mail" not in text(response)


def test_the_files_cost_the_same_for_one_and_for_nine_of_each(client):
    def queries(page: str) -> int:
        with CaptureQueriesContext(connection) as context:
            assert client.get(f"{url}{page}").status_code == 200
        return len(context)

    everything_of(ADDRESS)
    make_reply(letter=Letter.objects.get(state="posted"), entered_by=None)
    url = page_of(client)
    of_one = [queries(page) for page in ["mine.json", "mine.txt"]]
    email_address = EmailAddress.objects.get()
    for _nr in range(8):
        case = make_case_to_write_for()
        pledge = make_pledge(case, **address_of())
        letter = make_letter(case, pledge=pledge, state="posted", **address_of())
        LetterPicture.objects.create(letter=letter, data="ZHJhd2luZw==", width=1, height=1)
        make_reply(letter=letter, entered_by=None)
        make_signature(make_petition(case), email_address=email_address)
        make_follow(case, email_address=email_address)

    assert [queries(page) for page in ["mine.json", "mine.txt"]] == of_one


def test_the_text_can_be_read(client):
    everything_of(ADDRESS)

    response = client.get(f"{page_of(client)}mine.txt")

    readable = response.content.decode()
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    for words in ["Sam Tester", "Testville", ADDRESS, "A class of tests", "pastures"]:
        assert words in readable
    assert f": {LetterKind.SOLIDARITY.label}\n" in readable
    assert "Words of a mail" not in readable  # nor links that open pages


def test_of_a_case_that_is_taken_down_own_words_are_told_and_not_its_name(client):
    of = address_of()
    case = make_case(display_name="Hidden Person")
    make_letter(case, name="Sam Tester", state="posted", **of)
    make_pledge(case, **of)
    email_address = make_email_address(ADDRESS)
    make_signature(make_petition(case, title="Free Hidden Person"), email_address=email_address)
    make_follow(case, email_address=email_address)
    url = page_of(client)
    type(case).objects.update(freeze="withdrawn", freeze_reason="A test.")

    for page in [url, f"{url}mine.json", f"{url}mine.txt"]:
        answer = text(client.get(page))
        assert page == url or "Sam Tester" in answer
        assert "Hidden Person" not in answer


@pytest.mark.slow
def test_one_thing_is_erased_and_the_rest_stays(client):
    everything_of(ADDRESS)
    url = page_of(client)
    for what, thing in personal_data.things(email_hash(ADDRESS)).items():
        before = set(personal_data.things(email_hash(ADDRESS)))
        assert "Erase it for good" in text(client.get(f"{url}erase/{what}/"))
        assert set(personal_data.things(email_hash(ADDRESS))) == before

        response = client.post(f"{url}erase/{what}/")

        assert response.url == url
        assert set(personal_data.things(email_hash(ADDRESS))) == before - {what}
        assert client.post(f"{url}erase/{what}/").url == url  # pressed twice
        assert thing.pk


def test_nothing_of_somebody_else_can_be_erased_by_its_number(client):
    everything_of("other@example.org")
    url = page_of(client)

    for what in personal_data.things(email_hash("other@example.org")):
        assert client.get(f"{url}erase/{what}/").status_code == 404
        client.post(f"{url}erase/{what}/")

    assert len(personal_data.things(email_hash("other@example.org"))) == 8


def test_erasing_all_leaves_numbers_and_no_trace_in_any_table(client):
    everything_of(ADDRESS)
    everything_of("other@example.org", name="Kim Other")
    url = page_of(client)
    traces = traces_of(ADDRESS)
    cases = list(type(make_case()).objects.all())
    letters = {case: everyone(case) for case in cases}
    assert [trace for trace in traces if trace not in everything()] == []
    others = personal_data.numbers(email_hash("other@example.org"))

    response = client.post(f"{url}erase/all/")

    assert response.url == reverse("letters:erased")
    stored = everything()
    assert [trace for trace in traces if trace in stored] == []
    assert {case: everyone(case) for case in cases} == letters
    assert personal_data.numbers(email_hash("other@example.org")) == others


def test_who_erases_all_by_a_double_click_or_looks_again_is_told_that_it_is_erased(client):
    everything_of(ADDRESS)
    ask(client)
    other = link_in_mail()
    mail.outbox.clear()
    OutgoingMail.objects.update(sent_at=timezone.now() - DAY)
    Throttle.objects.all().delete()
    url = page_of(client)
    unnamed = make_letter(state="submitted")

    client.post(f"{url}erase/all/")

    for link in [url, other]:
        assert client.post(f"{link}erase/all/").url == reverse("letters:erased")
        for page in ["", "mine.json", "mine.txt", "erase/all/", "erase/letter-1/"]:
            assert client.get(link + page).url == reverse("letters:erased")
    assert Letter.objects.filter(pk=unnamed.pk).exclude(body="").exists()
    DataRequest.objects.update(used_at=timezone.now() - 8 * DAY)
    erasure.erase_expired()
    assert not DataRequest.objects.exists()


@pytest.mark.parametrize("at_once", [True, False])
def test_under_an_open_petition_the_signature_ceases_to_count_and_under_a_closed_one_it_stays(
    client, at_once
):
    email_address = make_email_address(ADDRESS)
    open_one = make_signature(email_address=email_address)
    closed = make_petition(closes_on=timezone.localdate() - 2 * DAY)
    make_signature(closed, email_address=email_address)
    url = page_of(client)

    for what in ["all"] if at_once else personal_data.things(email_hash(ADDRESS)):
        client.post(f"{url}erase/{what}/")

    assert signed(open_one.petition.case) == 0
    assert signed(closed.case) == 1


def test_a_block_outlasts_the_erasing(client):
    url = page_of(client)
    make_email_address(ADDRESS, blocked_on=timezone.localdate())

    client.post(f"{url}erase/all/")

    assert EmailAddress.objects.get().blocked_on


def test_looking_erases_nothing(client):
    everything_of(ADDRESS)
    url = page_of(client)
    before = personal_data.numbers(email_hash(ADDRESS))

    for method in [client.get, client.head]:
        for page in ["", "mine.json", "mine.txt", "erase/all/"]:
            assert method(url + page).status_code == 200

    assert personal_data.numbers(email_hash(ADDRESS)) == before


def test_a_link_ends_after_seven_days_without_use(client):
    everything_of(ADDRESS)
    url = page_of(client)
    DataRequest.objects.update(used_at=timezone.now() - 7 * DAY - DAY / 24)

    for page in ["", "mine.json", "mine.txt", "erase/all/", "erase/letter-1/"]:
        response = client.get(url + page)
        assert response.status_code == 404
        assert "This link has ended" in text(response)
    assert client.post(f"{url}erase/all/").status_code == 404
    assert Letter.objects.exclude(body="").exists()
    assert erasure.erase_expired()["links to all data"] == 1


def test_a_link_that_is_used_lasts_longer_and_not_for_ever(client):
    url, begun = page_of(client), timezone.now()

    answers = {}
    for day in [6, 12, 18, 24, 29, 31]:
        with time_machine.travel(begun + day * DAY):
            answers[day] = client.get(url).status_code

    assert answers == {6: 200, 12: 200, 18: 200, 24: 200, 29: 200, 31: 404}
    with time_machine.travel(begun + 31 * DAY):
        assert erasure.erase_expired()["links to all data"] == 1


def test_a_program_that_looks_at_the_head_of_a_page_does_not_use_its_link(client):
    url, begun = page_of(client), timezone.now()

    with time_machine.travel(begun + 6 * DAY):
        client.head(url)

    assert DataRequest.objects.get().used_at < begun + DAY


def test_what_was_found_at_your_data_is_found_at_mine(client):
    url = page_of(client)

    assert client.get(url.replace("/mine/", "/your-data/")).url == url
    assert client.get("/your-data/").url == reverse("letters:mine-by-mail")


def test_the_key_of_a_link_stands_in_no_table(client):
    url = page_of(client)
    key = url.split("/")[2]

    assert len(key) == 22
    assert key not in everything()


def test_one_link_waits_at_most_and_a_robot_keeps_nobody_waiting(client):
    ask(client, website="a robot")
    assert OutgoingMail.objects.get().not_before > timezone.now() + DAY / 48

    ask(client)

    assert OutgoingMail.objects.get().not_before <= timezone.now()
    assert page_of(client)


@pytest.mark.usefixtures("still_clock")
def test_a_link_asked_for_after_many_others_from_one_place_waits_an_hour(client, monkeypatch):
    monkeypatch.setattr(throttle, "REVIEW_ABOVE", 1)

    ask(client, "sam@example.org")
    ask(client, "kim@example.org")

    first, second = OutgoingMail.objects.order_by("pk")
    assert first.not_before == first.created_at
    assert second.not_before == second.created_at + DAY / 24


def test_a_wrong_address_is_told_beside_the_field(client):
    response = ask(client, "not an address")

    assert response.status_code == 200
    assert "email" in response.context["form"].errors
    assert not OutgoingMail.objects.exists()


# --- by staff


def find(client, email: str = ADDRESS) -> str:
    """What the page that found somebody sends on."""
    return client.post(ADMIN, {"email": email}).context["person"]


def test_the_safety_role_finds_exports_and_erases_and_the_log_names_nobody():
    everything_of(ADDRESS)
    traces = traces_of(ADDRESS)
    client = signed_in("safety")

    person = find(client)
    exported = client.post(f"{ADMIN}export/", {"person": person})
    response = client.post(f"{ADMIN}erase/", {"person": person, "is_sure": "yes"}, follow=True)

    assert len(json.loads(exported.content)["letters"]) == 3
    assert said(response) == ["All of it is erased."]
    stored = everything()
    assert [trace for trace in traces if trace in stored] == []
    assert ADDRESS not in stored
    assert [entry.change_message for entry in LogEntry.objects.order_by("pk")] == [
        "Looked for all of one address.",
        "Exported all of one address.",
        "Erased all of one address. letters: 3, pledges: 1, signatures: 2, follows: 2, "
        "email_addresses: 1, mails: 2",
    ]


@pytest.mark.parametrize("role", ["editor", "moderator", "counter"])
def test_other_roles_may_not(role):
    everything_of(ADDRESS)
    person = find(signed_in("safety"))
    client = signed_in(role)

    assert client.get(ADMIN).status_code == 403
    assert client.post(ADMIN, {"email": ADDRESS}).status_code == 403
    for act in ["export", "erase"]:
        fields = {"person": person, "is_sure": "yes"}
        assert client.post(f"{ADMIN}{act}/", fields).status_code == 403
    assert Letter.objects.exclude(body="").exists()


def test_staff_erase_nothing_without_a_tick_or_by_a_forged_person():
    everything_of(ADDRESS)
    client = signed_in("safety")
    person = find(client)

    for fields in [{"person": person}, {"person": email_hash(ADDRESS), "is_sure": "yes"}, {}]:
        response = client.post(f"{ADMIN}erase/", fields, follow=True)
        assert len(said(response)) == 1
    assert client.get(f"{ADMIN}erase/").status_code == 405
    assert client.get(f"{ADMIN}export/").status_code == 405
    assert Letter.objects.exclude(body="").count() == 3


# --- by command


def test_the_command_erases_and_prints_numbers_only():
    everything_of(ADDRESS)
    traces = traces_of(ADDRESS)
    out = io.StringIO()

    call_command("erase_person", stdin=io.StringIO("Sam+news@Example.org\n"), stdout=out)

    assert out.getvalue() == (
        "letters: 3 erased\npledges: 1 erased\nsignatures: 2 erased\nfollows: 2 erased\n"
        "email_addresses: 1 erased\nmails: 2 erased\nundeliverable: 0 erased\n"
    )
    stored = everything()
    assert [trace for trace in traces if trace in stored] == []


def test_the_command_exports_to_a_file_that_only_its_owner_reads(tmp_path):
    everything_of(ADDRESS)
    out, path = io.StringIO(), tmp_path / "person.json"

    call_command("export_person", path, stdin=io.StringIO(ADDRESS), stdout=out)

    assert path.stat().st_mode & 0o777 == 0o600
    assert len(json.loads(path.read_text())["letters"]) == 3
    assert "Sam" not in out.getvalue()
    assert "letters: 3 written" in out.getvalue()
    with pytest.raises(CommandError, match="can't be made: File exists"):
        call_command("export_person", path, stdin=io.StringIO(ADDRESS))


@pytest.mark.parametrize("typed", ["", "\n", "nobody", "*"])
def test_the_commands_do_nothing_without_an_address(typed, tmp_path):
    everything_of(ADDRESS)
    make_letter()

    for command, options in [("erase_person", []), ("export_person", [tmp_path / "x.json"])]:
        with pytest.raises(CommandError, match="Give one e-mail address on standard input"):
            call_command(command, *options, stdin=io.StringIO(typed))

    assert Letter.objects.exclude(body="").count() == 4


def test_without_an_address_nothing_is_erased():
    make_letter()

    with pytest.raises(ValueError, match="no address"):
        erasure_actions.erase_person("")

    assert Letter.objects.exclude(body="").count() == 1


def test_posts_and_letters_without_an_address_are_nobody_s(client):
    make_post()
    make_letter(email="")
    make_follow()

    client.post(f"{page_of(client)}erase/all/")

    assert Letter.objects.exclude(body="").count() == 1
    assert Follow.objects.count() == 1
