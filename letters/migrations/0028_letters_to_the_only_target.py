"""Every letter to an official was written to the only target of its case."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    using = schema_editor.connection.alias
    Target = apps.get_model("cases", "Target").objects.using(using)
    letters = apps.get_model("letters", "Letter").objects.using(using)
    of_case = Target.filter(case=OuterRef("case")).order_by("position", "pk").values("pk")[:1]
    letters.filter(kind="appeal", target=None).update(target=Subquery(of_case))


class Migration(migrations.Migration):
    dependencies = [("letters", "0027_letter_target")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
