"""Who may tell those who follow may write the letter about the year too; it takes two."""

from importlib import import_module

from django.db import migrations

first = import_module("letters.migrations.0002_roles")

FOR_ROLES = {role: {"letters.yearletter": ["view", "approve"]} for role in ["editor", "safety"]}


def give_more(apps, schema_editor):
    first.give(FOR_ROLES, apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("letters", "0074_year_letters")]
    operations = [migrations.RunPython(give_more, migrations.RunPython.noop)]
