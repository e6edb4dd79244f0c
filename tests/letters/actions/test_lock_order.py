"""No two acts wait for each other: all lock in the order that `letters.models.locks` explains."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from letters.actions import letters as letter_actions
from letters.actions import signatures as signature_actions
from letters.models import Alarm, Letter, Signature
from letters.statistics import surges
from tests.factories import make_case_to_write_for, make_letter, make_pledge, make_signature
from tests.letters.at_once import begun_before_the_other_ends
from tests.letters.sending import sign_form

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("counts_hold")]


@pytest.fixture
def rows_are_locked():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one write at a time: nobody can hold what another waits for")


@pytest.fixture
def alarms(monkeypatch):
    """Each that begins to count raises one, or is flagged by it."""
    monkeypatch.setattr(surges, "ALWAYS_AN_HOUR", 0)


@pytest.mark.usefixtures("rows_are_locked", "alarms")
def test_somebody_signs_anew_while_their_yes_is_flagged_by_an_alarm():
    signature = make_signature(state="unconfirmed")
    form = sign_form(signature.petition, email=signature.email_address.email)
    url = reverse("letters:signature", args=[signature.petition.case.slug])

    said_yes, answer = begun_before_the_other_ends(
        lambda: signature_actions.confirm(signature),
        lambda: Client().post(url, form).status_code,
    )

    assert (said_yes, answer) == (True, 302)
    assert Signature.objects.get().alarm == Alarm.objects.get()


@pytest.mark.usefixtures("rows_are_locked")
def test_somebody_signs_while_a_moderator_asks_for_their_yes_anew():
    signature = make_signature(state="invalid")
    form = sign_form(signature.petition, email=signature.email_address.email)
    url = reverse("letters:signature", args=[signature.petition.case.slug])

    asked, answer = begun_before_the_other_ends(
        lambda: signature_actions.revalidate(signature),
        lambda: Client().post(url, form).status_code,
    )

    assert (asked, answer) == (True, 302)


@pytest.mark.usefixtures("rows_are_locked", "alarms")
def test_a_pledge_is_erased_while_a_letter_of_it_is_flagged_by_an_alarm():
    pledge = make_pledge(make_case_to_write_for())
    letter = make_letter(pledge.case, state="ready", route="post", pledge=pledge)
    url = reverse("letters:pledge-erase", args=[pledge.key])

    posted, answer = begun_before_the_other_ends(
        lambda: letter_actions.act(letter, "posted"), lambda: Client().post(url).status_code
    )

    assert (posted, answer) == (True, 302)
    assert Letter.objects.get().pledge is None
