"""Clones are known to be such: of those that are there, the link to the earlier case says so."""

from django.db import migrations


def fill(apps, schema_editor):
    using = schema_editor.connection.alias
    Case = apps.get_model("cases", "Case")
    earlier = dict(
        Case.objects.using(using).exclude(earlier=None).values_list("pk", "earlier_id")
    )
    for case in earlier:
        first, seen = earlier[case], {case}
        while first in earlier and first not in seen:
            seen.add(first)
            first = earlier[first]
        Case.objects.using(using).filter(pk=case).exclude(pk=first).update(cloned_from=first)


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_pending_changes_and_clones")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
