"""Moderators read what came back; whoever hands letters in enters it, and lets writers read it."""

from importlib import import_module

from django.db import migrations

first = import_module("letters.migrations.0002_roles")

FOR_ROLES = {
    "moderator": {"letters.reply": ["handle"]},
    "delivery": {"cases.case": ["view"], "letters.reply": ["handle"]},
}


def give_more(apps, schema_editor):
    first.give(FOR_ROLES, apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("letters", "0040_replies")]
    operations = [migrations.RunPython(give_more, migrations.RunPython.noop)]
