"""The rights to posts, and those to review, are called as the code calls them now.

Django renames the content type by itself, the permissions it leaves.
"""

from django.db import migrations

RENAMED = {"socialaction": "post"}
NAMES = [
    ("social action", "post"),
    ("Can release and invalidate signatures", "Can review and invalidate signatures"),
    ("Can review counts that are held", "Can review counts on paper"),
]


def rename(apps, schema_editor):
    call_otherwise(apps, schema_editor, RENAMED, NAMES)


def rename_back(apps, schema_editor):
    models = {new: old for old, new in RENAMED.items()}
    call_otherwise(apps, schema_editor, models, [pair[::-1] for pair in NAMES])


def call_otherwise(apps, schema_editor, models, names):
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    for permission in permissions.filter(content_type__app_label="letters"):
        act, _, model = permission.codename.rpartition("_")
        if model in models:
            permission.codename = f"{act}_{models[model]}"
            permission.name = permission.name.replace(*names[0])
        for old, new in names[1:]:
            if permission.name == old:
                permission.name = new
        permission.save(update_fields=["codename", "name"])


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0033_rename_social_action"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(rename, rename_back)]
