import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from cases.models import ActionCount
from letters import counting
from letters.models import Letter, Tally
from tests.factories import make_case, make_letter, make_paper_count, make_post, make_signature

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
        "test-person, appeal, 22.11.2026, Norway: the count says 4, the rows are 1.",
        "All appeal of test-person: the count says 7, the rows are 4.",
    ]
    counting.rebuild()


def test_recount_finds_what_was_never_counted_and_what_is_no_more():
    case = make_case()
    Letter.objects.filter(pk=make_letter(case, state="posted", country="NO").pk).update(
        country="FI"
    )

    assert [(found.ledger, found.rows) for found in counting.differences()] == [(0, 1), (1, 0)]
    counting.rebuild()


def test_recount_proves_every_kind_of_action():
    paper = make_paper_count(make_case(slug="test-person"), day=datetime.date(2026, 11, 22))
    make_signature()
    make_post()
    make_letter(state="posted", kind="solidarity")
    assert recount() == "The counts and the rows say the same.\n"

    Tally.objects.update(number=20)

    assert len(counting.differences()) == 8
    assert str(counting.differences()[0]) == (
        "test-person, appeal, staff, 22.11.2026, Norway: "
        f"the count says 20, the rows are {paper.number}."
    )
    counting.rebuild()
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
