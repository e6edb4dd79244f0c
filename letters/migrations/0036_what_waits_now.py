"""What waits to be read has waited since it was changed last, as far as anybody knows."""

from django.db import migrations
from django.db.models import F


def fill(apps, schema_editor):
    letters = apps.get_model("letters", "Letter").objects.using(schema_editor.connection.alias)
    waiting = letters.filter(state__in=["submitted", "posted"], erased_on=None)
    waiting.update(waiting_since=F("changed_at"))


class Migration(migrations.Migration):
    dependencies = [("letters", "0035_waiting_since")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
