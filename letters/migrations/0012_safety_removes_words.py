"""The safety role may remove words from earlier versions for good."""

from importlib import import_module

from django.db import migrations

first = import_module("letters.migrations.0002_roles")

PURGING = {"safety": {"cases.history": ["purge"]}}


def give_more(apps, schema_editor):
    first.give(PURGING, apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0011_full_name_as_typed"),
        ("cases", "0007_purge_history"),
    ]
    operations = [migrations.RunPython(give_more, migrations.RunPython.noop)]
