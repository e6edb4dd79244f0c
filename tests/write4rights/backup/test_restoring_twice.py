"""One restore after another: the wrong backup first, or the same one twice."""

import datetime

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from cases.models import Case, ErasureEntry
from letters.actions import erasure
from letters.models import Letter
from letters.models.email_spelling import email_hash
from tests.factories import make_case_to_write_for, make_letter
from tests.letters.privacy.test_personal_data import ADDRESS, address_of
from write4rights.backup import databases, stored

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


def test_what_was_written_since_the_backup_is_not_lost_by_a_second_restore(own_database, restore):
    """Only the database of before has it."""
    before = own_database + databases.BEFORE
    make_letter(state="submitted")
    call_command("backup")
    since = make_letter(state="submitted")
    restore(f"--overwrite={own_database}")

    with pytest.raises(CommandError, match=f"{before} .*--delete-copies"):
        restore(f"--overwrite={own_database}")

    with databases.instead(before):
        assert Letter.objects.filter(pk=since.pk).exists()
    restore("--delete-copies")
    assert "Restored" in restore(f"--overwrite={own_database}")


def test_no_number_means_two_things_after_two_restores(own_database, restore):
    """Not even one of a table of which the backup has no row."""
    case = make_case_to_write_for()
    call_command("backup")
    numbers, versions = set(), []
    for _number in range(3):
        restore(f"--overwrite={own_database}")
        restore("--delete-copies")
        letter = make_letter(case=Case.objects.get(pk=case.pk))
        numbers.add(letter.pk)
        versions.append(Case.objects.get(pk=case.pk).content_version)
        letter.delete()

    assert len(numbers) == 3
    assert versions[0] + 1_000 < versions[1] < versions[2] - 1_000
