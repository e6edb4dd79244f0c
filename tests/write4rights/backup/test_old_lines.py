"""Lines of the erasure list as old as a backup may be: what was done long ago is not done again,
and nothing is kept longer than the privacy page says."""

import datetime

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from cases.models import ErasureEntry
from letters.actions import erasure
from letters.models import Letter
from letters.models.email_spelling import email_hash
from letters.privacy import limits
from tests.factories import make_letter
from tests.letters.privacy.test_personal_data import ADDRESS, address_of
from write4rights.backup import erasure_files, keys, restoring, stored

DAY = datetime.timedelta(days=1)
HOUR = DAY / 24
NOW = timezone.now()


def who_erased_all_and_wrote_again() -> Letter:
    make_letter(state="submitted", **address_of())
    erasure.erase_person(email_hash(ADDRESS))
    return make_letter(state="submitted", **address_of())


def a_night(day: float) -> None:
    with time_machine.travel(NOW + day * DAY):
        call_command("backup")
    with time_machine.travel(NOW + day * DAY + HOUR):
        call_command("erase_expired")


@pytest.mark.parametrize("days", [29, 30, 31, 37])
@pytest.mark.parametrize("by", ["a restore", "the list alone"])
def test_who_erased_all_a_month_ago_and_wrote_again_is_not_erased(own_database, restore, by, days):
    letter = who_erased_all_and_wrote_again()
    a_night(days - 1)
    a_night(days)
    option = f"--overwrite={own_database}" if by == "a restore" else "--only-erasure-list"

    with time_machine.travel(NOW + days * DAY + 2 * HOUR):
        assert "nothing since then" in restore(option)

    assert Letter.objects.get(pk=letter.pk).erased_on is None


@pytest.mark.usefixtures("own_database")
def test_the_list_alone_does_nothing_again_though_no_backup_was_made_for_days(restore):
    """The files still have its lines, and the database no more."""
    letter = who_erased_all_and_wrote_again()
    a_night(0)
    with time_machine.travel(NOW + 35 * DAY):
        call_command("erase_expired")
        assert not ErasureEntry.objects.filter(act="person").exists()
        assert "nothing since then" in restore("--only-erasure-list")

    assert Letter.objects.get(pk=letter.pk).erased_on is None


def test_the_oldest_backup_brings_nobody_back_on_its_last_day(own_database, restore):
    """Who erased all right after it was made."""
    make_letter(state="submitted", **address_of())
    call_command("backup")
    erasure.erase_person(email_hash(ADDRESS))
    a_night(1)
    a_night(27.9)

    with time_machine.travel(NOW + 28.9 * DAY):
        restore(stored.names()[0], f"--overwrite={own_database}")

    assert not Letter.objects.filter(erased_on=None).exists()


@pytest.mark.usefixtures("own_database")
def test_a_database_recovered_to_weeks_ago_is_brought_to_today(restore):
    """Though its worker has dropped old lines since."""
    letter = who_erased_all_and_wrote_again()
    done = list(ErasureEntry.objects.values_list("pk", flat=True))
    erasure.erase_one(letter)
    since = ErasureEntry.objects.exclude(pk__in=done)
    since.update(at=NOW + 10 * DAY)
    a_night(10)
    since.delete()
    Letter.objects.filter(pk=letter.pk).update(erased_on=None, **address_of())
    with time_machine.travel(NOW + 31 * DAY):
        call_command("erase_expired")
        assert ErasureEntry.objects.dropped_until()

        assert "erased: 1" in restore("--only-erasure-list")


@pytest.mark.usefixtures("own_database")
def test_no_line_is_kept_longer_than_the_privacy_page_says(identity):
    who_erased_all_and_wrote_again()
    for days in [0, 15, 28, 29, 30, 31]:
        a_night(days)
        with time_machine.travel(NOW + (days + 1) * DAY):  # the next one is about to be made
            entries = erasure_files.read_all(keys.identities(identity))
            ages = [timezone.now() - entry.at for entry in entries]
            assert max(ages, default=DAY) <= limits.KEEP_BACKUPS_FOR
            assert bool(ages) == (days < 30)
    assert not ErasureEntry.objects.exclude(email_hash="", rows="").exists()


@pytest.mark.usefixtures("own_database")
@pytest.mark.parametrize("said", [set(), {"noted"}])
def test_a_backup_of_an_older_version_says_less_of_what_is_done_in_it(identity, said):
    """What was noted later than a day before it: not even a transaction lasts so long."""
    who_erased_all_and_wrote_again()
    entries = ErasureEntry.objects.all()
    entries.update(at=NOW - 2 * DAY)
    call_command("backup")
    letter = make_letter(state="submitted", **address_of())
    erasure.erase_one(letter)
    call_command("copy_erasure_list")

    with restoring.checked("latest", keys.identities(identity), without_list=False) as backup:
        for name in {"noted", "dropped_until"} - said:
            del backup.manifest[name]
        assert {entry.keys[0] for entry in backup.since()} == {letter.pk}
