"""Every case that takes letters offered to hand them in, and some had letters handed to us."""

from django.db import migrations
from django.db.models import Q


def mark(apps, schema_editor):
    using = schema_editor.connection.alias
    Case = apps.get_model("cases", "Case").objects.using(using)
    Version = apps.get_model("cases", "HistoricalCase").objects.using(using)
    handed = apps.get_model("letters", "Letter").objects.using(using).filter(route="deliver")
    offered = Case.filter(Q(stage="published") | Q(pk__in=handed.values("case")))
    keys = list(offered.values_list("pk", flat=True))
    Case.filter(pk__in=keys).update(takes_deliveries=True)
    # No version says otherwise: none of them was made by somebody who decided it.
    Version.filter(id__in=keys).update(takes_deliveries=True)


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0038_source_received_here"),
        ("cases", "0033_takes_deliveries"),
    ]
    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
