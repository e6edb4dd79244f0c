"""What is known of embassies and of the post is editors' work; the safety role minds addresses."""

from importlib import import_module

from django.db import migrations

first = import_module("letters.migrations.0002_roles")

WRITE = ["view", "add", "change"]
FOR_ROLES = {
    "editor": {"cases.embassy": WRITE, "cases.postalnote": WRITE, "cases.postage": WRITE},
    "safety": {"cases.embassy": WRITE, "cases.postalnote": ["view"], "cases.postage": ["view"]},
}


def give_more(apps, schema_editor):
    first.give(FOR_ROLES, apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0025_tell_apart_what_is_only_said"),
        ("cases", "0018_embassies_and_postage"),
    ]
    operations = [migrations.RunPython(give_more, migrations.RunPython.noop)]
