import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from cases.models import ActionCount
from letters.models import Letter, Tally, TallySource
from letters.statistics import ledger
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_letter,
    make_paper_count,
    make_petition,
    make_pledge,
    make_post,
    make_signature,
    make_solidarity_action,
)
from tests.letters.actions.test_posts import say_posted
from tests.letters.sending import act, by_hand, say_yes, send_letter, send_message, sign

pytestmark = pytest.mark.usefixtures("counts_hold")


def recount(*options: str) -> str:
    out = StringIO()
    call_command("recount", *options, stdout=out)
    return out.getvalue()


def test_recount_says_that_all_is_well():
    make_letter(state="posted")

    assert recount() == "The counts and the rows say the same.\n"


def test_recount_tells_each_difference_in_a_sentence_and_fails():
    case = make_case(slug="test-person")
    make_letter(case, state="posted", country="NO", counted_on=datetime.date(2026, 11, 22))
    Tally.objects.update(number=4)
    ActionCount.objects.update(letters=7)
    out = StringIO()

    with pytest.raises(CommandError, match="The counts are wrong"):
        call_command("recount", stdout=out)

    assert out.getvalue().splitlines() == [
        "test-person, appeal, said, 22.11.2026, Norway: the count says 4, the rows are 1.",
        "All appeal of test-person: the count says 7, the rows are 4.",
    ]
    ledger.rebuild()


def test_recount_finds_what_was_never_counted_and_what_is_no_more():
    case = make_case()
    Letter.objects.filter(pk=make_letter(case, state="posted", country="NO").pk).update(
        country="FI"
    )

    assert [(found.ledger, found.rows) for found in ledger.differences()] == [(0, 1), (1, 0)]
    ledger.rebuild()


def test_recount_proves_every_kind_of_action():
    paper = make_paper_count(make_case(slug="test-person"), day=datetime.date(2026, 11, 22))
    make_signature()
    make_post()
    make_letter(state="posted", kind="solidarity")
    assert recount() == "The counts and the rows say the same.\n"

    Tally.objects.update(number=20)

    assert len(ledger.differences()) == 8
    assert str(ledger.differences()[0]) == (
        "test-person, appeal, staff, 22.11.2026, Norway: "
        f"the count says 20, the rows are {paper.number}."
    )
    ledger.rebuild()
    assert recount() == "The counts and the rows say the same.\n"


def test_recount_repairs():
    make_letter(state="posted", country="NO")
    make_letter(state="submitted")
    make_letter()
    Tally.objects.all().delete()
    ActionCount.objects.update(letters=99)

    assert "The counts were made anew from the rows." in recount("--repair")

    assert recount() == "The counts and the rows say the same.\n"
    assert sum(Tally.objects.values_list("number", flat=True)) == 2


# How we know


def sources() -> dict[tuple[str, str], int]:
    """How many count by kind and source."""
    rows = Tally.objects.exclude(number=0).values_list("kind", "source", "number")
    return {(kind, source): number for kind, source, number in rows}


def send_and_post(client, case, send) -> Letter:
    url = send(client, case).url
    client.post(url, {"act": "post"})
    client.post(url, {"act": "posted"})
    return Letter.objects.latest("pk")


def test_what_people_only_say_is_told_apart_from_what_we_have(client):
    case = make_solidarity_action().case
    petition = make_petition(case)
    send_and_post(client, case, send_letter)
    send_and_post(client, case, send_message)
    client.post(send_letter(client, case, email="").url, {"act": "deliver"})
    by_hand(client, make_pledge(case, number=4), 3)
    say_posted(client, case)
    sign(client, petition)
    say_yes(client, petition.signatures.get().email_address)
    make_paper_count(case, number=12)

    assert sources() == {
        ("appeal", TallySource.SAID): 1,
        ("solidarity", TallySource.SAID): 1,
        ("appeal", TallySource.ONLINE): 1,
        ("appeal", TallySource.BY_HAND): 3,
        ("social", TallySource.SAID): 1,
        ("signature", TallySource.ONLINE): 1,
        ("appeal", TallySource.STAFF): 12,
    }


def test_a_letter_that_was_not_posted_after_all_and_is_handed_in_is_no_longer_only_said(client):
    letter = send_and_post(client, make_case_to_write_for(), send_letter)
    assert sources() == {("appeal", TallySource.SAID): 1}

    act(client, letter, "undo")
    assert sources() == {}
    act(client, letter, "undo")
    act(client, letter, "deliver")

    assert sources() == {("appeal", TallySource.ONLINE): 1}


@pytest.mark.parametrize("state", ["posted", "submitted", "approved"])
@pytest.mark.parametrize("route", ["", "post", "email", "deliver", "by-hand"])
def test_row_and_database_agree_on_how_we_know(state, route):
    """Whatever stands in a row, also what no act makes today."""
    letter = make_letter(state=state, route=route)

    assert ledger.by_key(Letter.objects.all()) == {letter.tally_key: 1}
