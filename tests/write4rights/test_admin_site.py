import datetime

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.contenttypes.models import ContentType

from tests.factories import make_case, make_letter, make_mailbox, make_pledge, make_post
from tests.staff import signed_in, text

pytestmark = pytest.mark.django_db


def lines(client) -> list[str]:
    return [str(line.text) for line in client.get("/admin/").context["today"]]


def test_first_page_says_what_is_to_do():
    make_case(stage="draft", display_name="Ana Test")
    make_case(stage="in-review")
    make_case(review_by=datetime.date(2025, 1, 1), facts_checked_on="2025-01-01")
    make_case(facts_checked_on=None)
    make_letter(make_case(stage="closed"), state="submitted")
    client = signed_in("editor", "moderator")

    assert lines(client) == [
        "1 letter to read",
        "1 case in review",
        "1 case to check again",
        "1 published case whose facts nobody of us has checked",
        "1 draft",
    ]
    assert "Ana Test" in text(client.get("/admin/"))


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("moderator", ["1 frozen case", "1 letter to read"]),
        ("counter", ["1 frozen case"]),
        (
            "safety",
            ["1 case whose unfreezing waits for a second person", "1 frozen case", "1 draft"],
        ),
    ],
)
def test_first_page_shows_only_what_the_role_may_see(role, expected):
    client = signed_in(role)
    make_letter(make_case(stage="closed"), state="submitted")
    make_case(
        stage="draft", freeze="hidden", freeze_reason="a test", unfreeze_asked_by=client.person
    )

    assert lines(client) == expected


def test_first_page_of_somebody_without_a_role_is_empty():
    make_letter(make_case(), state="submitted")

    page = text(signed_in().get("/admin/"))

    assert "Nothing waits for you today." in page
    assert "letter" not in page.split("<main")[1].lower()


def test_first_page_asks_little_however_much_there_is_to_do(
    django_assert_num_queries, django_assert_max_num_queries
):
    case = make_case()
    make_letter(case, state="submitted")
    client = signed_in(is_superuser=True)
    client.get("/admin/")
    with django_assert_max_num_queries(20) as asked:  # one a line
        client.get("/admin/")
    for _ in range(60):
        make_letter(case, state="submitted")

    with django_assert_num_queries(len(asked)):
        page = text(client.get("/admin/"))

    assert "More than 50 letters to read" in page


def test_every_page_of_the_admin_keeps_the_policy_without_inline_script_or_style():
    client = signed_in(is_superuser=True)
    case = make_case()

    for path in [
        "/admin/",
        "/admin/cases/case/",
        f"/admin/cases/case/{case.pk}/change/",
        f"/admin/cases/case/{case.pk}/history/",
        "/admin/cases/case/freeze/",
        "/admin/cases/actioncount/",
        "/admin/letters/letter/",
        "/admin/letters/papercount/add/",
        "/admin/auth/user/",
    ]:
        page = text(client.get(path))
        assert " style=" not in page
        assert "<style" not in page
        assert "<script>" not in page


def test_lost_second_factor_is_taken_away_and_logged():
    client = signed_in(is_superuser=True)
    lost = signed_in("editor").person
    Authenticator.objects.create(user=lost, type="webauthn", data={})

    client.post(
        "/admin/auth/user/", {"action": "take_second_factor", "_selected_action": [lost.pk]}
    )

    assert not Authenticator.objects.filter(user=lost).exists()


def test_list_of_people_asks_as_often_for_many(
    django_assert_num_queries, django_assert_max_num_queries
):
    client = signed_in(is_superuser=True)
    client.get("/admin/auth/user/")
    with django_assert_max_num_queries(12) as few:
        client.get("/admin/auth/user/")
    for _ in range(5):
        signed_in("editor", "safety")

    with django_assert_num_queries(len(few)):
        client.get("/admin/auth/user/")


@pytest.mark.parametrize("make", [make_letter, make_pledge, make_post, make_mailbox])
def test_no_role_comes_from_a_number_to_the_page_only_its_writer_knows(make):
    row = make()
    row_type = ContentType.objects.get_for_model(row)
    client = signed_in("editor", "moderator", "safety", "counter")

    response = client.get(f"/admin/r/{row_type.pk}/{row.pk}/", follow=True)

    assert response.status_code == 404
    assert row.key not in str(response.redirect_chain)


@pytest.mark.parametrize(
    ("make", "model"), [(make_case, "case"), (make_pledge, "pledge"), (make_post, "socialaction")]
)
def test_no_page_of_a_row_offers_that_way(make, model):
    row = make()
    app = row._meta.app_label
    client = signed_in("editor", "moderator")

    page = text(client.get(f"/admin/{app}/{model}/{row.pk}/change/"))

    assert "/admin/r/" not in page
    assert getattr(row, "key", "no key") not in page
