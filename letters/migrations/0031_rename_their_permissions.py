"""The rights that people and roles have to what was renamed are called as it is called now.

Django renames the content types by itself, the permissions it leaves.
"""

from django.db import migrations

RENAMED = {"mailbox": "emailaddress", "telling": "announcement"}
NAMES = {"mailbox": "e-mail address"}  # “Can add mailbox”; the other is “news to followers” still


def rename(apps, schema_editor):
    call_otherwise(apps, schema_editor, RENAMED, NAMES)


def rename_back(apps, schema_editor):
    models, names = ({new: old for old, new in pairs.items()} for pairs in (RENAMED, NAMES))
    call_otherwise(apps, schema_editor, models, names)


def call_otherwise(apps, schema_editor, models, names):
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    for permission in permissions.filter(content_type__app_label="letters"):
        act, _, model = permission.codename.rpartition("_")
        if model not in models:
            continue
        permission.codename = f"{act}_{models[model]}"
        for old, new in names.items():
            permission.name = permission.name.replace(old, new)
        permission.save(update_fields=["codename", "name"])


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0030_rename_mailbox_and_telling"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(rename, rename_back)]
