"""Who counts and who minds safety may export counts; who hands in, what is handed in."""

from importlib import import_module

from django.db import migrations

first = import_module("letters.migrations.0002_roles")

FOR_ROLES = {
    "counter": ["export_counts"],
    "safety": ["export_counts"],
    "delivery": ["export_signatures", "export_letters"],
}


def give_more(apps, schema_editor):
    first.give({role: {} for role in FOR_ROLES}, apps, schema_editor)  # and makes permissions
    using = schema_editor.connection.alias
    Group = apps.get_model("auth", "Group").objects.using(using)
    Permission = apps.get_model("auth", "Permission").objects.using(using)
    for role, codenames in FOR_ROLES.items():
        found = Permission.filter(content_type__app_label="letters", codename__in=codenames)
        if len(found) != len(codenames):
            raise RuntimeError(f"Not all of {codenames} are there.")
        Group.get(name=role).permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [("letters", "0046_export_rights")]
    operations = [migrations.RunPython(give_more, migrations.RunPython.noop)]
