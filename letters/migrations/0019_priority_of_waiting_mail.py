"""Gives mail that waits already the place that mail of its kind has from now on."""

from django.db import migrations

PRIORITIES = {"confirm": 0, "news": 3}


def give_places(apps, schema_editor):
    for kind, priority in PRIORITIES.items():
        mails = apps.get_model("letters", "OutgoingMail").objects.filter(kind=kind)
        mails.update(priority=priority)


class Migration(migrations.Migration):
    dependencies = [("letters", "0018_pace_of_mail")]
    operations = [migrations.RunPython(give_places, migrations.RunPython.noop)]
