from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from cases.models import ActionCount, Case, PetitionText
from letters.actions import pledges as pledge_actions
from letters.management import demo_data
from letters.models import ActionKind, Letter, Pledge, Post, Signature, Tally
from letters.privacy import erasure
from letters.statistics import ledger
from tests.factories import (
    make_case,
    make_letter,
    make_petition,
    make_pledge,
    make_post,
    make_signature,
    make_solidarity_action,
)
from tests.letters.sending import counted, everyone

pytestmark = pytest.mark.usefixtures("counts_hold")


def sample(*options: str) -> str:
    out = StringIO()
    call_command("sample_activity", *options, stdout=out)
    return out.getvalue()


def listed(letters=0, pledges=0, messages=0, signatures=0, posts=0) -> str:
    return (
        f"{letters} invented letters, {pledges} invented pledges, {messages} invented messages, "
        f"{signatures} invented signatures, {posts} invented posts.\n"
    )


def make_case_with_all() -> Case:
    petition = make_petition()
    make_solidarity_action(petition.case)
    return petition.case


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(demo_data, "ROWS_A_TRANSACTION", 70)


def test_invented_letters_are_counted_as_real_ones_are(small_parts):
    cases = [make_case(), make_case()]

    said = sample("--letters", "200", "--pledges", "30", "--seed", "1")

    assert said == "Added: " + listed(200, 30, posts=20)
    assert Letter.objects.filter(is_sample=True).count() == 200
    assert Pledge.objects.filter(is_sample=True).count() == 30
    assert ledger.differences() == []
    counted = Letter.objects.counted().count()
    assert 150 < counted < 200
    assert sum(everyone(case) for case in cases) == counted


def test_the_other_actions_come_in_proportion_where_cases_take_them(small_parts):
    case = make_case_with_all()
    make_case(sharing_allowed=False)

    said = sample("--letters", "200", "--seed", "1")

    assert said == "Added: " + listed(200, 20, messages=40, signatures=160, posts=20)
    assert 30 < counted(case, "messages") < 40
    assert 140 < counted(case, "signatures") < 160
    assert 15 < counted(case, "posts") <= 20
    assert {tally.kind for tally in Tally.objects.all()} == set(ActionKind.values)
    assert {row.petition.case for row in Signature.objects.all()} == {case}
    assert all(row.name.startswith("Sample Writer ") for row in Signature.objects.all())
    assert set(erasure.erase_expired().values()) == {0}
    for row in [Letter.objects.last(), Signature.objects.last()]:
        row.full_clean(exclude=["key_hash", "email_address"])
    Post.objects.last().full_clean(exclude=["key_hash"])


def test_how_many_of_each_can_be_said():
    make_case_with_all()

    said = sample("--letters", "10", "--signatures", "30", "--posts", "0")

    assert said == "Added: " + listed(10, 1, messages=2, signatures=30)


def test_removing_leaves_what_people_signed_and_posted(small_parts):
    case = make_case_with_all()
    other = make_petition()
    sample("--letters", "200", "--seed", "1")
    kept = make_signature(other)
    make_post(case)

    said = sample("--remove")

    assert said == "Taken out: " + listed(200, 20, messages=40, signatures=160, posts=20)
    assert Signature.objects.get() == kept
    assert PetitionText.objects.get() == kept.text
    assert Post.objects.count() == 1
    assert sum(Tally.objects.values_list("number", flat=True)) == 2


def test_invented_letters_are_spread_and_named_as_such():
    make_case(), make_case()

    sample("--letters", "300", "--seed", "1")

    letters = list(Letter.objects.all())
    assert all(letter.name.startswith("Sample Writer ") for letter in letters)
    assert {letter.subject for letter in letters} == {"An invented letter"}
    assert all("invented" in letter.body or "No person" in letter.body for letter in letters)
    assert len({letter.country for letter in letters}) > 10
    assert len({letter.counted_on for letter in letters}) > 10
    assert len({letter.case_id for letter in letters}) == 2
    assert len({letter.state for letter in letters}) > 5
    assert any(letter.pledge_id for letter in letters)
    assert max(letter.created_at for letter in letters) <= timezone.now()
    assert erasure.erase_expired()["letters"] == 0
    for letter in letters[:20]:
        letter.full_clean(exclude=["key_hash"])


def test_no_pledge_gets_more_letters_than_it_promised():
    make_case()

    sample("--letters", "500", "--pledges", "20", "--seed", "1")

    assert all(pledge_actions.done(pledge) <= pledge.number for pledge in Pledge.objects.all())


def test_the_same_line_twice_adds_nothing_and_a_larger_number_the_rest():
    make_case()
    sample("--letters", "50")

    assert sample("--letters", "50") == "Added: " + listed()
    sample("--letters", "80")

    assert Letter.objects.count() == 80


def test_the_same_seed_has_the_same_shape():
    make_case()
    shapes = []
    for _again in range(2):
        sample("--letters", "50", "--seed", "7")
        shapes.append(sorted(Tally.objects.values_list("country", "number")))
        sample("--remove")

    assert len(set(map(str, shapes))) == 1


def test_removing_leaves_what_people_did(small_parts):
    case = make_case()
    sample("--letters", "200", "--seed", "1")
    kept = make_letter(case, state="posted", pledge=Pledge.objects.filter(is_sample=True).first())
    make_letter(case)
    make_pledge(case)

    said = sample("--remove")

    assert said == "Taken out: " + listed(200, 20, posts=20)
    assert (Letter.objects.count(), Pledge.objects.count()) == (2, 1)
    assert everyone(case) == 1
    assert ActionCount.objects.get(case=case).letters == 1
    assert ledger.differences() == []
    kept.refresh_from_db()
    assert kept.pledge is None


def test_what_was_done_by_hand_for_an_invented_pledge_goes_with_it():
    case = make_case()
    sample("--letters", "0", "--pledges", "1")
    pledge = Pledge.objects.get()
    pledge_actions.post_by_hand(pledge, case, 1, key="a-key-of-a-test")

    sample("--remove")

    assert not Letter.objects.exists()
    assert everyone(case) == 0


def test_removing_where_nothing_is_says_so():
    assert sample("--remove") == "Taken out: " + listed()


def test_without_an_open_case_it_refuses_in_a_sentence():
    make_case(stage="closed")

    with pytest.raises(CommandError, match="No case takes letters"):
        sample("--letters", "5")


def test_it_asks_for_a_number():
    with pytest.raises(CommandError, match="Say how many"):
        sample()
    with pytest.raises(CommandError):
        sample("--letters", "-5")


def test_every_page_says_that_its_counts_are_invented_as_long_as_they_are(client):
    make_case()
    url, words = reverse("letters:privacy"), "invented letters and other actions"
    assert words not in client.get(url).content.decode()

    sample("--letters", "1", "--pledges", "0")
    assert words in client.get(url).content.decode()

    sample("--remove")
    assert words not in client.get(url).content.decode()
