"""What staff show to fewer people after a backup was made is shown to no more of them when it is
restored."""

import datetime

import pytest
from django.db import transaction
from django.urls import reverse

from cases.models import (
    AddressVisibility,
    Case,
    Embassy,
    EmbassyUse,
    ErasureEntry,
    PendingChange,
    Quote,
    Source,
)
from cases.publishing import acts, second_look
from tests.factories import (
    make_case,
    make_consent,
    make_embassy,
    make_letter,
    make_outcome,
    make_solidarity_action,
    make_target,
)
from tests.staff import make_staff, signed_in
from tests.write4rights.backup.restored import a_restored_backup

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


def change(row, **values) -> None:
    """As each page of the admin does it."""
    with transaction.atomic():
        for name, value in values.items():
            setattr(row, name, value)
        assert second_look.hold_back(row, None) is None  # one person may
        row.save()


@pytest.mark.parametrize(
    "changes",
    [
        {"address_visibility": AddressVisibility.STAFF_ONLY},
        {"address_visibility": AddressVisibility.ON_REQUEST},
        {"postal": "", "postal_country": ""},
    ],
)
def test_an_address_that_fewer_may_see_is_not_public_again(client, changes):
    action = make_solidarity_action(
        case=make_case(), postal="12 Harbour Street", address_visibility=AddressVisibility.PUBLIC
    )
    page = lambda: client.get(action.case.get_absolute_url()).content.decode()  # noqa: E731
    assert "Harbour Street" in page()

    with a_restored_backup():
        change(action, **changes)

    assert "Harbour Street" not in page()


def test_a_case_that_was_deleted_is_not_public_again(client):
    """Nor if people have written for it, as the backup has it."""
    case = make_case()
    url = reverse("admin:cases_case_delete", args=[case.pk])
    admin = signed_in(is_superuser=True)

    with a_restored_backup():
        assert admin.post(url, {"post": "yes"}).status_code == 302
        assert not Case.objects.exists()

    assert client.get(case.get_absolute_url()).status_code == 410
    case.refresh_from_db()
    assert "after the backup" in case.freeze_reason


def test_what_was_taken_off_a_page_is_not_on_it_again(client):
    case = make_case(content_note="It tells of her daughter.")
    quote = Quote.objects.create(case=case, text="My sister.", speaker="She", may_be_shown=True)
    deleted = Quote.objects.create(case=case, text="My son.", speaker="She", may_be_shown=True)
    source = Source.objects.create(case=case, url="https://example.org/kim", supports="All")
    outcome = make_outcome(case, headline="Free", text="She lives by the sea.")
    target = make_target(case)
    page = lambda: client.get(case.get_absolute_url()).content.decode()  # noqa: E731
    words = ["My sister", "My son", "example.org/kim", "by the sea", "her daughter"]
    assert [word for word in words if word not in page()] == []

    with a_restored_backup(), transaction.atomic():
        change(quote, may_be_shown=False)
        deleted.delete()
        change(source, hide_url=True)
        change(outcome, text="")
        change(case, content_note="")
        change(target, address_for_staff_only=True)

    assert [word for word in words if word in page()] == []
    assert client.get(case.get_absolute_url()).status_code == 200
    target.refresh_from_db()
    assert target.address_for_staff_only


def test_a_translation_that_was_withdrawn_is_not_shown_again():
    outcome = make_outcome(make_case(), i18n={"headline_fr": "Libre", "text_fr": "Elle va bien."})

    with a_restored_backup():
        change(outcome, i18n={"headline_fr": "Libre"})

    outcome.refresh_from_db()
    assert outcome.i18n == {"headline_fr": "Libre"}


@pytest.mark.parametrize(
    ("before", "after", "is_hidden"),
    [
        ("She has a son, Kim, in Bonn.", "She has a son.", True),
        ("She has a son. He lives in Bonn.", "She has a son.", True),
        ("She has a sun.", "She has a son.", False),  # with what is lost it has to be done again
        ("She has a son.", "She has a son, who writes.", False),
    ],
)
def test_a_case_of_which_words_were_taken_out_is_hidden_until_staff_have_read_it(
    client, before, after, is_hidden
):
    case = make_case(story=before)

    with a_restored_backup():
        change(case, story=after)

    assert (before in client.get(case.get_absolute_url()).content.decode()) is not is_hidden
    case.refresh_from_db()
    assert (case.freeze == "hidden") is is_hidden


def test_who_has_another_name_on_the_site_now_is_not_named_as_before():
    case = make_case()

    with a_restored_backup():
        change(case, display_name="Sam")

    case.refresh_from_db()
    assert case.freeze == "hidden"


def test_an_embassy_that_writers_were_offered_no_more_is_not_offered():
    make_case()
    embassy, deleted = make_embassy(), make_embassy(of_country="FR")
    assert {embassy.use, deleted.use} == {EmbassyUse.YES}

    with a_restored_backup(), transaction.atomic():
        change(embassy, use=EmbassyUse.CHECK_FIRST)
        deleted.delete()

    uses = Embassy.objects.values_list("use", flat=True)
    assert list(uses) == [EmbassyUse.CHECK_FIRST] * 2


def test_an_edition_that_opens_later_now_does_not_open_on_the_day_of_before():
    edition = make_case().edition
    day = edition.opens_on + 30 * DAY

    with a_restored_backup():
        change(edition, opens_on=day)

    edition.refresh_from_db()
    assert edition.opens_on == day


def test_a_consent_that_ends_earlier_now_ends_then():
    case = make_case()
    consent = make_consent(case)
    day = datetime.date(2026, 1, 31)

    with a_restored_backup():
        change(consent, expires_on=day)

    consent.refresh_from_db()
    assert consent.expires_on == day


def test_a_target_that_was_deleted_and_has_letters_in_the_backup_hides_its_case():
    case = make_case()
    target = make_target(case)
    letter = make_letter(case, target=target)

    with a_restored_backup(), transaction.atomic():
        letter.delete()
        target.delete()
        ErasureEntry.objects.filter(model="letters.letter").delete()

    case.refresh_from_db()
    assert case.freeze == "hidden"


def test_a_request_that_was_taken_back_waits_for_nobody():
    case = make_case()
    action = make_solidarity_action(case=case, address_visibility=AddressVisibility.STAFF_ONLY)
    with transaction.atomic():
        action.address_visibility = AddressVisibility.PUBLIC
        request = second_look.hold_back(action, make_staff())
    assert request

    with a_restored_backup():
        assert second_look.take_back(request)

    assert not PendingChange.objects.exists()


def test_what_no_reader_could_see_is_not_noted():
    case = make_case(stage="draft")
    with transaction.atomic():
        change(case, story="Less.", content_note="")
        case.delete()

    case = make_case(freeze="paused", freeze_reason="A test.", staff_note="Look at it.")
    make_consent(case)
    noted = ErasureEntry.objects.count()
    change(case, staff_note="")
    change(case, facts_as_of="2025")
    acts.ask_to_unfreeze(case, make_staff())
    acts.confirm_unfreeze(case, make_staff())

    assert ErasureEntry.objects.count() == noted == 0
