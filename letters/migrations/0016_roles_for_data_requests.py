"""Who may export and erase all that hangs on one address: those who look after people's safety."""

from importlib import import_module

from django.db import migrations

first = import_module("letters.migrations.0002_roles")

MORE_FOR_ROLES = {"safety": {"letters.datarequest": ["handle"]}}


def give_more(apps, schema_editor):
    first.give(MORE_FOR_ROLES, apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("letters", "0015_data_requests")]
    operations = [migrations.RunPython(give_more, migrations.RunPython.noop)]
