"""What mails say is editors' work; the safety role reads it."""

from importlib import import_module

from django.db import migrations

first = import_module("letters.migrations.0002_roles")

FOR_ROLES = {
    "editor": {"letters.mailtext": ["view", "add", "change", "delete"]},
    "safety": {"letters.mailtext": ["view"]},
}


def give_more(apps, schema_editor):
    first.give(FOR_ROLES, apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("letters", "0063_mail_texts")]
    operations = [migrations.RunPython(give_more, migrations.RunPython.noop)]
