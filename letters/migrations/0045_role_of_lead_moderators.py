"""Who leads the moderators may do what they do, and undo what they decided."""

from importlib import import_module

from django.db import migrations

first = import_module("letters.migrations.0002_roles")


def give_more(apps, schema_editor):
    Group = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    first.give({"lead": {"letters.moderation": ["lead"]}}, apps, schema_editor)
    moderator, lead = Group.get(name="moderator"), Group.get(name="lead")
    lead.permissions.add(*moderator.permissions.all())


class Migration(migrations.Migration):
    dependencies = [("letters", "0044_desk")]
    operations = [migrations.RunPython(give_more, migrations.RunPython.noop)]
