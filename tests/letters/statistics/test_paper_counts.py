import datetime
import re

import pytest
from django.db.models import F
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Case
from letters.models import PaperCount, Tally
from letters.statistics import ledger, paper_counts
from tests.factories import make_case, make_edition, make_paper_count
from tests.letters.at_once import at_once
from tests.letters.forms.test_any_input import fuzzed, post, some
from tests.letters.sending import everyone
from tests.staff import make_staff, said, signed_in, text

pytestmark = pytest.mark.usefixtures("counts_hold")

LIST = "/admin/letters/papercount/"
ADD = f"{LIST}add/"
TODAY = timezone.localdate


def page(paper: PaperCount, name: str = "change") -> str:
    return f"{LIST}{paper.pk}/{name}/"


def entry(case: Case, /, **fields) -> dict:
    """The form as it is filled in; a test names the fields it is about."""
    return {
        "case": str(case.pk),
        "kind": "appeal",
        "number": "30",
        "country": "Norway",
        "day": TODAY().isoformat(),
        "source": "Test School",
        "evidence": "A scan in folder 3",
    } | fields


def enter(client, case: Case, /, *, follow: bool = True, **fields):
    """`follow=False` for whoever does not read the page they are led to: half of the work."""
    return client.post(ADD, entry(case, **fields), follow=follow)


def correct(client, paper: PaperCount, *, follow: bool = True, **fields):
    seen = paper_counts.version(paper)
    form = entry(paper.case, number=paper.number) | {"seen": seen, "reason": "A slip."} | fields
    return client.post(page(paper, "correct"), form, follow=follow)


def take_out(client, paper: PaperCount, *, follow: bool = True, **fields):
    form = {"seen": paper_counts.version(paper), "reason": "Counted twice."} | fields
    return client.post(page(paper, "take-out"), form, follow=follow)


def release(client, paper: PaperCount, **fields):
    form = {"seen": paper_counts.version(paper)} | fields
    return client.post(page(paper, "clear-review"), form, follow=True)


# --- entering


@pytest.mark.usefixtures("still_clock")
def test_what_was_counted_on_paper_counts_with_the_rest():
    case = make_case(display_name="Ana Test")

    response = enter(signed_in("counter"), case)

    paper = PaperCount.objects.get()
    assert said(response) == ["Entered: 30 letters for Ana Test."]
    assert everyone(case) == 30
    assert Tally.objects.get().tally_key == (case.pk, "appeal", "staff", TODAY(), "NO")
    assert (paper.source, paper.evidence) == ("Test School", "A scan in folder 3")


@pytest.mark.parametrize(
    ("kind", "total"), [("solidarity", "messages"), ("signature", "signatures")]
)
def test_messages_and_signatures_are_counted_apart(kind, total):
    case = make_case()

    enter(signed_in("counter"), case, kind=kind)

    assert getattr(Case.objects.get(pk=case.pk).action_count, total) == 30
    assert everyone(case) == 0


@pytest.mark.parametrize("typed", ["Norway", "norway", " NORWAY ", "NO", "no"])
def test_a_country_is_known_by_its_name_or_code(typed):
    enter(signed_in("counter"), make_case(), country=typed)

    assert PaperCount.objects.get().country == "NO"


def test_a_country_may_be_unknown():
    enter(signed_in("counter"), make_case(), country="")

    assert PaperCount.objects.get().country == ""


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"case": ""}, "Choose the case."),
        ({"number": ""}, "Say how many."),
        ({"number": "0"}, "Give a number, 1 or more."),
        ({"number": "1000001"}, "More than 1,000,000: no case has so many on one day."),
        ({"number": "9" * 5_000}, "Enter a whole number."),
        ({"country": "Norw"}, "Choose a country from the list, or leave it empty."),
        ({"day": "2999-01-01"}, "This day is still to come."),
        ({"day": "2025-10-31"}, "The edition of this case opened on 1 November 2025:"),
        ({"kind": "social"}, "Select a valid choice."),
        ({"source": "\u202eSchool"}, "invisible sign"),
        ({"evidence": ""}, "Say what shows it, and where that is kept."),
    ],
)
def test_what_can_not_be_is_said_beside_the_field_and_the_rest_is_kept(wrong, sentence):
    response = enter(signed_in("counter"), make_case(), **wrong)

    [field] = wrong
    assert sentence in " ".join(response.context["form"].errors[field])
    kept = "Test School" if "evidence" in wrong else "A scan in folder 3"
    assert kept in text(response)
    assert not PaperCount.objects.exists()


def test_cases_stand_under_their_edition_the_newest_first_and_drafts_do_not():
    make_case(edition=make_edition(2024), display_name="Of 2024", stage="closed")
    make_case(edition=make_edition(2025), display_name="Of 2025")
    make_case(display_name="A draft", stage="draft")

    choices = signed_in("counter").get(ADD).context["form"].fields["case"].choices

    assert [(title, [name for _pk, name in cases]) for title, cases in choices if title] == [
        ("Write for Rights 2025", ["Of 2025"]),
        ("Write for Rights 2024", ["Of 2024"]),
    ]


@pytest.mark.usefixtures("still_clock")
def test_the_same_again_asks_whether_it_is_another_one():
    case, client = make_case(), signed_in("counter")
    enter(client, case)

    asked = enter(client, case, evidence="Another scan")

    assert "Is this another one?" in text(asked)
    assert PaperCount.objects.count() == 1
    assert 'value="Another scan"' in text(asked)

    alike = re.search(r'name="alike" value="(\d+)"', text(asked))[1]
    enter(client, case, another="on", alike=alike)
    again = enter(client, case, another="on", alike=alike)

    assert "is there 2 times already" in text(again)
    assert everyone(case) == 60


def test_what_was_taken_out_may_be_entered_again():
    case, client = make_case(), signed_in("counter")
    enter(client, case)
    take_out(client, PaperCount.objects.get())

    enter(client, case)

    assert everyone(case) == 30


def test_the_next_entry_begins_with_what_this_person_entered_last():
    case, client = make_case(), signed_in("counter")
    enter(client, case)
    make_paper_count(make_case(), country="SE")

    response = client.post(ADD, entry(case, number="31", and_another=""), follow=True)

    shown = text(response)
    assert response.redirect_chain[-1][0] == ADD
    assert 'value="Norway"' in shown
    assert 'value="Test School"' in shown
    assert 'value="31"' not in shown


# --- what looks like a slip


@pytest.mark.parametrize(
    ("had", "number", "state"),
    [
        (0, 500, "counted"),
        (0, 501, "held"),
        (60, 600, "counted"),
        (60, 601, "held"),
        (4_000, 1_000, "counted"),
        (4_000, 1_001, "held"),  # with those, more than 5,000 that day
    ],
)
def test_a_number_that_looks_like_a_slip_is_held(had, number, state):
    case = make_case()
    if had:
        make_paper_count(case, number=had)

    enter(signed_in("counter"), case, number=str(number))

    paper = PaperCount.objects.latest("pk")
    assert paper.state == state
    assert everyone(case) == had + (number if state == "counted" else 0)


def test_one_person_enters_no_more_than_so_much_alone():
    case, client = make_case(), signed_in("counter")
    for country in ["NO", "FI", "SE", "DK", "DE"]:
        made_by(client, case, number=2_000, country=country)

    enter(client, case, number="1", country="NO")
    enter(signed_in("counter"), case, number="2", country="NO")

    states = PaperCount.objects.order_by("pk").values_list("state", flat=True)
    assert list(states)[-2:] == ["held", "counted"]


def test_who_corrects_the_words_of_an_entry_has_not_entered_its_number():
    case, first, second = make_case(), signed_in("counter"), signed_in("counter")
    for country in ["NO", "FI", "SE", "DK", "DE"]:
        made_by(first, case, number=2_000, country=country)

    for paper in PaperCount.objects.all():
        correct(second, paper, country=paper.country, evidence="A scan in folder 4")
    enter(second, case, number="2")
    enter(first, case, number="1")

    states = PaperCount.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [*["counted"] * 6, "held"]


def made_by(client, case: Case, **fields) -> PaperCount:
    """What this person entered, and what counts."""
    paper = make_paper_count(case, entered_by=client.person, **fields)
    paper.history.update(history_user=client.person)
    return paper


@pytest.fixture
def many_a_day(monkeypatch):
    """The limit of one country and day is not what a test is about."""
    monkeypatch.setattr(paper_counts, "MAX_OF_A_DAY", 1_000_000)


def days_pass(number: int = 2) -> None:
    """All that was done until now was done so many days ago."""
    earlier = datetime.timedelta(days=number)
    PaperCount.objects.update(entered_at=F("entered_at") - earlier)
    PaperCount.history.update(history_date=F("history_date") - earlier)


def on_paper() -> int:
    """All that counts, whatever it is."""
    return sum(Tally.objects.filter(source="staff").values_list("number", flat=True))


@pytest.mark.slow
def test_old_entries_that_are_corrected_upwards_count_as_entered_now(many_a_day):
    """As in the review: 19 entries of 499, and days later each of them made ten times as many."""
    case, client = make_case(), signed_in("counter")
    for nr in range(19):
        enter(client, case, number="499", source=f"Test School {nr}", follow=False)
    days_pass()
    assert on_paper() == 19 * 499

    for paper in PaperCount.objects.order_by("pk"):
        correct(client, paper, number="4990", source=paper.source, follow=False)

    corrected = PaperCount.objects.filter(state="counted", number=4_990)
    assert sum(corrected.values_list("number", flat=True)) <= paper_counts.MAX_BY_ONE_PERSON
    assert PaperCount.objects.filter(state="held").count() == 19 - corrected.count()


@pytest.mark.slow
@pytest.mark.parametrize("elsewhere", ["case", "kind", "country", "day"])
def test_what_one_person_enters_adds_up_over_all_places(elsewhere):
    client = signed_in("counter")
    cases = [make_case() for _nr in range(30)]
    for nr in range(30):
        where = {
            "case": {},
            "kind": {"kind": ["appeal", "solidarity", "signature"][nr % 3]},
            "country": {"country": ["NO", "SE", "FI", "DE", "FR"][nr % 5]},
            "day": {"day": (TODAY() - datetime.timedelta(days=nr % 9)).isoformat()},
        }[elsewhere]
        enter(client, cases[nr], number="500", source=f"Test School {nr}", follow=False, **where)

    assert on_paper() == paper_counts.MAX_BY_ONE_PERSON


@pytest.mark.slow
@pytest.mark.parametrize(
    "moved", [{"country": "Sweden"}, {"kind": "solidarity"}, {"day": "2025-12-01"}]
)
def test_what_is_moved_elsewhere_counts_as_entered_now(moved, many_a_day):
    case, client = make_case(), signed_in("counter")
    for nr in range(22):
        enter(client, case, number="499", source=f"Test School {nr}", follow=False)
        days_pass()

    for paper in PaperCount.objects.order_by("pk"):
        correct(client, paper, number="499", source=paper.source, follow=False, **moved)

    moved_and_counted = PaperCount.objects.filter(state="counted")
    assert moved_and_counted.count() == paper_counts.MAX_BY_ONE_PERSON // 499


@pytest.mark.slow
def test_what_is_taken_out_and_entered_again_adds_up_too(many_a_day):
    case, client = make_case(), signed_in("counter")
    for nr in range(22):
        enter(client, case, number="499", source=f"Test School {nr}", follow=False)
        days_pass()
    for paper in PaperCount.objects.all():
        take_out(client, paper, follow=False)

    for nr in range(22):
        enter(client, case, number="499", source=f"Test School {nr}", follow=False)

    assert on_paper() == 20 * 499


@pytest.mark.slow
def test_the_corrections_of_another_person_are_theirs_and_are_held_too(many_a_day):
    case, first, second = make_case(), signed_in("counter"), signed_in("counter")
    for nr in range(22):
        enter(first, case, number="400", source=f"Test School {nr}", follow=False)
        days_pass()

    for paper in PaperCount.objects.order_by("pk"):
        correct(second, paper, number="500", source=paper.source)

    assert PaperCount.objects.filter(state="counted", number=500).count() == 20
    held = PaperCount.objects.filter(state="held").first()
    assert "More than 10,000 entered or corrected by one person in a day." in text(
        first.get(page(held))
    )
    assert said(release(second, held)) == [
        "Somebody else has to look at it: you entered or changed it yourself."
    ]
    assert said(release(first, held)) == ["It counts."]


def test_entries_of_days_ago_do_not_add_up():
    case, client = make_case(), signed_in("counter")
    make_paper_count(case, number=500)
    for country in ["FI", "SE", "DK", "DE", "FR"]:
        made_by(client, case, number=2_000, country=country)
    days_pass()

    enter(client, case, number="1")

    assert PaperCount.objects.latest("pk").state == "counted"


def test_a_correction_does_not_add_to_itself():
    case, client = make_case(), signed_in("counter")
    make_paper_count(case, number=450, country="NO")
    made_by(client, case, number=4_000, country="SE")
    paper = made_by(client, case, number=3_000, country="NO")

    correct(client, paper, number="3500")

    paper.refresh_from_db()
    assert (paper.number, paper.state) == (3_500, "counted")


def test_less_is_never_held_and_makes_no_room_for_more():
    case, client = make_case(), signed_in("counter")
    for country in ["FI", "SE", "DK", "DE", "FR"]:
        made_by(client, case, number=2_000, country=country)
    paper = make_paper_count(case, number=9_000)

    correct(client, paper, number="8000")
    paper.refresh_from_db()
    assert (paper.number, paper.state) == (8_000, "counted")

    correct(client, paper, number="9000")
    paper.refresh_from_db()
    assert (paper.number, paper.state) == (9_000, "held")


def test_who_lowers_an_entry_of_somebody_else_has_entered_nothing():
    client = signed_in("counter")
    paper = make_paper_count(number=9_500)
    correct(client, paper, number="9000")

    yesterday = TODAY() - datetime.timedelta(days=1)
    enter(client, paper.case, number="1500", day=yesterday.isoformat())

    assert PaperCount.objects.latest("pk").state == "counted"
    assert everyone(paper.case) == 10_500


def test_nobody_takes_out_what_they_have_not_seen():
    paper, client = make_paper_count(), signed_in("counter")
    seen = paper_counts.version(paper)
    correct(client, paper, number="5", seen=seen)

    response = take_out(client, paper, seen=seen)

    assert "It was changed since you opened this page" in text(response)
    assert everyone(paper.case) == 5


def test_what_is_held_says_why_and_waits_for_a_second_person():
    case, first, second = make_case(), signed_in("counter"), signed_in("counter")

    response = enter(first, case, number="9000")

    paper = PaperCount.objects.get()
    [_entered, held] = said(response)
    assert "does not count yet" in held
    assert "More than 5,000 on paper" in held
    assert "More than 10 times what the case has" in held
    assert everyone(case) == 0
    assert "let it count" not in text(first.get(page(paper)))
    assert said(release(first, paper)) == [
        "Somebody else has to look at it: you entered or changed it yourself."
    ]
    assert "1 count on paper waits for a second person" in text(second.get("/admin/"))
    assert "let it count" in text(second.get(page(paper)))

    release(second, paper)
    release(second, paper)

    assert everyone(case) == 9_000
    assert "waits for a second person" not in text(second.get("/admin/"))


def test_who_entered_what_counted_since_may_look_at_the_slip_of_somebody_else():
    first, second = make_staff("counter"), make_staff("counter")
    fields = {"case": make_case(), "kind": "appeal", "country": "NO", "day": TODAY()}
    paper = paper_counts.enter(by=first, number=300, source="School", evidence="A scan", **fields)
    seen = paper_counts.version(paper)

    paper = paper_counts.correct(paper, seen=seen, reason="A slip.", by=second, number=30_000)

    assert paper.state == "held"
    assert paper_counts.may_clear_review(paper, first) is True
    assert paper_counts.may_clear_review(paper, second) is False


def test_what_does_not_count_adds_nothing_to_a_day():
    paper = make_paper_count(number=4_900, state="held")
    make_paper_count(paper.case, number=4_900, state="taken-out", reason="Twice.")

    enter(signed_in("counter"), paper.case, number="400")

    assert PaperCount.objects.latest("pk").state == "counted"
    assert everyone(paper.case) == 400


def test_who_changes_what_is_held_does_not_release_it():
    case, first, second, third = make_case(), *[signed_in("counter") for _nr in range(3)]
    enter(first, case, number="9000")
    paper = PaperCount.objects.get()
    correct(second, paper, number="8000")

    release(first, paper)
    release(second, paper)
    assert everyone(case) == 0

    release(third, paper)
    assert everyone(case) == 8_000


def test_a_slip_that_is_corrected_counts_at_once():
    case, client = make_case(), signed_in("counter")
    enter(client, case, number="9000")

    correct(client, PaperCount.objects.get(), number="90")

    assert everyone(case) == 90


def test_nobody_releases_what_they_have_not_seen():
    case, first, second = make_case(), signed_in("counter"), signed_in("counter")
    enter(first, case, number="6000")
    paper = PaperCount.objects.get()
    seen = paper_counts.version(paper)
    correct(first, paper, number="60000")

    response = release(second, paper, seen=seen)

    assert said(response) == ["It was changed since you opened this page: please read it again."]
    assert everyone(case) == 0


def test_without_the_right_to_review_nothing_is_released(client):
    paper = make_paper_count(state="held", number=9_000)

    assert release(signed_in("editor"), paper).status_code == 403
    assert everyone(paper.case) == 0


# --- correcting and taking out


def test_a_correction_moves_the_count_and_leaves_a_trail():
    wrong, right, client = make_case(), make_case(display_name="Ana Test"), signed_in("counter")
    enter(client, wrong)
    paper = PaperCount.objects.get()

    response = correct(
        client,
        paper,
        case=right.pk,
        kind="solidarity",
        number="35",
        country="Sweden",
        day="2025-12-10",
        reason="Misread the list.",
    )

    assert said(response) == ["Corrected: 35 messages of support for Ana Test."]
    assert everyone(wrong) == 0
    [tally] = Tally.objects.filter(number__gt=0)
    assert tally.tally_key == (
        right.pk,
        "solidarity",
        "staff",
        datetime.date(2025, 12, 10),
        "SE",
    )
    shown = " ".join(re.sub(r"<[^>]+>", " ", text(response)).split())
    assert "Misread the list." in shown
    assert client.person.username in shown
    for was, now in [("30", "35"), ("Norway", "Sweden"), ("letters", "messages of support")]:
        assert f"{was} {now}" in shown
    assert f"{wrong.display_name} Ana Test" in shown


def test_a_correction_needs_a_reason():
    paper = make_paper_count()

    response = correct(signed_in("counter"), paper, number="5", reason="")

    assert "Say why, for whoever reads the history." in text(response)
    assert everyone(paper.case) == paper.number


def test_a_correction_sent_twice_is_done_once():
    paper, client = make_paper_count(), signed_in("counter")
    seen = paper_counts.version(paper)

    correct(client, paper, number="5", seen=seen)
    correct(client, paper, number="5", seen=seen)

    assert everyone(paper.case) == 5
    assert paper.history.count() == 2


def test_two_who_correct_at_once_do_not_undo_each_other():
    paper, client = make_paper_count(), signed_in("counter")
    seen = paper_counts.version(paper)
    correct(client, paper, number="5", seen=seen)

    response = correct(client, paper, number="7", seen=seen)

    assert "It was changed since you opened this page" in text(response)
    assert 'value="7"' in text(response)
    assert everyone(paper.case) == 5


def test_a_correction_of_the_words_lets_a_released_number_stand():
    paper, client = make_paper_count(number=9_000), signed_in("counter")

    correct(client, paper, evidence="A scan in folder 4")

    paper.refresh_from_db()
    assert (paper.state, paper.evidence) == ("counted", "A scan in folder 4")


def test_what_is_taken_out_no_longer_counts_and_stays_readable():
    paper, client = make_paper_count(), signed_in("counter")
    seen = paper_counts.version(paper)

    take_out(client, paper, seen=seen)
    response = take_out(client, paper, seen=seen)

    assert everyone(paper.case) == 0
    assert "Counted twice." in text(response)
    assert "Correct…" not in text(response)
    assert "It was taken out: enter it again." in text(correct(client, paper, number="4"))
    assert everyone(paper.case) == 0


def test_the_trail_says_who_also_where_no_page_was_used():
    case, people = make_case(), [make_staff("counter") for _nr in range(4)]
    fields = {"case": case, "kind": "appeal", "country": "NO", "day": TODAY(), "source": "School"}

    paper = paper_counts.enter(by=people[0], number=9_000, evidence="A scan", **fields)
    paper_counts.clear_review(paper, seen=paper_counts.version(paper), by=people[1])
    seen = paper_counts.version(paper)
    paper_counts.correct(paper, seen=seen, reason="A slip.", by=people[2], number=20)
    seen = paper_counts.version(paper)
    assert paper_counts.take_out(paper, seen=seen, reason="Twice.", by=people[3])

    assert [row.history_user for row in paper.history.order_by("history_id")] == people
    assert everyone(case) == 0


def test_looking_at_the_pages_changes_nothing():
    paper, client = make_paper_count(state="held", number=9_000), signed_in("counter")

    for name in ["change", "correct", "take-out"]:
        assert client.get(page(paper, name)).status_code == 200
        assert client.head(page(paper, name)).status_code == 200

    assert client.get(page(paper, "clear-review")).status_code == 405
    assert PaperCount.objects.get().state == "held"
    assert paper.history.count() == 1


@pytest.mark.slow
@fuzzed
@given(st.data())
def test_whatever_is_sent_is_answered_and_counts_what_it_says(data):
    client, case = signed_in("counter"), make_case()
    paper = make_paper_count(case)
    seen = str(paper_counts.version(paper))
    entered = entry(case, alike="0", another="")
    corrected = entry(case) | {"seen": seen, "reason": "A slip."}

    for url, form in [
        (ADD, entered),
        (page(paper, "correct"), corrected),
        (page(paper, "clear-review"), {"seen": seen}),
        (page(paper, "take-out"), {"seen": seen, "reason": "Twice."}),
    ]:
        assert post(client, url, data.draw(some(form))).status_code in (200, 302)
        assert ledger.differences() == []


# --- who may


@pytest.mark.parametrize("role", ["editor", "moderator", "safety"])
def test_only_the_counter_enters_and_changes(role):
    paper, client = make_paper_count(), signed_in(role)

    assert enter(client, paper.case).status_code == 403
    for name in ["change", "correct", "take-out"]:
        assert client.get(page(paper, name)).status_code == 403
    assert take_out(client, paper).status_code == 403
    assert everyone(paper.case) == paper.number


def test_nobody_deletes_a_count():
    paper, client = make_paper_count(), signed_in(is_superuser=True)

    assert client.post(page(paper, "delete"), {"post": "yes"}).status_code == 403
    assert PaperCount.objects.exists()


@pytest.mark.parametrize("number", ["9" * 30, "0", "99"])
def test_a_count_that_is_not_there_is_not_found(number):
    client = signed_in("counter")

    for name in ["change", "correct", "take-out"]:
        assert client.get(f"{LIST}{number}/{name}/").status_code == 404


# --- the list


def test_the_list_shows_what_is_held_first():
    case = make_case()
    held = make_paper_count(case, state="held", number=9_000)
    counted = make_paper_count(case)

    response = signed_in("counter").get(LIST)

    assert list(response.context["cl"].result_list) == [held, counted]


def test_the_list_asks_as_often_for_many(django_assert_num_queries, django_assert_max_num_queries):
    client = signed_in("counter")
    make_paper_count()
    client.get(LIST)
    with django_assert_max_num_queries(16) as few:
        client.get(LIST)
    for _nr in range(5):
        make_paper_count(entered_by=make_staff("counter"))

    with django_assert_num_queries(len(few)):
        client.get(LIST)


# --- in the same moment


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_many_times_enters_one():
    case, by = make_case(), make_staff()
    values = {
        "kind": "appeal",
        "number": 30,
        "country": "NO",
        "day": TODAY(),
        "source": "Test School",
        "evidence": "A scan",
    }

    def enter():
        try:
            return bool(paper_counts.enter(case=case, by=by, **values))
        except paper_counts.PossibleDuplicate:
            return False

    assert sorted(at_once(*[enter] * 5)) == [False] * 4 + [True]
    assert everyone(case) == 30


@pytest.mark.django_db(transaction=True)
def test_counts_that_change_places_do_not_block_each_other():
    here, there, by = make_case(), make_case(), make_staff()
    first, second = make_paper_count(here), make_paper_count(there)

    def move(paper, case):
        version = paper_counts.version(paper)
        paper_counts.correct(paper, seen=version, reason="A test.", by=by, case=case)

    for one, other in [(there, here), (here, there)] * 3:
        at_once(lambda case=one: move(first, case), lambda case=other: move(second, case))

    assert (everyone(here), everyone(there)) == (first.number, second.number)
    assert ledger.differences() == []
