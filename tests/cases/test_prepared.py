import pytest

from cases.models import Case, Demand
from cases.models.prepared import Prepared
from tests.factories import make_case


def page_of_case() -> Prepared:
    return Prepared(
        Case, lambda slug: Case.objects.open_to_readers().for_page().filter(slug=slug), "a", "b"
    )


def test_prepared_statement_gives_what_the_queryset_gives(db, django_assert_num_queries):
    asked, other = make_case(), make_case()
    Demand.objects.create(case=asked, text="Stop building on the pastures.")
    Demand.objects.create(case=other, text="Drop the charges.")
    prepared = page_of_case()

    with django_assert_num_queries(1):
        [case] = prepared(asked.slug)
        demands = [demand.text for demand in case.demands.all()]

    assert case == asked
    assert case.edition == asked.edition
    assert case.letter_count == 0
    assert demands == ["Stop building on the pastures."]


def test_prepared_statement_is_filled_in_anew_each_time(db):
    first, second = make_case(), make_case()
    prepared = page_of_case()

    found = [list(prepared(slug)) for slug in [first.slug, second.slug, "nobody", first.slug]]

    assert found == [[first], [second], [], [first]]


def test_prepared_statement_sees_what_has_changed(db):
    case = make_case(headline="Before")
    prepared = page_of_case()
    prepared(case.slug)
    Case.objects.update(headline="After")

    [found] = prepared(case.slug)

    assert found.headline == "After"


def test_prepared_statement_takes_text_as_text(db):
    make_case()

    assert list(page_of_case()("' OR 1=1 --")) == []


def test_statement_that_differs_in_more_than_the_value_cannot_be_prepared(db):
    prepared = Prepared(Case, lambda pks: Case.objects.filter(pk__in=pks), [1], [1, 2])

    with pytest.raises(ValueError, match="not the same for both examples"):
        prepared([3])


def test_fingerprint_differs_if_anything_answered_differs(db):
    case = make_case(headline="Before")
    prepared = page_of_case()

    before, again = prepared(case.slug).fingerprint, prepared(case.slug).fingerprint
    Demand.objects.create(case=case, text="Stop building on the pastures.")
    after = prepared(case.slug).fingerprint

    assert before == again != after


def test_answer_is_asked_for_once(db, django_assert_num_queries):
    case = make_case()
    prepared = page_of_case()

    with django_assert_num_queries(1):
        rows = prepared(case.slug)
        assert len(rows) == 1
        assert list(rows) == [rows[0]] == [case]
