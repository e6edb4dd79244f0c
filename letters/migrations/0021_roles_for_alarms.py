"""Alarms are settled by who moderates, and by the safety role."""

from importlib import import_module

from django.db import migrations

first = import_module("letters.migrations.0002_roles")

ALARMS = {"letters.alarm": ["view", "change"]}
FOR_ROLES = {"moderator": ALARMS, "safety": ALARMS}


def give_more(apps, schema_editor):
    first.give(FOR_ROLES, apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0020_alarms"),
    ]
    operations = [migrations.RunPython(give_more, migrations.RunPython.noop)]
