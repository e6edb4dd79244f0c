"""From a time when a case had one target: letters keep it, there and back again."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from cases.models import ModelLetter, Target
from letters.models import Letter
from tests.factories import (
    make_case,
    make_letter,
    make_message,
    make_model_letter,
    make_target,
)

BEFORE = [("cases", "several_targets"), ("letters", "letter_target")]


@pytest.fixture
def at_that_time(transactional_db):
    """The models as they were before cases had several targets; and back to now at the end."""
    nodes = MigrationExecutor(connection).loader.graph.nodes
    before = [
        parent
        for app, name in BEFORE
        for node in nodes.values()
        if node.app_label == app and node.name.endswith(f"_{name}")
        for parent in node.dependencies
        if parent[0] == app
    ]
    make_case_as_it_was()
    apps = MigrationExecutor(connection).migrate(before).apps
    yield apps
    _to_now()


def _to_now() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def make_case_as_it_was() -> None:
    case = make_case(slug="one")
    make_target(case, office="First")
    make_letter(case, state="posted", subject="To the official")
    make_message(case)
    make_model_letter(case, "en", subject="The model")
    second = make_target(case, office="Second")
    make_model_letter(case, "en", target=second, subject="Another model")


@pytest.mark.slow
def test_letters_and_model_letters_keep_their_target_there_and_back_again(at_that_time):
    apps = at_that_time
    assert [row.office for row in apps.get_model("cases", "Target").objects.all()] == ["First"]
    old = apps.get_model("cases", "ModelLetter").objects.get()
    assert (old.subject, old.case.slug) == ("The model", "one")
    versions = apps.get_model("cases", "HistoricalModelLetter").objects
    assert versions.get(subject="The model").case.slug == "one"
    draft = apps.get_model("cases", "Case").objects.create(
        slug="two", display_name="Two", country="NO", edition=old.case.edition
    )
    apps.get_model("cases", "ModelLetter").objects.create(case=draft, subject="No target", body="x")

    _to_now()

    target = Target.objects.get(case__slug="one")
    assert (target.office, target.key) == ("First", "main")
    assert [letter.target for letter in Letter.objects.filter(kind="appeal")] == [target]
    assert [letter.target for letter in Letter.objects.filter(kind="solidarity")] == [None]
    assert ModelLetter.objects.get(subject="The model").target == target
    assert ModelLetter.history.filter(subject="The model").first().target_id == target.pk
    alone = ModelLetter.objects.get(subject="No target").target
    assert (alone.case.slug, alone.is_open) == ("two", False)
