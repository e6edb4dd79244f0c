"""From a time when these models, and their fields, had other names."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import StateApps

from letters.models import Announcement, EmailAddress, Follow, Letter, Post, Signature
from tests.factories import (
    make_case,
    make_follow,
    make_letter,
    make_outcome,
    make_post,
    make_signature,
)
from tests.staff import make_staff

BEFORE = ("letters", "0029_post_by_way_of_an_embassy")
RENAMED = [EmailAddress, Announcement, Follow, Post, Signature]
RIGHTS = [
    "approve_announcement",
    "change_emailaddress",
    "view_announcement",
    "view_letter",
    "view_post",
]


@pytest.fixture
def at_that_time(transactional_db):
    """Takes the database to that time, and gives the models of then; back to now at the end."""

    def go_there() -> StateApps:
        call_command("migrate", *BEFORE, verbosity=0)
        return MigrationLoader(connection).project_state(BEFORE).apps

    yield go_there
    to_now()


def make_announcement(by) -> Announcement:
    return Announcement.objects.create(outcome=make_outcome(), texts={"en": {}}, asked_by=by)


def to_now() -> None:
    call_command("migrate", "letters", verbosity=0)


def rows() -> dict[type[models.Model], list]:
    return {model: list(model.objects.order_by("pk").values_list()) for model in RENAMED}


def rights(of) -> list[str]:
    return sorted(of.permissions.values_list("codename", flat=True))


@pytest.mark.slow
def test_rows_rights_and_history_are_there_before_and_after(at_that_time):
    ana, editors = make_staff(), Group.objects.create(name="a role")
    permissions = Permission.objects.filter(content_type__app_label="letters")
    editors.permissions.set(permissions.filter(codename__in=RIGHTS))
    signature, follow = make_signature(), make_follow(make_case())
    announcement, post = make_announcement(ana), make_post()
    for row in [announcement, signature.email_address, post]:
        LogEntry.objects.log_actions(ana.pk, [row, row], CHANGE, "What was done")
    now = rows()

    then = at_that_time()

    assert rights(editors) == [
        "approve_telling",
        "change_mailbox",
        "view_letter",
        "view_socialaction",
        "view_telling",
    ]
    names = then.get_model("auth", "Permission").objects.filter(codename="change_mailbox")
    assert names.get().name == "Can change mailbox"
    logged = set(LogEntry.objects.values_list("content_type__model", flat=True))
    assert logged == {"telling", "mailbox", "socialaction"}
    for codename, name in [
        ("view_socialaction", "Can view social action"),
        ("moderate_signature", "Can release and invalidate signatures"),
    ]:
        assert permissions.get(codename=codename).name == name
    Mailbox, OldFollow = (then.get_model("letters", name) for name in ["Mailbox", "Follow"])
    stored = Mailbox.objects.get(pk=follow.email_address_id)
    assert stored.email == follow.email_address.email
    assert OldFollow.objects.get().mailbox == stored
    assert (
        then.get_model("letters", "Signature").objects.get().mailbox.pk
        == signature.email_address_id
    )
    assert then.get_model("letters", "Telling").objects.get().asked_by_id == ana.pk

    to_now()

    assert rows() == now
    assert rights(editors) == RIGHTS
    for codename, name in [
        ("change_emailaddress", "Can change e-mail address"),
        ("view_post", "Can view post"),
        ("moderate_signature", "Can review and invalidate signatures"),
    ]:
        assert permissions.get(codename=codename).name == name
    assert not permissions.filter(codename__regex="mailbox|telling|social").exists()
    edited = {entry.get_edited_object() for entry in LogEntry.objects.all()}
    assert edited == {announcement, signature.email_address, post}


@pytest.mark.slow
def test_what_must_never_be_is_refused_before_and_after(at_that_time):
    follow, ana = make_follow(make_case()), make_staff()
    announcement = make_announcement(ana)

    then = at_that_time()
    with pytest.raises(IntegrityError), transaction.atomic():
        then.get_model("letters", "Telling").objects.update(approved_by=ana.pk)
    to_now()

    with pytest.raises(IntegrityError), transaction.atomic():
        Announcement.objects.filter(pk=announcement.pk).update(approved_by=ana)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_follow(follow.case, email_address=follow.email_address)


@pytest.mark.slow
def test_what_needs_review_was_held_before(at_that_time):
    flagged, other = make_letter(needs_review=True), make_letter()

    held = at_that_time().get_model("letters", "Letter").objects.filter(held=True)
    assert [letter.pk for letter in held] == [flagged.pk]
    to_now()

    assert list(Letter.objects.filter(needs_review=True)) == [flagged]
    assert list(Letter.objects.filter(needs_review=False)) == [other]
