import datetime
import re
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.test import Client

from tests.factories import make_case, make_email_address, make_letter, make_pledge, make_post
from tests.staff import PASSWORD, said, signed_in, text
from write4rights.models import SecondFactorReset

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
        "1 published case whose facts none of us has checked",
        "1 draft",
    ]
    assert "Ana Test" in text(client.get("/admin/"))


def test_first_page_names_first_what_has_waited_longest_for_another_look():
    days = {"Ana": "2026-03-01", "Ben": "2026-01-01", "Cem": "2026-02-01", "Dee": "2099-01-01"}
    for name, day in days.items():
        make_case(display_name=name, review_by=day, facts_checked_on="2025-01-01")

    [line] = signed_in("editor").get("/admin/").context["today"]

    assert (str(line.text), [str(case) for case in line.named]) == (
        "3 cases to check again",
        ["Ben", "Cem", "Ana"],
    )


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("editor", ["Today", "Cases", "Outcomes"]),
        ("moderator", ["Today", "Cases", "Reading desk", "Replies", "Signatures"]),
        ("counter", ["Today", "Cases", "On paper", "Tally"]),
        ("delivery", ["Today", "Cases", "Hand-ins", "Replies"]),
    ],
)
def test_the_menu_of_each_page_leads_to_what_a_role_works_on(role, expected):
    client = signed_in(role)

    menu = text(client.get("/admin/")).split('class="sections"')[1].split("</nav>")[0]
    links = re.findall(r'href="(.+?)".*?>(.+?)</a>', menu, re.DOTALL)

    assert [name for _address, name in links] == expected
    assert {client.get(address).status_code for address, _name in links} == {200}


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("moderator", ["1 letter to read"]),
        ("counter", []),
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


@pytest.mark.parametrize("app", ["cases", "letters", "auth"])
def test_each_app_has_an_index_of_what_the_role_may_see(app):
    response = signed_in(is_superuser=True).get(f"/admin/{app}/")

    (shown,) = response.context["app_list"]
    assert (response.status_code, shown["app_label"]) == (200, app)
    assert signed_in().get(f"/admin/{app}/").status_code == 404


def test_the_index_of_an_app_is_in_the_order_of_the_first_page():
    client = signed_in(is_superuser=True)
    first_page = {app["app_label"]: app for app in client.get("/admin/").context["app_list"]}

    (shown,) = client.get("/admin/letters/").context["app_list"]

    assert [model["object_name"] for model in shown["models"]] == [
        model["object_name"] for model in first_page["letters"]["models"]
    ]
    assert shown["models"][0]["object_name"] == "Letter"


def test_first_page_asks_little_however_much_there_is_to_do(
    django_assert_num_queries, django_assert_max_num_queries
):
    case = make_case()
    make_letter(case, state="submitted")
    client = signed_in(is_superuser=True)
    client.get("/admin/")
    with django_assert_max_num_queries(42) as asked:  # one a line
        client.get("/admin/")
    for _ in range(60):
        make_letter(case, state="submitted")

    with django_assert_num_queries(len(asked)):
        page = text(client.get("/admin/"))

    assert "More than 50 letters to read" in page


@pytest.mark.slow
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


def someone_with_a_second_factor():
    lost = signed_in("editor").person
    Authenticator.objects.create(user=lost, type="webauthn", data={})
    return lost


def act_on(client, person, action: str) -> list[str]:
    fields = {"action": action, "_selected_action": [person.pk]}
    return said(client.post("/admin/auth/user/", fields, follow=True))


def has_second_factor(person) -> bool:
    return Authenticator.objects.filter(user=person).exists()


def test_a_lost_second_factor_is_taken_away_by_two_people_and_logged():
    lost = someone_with_a_second_factor()
    first, second = signed_in("safety"), signed_in("safety")
    lost_session = Client()
    lost_session.post("/admin/account/sign-in/", {"login": lost.username, "password": PASSWORD})

    act_on(first, lost, "ask_for_reset")
    assert has_second_factor(lost)
    assert "1 second factor to take away waits" in text(second.get("/admin/"))
    said_last = act_on(second, lost, "approve_reset")

    assert said_last == [f"{lost} has no second factor now."]
    assert not has_second_factor(lost)
    assert not UserSession.objects.filter(user=lost).exists()
    log = LogEntry.objects.filter(object_id=str(lost.pk)).order_by("pk")
    assert list(log.values_list("user", "change_message")) == [
        (first.person.pk, "Asked to take away the second factor."),
        (second.person.pk, "Took away the second factor."),
    ]


def test_nobody_takes_away_a_second_factor_alone():
    lost = someone_with_a_second_factor()
    alone = signed_in(is_superuser=True)

    assert act_on(alone, lost, "approve_reset") == [f"{lost}: Nobody has asked for it."]
    act_on(alone, lost, "ask_for_reset")
    assert act_on(alone, lost, "approve_reset") == [f"{lost}: Somebody else has to approve it."]
    # Nor does who would be helped by it approve it.
    themselves = Client()
    lost.groups.set(alone.person.groups.model.objects.filter(name="safety"))
    themselves.force_login(lost)
    assert act_on(themselves, lost, "approve_reset") == [
        f"{lost}: Somebody else has to approve it."
    ]
    assert has_second_factor(lost)


def test_a_request_is_taken_back():
    lost = someone_with_a_second_factor()
    act_on(signed_in("safety"), lost, "ask_for_reset")

    act_on(signed_in("safety"), lost, "take_back_reset")

    assert act_on(signed_in("safety"), lost, "approve_reset") == [
        f"{lost}: Nobody has asked for it."
    ]
    assert has_second_factor(lost)


@pytest.mark.parametrize("role", ["editor", "moderator", "counter"])
def test_other_roles_reset_nothing(role):
    lost = someone_with_a_second_factor()
    fields = {"action": "ask_for_reset", "_selected_action": [lost.pk]}

    assert signed_in(role).post("/admin/auth/user/", fields).status_code == 403
    assert not SecondFactorReset.objects.exists()


def test_the_safety_role_changes_no_account():
    lost = someone_with_a_second_factor()
    client = signed_in("safety")

    for path in ["add/", f"{lost.pk}/password/", f"{lost.pk}/delete/"]:
        assert client.get(f"/admin/auth/user/{path}").status_code == 403
    assert client.post(f"/admin/auth/user/{lost.pk}/change/", {}).status_code == 403
    assert lost.password not in text(client.get(f"/admin/auth/user/{lost.pk}/change/"))


def test_whoever_runs_the_server_takes_a_second_factor_away():
    lost = someone_with_a_second_factor()
    out = StringIO()

    call_command("reset_second_factor", lost.username, stdout=out)

    assert out.getvalue() == f"{lost} has no second factor now, and is signed out.\n"
    assert not has_second_factor(lost)
    with pytest.raises(CommandError, match="There is nobody called somebody-else"):
        call_command("reset_second_factor", "somebody-else")


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


@pytest.mark.parametrize("make", [make_letter, make_pledge, make_post, make_email_address])
def test_no_role_comes_from_a_number_to_the_page_only_its_writer_knows(make):
    row = make()
    row_type = ContentType.objects.get_for_model(row)
    client = signed_in("editor", "moderator", "safety", "counter")

    response = client.get(f"/admin/r/{row_type.pk}/{row.pk}/", follow=True)

    assert response.status_code == 404
    assert row.key not in str(response.redirect_chain)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "model"), [(make_case, "case"), (make_pledge, "pledge"), (make_post, "post")]
)
def test_no_page_of_a_row_offers_that_way(make, model):
    row = make()
    app = row._meta.app_label
    client = signed_in("editor", "moderator")

    page = text(client.get(f"/admin/{app}/{model}/{row.pk}/change/"))

    assert "/admin/r/" not in page
    assert getattr(row, "key", "no key") not in page
