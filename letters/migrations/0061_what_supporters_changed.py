"""What staff did since moved `changed_at`: of what is there, the last that its writer did for
certain is that it was handed in, or else that it was written."""

from django.db import migrations
from django.db.models import F
from django.db.models.functions import Coalesce


def fill(apps, schema_editor):
    def rows(model):
        return apps.get_model("letters", model).objects.using(schema_editor.connection.alias)

    rows("Letter").update(supporter_changed_at=Coalesce("waiting_since", "created_at"))
    rows("Signature").update(supporter_changed_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("letters", "0060_supporter_changed_at")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
