"""The first page of the staff says what is wrong with the site, to those who can have it mended."""

import datetime

import pytest
from django.utils import timezone

from letters.models import WorkerPulse
from tests.staff import signed_in, text

pytestmark = pytest.mark.django_db

HEADING = "What is wrong with the site"


def test_dead_worker_is_said_to_those_who_see_which_mails_wait():
    WorkerPulse.objects.create(pk=1, at=timezone.now() - datetime.timedelta(hours=30))

    shown = text(signed_in(is_superuser=True).get("/admin/"))
    assert HEADING in shown
    assert "No worker has been heard of for 1\xa0day." in shown
    assert "Start `manage.py work`" in shown
    assert HEADING in text(signed_in("moderator").get("/admin/"))
    assert HEADING not in text(signed_in("editor", "counter").get("/admin/"))


def test_nothing_is_said_of_a_site_that_is_well():
    WorkerPulse.objects.beat()

    assert HEADING not in text(signed_in(is_superuser=True).get("/admin/"))
