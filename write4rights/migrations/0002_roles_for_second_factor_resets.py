"""The safety role asks for and approves resets; it sees the list of staff for that."""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

CODENAMES = ["approve_secondfactorreset", "view_user"]


def give_more(apps, schema_editor):
    using = schema_editor.connection.alias
    for label in ["auth", "write4rights"]:
        create_permissions(
            installed_apps.get_app_config(label), apps=apps, using=using, verbosity=0
        )
    Permission = apps.get_model("auth", "Permission")
    found = Permission.objects.using(using).filter(codename__in=CODENAMES)
    for group in apps.get_model("auth", "Group").objects.using(using).filter(name="safety"):
        group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("write4rights", "0001_second_factor_resets"),
        ("letters", "0002_roles"),
    ]
    operations = [migrations.RunPython(give_more, migrations.RunPython.noop)]
