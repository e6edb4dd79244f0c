"""Signatures and posts that a trap or a limit caught: many on a page, each decided and undoable."""

import datetime

import pytest
from django.test import Client

from letters.models import Claim, Decision, Post, Signature
from letters.privacy import erasure
from tests.factories import make_hand_in, make_petition, make_post, make_signature
from tests.staff import said, signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counts_hold")]

MAKE = {
    "signature": lambda: make_signature(needs_review=True, name="Sam Tester"),
    "post": lambda: make_post(needs_review=True),
}


def desk(client: Client, thing: str, way: str = "", **sent):
    url = f"/admin/letters/{thing}/desk/{way}"
    return client.post(url, sent, follow=True) if way else client.get(url)


def decide(client: Client, thing: str, acts: dict, reason: str = ""):
    sent = {f"act-{row.pk}": act for row, act in acts.items()}
    for row, _field, seen in desk(client, thing).context["rows"]:
        sent[f"seen-{row.pk}"] = seen
    return desk(client, thing, "act/", reason=reason, **sent)


def on_desk(response) -> list[int]:
    return [row.pk for row, _field, _seen in response.context["rows"]]


def standing(row) -> tuple:
    """What counts of it."""
    new = type(row).objects.get(pk=row.pk)
    return new.state, getattr(new, "invalid_on", None) is None, new.needs_review, new.counts


@pytest.mark.parametrize("thing", MAKE)
def test_those_on_the_page_are_decided_each_by_itself_and_undone(thing):
    real, forged, left = MAKE[thing](), MAKE[thing](), MAKE[thing]()
    before = [standing(row) for row in [real, forged, left]]
    client = signed_in("moderator")
    assert on_desk(desk(client, thing)) == []  # nothing is there that nobody took
    assert on_desk(desk(client, thing, "take/")) == [real.pk, forged.pk, left.pk]

    response = decide(client, thing, {real: "clear_review", forged: "invalidate"}, "One wave.")

    assert said(response) == ["2 are decided."]
    assert on_desk(response) == [left.pk]
    assert standing(real)[2:] == (False, True)
    assert not standing(forged)[3]
    assert standing(forged) != before[1]
    for decision in Decision.objects.all():
        desk(client, thing, "undo/", decision=decision.pk)
    assert [standing(row) for row in [real, forged, left]] == before
    assert on_desk(desk(client, thing)) == [real.pk, forged.pk, left.pk]


@pytest.mark.parametrize("thing", MAKE)
def test_what_one_has_on_the_desk_nobody_else_decides_and_all_are_shown_in_turn(thing, monkeypatch):
    monkeypatch.setattr("letters.delivery.flagged.AT_ONCE", 2)
    rows = [MAKE[thing]() for _ in range(3)]
    mo, mia = signed_in("moderator"), signed_in("moderator")

    assert on_desk(desk(mo, thing, "take/")) == [rows[0].pk, rows[1].pk]
    assert on_desk(desk(mia, thing, "take/")) == [rows[2].pk]
    sent = {f"act-{rows[0].pk}": "clear_review", f"seen-{rows[0].pk}": "posted"}
    desk(mia, thing, "act/", **sent)
    assert standing(rows[0])[2]
    done = decide(mo, thing, {rows[0]: "clear_review", rows[1]: "clear_review"})

    assert "Nothing more waits for you here." in said(done)
    assert Claim.objects.count() == 1


@pytest.mark.parametrize("thing", MAKE)
def test_what_was_chosen_on_a_page_that_lay_too_long_is_done_unless_others_have_it(thing):
    free, taken = MAKE[thing](), MAKE[thing]()
    mo, mia = signed_in("moderator"), signed_in("moderator")
    desk(mo, thing, "take/")
    page = desk(mo, thing)
    sent = {f"act-{row.pk}": "clear_review" for row in [free, taken]}
    sent |= {f"seen-{row.pk}": seen for row, _field, seen in page.context["rows"]}
    Claim.objects.filter(row=free.pk).delete()
    Claim.objects.filter(row=taken.pk).update(by=mia.person)

    response = desk(mo, thing, "act/", **sent)
    nothing_left = desk(mo, thing, "act/", **sent)

    assert standing(free)[2:] == (False, True)
    assert standing(taken)[2]
    not_done = "was not decided: somebody else has it, or has decided about it."
    assert said(response)[:2] == [f"1 {not_done}", "1 is decided."]
    assert "2 were not decided: somebody else has them" in said(nothing_left)[0]
    assert not any("decided." in one for one in said(nothing_left)[1:])


def test_a_signature_that_goes_with_a_hand_in_is_not_put_back():
    signature = make_signature(needs_review=True)
    client = signed_in("moderator")
    desk(client, "signature", "take/")
    decide(client, "signature", {signature: "clear_review"})
    make_hand_in(signature)

    undone = desk(client, "signature", "undo/", decision=Decision.objects.get().pk)

    assert said(undone) == ["It can’t be undone: it goes with a hand-in, or has gone."]
    assert standing(signature)[2:] == (False, True)


def test_not_valid_takes_a_reason_and_what_was_chosen_stays_chosen():
    signature = make_signature(needs_review=True)
    client = signed_in("moderator")
    desk(client, "signature", "take/")

    response = decide(client, "signature", {signature: "invalidate"}, " ")

    assert "Say why: others have to understand it later." in text(response)
    chosen = [row.pk for row, field, _ in response.context["rows"] if field.value() == "invalidate"]
    assert chosen == [signature.pk]
    assert Signature.objects.get().needs_review


def test_what_its_owner_changed_or_erased_meanwhile_is_left_alone():
    petition = make_petition()
    changed, erased = (make_signature(petition, needs_review=True) for _ in range(2))
    client = signed_in("moderator")
    desk(client, "signature", "take/")
    seen = {f"seen-{row.pk}": row.changed_at.isoformat() for row in [changed, erased]}
    acts = {f"act-{row.pk}": "clear_review" for row in [changed, erased]}
    Signature.objects.filter(pk=changed.pk).update(changed_at="2026-01-01T00:00Z")

    response = desk(client, "signature", "act/", **acts, **seen)
    erasure.erase_signatures(Signature.objects.filter(pk=erased.pk))
    undone = desk(client, "signature", "undo/", decision=Decision.objects.get().pk)

    assert f"Signature {changed.pk} was changed since: please look at it again." in said(response)
    assert "It can’t be undone: it was changed or erased since." in said(undone)
    assert Signature.objects.get(pk=changed.pk).needs_review


def test_the_desk_asks_as_often_for_twenty_as_for_three(
    django_assert_num_queries, django_assert_max_num_queries
):
    client = signed_in("moderator")
    petition = make_petition()
    for _ in range(3):
        make_signature(petition, needs_review=True)
    desk(client, "signature", "take/")
    with django_assert_max_num_queries(13) as asked:
        desk(client, "signature")
    for_three = len(asked)
    for _ in range(17):
        make_signature(petition, needs_review=True)
    desk(client, "signature", "take/")

    with django_assert_num_queries(for_three):
        assert len(on_desk(desk(client, "signature"))) == 20


def test_a_post_is_shown_without_its_private_link():
    make_post(needs_review=True, network="mastodon")
    client = signed_in("moderator")

    shown = text(desk(client, "post", "take/"))

    assert "Mastodon" in shown
    assert Post.objects.get().key not in shown


def test_the_head_says_how_many_wait_and_since_when_and_a_lead_undoes_after_the_hour(still_clock):
    signature = make_signature(needs_review=True)
    still_clock.shift(datetime.timedelta(days=9))
    client, lead = signed_in("moderator"), signed_in("lead")

    head = " ".join(text(desk(client, "signature", "take/")).split())
    decide(client, "signature", {signature: "clear_review"})
    still_clock.shift(datetime.timedelta(hours=2))
    client.force_login(client.person)  # nobody stays signed in so long
    lead.force_login(lead.person)
    late = desk(client, "signature", "undo/", decision=Decision.objects.get().pk)
    listed = lead.get("/admin/letters/signature/desk/decisions/").context["rows"]
    desk(lead, "signature", "undo/", decision=Decision.objects.get().pk)

    assert "One waits. The oldest has waited for 1 week, 2 days." in head
    assert "/admin/letters/signature/desk/decisions/" in head
    assert said(late)[0].startswith("Only the person who decided it can undo it within an hour")
    assert listed == [(Decision.objects.get(), True)]
    assert standing(signature)[2]
