"""Parts of pages are cached by the version of their case; a change is seen at once all the same."""

import datetime

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from cases.admin.touch import TouchesCasesMixin
from cases.content_files.fields import IGNORED
from cases.models import (
    ActionCount,
    AppliesTo,
    Case,
    Demand,
    Edition,
    Freeze,
    Milestone,
    PendingChange,
    Quote,
    SafetyRule,
    SolidarityAction,
    SolidarityPhrase,
    Source,
    Target,
    Theme,
)
from cases.publishing import acts, cloning, consents, second_look
from tests.cases.content_files.test_load_campaign import add_picture, change, content, load, media
from tests.factories import (
    make_case_to_write_for,
    make_consent,
    make_edition,
    make_embassy,
    make_full_case,
    make_outcome,
    make_petition,
    make_portrait,
)
from tests.staff import form_data, make_staff, signed_in

pytestmark = pytest.mark.django_db
__all__ = ["content", "media"]  # fixtures

CHANGED = "Changed in this moment"


def page_of(client, case: Case) -> str:
    return client.get(case.get_absolute_url()).content.decode()


def change_url(row) -> str:
    return reverse(f"admin:cases_{row._meta.model_name}_change", args=[row.pk])


@pytest.fixture
def told(settings, tmp_path) -> Case:
    """A case with one of everything that its page shows."""
    settings.MEDIA_ROOT = tmp_path / "pictures"
    settings.PAGE_CACHE_SECONDS = 0
    case = make_full_case()
    make_petition(case)
    make_portrait(case)
    make_consent(case)
    ActionCount.objects.create(case=case, letters=5)
    SolidarityAction.objects.update(note="A note")
    rule = SafetyRule.objects.filter(case=case, applies_to=AppliesTo.SOLIDARITY).first()
    SafetyRule.objects.filter(pk=rule.pk).update(answer="no", why="A reason")
    Target.objects.update(asked="A wish")
    return case


# What pages of a case show of each model that hangs on it, as it stands there; and what they don't.
SHOWN = {
    "case": "A herder whose pastures are to be built over",
    "portrait": "Photo: nobody",
    "demand": "Stop building on the pastures.",
    "quote": "We belong to this land.",
    "source": "The building permit.",
    "target": "A wish",
    "petition": "",
    "solidarityaction": "A note",
    "solidarityphrase": "You are not forgotten.",
    "safetyrule": "A reason",
    "outcome": "The court has not ruled yet",
    "milestone": "The permit was given.",
}
NOT_SHOWN = {
    "actioncount": "numbers, outside what is cached",
    "consent": "by what right it is told: its last day is a field of the case",
    "socialpost": "on a page of its own, which is not cached so",
}


def test_every_model_that_hangs_on_a_case_is_shown_here_or_named_as_not_shown():
    related = {
        relation.related_model
        for relation in Case._meta.related_objects
        if relation.related_model._meta.app_label == "cases"
    }

    names = {model._meta.model_name for model in related if not hasattr(model, "history_object")}

    assert names == SHOWN.keys() | NOT_SHOWN.keys()


def test_every_page_that_saves_what_a_case_shows_moves_its_version():
    names = ["case", "outcome", "edition", "theme", "embassy"]  # all others are parts of a case's
    admins = [admin.site.get_model_admin(apps.get_model("cases", name)) for name in names]

    assert [one for one in admins if not isinstance(one, TouchesCasesMixin)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SHOWN.keys() - {"petition", "portrait"}))
def test_page_shows_at_once_what_is_changed_on_its_page_in_the_admin(client, told, name):
    editor = signed_in("editor", "safety")
    before, other = page_of(client, told), page_of(client, told)
    data = form_data(editor.get(change_url(told)))
    [field] = [key for key, value in data.items() if value == SHOWN[name]][:1]

    response = editor.post(change_url(told), data | {field: CHANGED})

    assert response.status_code == 302
    assert before == other
    assert CHANGED not in before
    assert CHANGED in page_of(client, told)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["petition", "portrait"])
def test_page_shows_at_once_what_is_changed_of_its_only_one(client, told, name):
    editor, row = signed_in("editor"), getattr(told, name)
    page_of(client, told)
    data = form_data(editor.get(change_url(told)))
    field = {"petition": "petition-0-title", "portrait": "portrait-0-credit"}[name]

    response = editor.post(change_url(told), data | {field: CHANGED})

    assert response.status_code == 302, row
    assert CHANGED in page_of(client, told)


@pytest.mark.slow
@pytest.mark.parametrize("model", [Demand, Milestone, Quote, Source, SolidarityPhrase])
def test_page_shows_at_once_that_a_row_was_taken_out(client, told, model):
    editor = signed_in("editor")
    name = model._meta.model_name
    page_of(client, told)
    data = form_data(editor.get(change_url(told)))
    [field] = [key for key, value in data.items() if value == SHOWN[name]][:1]
    prefix = field.rpartition("-")[0]

    response = editor.post(change_url(told), data | {f"{prefix}-DELETE": "on"})

    assert response.status_code == 302
    assert SHOWN[name] not in page_of(client, told)


@pytest.mark.slow
def test_page_shows_at_once_what_is_changed_on_other_pages_of_the_admin(client, told):
    editor = signed_in("editor")
    outcome, theme, edition = told.outcomes.get(), told.themes.get(), told.edition
    news = make_outcome(told, headline="Charges are gone", kind="charges-dropped")
    urls = [told.get_absolute_url(), "/cases/", "/", "/good-news/"]
    for url in urls:
        client.get(url)

    for row, field, value in [
        (outcome, "headline", "Another headline"),
        (news, "headline", "News of this moment"),
        (theme, "name", "Another theme"),
        (edition, "year", "2023"),
    ]:
        data = form_data(editor.get(change_url(row))) | {field: value}
        assert editor.post(change_url(row), data).status_code == 302
    case, cases, home, good_news = [client.get(url).content.decode() for url in urls]

    assert "Another headline" in case
    assert "Another theme" in case
    assert "Another theme" in cases
    assert "2023" in case
    assert "News of this moment" in home
    assert "News of this moment" in good_news


@pytest.mark.parametrize("way", ["delete", "delete_selected"])
def test_page_shows_at_once_what_is_deleted_in_the_admin(client, told, way):
    editor = signed_in("editor", is_superuser=True)
    page_of(client, told)

    for row in [told.outcomes.get(), told.themes.get()]:
        if way == "delete":
            url = reverse(f"admin:cases_{row._meta.model_name}_delete", args=[row.pk])
            editor.post(url, {"post": "yes"})
        else:
            url = reverse(f"admin:cases_{row._meta.model_name}_changelist")
            data = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
            editor.post(url, data)
    after = page_of(client, told)

    assert "The court has not ruled yet" not in after
    assert "Land rights" not in after


def test_page_shows_at_once_what_a_second_person_approves(client, told):
    asker, approver = make_staff("editor"), make_staff("editor")
    page_of(client, told)
    target = told.targets.get()
    target.office = "Another office"
    change = second_look.hold_back(target, asker)
    assert "Another office" not in page_of(client, told)

    second_look.approve(change, approver)

    assert "Another office" in page_of(client, told)


@pytest.mark.slow
def test_page_names_a_country_at_once_from_which_an_embassy_passes_letters_on(client, told):
    asker, approver = make_staff("editor"), make_staff("editor")
    make_embassy("NO", "GB")
    editor = signed_in("editor")
    before = page_of(client, told)
    url = reverse("admin:cases_embassy_add")
    data = form_data(editor.get(url)) | {
        "of_country": "NO",
        "in_country": "KE",
        "city": "Nairobi",
        "postal": "Embassy of Tests\n2 Invented Street\nNairobi",
        "use": "yes",
    }
    editor.post(url, data)
    second_look.approve(PendingChange.objects.get(), approver)

    assert asker != approver
    assert "Kenya" not in before
    assert "Kenya" in page_of(client, told)


def test_page_shows_at_once_what_was_restored(client, told):
    editor = signed_in("editor")
    told.headline = "A newer headline"
    told.save()
    assert "A newer headline" in page_of(client, told)
    first = told.history.earliest()
    url = reverse("admin:cases_case_version", args=[told.pk, "case", first.pk])

    response = editor.post(url, {"seen": editor.get(url).context["seen"]})

    assert response.status_code == 302
    assert "A newer headline" not in page_of(client, told)


def test_acts_show_at_once(client, told):
    by, other = make_staff("safety", "publisher"), make_staff("safety")
    write = reverse("letters:letter-write", args=[told.slug])
    pages = []
    for act in [
        lambda: None,
        lambda: acts.freeze(told, Freeze.PAUSED, "A threat", by),
        lambda: (acts.ask_to_unfreeze(told, by), acts.confirm_unfreeze(told, other)),
        lambda: acts.close(told, by),
    ]:
        act()
        pages.append(page_of(client, told))

    assert [write in page for page in pages] == [True, False, True, False]


@pytest.mark.parametrize("path", ["/cases/", "other"])
def test_card_of_a_paused_case_asks_for_nothing_at_once(client, told, path):
    other = make_case_to_write_for()
    url = other.get_absolute_url() if path == "other" else path
    before = client.get(url).content.decode()

    acts.freeze(told, Freeze.PAUSED, "A threat", make_staff("safety"))

    assert "<b>5</b> actions so far" in before
    assert "<b>5</b> actions so far" not in client.get(url).content.decode()


@pytest.mark.parametrize("has_cases", [True, False])
def test_front_page_shows_at_once_what_is_changed_of_its_edition(client, told, has_cases):
    if not has_cases:
        Case.objects.update(listed=False)
    client.get("/")
    url = change_url(told.edition)
    editor = signed_in("editor")

    data = form_data(editor.get(url)) | {"title": CHANGED}
    response = editor.post(url, data)

    assert response.status_code == 302
    assert CHANGED in client.get("/").content.decode()


def test_page_shows_at_once_that_its_consent_has_run_out(client, told):
    write = reverse("letters:letter-write", args=[told.slug])
    before = page_of(client, told)

    told.consents.update(expires_on=datetime.date(2020, 1, 1))
    consents.freeze_if_ended(told)

    assert write in before
    assert write not in page_of(client, told)


def test_case_that_was_hidden_is_named_on_no_other_page(client, told):
    other = make_case_to_write_for(display_name="Another Person")
    make_outcome(other, headline="Another Person is free", kind="released")
    urls = [told.get_absolute_url(), "/", "/cases/", "/good-news/"]
    before = [client.get(url).content.decode() for url in urls]

    acts.freeze(other, Freeze.HIDDEN, "A threat", make_staff("safety"))

    assert ["Another Person" in page for page in before] == [True] * 4
    assert ["Another Person" in client.get(url).content.decode() for url in urls] == [False] * 4


@pytest.mark.slow
def test_setback_in_a_later_edition_is_told_at_once_beside_the_good_news(client, told):
    news = make_outcome(told, headline="Free at last", kind="released", date="2024-01-01")
    later = make_case_to_write_for(earlier=told, edition=make_edition(2024))
    client.get("/good-news/")
    editor = signed_in("editor")
    url = reverse("admin:cases_outcome_add")
    data = form_data(editor.get(url)) | {
        "case": later.pk,
        "kind": "arrested-again",
        "headline": "Arrested again",
        "date": "2024-06-01",
    }

    assert editor.post(url, data).status_code == 302

    page = client.get("/good-news/").content.decode()
    assert news.headline in page
    assert "Arrested again" in page


def test_a_new_case_is_in_the_lists_at_once(client, told):
    urls = ["/", "/cases/", told.get_absolute_url()]
    for url in urls:
        client.get(url)

    make_case_to_write_for(display_name="Another Person")

    assert ["Another Person" in client.get(url).content.decode() for url in urls] == [True] * 3


# --- importing


@pytest.mark.parametrize(
    "words",
    [
        "A herder defends invented pastures",
        "Stop building.",
        "The plan is made known.",
        "Nothing has changed",
        "everything",
    ],
)
def test_page_shows_at_once_what_is_loaded(client, content, words):
    file = content / "2025" / "ellen.toml"
    change(file, 'stage = "draft"', 'stage = "closed"')
    load(content)
    case = Case.objects.get()
    before = page_of(client, case)

    change(file, words, CHANGED)
    load(content)

    assert CHANGED not in before
    assert CHANGED in page_of(client, case)


def test_page_shows_at_once_a_picture_and_a_year_that_are_loaded(client, content):
    change(content / "2025" / "ellen.toml", 'stage = "draft"', 'stage = "closed"')
    load(content)
    case = Case.objects.get()
    before = page_of(client, case)

    add_picture(content)
    load(content)

    assert "Illustration: a test" not in before
    assert "Illustration: a test" in page_of(client, case)


def test_load_that_changes_nothing_lets_the_versions_be(client, content):
    load(content)

    load(content)

    assert Case.objects.get().content_version == 0


# --- days and numbers


@pytest.mark.parametrize("action", ["signature", "message-write"])
def test_page_asks_for_nothing_any_more_once_its_last_day_is_over(client, told, action):
    last_day = datetime.date(2025, 12, 10)
    SolidarityAction.objects.update(ends_on=last_day)
    told.petition.__class__.objects.update(closes_on=last_day)
    asked = reverse(f"letters:{action}", args=[told.slug])
    evening = datetime.datetime(2025, 12, 10, 20, tzinfo=datetime.UTC)
    with time_machine.travel(evening, tick=False) as clock:
        before = page_of(client, told)

        clock.shift(datetime.timedelta(hours=20))  # it is over everywhere; no row has changed
        after = page_of(client, told)

    assert f'href="{asked}"' in before
    assert f'href="{asked}"' not in after


def test_page_knows_at_midnight_here_that_messages_begin_and_that_a_consent_is_over(client, told):
    """Not only once a day is over everywhere: these two end and begin with the site's own day."""
    SolidarityAction.objects.update(opens_on=datetime.date(2025, 12, 10))
    Case.objects.filter(pk=told.pk).update(consent_ends_on=datetime.date(2025, 12, 10))
    messages = reverse("letters:message-write", args=[told.slug])
    write = reverse("letters:letter-write", args=[told.slug])
    night = datetime.datetime(2025, 12, 9, 23, 30, tzinfo=datetime.UTC)
    pages = []
    with time_machine.travel(night, tick=False) as clock:
        for hours in (1, 23, 1):  # no row changes
            pages.append(page_of(client, told))
            clock.shift(datetime.timedelta(hours=hours))
        pages.append(page_of(client, told))

    before, first, last = pages[:3]
    assert ("Words of support, from" in before, "Send words of support" in before) == (True, False)
    assert ("Words of support, from" in first, "Send words of support" in first) == (False, True)
    assert [f'href="{write}"' in each for each in pages] == [True, True, True, False]
    assert f'href="{messages}"' in last


@pytest.mark.parametrize("path", ["/cases/{}/", "/", "/cases/"])
def test_count_of_this_moment_makes_no_new_text(client, told, path, monkeypatch):
    url = path.format(told.slug)
    client.get(url)
    stored = []
    monkeypatch.setattr(caches["fragments"], "set", lambda *args, **kwargs: stored.append(args))

    ActionCount.objects.update(letters=4_321)
    after = client.get(url).content.decode()

    assert "4,321" in after
    assert stored == []


def test_first_message_leads_to_what_others_wrote(client, told):
    SolidarityAction.objects.update(shows_messages=True)
    messages = reverse("letters:messages", args=[told.slug])
    before = page_of(client, told)

    ActionCount.objects.update(shown_messages=5)

    assert messages not in before
    assert messages in page_of(client, told)


# --- languages, previews, versions


def test_each_language_has_its_own_text(client, told):
    english = page_of(client, told)
    with translation.override("fr"):
        french = page_of(client, told)

    assert "What letters ask for" in english
    assert "What letters ask for" not in french
    assert f'href="/fr/cases/{told.slug}/' not in english.partition("<main")[2]
    assert page_of(client, told) == english


def test_preview_is_neither_taken_from_the_cache_nor_put_there(client, told):
    editor = signed_in("editor")
    preview = reverse("admin:cases_case_preview", args=[told.pk])
    page_of(client, told)
    Case.objects.update(headline="Nobody has touched the version")
    Edition.objects.update(year=2031)

    first = editor.get(preview).content.decode()
    Case.objects.update(headline="Nor now")
    second = editor.get(preview).content.decode()

    assert "Nobody has touched the version" in first
    assert "Nor now" in second
    assert "Nor now" not in page_of(client, told)  # as it was when it was cached


def test_version_is_no_part_of_the_history_of_a_clone_or_of_the_content(told, content):
    acts.close(told, make_staff("publisher"))
    told.refresh_from_db()

    clone = cloning.clone(told, make_edition(2026))

    assert told.content_version > 0
    assert clone.content_version == 0
    assert not hasattr(told.history.first(), "content_version")
    assert "content_version" in IGNORED


@pytest.mark.slow
def test_saving_the_page_of_a_case_never_takes_its_version_back(client, told):
    editor = signed_in("editor")
    versions = []
    for _time in range(3):
        data = form_data(editor.get(change_url(told)))
        assert editor.post(change_url(told), data).status_code == 302
        versions.append(Case.objects.get(pk=told.pk).content_version)

    assert versions == sorted(set(versions))


# --- what is asked of the database


def asked(client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    ("path", "number"), [("/cases/{}/", 2), ("/", 1), ("/cases/", 1), ("/good-news/", 1)]
)
def test_page_whose_parts_are_cached_asks_little(client, told, path, number):
    make_outcome(told, kind="released", headline="Free")
    make_case_to_write_for()
    url = path.format(told.slug)
    client.get(url)

    assert asked(client, url) == number


def test_page_of_a_case_asks_as_often_for_many_rows_as_for_few(client, told):
    client.get("/")  # what a process does once is done
    caches["fragments"].clear()
    few = asked(client, told.get_absolute_url())
    for number in range(5):
        Demand.objects.create(case=told, text=f"Demand {number}")
        Source.objects.create(case=told, url="https://example.org/", supports=f"{number}")
        Milestone.objects.create(case=told, text=f"Milestone {number}")
        make_outcome(told)
        Quote.objects.create(case=told, text=f"Quote {number}", speaker="", may_be_shown=True)
        told.themes.add(Theme.objects.create(slug=f"theme-{number}", name=f"Theme {number}"))
    caches["fragments"].clear()

    assert asked(client, told.get_absolute_url()) == few
