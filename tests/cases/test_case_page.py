import pytest

from cases.models import Freeze
from tests.factories import make_full_case

pytestmark = pytest.mark.django_db


def test_case_page_gives_the_address_for_support(client):
    case = make_full_case()

    page = client.get(case.get_absolute_url()).content.decode()

    assert "2 Invented Street" in page
    assert 'href="#solidarity"' in page


def test_paused_case_page_asks_nobody_for_support_and_offers_no_sheet(client):
    case = make_full_case(freeze=Freeze.PAUSED, freeze_reason="A hearing is near")

    page = client.get(case.get_absolute_url()).content.decode()

    assert "Letters are paused" in page
    assert "2 Invented Street" not in page
    assert "sheet.pdf" not in page
