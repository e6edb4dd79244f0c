"""A last day lasts until it is over everywhere: on Howland Island at noon, UTC, of the next."""

import pytest
import time_machine
from django.urls import reverse

from cases.models import Case
from tests.factories import make_petition, make_solidarity_action
from tests.letters.sending import send_message, sign

pytestmark = pytest.mark.usefixtures("counts_hold")

STILL, OVER = "2026-12-11T11:59Z", "2026-12-11T12:00Z"


@pytest.fixture
def case():
    petition = make_petition(closes_on="2026-12-10")
    make_solidarity_action(petition.case, ends_on="2026-12-10")
    return Case.objects.get(pk=petition.case_id)


@pytest.mark.parametrize(("now", "is_open"), [(STILL, True), (OVER, False)])
def test_petition_and_messages_are_open_until_their_last_day_is_over_everywhere(
    client, case, now, is_open
):
    with time_machine.travel(now, tick=False):
        page = client.get(reverse("letters:signature", args=[case.slug])).content.decode()
        messages = client.get(reverse("letters:message-write", args=[case.slug])).content.decode()
        answers = [sign(client, case.petition), send_message(client, case)]

        assert ('id="sign"' in page) is is_open
        assert ("<textarea" in messages) is is_open
        assert [answer.status_code for answer in answers] == [302 if is_open else 409] * 2
        assert Case.objects.taking_signatures().exists() is is_open
        assert Case.objects.taking_messages().exists() is is_open


def test_the_page_of_the_case_stops_offering_them_though_no_row_changed(client, case, settings):
    settings.PAGE_CACHE_SECONDS = 0
    addresses = [
        reverse(f"letters:{name}", args=[case.slug]) for name in ("signature", "message-write")
    ]

    def offered() -> list[bool]:
        page = client.get(case.get_absolute_url()).content.decode()
        return [f'href="{address}"' in page for address in addresses]

    with time_machine.travel("2026-12-10T23:00Z", tick=False):
        assert offered() == [True, True]
    with time_machine.travel(STILL, tick=False):
        assert offered() == [True, True]
    with time_machine.travel(OVER, tick=False):
        assert offered() == [False, False]
