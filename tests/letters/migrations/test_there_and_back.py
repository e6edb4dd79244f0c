"""What is stored is there before and after a migration, and after its reverse.

All in one walk: each step to an older time and back takes seconds, however few rows there are.
"""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import StateApps
from django.utils import timezone

from cases.models import ModelLetter, Target
from letters.models import Announcement, EmailAddress, Follow, Letter, Pledge, Post, Signature
from tests.factories import (
    make_case,
    make_follow,
    make_letter,
    make_message,
    make_model_letter,
    make_outcome,
    make_pledge,
    make_post,
    make_signature,
    make_target,
)
from tests.staff import make_staff

BEFORE_RENAMING = [("letters", "0029_post_by_way_of_an_embassy")]
BEFORE_TARGETS = [
    ("letters", "0026_roles_for_embassies_and_postage"),
    ("cases", "0022_outcome_without_a_quote"),
]


@pytest.fixture
def back_to(transactional_db):
    """Takes the database to a time, and gives the models of then; back to now at the end."""

    def go_there(migrations: list[tuple[str, str]]) -> StateApps:
        for migration in migrations:
            call_command("migrate", *migration, verbosity=0)
        return MigrationLoader(connection).project_state(migrations).apps

    yield go_there
    to_now()


def to_now() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0)


@pytest.mark.slow
@pytest.mark.timeout(600)  # each new migration makes the way longer
def test_what_is_stored_is_there_before_and_after(back_to):
    renamed, targets, pledges = Renamed(), OneTarget(), BigPledges()

    renamed.check_then(back_to(BEFORE_RENAMING))
    targets.check_then(back_to(BEFORE_TARGETS))
    to_now()

    renamed.check_now()
    targets.check_now()
    pledges.check_now()


class BigPledges:
    """From a time when staff only looked at what was written by hand for them."""

    def __init__(self) -> None:
        self.counted, self.other = make_pledge(number=60), make_pledge(number=60)
        make_letter(self.counted.case, pledge=self.counted, state="posted", route="by-hand")

    def check_now(self) -> None:
        looked_at = dict(Pledge.objects.values_list("pk", "looked_at"))
        assert looked_at == {self.counted.pk: self.counted.created_at, self.other.pk: None}


class Renamed:
    """From a time when these models, and their fields, had other names."""

    MODELS = [EmailAddress, Announcement, Follow, Post, Signature]
    RIGHTS = [
        "approve_announcement",
        "change_emailaddress",
        "view_announcement",
        "view_letter",
        "view_post",
    ]

    def __init__(self) -> None:
        self.ana, self.editors = make_staff(), Group.objects.create(name="a role")
        self.permissions = Permission.objects.filter(content_type__app_label="letters")
        self.editors.permissions.set(self.permissions.filter(codename__in=self.RIGHTS))
        now = timezone.now()
        self.signature = make_signature(created_at=now, changed_at=now, shown_name="Sam")
        self.follow = make_follow(make_case())
        self.announcement = Announcement.objects.create(
            outcome=make_outcome(), texts={"en": {}}, asked_by=self.ana
        )
        self.flagged, self.other = make_letter(needs_review=True), make_letter()
        self.logged = [self.announcement, self.signature.email_address, make_post()]
        for row in self.logged:
            LogEntry.objects.log_actions(self.ana.pk, [row, row], CHANGE, "What was done")
        self.stored = self.rows()

    def rows(self) -> dict[type[models.Model], list]:
        return {model: list(model.objects.order_by("pk").values_list()) for model in self.MODELS}

    def rights(self) -> list[str]:
        return sorted(self.editors.permissions.values_list("codename", flat=True))

    def check_then(self, then: StateApps) -> None:
        assert self.rights() == [
            "approve_telling",
            "change_mailbox",
            "view_letter",
            "view_socialaction",
            "view_telling",
        ]
        permissions = then.get_model("auth", "Permission").objects
        assert permissions.get(codename="change_mailbox").name == "Can change mailbox"
        for codename, name in [
            ("view_socialaction", "Can view social action"),
            ("moderate_signature", "Can release and invalidate signatures"),
        ]:
            assert self.permissions.get(codename=codename).name == name
        logged = set(LogEntry.objects.values_list("content_type__model", flat=True))
        assert logged == {"telling", "mailbox", "socialaction"}
        OldLetter, OldFollow, OldSignature, Mailbox, Telling = (
            then.get_model("letters", name)
            for name in ["Letter", "Follow", "Signature", "Mailbox", "Telling"]
        )
        stored = Mailbox.objects.get(pk=self.follow.email_address_id)
        assert stored.email == self.follow.email_address.email
        assert OldFollow.objects.get().mailbox == stored
        assert OldSignature.objects.get().mailbox.pk == self.signature.email_address_id
        assert Telling.objects.get().asked_by_id == self.ana.pk
        assert [letter.pk for letter in OldLetter.objects.filter(held=True)] == [self.flagged.pk]
        with pytest.raises(IntegrityError), transaction.atomic():
            Telling.objects.update(approved_by=self.ana.pk)

    def check_now(self) -> None:
        assert self.rows() == self.stored
        assert self.rights() == self.RIGHTS
        for codename, name in [
            ("change_emailaddress", "Can change e-mail address"),
            ("view_post", "Can view post"),
            ("moderate_signature", "Can review and invalidate signatures"),
        ]:
            assert self.permissions.get(codename=codename).name == name
        assert not self.permissions.filter(codename__regex="mailbox|telling|social").exists()
        edited = {entry.get_edited_object() for entry in LogEntry.objects.all()}
        assert edited == set(self.logged)
        assert list(Letter.objects.filter(needs_review=True)) == [self.flagged]
        assert self.other in Letter.objects.filter(needs_review=False)
        with pytest.raises(IntegrityError), transaction.atomic():
            Announcement.objects.filter(pk=self.announcement.pk).update(approved_by=self.ana)
        with pytest.raises(IntegrityError), transaction.atomic():
            make_follow(self.follow.case, email_address=self.follow.email_address)


class OneTarget:
    """From a time when a case had one target: letters keep it."""

    def __init__(self) -> None:
        self.case = make_case(slug="one")
        make_target(self.case, office="First")
        make_letter(self.case, state="posted", subject="To the official")
        make_message(self.case)
        make_model_letter(self.case, "en", subject="The model")
        second = make_target(self.case, office="Second")
        make_model_letter(self.case, "en", target=second, subject="Another model")

    def check_then(self, then: StateApps) -> None:
        OldCase, OldTarget, OldModelLetter, versions = (
            then.get_model("cases", name)
            for name in ["Case", "Target", "ModelLetter", "HistoricalModelLetter"]
        )
        assert [row.office for row in OldTarget.objects.filter(case__slug="one")] == ["First"]
        old = OldModelLetter.objects.get(case__slug="one")
        assert (old.subject, old.case.slug) == ("The model", "one")
        assert versions.objects.get(subject="The model").case.slug == "one"
        draft = OldCase.objects.create(
            slug="two", display_name="Two", country="NO", edition=old.case.edition
        )
        OldModelLetter.objects.create(case=draft, subject="No target", body="x")

    def check_now(self) -> None:
        target = Target.objects.get(case=self.case)
        assert (target.office, target.key) == ("First", "main")
        letters = Letter.objects.filter(case=self.case)
        assert [letter.target for letter in letters.filter(kind="appeal")] == [target]
        assert [letter.target for letter in letters.filter(kind="solidarity")] == [None]
        assert ModelLetter.objects.get(subject="The model").target == target
        versions = ModelLetter.history.filter(subject="The model")
        assert versions.first().target_id == target.pk
        alone = ModelLetter.objects.get(subject="No target").target
        assert (alone.case.slug, alone.is_open) == ("two", False)
