from django.db import migrations
from django.db.models import F


def note(apps, schema_editor):
    """Where staff have let letters written by hand count, they have looked at the pledge."""
    alias = schema_editor.connection.alias
    letters = apps.get_model("letters", "Letter").objects.using(alias)
    pledges = apps.get_model("letters", "Pledge").objects.using(alias)
    by_hand = letters.filter(route="by-hand", counted_on__isnull=False)
    counted = pledges.filter(number__gt=50, pk__in=by_hand.values("pledge"))
    counted.update(looked_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("letters", "0065_look_at_big_pledges")]

    operations = [migrations.RunPython(note, migrations.RunPython.noop, elidable=True)]
