"""Who sees what waits for a second person. What each may approve follows from what they may change."""

from importlib import import_module

from django.db import migrations

first = import_module("letters.migrations.0002_roles")

MORE_FOR_ROLES = {
    role: {"cases.pendingchange": ["view"]} for role in ("editor", "moderator", "safety")
}


def give_more(apps, schema_editor):
    first.give(MORE_FOR_ROLES, apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0013_indexes_for_the_filters_of_the_admin"),
        ("cases", "0008_pending_changes_and_clones"),
    ]
    operations = [migrations.RunPython(give_more, migrations.RunPython.noop)]
