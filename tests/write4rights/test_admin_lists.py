"""Lists of the admin answer what they offer, and no other question."""

import datetime

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from cases.models import ActionCount, Case
from letters.models import Tally
from tests.factories import (
    make_case,
    make_edition,
    make_letter,
    make_outcome,
    make_paper_count,
    make_pledge,
    make_post,
    make_signature,
    make_theme,
)
from tests.staff import said, signed_in, text
from write4rights.admin_lists import OfferedFiltersMixin

pytestmark = pytest.mark.django_db


def rows(response) -> list:
    return list(response.context["cl"].result_list)


@pytest.fixture
def everything():
    """Two rows at least of what lists show, so that a filter that works shows fewer."""
    for year, country in [(2025, "NO"), (2026, "KE")]:
        case = make_case(
            edition=make_edition(year),
            country=country,
            region="africa" if country == "KE" else "europe-central-asia",
            themes=[make_theme(f"theme-{year}", f"Theme {year}")],
            staff_note="SECRET",
        )
        make_letter(case, state="submitted", email="sam@example.org", country=country)
        make_letter(case, state="submitted", needs_review=True, kind="solidarity", form="card")
        make_pledge(case, country=country)
        make_post(case, country=country)
        make_post(case, needs_review=True, network="mastodon")
        make_signature(country=country, needs_review=True)
        make_paper_count(case)
        make_outcome(case)
        make_outcome(case, kind="no-change-yet", headline="Nothing yet", conditional=True)


def test_every_list_of_the_admin_refuses_what_it_does_not_offer():
    assert len(admin.site._registry) > 15
    for model_admin in admin.site._registry.values():
        assert isinstance(model_admin, OfferedFiltersMixin), model_admin


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("letters/tally", "country=NO"),
        ("letters/tally", "country__exact=NO"),
        ("letters/tally", "number__lt=5"),
        ("letters/tally", "case__country=NO"),
        ("letters/pledge", "country=NO"),
        ("letters/pledge", "email_hash__startswith=a"),
        ("letters/letter", "email_hash__startswith=a"),
        ("letters/letter", "state=all&email_hash="),
        ("letters/letter", "name__contains=Sam"),
        ("letters/letter", "case=x"),
        ("letters/letter", "case=99999"),
        ("letters/letter", f"case={'9' * 30}"),
        ("letters/letter", "state=x"),
        ("letters/letter", "country=%00"),
        ("letters/letter", "country=FR"),
        ("letters/letter", "needs_review__exact=2"),
        ("letters/letter", "kind__exact=appeal&kind__isnull=True"),
        ("letters/letter", "kind__exact=appeal&kind__exact=solidarity"),
        ("letters/letter", "kind__in=appeal"),
        ("letters/letter", "before=x"),
        ("letters/letter", f"before={'9' * 30}"),
        ("letters/letter", "o=1"),
        ("letters/letter", "_facets=True"),
        ("letters/letter", "_popup=1"),
        ("letters/letter", "_to_field=email"),
        ("letters/letter", "e=1&email_hash="),
        ("letters/signature", "email_address=1"),
        ("letters/signature", "state=all&email_address__exact=1"),
        ("letters/outgoingmail", "to_hash__startswith=a"),
        ("letters/announcement", "texts__contains=x"),
        ("letters/announcement", "asked_by=1"),
        ("letters/papercount", "evidence__contains=scan"),
        ("letters/post", "key__startswith=a"),
        ("cases/case", "staff_note__startswith=S"),
        ("cases/case", "freeze_reason__contains=f"),
        ("cases/case", "consents__given_by__contains=s"),
        ("cases/case", "unfreeze_asked_by__password__startswith=p"),
        ("cases/case", "left=x"),
        ("cases/case", "country=%00"),
        ("cases/case", "country=FR"),
        ("cases/case", "stage=x"),
        ("cases/case", "stage__exact=x"),
        ("cases/case", "stage__contains=a"),
        ("cases/case", "p=-1"),
        ("cases/case", "o=name"),
        ("cases/case", "edition__id__exact=x"),
        ("cases/case", "edition__id__exact=99999"),
        ("cases/outcome", "text__contains=x"),
        ("cases/edition", "year=2025"),
        ("cases/edition", "q=2025"),
        ("cases/wordlist", "words__contains=x"),
        ("cases/theme", "slug__startswith=t"),
        ("auth/user", "password__startswith=p"),
        ("auth/user", "email=x"),
        ("auth/user", "groups__permissions__codename=x"),
        ("auth/group", "permissions__id=1"),
    ],
)
def test_what_a_list_does_not_offer_leads_to_the_list_as_it_opens(everything, path, query):
    client = signed_in(is_superuser=True)

    response = client.get(f"/admin/{path}/?{query}", follow=True)

    assert response.redirect_chain == [(f"/admin/{path}/", 302)]
    assert said(response) == ["This list can’t be filtered like that."]


@pytest.mark.slow
def test_every_link_that_a_list_offers_is_answered(everything):
    client = signed_in(is_superuser=True)
    followed = 0
    for model in admin.site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        page = client.get(path)
        if page.context is None or "cl" not in page.context:
            continue  # a page of its own kind
        change_list = page.context["cl"]
        links = [
            choice["query_string"]
            for spec in change_list.filter_specs
            for choice in spec.choices(change_list)
        ]
        for link in links:
            followed += 1
            assert client.get(f"{path}{link}").status_code == 200, f"{path}{link}"
    assert followed > 80


@pytest.mark.slow
@pytest.mark.parametrize("key", ["abc", "9" * 25, "\0", "-1", ""])
def test_a_row_that_can_not_be_is_none_in_every_list(everything, key):
    staff = signed_in(is_staff=True, is_superuser=True)
    for model in admin.site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        sent = {"_selected_action": key, "action": "delete_selected", "index": "0"}
        assert staff.post(url, sent).status_code in (302, 403, 405), url
        if key and key != "\0":
            assert staff.get(f"{url}{key}/change/").status_code in (302, 403, 404), url


def test_filters_still_filter_and_go_together(everything):
    case = Case.objects.filter(country="KE").first()
    client = signed_in("editor")

    found = client.get(
        f"/admin/cases/case/?country=KE&edition__id__exact={case.edition_id}&o=-2&q={case}"
    )

    assert rows(found) == [case]


def test_a_filter_that_was_left_out_shows_no_row_in_an_action_either(everything):
    held = make_letter(state="submitted", needs_review=True)
    client = signed_in("moderator")

    response = client.post(
        "/admin/letters/letter/?email_hash__startswith=a",
        {"action": "invalidate", "_selected_action": [held.pk], "index": 0},
    )

    held.refresh_from_db()
    assert (response.status_code, held.needs_review) == (302, True)


@pytest.mark.slow
def test_lines_of_today_lead_to_lists_that_take_them(everything):
    from write4rights.today import tasks

    client = signed_in(is_superuser=True)
    for task in tasks():
        assert client.get(task.url).status_code == 200, task.url


# --- who sees which case in a list


@pytest.fixture
def hidden_cases():
    """Cases that readers do not see, each with a count."""
    fields = [
        {"stage": "draft"},
        {"stage": "in-review"},
        {"freeze": "hidden", "freeze_reason": "SECRET reason"},
        {"freeze": "withdrawn", "freeze_reason": "SECRET reason"},
    ]
    for number, more in enumerate(fields):
        case = make_case(display_name=f"Hidden Name {number}", staff_note="SECRET note", **more)
        make_pledge(case)
        day = timezone.localdate() - datetime.timedelta(days=1)
        Tally.objects.create(day=day, case=case, kind="appeal", country="NO", number=7)
        ActionCount.objects.update_or_create(case=case, defaults={"letters": 7})
    return make_case(display_name="Shown Name", country="KE")


@pytest.mark.parametrize("role", ["moderator", "counter"])
def test_moderators_and_counters_see_the_names_that_readers_see(hidden_cases, role):
    client = signed_in(role)

    page = text(client.get("/admin/cases/case/"))
    found = text(client.get("/admin/cases/case/", {"q": "Hidden"}))

    assert "Shown Name" in page
    assert f'href="{hidden_cases.get_absolute_url()}"' in page
    assert "/change/" not in page.split('id="result_list"')[1]
    for secret in ["Hidden Name", "SECRET", "still missing", "No consent"]:
        assert secret not in page
        assert secret not in found


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("counter", "letters/tally"),
        ("counter", "letters/pledge"),
        ("counter", "cases/actioncount"),
        ("counter", "letters/papercount"),
        ("counter", "letters/papercount/add"),
    ],
)
def test_counters_see_no_hidden_case_in_lists_of_numbers_and_forms(hidden_cases, role, path):
    page = text(signed_in(role).get(f"/admin/{path}/"))

    assert "Hidden Name" not in page


def test_search_for_a_case_by_other_forms_finds_what_the_role_may_see(hidden_cases):
    query = {"app_label": "cases", "model_name": "outcome", "field_name": "case", "term": "Name"}

    found = [
        {row["text"] for row in response.json()["results"]}
        for role in ["counter", "editor"]
        if (response := signed_in(role).get("/admin/autocomplete/", query)).status_code == 200
    ]

    assert found == [{"Shown Name"}, {"Shown Name", *(f"Hidden Name {n}" for n in range(4))}]


def test_what_somebody_did_in_a_role_of_before_is_not_told_on_the_first_page():
    draft = make_case(stage="draft", display_name="Draft Name")
    client = signed_in("editor")
    url = f"/admin/cases/case/{draft.pk}/act/"
    client.post(url, {"act": "send-to-review"})
    assert "Draft Name" in text(client.get("/admin/"))

    client.person.groups.set([])
    client.person.groups.add(*signed_in("counter").person.groups.all())

    assert "Draft Name" not in text(client.get("/admin/"))


def test_a_country_of_a_few_is_told_of_no_pledge():
    make_pledge(number=1, country="NO")
    make_pledge(number=30, country="KE")

    page = text(signed_in("counter").get("/admin/letters/pledge/"))

    assert "Norway" not in page
    assert "too few to tell" in page
    assert "Kenya" in page


def test_no_list_offers_counts_beside_its_filters():
    response = signed_in(is_superuser=True).get("/admin/cases/embassy/")

    assert response.context["cl"].has_filters
    assert "_facets" not in response.content.decode()
