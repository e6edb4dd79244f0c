import datetime
import re

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Case
from letters import counting, reporting
from letters.models import PaperCount, Tally
from tests.factories import make_case, make_edition, make_paper_count
from tests.letters.at_once import at_once
from tests.letters.sending import everyone
from tests.letters.test_any_input import fuzzed, post, some
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


def enter(client, case: Case, /, **fields):
    return client.post(ADD, entry(case, **fields), follow=True)


def correct(client, paper: PaperCount, **fields):
    seen = reporting.version(paper)
    form = entry(paper.case, number=paper.number) | {"seen": seen, "reason": "A slip."} | fields
    return client.post(page(paper, "correct"), form, follow=True)


def take_out(client, paper: PaperCount, **fields):
    form = {"seen": reporting.version(paper), "reason": "Counted twice."} | fields
    return client.post(page(paper, "take-out"), form, follow=True)


def release(client, paper: PaperCount, **fields):
    form = {"seen": reporting.version(paper)} | fields
    return client.post(page(paper, "release"), form, follow=True)


# --- entering


def test_what_was_counted_on_paper_counts_with_the_rest():
    case = make_case(display_name="Ana Test")

    response = enter(signed_in("counter"), case)

    paper = PaperCount.objects.get()
    assert said(response) == ["Entered: 30 letters for Ana Test."]
    assert everyone(case) == 30
    assert Tally.objects.get().counts_at == (case.pk, "appeal", "staff", TODAY(), "NO")
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


TOMORROW = (TODAY() + datetime.timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"case": ""}, "Choose the case."),
        ({"number": ""}, "Say how many."),
        ({"number": "0"}, "Give a number from 1."),
        ({"number": "1000001"}, "More than 1,000,000: no case has so many on one day."),
        ({"number": "9" * 5_000}, "Enter a whole number."),
        ({"country": "Norw"}, "Choose a country of the list, or leave it empty."),
        ({"day": TOMORROW}, "This day is still to come."),
        ({"day": "2025-10-31"}, "The edition of this case opened on 1 November 2025:"),
        ({"kind": "social"}, "Select a valid choice."),
        ({"source": "\u202eSchool"}, "invisible signs"),
        ({"evidence": ""}, "Say what shows it, and where that lies."),
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
        make_paper_count(case, number=2_000, country=country, entered_by=client.person)

    enter(client, case, number="1", country="NO")
    enter(signed_in("counter"), case, number="2", country="NO")

    states = PaperCount.objects.order_by("pk").values_list("state", flat=True)
    assert list(states)[-2:] == ["held", "counted"]


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
    seen = reporting.version(paper)
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
    assert tally.counts_at == (
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

    assert "Say why, for whoever reads the trail." in text(response)
    assert everyone(paper.case) == paper.number


def test_a_correction_sent_twice_is_done_once():
    paper, client = make_paper_count(), signed_in("counter")
    seen = reporting.version(paper)

    correct(client, paper, number="5", seen=seen)
    correct(client, paper, number="5", seen=seen)

    assert everyone(paper.case) == 5
    assert paper.history.count() == 2


def test_two_who_correct_at_once_do_not_undo_each_other():
    paper, client = make_paper_count(), signed_in("counter")
    seen = reporting.version(paper)
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
    seen = reporting.version(paper)

    take_out(client, paper, seen=seen)
    response = take_out(client, paper, seen=seen)

    assert everyone(paper.case) == 0
    assert "Counted twice." in text(response)
    assert "Correct…" not in text(response)
    assert "It was taken out: enter it anew." in text(correct(client, paper, number="4"))
    assert everyone(paper.case) == 0


def test_looking_at_the_pages_changes_nothing():
    paper, client = make_paper_count(state="held", number=9_000), signed_in("counter")

    for name in ["change", "correct", "take-out"]:
        assert client.get(page(paper, name)).status_code == 200
        assert client.head(page(paper, name)).status_code == 200

    assert client.get(page(paper, "release")).status_code == 405
    assert PaperCount.objects.get().state == "held"
    assert paper.history.count() == 1


@fuzzed
@given(st.data())
def test_whatever_is_sent_is_answered_and_counts_what_it_says(data):
    client, case = signed_in("counter"), make_case()
    paper = make_paper_count(case)
    seen = str(reporting.version(paper))
    entered = entry(case, alike="0", another="")
    corrected = entry(case) | {"seen": seen, "reason": "A slip."}

    for url, form in [
        (ADD, entered),
        (page(paper, "correct"), corrected),
        (page(paper, "release"), {"seen": seen}),
        (page(paper, "take-out"), {"seen": seen, "reason": "Twice."}),
    ]:
        assert post(client, url, data.draw(some(form))).status_code in (200, 302)
        assert counting.differences() == []


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
            return bool(reporting.enter(case=case, by=by, **values))
        except reporting.Alike:
            return False

    assert sorted(at_once(*[enter] * 5)) == [False] * 4 + [True]
    assert everyone(case) == 30


@pytest.mark.django_db(transaction=True)
def test_counts_that_change_places_do_not_block_each_other():
    here, there, by = make_case(), make_case(), make_staff()
    first, second = make_paper_count(here), make_paper_count(there)

    def move(paper, case):
        reporting.correct(paper, seen=reporting.version(paper), reason="A test.", by=by, case=case)

    for one, other in [(there, here), (here, there)] * 3:
        at_once(lambda case=one: move(first, case), lambda case=other: move(second, case))

    assert (everyone(here), everyone(there)) == (first.number, second.number)
    assert counting.differences() == []
