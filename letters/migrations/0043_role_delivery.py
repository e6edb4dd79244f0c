"""Hand-ins are for who takes what people wrote to the table of whom it is written to: "delivery"."""

from importlib import import_module

from django.db import migrations

first = import_module("letters.migrations.0002_roles")

FOR_ROLES = {
    "delivery": {
        "cases.case": ["view"],
        "letters.handin": ["view", "make", "fetch", "deliver"],
    }
}


def give(apps, schema_editor):
    first.give(FOR_ROLES, apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("letters", "0042_ask_for_a_change")]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
