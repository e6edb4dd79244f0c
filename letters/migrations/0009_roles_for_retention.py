"""Who may decide how long what was handed to us is kept: those who plan what is handed in, and
those who look after people's safety."""

from importlib import import_module

from django.db import migrations

first = import_module("letters.migrations.0002_roles")

MORE_FOR_ROLES = {
    "editor": {"letters.retentiondecision": ["decide"]},
    "safety": {"letters.retentiondecision": ["decide"]},
}


def give_more(apps, schema_editor):
    first.give(MORE_FOR_ROLES, apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("letters", "0008_retention_decisions")]
    operations = [migrations.RunPython(give_more, migrations.RunPython.noop)]
