"""One restore after another: the wrong backup first, or the same one twice."""

import datetime

import time_machine
from django.core.management import call_command
from django.utils import timezone

from cases.models import ErasureEntry
from letters.actions import erasure
from letters.models import Letter
from letters.models.email_spelling import email_hash
from tests.factories import make_letter
from tests.letters.privacy.test_personal_data import ADDRESS, address_of
from write4rights.backup import stored

DAY = datetime.timedelta(days=1)


def test_who_is_rightly_in_the_newer_backup_is_not_erased_by_a_restore_of_an_older_one(
    own_database, restore
):
    make_letter(state="submitted", **address_of())
    call_command("backup")
    erasure.erase_person(email_hash(ADDRESS))
    again = make_letter(state="submitted", **address_of())  # she writes once more
    with time_machine.travel(timezone.now() + DAY):
        call_command("backup")
        wrong, right = stored.names()
        restore(wrong, f"--overwrite={own_database}")
        assert not Letter.objects.filter(erased_on=None).exists()
        restore("--delete-copies")
        restore(right, f"--overwrite={own_database}")

    assert Letter.objects.get(pk=again.pk).erased_on is None


def test_what_the_list_does_again_is_noted_once(own_database, restore):
    """With the day on which it was done first."""
    letter = make_letter(state="submitted", **address_of())
    erasure.erase_one(letter)
    noted = {entry.fingerprint for entry in ErasureEntry.objects.all()}
    call_command("copy_erasure_list")
    ErasureEntry.objects.all().delete()  # PostgreSQL was recovered to a moment before it
    Letter.objects.filter(pk=letter.pk).update(erased_on=None, **address_of())

    assert "erased: 1" in restore("--only-erasure-list")

    assert {entry.fingerprint for entry in ErasureEntry.objects.all()} == noted
