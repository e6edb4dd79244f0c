"""What fails half way has not happened: row, tally and trail change together or not at all."""

import pytest
from django.db import DatabaseError

from cases.models import ActionCount
from letters.actions import erasure as erasure_actions
from letters.actions import letters, pledges, posts, signatures
from letters.delivery import moderation
from letters.mail import messages
from letters.models import (
    Letter,
    OutgoingMail,
    PaperCount,
    Pledge,
    Post,
    Publication,
    PublishedFigure,
    Signature,
)
from letters.models.email_spelling import email_hash
from letters.statistics import ledger, paper_counts, published, surges
from tests.factories import (
    make_case_to_write_for,
    make_email_address,
    make_letter,
    make_paper_count,
    make_petition,
    make_pledge,
    make_post,
    make_signature,
)
from tests.letters.sending import yesterday
from tests.staff import make_staff

# A real transaction around each act, and none around the test.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("counts_hold")]

COUNTING = ["count", "uncount", "add_many", "shift"]


@pytest.fixture
def broken(monkeypatch):
    """The tally can't be changed: as when the database goes away in this moment."""

    def fails(*_anything):
        raise DatabaseError

    def break_it():
        for name in COUNTING:
            monkeypatch.setattr(ledger, name, fails)

    yield break_it
    monkeypatch.undo()


def stored(model) -> list[dict]:
    return list(model.objects.order_by("pk").values())


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("drafting", "deliver"),
        ("ready", "posted"),
        ("posted", "undo"),
        ("submitted", "undo"),
        ("approved", "withdraw"),
    ],
)
def test_an_act_on_a_letter(state, name, broken):
    letter = make_letter(make_case_to_write_for(), state=state, route="post")
    before = stored(Letter)

    broken()
    with pytest.raises(DatabaseError):
        letters.act(letter, name)

    assert stored(Letter) == before


def test_what_a_moderator_does_with_a_letter(broken):
    held = make_letter(make_case_to_write_for(), state="submitted", needs_review=True)
    counted = make_letter(held.case, state="submitted", email="sam@example.org")
    before = stored(Letter)

    broken()
    for letter, act in [
        (held, letters.approve),
        (held, letters.clear_review),
        (counted, lambda letter: letters.reject(letter, "other", "A reason.")),
        (counted, lambda letter: letters.revise(letter, country="SE")),
    ]:
        with pytest.raises(DatabaseError):
            act(Letter.objects.select_related("case").get(pk=letter.pk))

    assert stored(Letter) == before


def test_letters_by_hand(broken):
    pledge = make_pledge(make_case_to_write_for(), number=9)
    pledges.post_by_hand(pledge, pledge.case, 2, key="a-key-of-a-test")
    before = stored(Letter)

    broken()
    with pytest.raises(DatabaseError):
        pledges.post_by_hand(pledge, pledge.case, 2, key="another-key-of-a-test")
    with pytest.raises(DatabaseError):
        pledges.take_back_by_hand(pledge)

    assert stored(Letter) == before


def test_a_signature(broken):
    petition = make_petition()
    waiting = make_signature(petition, state="unconfirmed")
    counted = make_signature(petition)
    held = make_signature(petition, needs_review=True)
    withdrawn = make_signature(petition, state="withdrawn")
    before = stored(Signature)

    broken()
    for act, signature in [
        (signatures.confirm, waiting),
        (signatures.withdraw, counted),
        (signatures.invalidate, counted),
        (signatures.clear_review, held),
        (signatures.restore, withdrawn),
    ]:
        with pytest.raises(DatabaseError):
            act(Signature.objects.select_related("petition__case").get(pk=signature.pk))

    assert stored(Signature) == before


def test_a_post(broken):
    case = make_case_to_write_for()
    counted, held = make_post(case), make_post(case, needs_review=True)
    taken_back = make_post(case, state="withdrawn")
    before = stored(Post)

    broken()
    with pytest.raises(DatabaseError):
        posts.post(key="a-key-of-a-test", case=case, network="x", country="", needs_review=False)
    for act, action in [
        (posts.take_back, counted),
        (posts.clear_review, held),
        (posts.post_again, taken_back),
    ]:
        with pytest.raises(DatabaseError):
            act(action)

    assert stored(Post) == before


def test_a_count_on_paper(broken):
    paper, held = make_paper_count(), make_paper_count(state="held", number=9_000)
    by, seen = make_staff("counter"), paper_counts.version(paper)
    before, trail = stored(PaperCount), PaperCount.history.count()
    entry = {"kind": "appeal", "number": 3, "country": "SE", "day": paper.day, "source": "Test"}

    broken()
    for act in [
        lambda: paper_counts.enter(case=paper.case, by=by, evidence="A scan", **entry),
        lambda: paper_counts.correct(paper, seen=seen, reason="A slip.", by=by, number=7),
        lambda: paper_counts.take_out(paper, seen=seen, reason="Twice.", by=by),
        lambda: paper_counts.clear_review(held, seen=paper_counts.version(held), by=by),
    ]:
        with pytest.raises(DatabaseError):
            act()

    assert stored(PaperCount) == before
    assert PaperCount.history.count() == trail


def test_an_alarm_is_raised_with_what_it_holds_or_not_at_all(monkeypatch):
    monkeypatch.setattr(surges, "ALWAYS_AN_HOUR", 0)
    letter = make_letter(make_case_to_write_for(), state="ready", route="post")
    before = stored(Letter)

    def fails(*_anything):
        raise DatabaseError

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "shift", fails)
        with pytest.raises(DatabaseError):
            letters.act(letter, "posted")

    assert stored(Letter) == before
    assert not surges.Alarm.objects.exists()
    assert not surges.Pace.objects.exists()


@pytest.mark.parametrize(
    ("act", "make"),
    [
        (moderation.invalidate, make_letter),
        (moderation.invalidate, make_post),
        (moderation.invalidate, make_signature),
        (moderation.revalidate, make_letter),
        (moderation.revalidate, make_post),
        (moderation.clear_review, make_letter),
        (moderation.clear_review, make_post),
        (moderation.clear_review, make_signature),
    ],
)
def test_what_staff_decide_about_many(act, make, broken):
    sent = {"state": "posted"} if make is make_letter else {}
    row = make(**sent, needs_review=act is moderation.clear_review)
    rows = type(row).objects.all()
    if act is moderation.revalidate:
        moderation.invalidate(rows)
    before = stored(type(row))

    broken()
    with pytest.raises(DatabaseError):
        act(rows)

    assert stored(type(row)) == before


def test_a_signature_is_not_valid_again_until_its_owner_can_be_asked(monkeypatch):
    make_signature(state="invalid")
    before = stored(Signature)

    def fails(*_anything, **_more):
        raise DatabaseError

    with monkeypatch.context() as patched:
        patched.setattr(messages, "queue_confirm", fails)
        with pytest.raises(DatabaseError):
            signatures.revalidate(Signature.objects.get())

    assert stored(Signature) == before
    assert not OutgoingMail.objects.exists()


def test_erasing_all_of_one_person(monkeypatch):
    of = email_hash("sam@example.org")
    make_letter(make_case_to_write_for(), email="sam@example.org", email_hash=of)
    make_pledge(email="sam@example.org", email_hash=of)
    make_signature(email_address=make_email_address("sam@example.org"))
    before = [stored(model) for model in (Letter, Pledge, Signature)]

    def fails(*_anything):
        raise DatabaseError

    with monkeypatch.context() as patched:
        patched.setattr(erasure_actions, "erase_own_signatures", fails)
        with pytest.raises(DatabaseError):
            erasure_actions.erase_person(of)

    assert [stored(model) for model in (Letter, Pledge, Signature)] == before


def test_the_figures_of_a_day(monkeypatch):
    """Or nobody would publish them any more on that day."""
    case = make_case_to_write_for()
    for _nr in range(12):
        make_letter(case, state="posted", country="NO", counted_on=yesterday())

    def fails(*_anything):
        raise DatabaseError

    with monkeypatch.context() as patched:
        patched.setattr(PublishedFigure.objects, "bulk_create", fails)
        with pytest.raises(DatabaseError):
            published.publish_once_a_day()

    assert not Publication.objects.exists()
    assert ActionCount.objects.get().shown_letters == 0
    published.publish_once_a_day()
    assert ActionCount.objects.get().shown_letters == 10
    assert PublishedFigure.objects.exists()
