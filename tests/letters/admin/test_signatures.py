import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from letters.models import OutgoingMail, Signature
from letters.models.email_spelling import email_hash
from tests.factories import (
    make_case,
    make_email_address,
    make_follow,
    make_letter,
    make_petition,
    make_pledge,
    make_signature,
)
from tests.letters.sending import say_yes, signed
from tests.staff import said, signed_in, text

pytestmark = pytest.mark.usefixtures("counts_hold")

LIST = "/admin/letters/signature/"
NUMBERS = "/admin/letters/follow/"


def page(signature: Signature) -> str:
    return reverse("admin:letters_signature_change", args=[signature.pk])


def act(client, signature: Signature, name: str, seen: str | None = None):
    url = reverse("admin:letters_signature_act", args=[signature.pk])
    seen = signature.changed_at.isoformat() if seen is None else seen
    return client.post(url, {"act": name, "seen": seen}, follow=True)


def invalidate(client, *signatures: Signature, reason: str):
    keys = "&".join(f"signature={signature.pk}" for signature in signatures)
    url = f"{reverse('admin:letters_signature_invalidate')}?{keys}"
    return client.post(url, {"reason": reason}, follow=True)


def numbers_in(response) -> list[int]:
    return [signature.pk for signature in response.context["cl"].result_list]


def test_list_opens_with_what_waits_for_a_look_and_can_show_the_rest():
    petition = make_petition()
    held = make_signature(petition, needs_review=True, country="FI")
    waiting = make_signature(petition, needs_review=True, state="unconfirmed")
    other = make_signature()
    client = signed_in("moderator")

    assert numbers_in(client.get(LIST)) == [held.pk]
    assert numbers_in(client.get(LIST, {"state": "unconfirmed"})) == [waiting.pk]
    assert numbers_in(client.get(LIST, {"state": "all"})) == [other.pk, waiting.pk, held.pk]
    for query in [{"case": petition.case.pk}, {"needs_review__exact": "1"}]:
        found = numbers_in(client.get(LIST, {"state": "all"} | query))
        assert found == [waiting.pk, held.pk]
    assert numbers_in(client.get(LIST, {"state": "all", "country": "FI"})) == [held.pk]
    assert numbers_in(client.get(LIST, {"state": "all", "q": str(other.pk)})) == [other.pk]


def test_today_says_how_many_wait_for_a_look():
    make_signature(needs_review=True)

    assert "1 signature to look at" in text(signed_in("moderator").get("/admin/"))


def test_list_shows_no_name_and_no_address():
    make_signature(name="Zora Tester", email_address=make_email_address("zora@example.org"))

    shown = text(signed_in("moderator").get(LIST, {"state": "all"}))

    assert not re.search(r"Zora|zora@example\.org", shown)


def test_list_asks_the_database_as_often_for_thirty_as_for_three(
    django_assert_num_queries, django_assert_max_num_queries
):
    client = signed_in("moderator")
    petition = make_petition()
    for _nr in range(3):
        make_signature(petition)
    client.get(LIST, {"state": "all"})
    with django_assert_max_num_queries(15) as few:
        client.get(LIST, {"state": "all"})
    for _nr in range(27):
        make_signature(petition)

    with django_assert_num_queries(len(few)):
        client.get(LIST, {"state": "all"})


def test_a_look_shows_what_was_signed_and_is_noted():
    petition = make_petition(text="As it stood then.")
    signature = make_signature(petition, name="Zora Tester")
    petition.text = "As it stands now."
    petition.save()
    client = signed_in("moderator")

    shown = text(client.get(page(signature)))

    assert "Zora Tester" in shown
    assert "As it stood then." in shown
    assert "As it stands now." not in shown
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Read."]
    assert LogEntry.objects.get().object_repr == f"signature {signature.pk}"


def test_what_was_held_counts_once_a_moderator_lets_it():
    signature = make_signature(needs_review=True)
    client = signed_in("moderator")

    assert said(act(client, signature, "clear_review")) == [
        f"Signature {signature.pk} no longer needs review."
    ]
    assert signed(signature.petition.case) == 1


def test_who_looked_at_something_else_is_asked_to_look_again():
    signature = make_signature(needs_review=True)

    assert said(act(signed_in("moderator"), signature, "clear_review", seen="earlier")) == [
        "It was changed since: please look at it again."
    ]
    assert signed(signature.petition.case) == 0


def test_invalid_signatures_are_kept_with_a_reason_in_the_log(client):
    petition = make_petition()
    false = [make_signature(petition) for _nr in range(2)]
    true = make_signature(petition)
    moderator = signed_in("moderator")

    response = invalidate(moderator, *false, reason="Forty names in one second.")

    words = [f"Signature {one.pk} does not count any more." for one in false]
    assert sorted(said(response)) == words
    assert signed(petition.case) == 1
    assert Signature.objects.count() == 3
    logged = {entry.change_message for entry in LogEntry.objects.all()}
    assert logged == {f"{sentence} Forty names in one second." for sentence in words}
    assert (
        "this signature is not valid"
        in client.get(false[0].email_address.get_absolute_url()).content.decode()
    )
    assert true.counts


def test_a_reason_is_needed():
    signature = make_signature()

    response = invalidate(signed_in("moderator"), signature, reason="")

    assert "Say why: others have to understand it later." in text(response)
    assert signed(signature.petition.case) == 1


def test_who_was_taken_out_wrongly_is_asked_again(client):
    signature = make_signature()
    moderator = signed_in("moderator")
    invalidate(moderator, signature, reason="A test.")
    signature.refresh_from_db()

    act(moderator, signature, "revalidate")
    signature.refresh_from_db()
    assert signature.state == "unconfirmed"
    assert signed(signature.petition.case) == 0
    assert OutgoingMail.objects.get(kind="confirm").about == f"mailbox:{signature.email_address_id}"
    say_yes(client, signature.email_address)

    assert signed(signature.petition.case) == 1


def test_from_the_list_they_are_chosen():
    signatures = [make_signature(needs_review=True) for _nr in range(2)]
    keys = [str(one.pk) for one in signatures]
    client = signed_in("moderator")

    chosen = client.post(LIST, {"action": "invalidate", "_selected_action": keys})
    assert text(client.get(chosen.url)).count("Signature ") >= 2
    client.post(LIST, {"action": "clear_review", "_selected_action": keys})

    assert all(one.counts for one in Signature.objects.all())


def test_nothing_is_changed_or_deleted_by_hand():
    signature = make_signature()
    client = signed_in("moderator", is_superuser=True)

    for name in ["delete", "history"]:
        client.get(reverse(f"admin:letters_signature_{name}", args=[signature.pk]))
    client.post(reverse("admin:letters_signature_delete", args=[signature.pk]), {"post": "yes"})
    client.post(page(signature), {"name": "Somebody Else"})

    assert Signature.objects.get().name == "Sam Tester"


@pytest.mark.parametrize("role", ["editor", "counter", "safety"])
def test_other_roles_see_no_signature(role):
    signature = make_signature()
    client = signed_in(role)

    for url in [LIST, page(signature), reverse("admin:letters_signature_invalidate")]:
        assert client.get(url).status_code == 403
    assert act(client, signature, "clear_review").status_code == 403


def test_all_that_one_address_did_is_found():
    email_address = make_email_address("zora@example.org")
    signature = make_signature(email_address=email_address, name="Zora Tester")
    make_signature()
    make_follow(make_case(display_name="Ana Test"), email_address=email_address)

    response = signed_in("moderator").post(
        "/admin/letters/letter/find/", {"email": "Zora+news@example.org"}
    )

    assert list(response.context["signatures"]) == [signature]
    assert "Ana Test, confirmed" in text(response)
    assert "Zora" not in text(response).replace('value="Zora+news@example.org"', "")


def test_who_may_only_moderate_letters_finds_no_signature_and_no_wish_for_news():
    email, hashed = "zora@example.org", email_hash("zora@example.org")
    letter = make_letter(email=email, email_hash=hashed)
    pledge = make_pledge(email=email, email_hash=hashed)
    email_address = make_email_address(email)
    make_signature(email_address=email_address)
    make_follow(make_case(display_name="Followed Test"), email_address=email_address)
    client = signed_in()
    client.person.user_permissions.add(Permission.objects.get(codename="moderate_letter"))

    response = client.post("/admin/letters/letter/find/", {"email": email})

    assert list(response.context["letters"]) == [letter]
    assert list(response.context["pledges"]) == [pledge]
    assert "signatures" not in response.context
    assert "follows" not in response.context
    assert "Followed Test" not in text(response)


def test_who_tells_sees_how_many_follow_and_never_who():
    many, few = make_case(display_name="Ana Test"), make_case(display_name="Jon Test")
    for _nr in range(5):
        make_follow(many)
        make_follow(many, state="unconfirmed")
    for _nr in range(4):
        one = make_follow(few)
    make_follow()

    response = signed_in("editor").get(NUMBERS)

    rows = [(str(row.case), row.number) for row in response.context["followed"]]
    assert rows == [("Ana Test", 5), ("None", None), ("Jon Test", None)]
    assert "fewer than 5" in text(response)
    assert "@example.org" not in text(response)
    assert signed_in("moderator").get(NUMBERS).status_code == 403
    url = reverse("admin:letters_follow_change", args=[one.pk])
    assert signed_in(is_superuser=True).get(url).status_code == 404
