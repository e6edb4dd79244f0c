"""Of who agreed before, it is the part that the page had shown them."""

from django.db import migrations

from letters.models.names import first_name

ROWS_AT_ONCE = 1000


def fill(apps, schema_editor):
    signatures = apps.get_model("letters", "Signature").objects.using(
        schema_editor.connection.alias
    )
    some = []
    for signature in signatures.filter(shows_name=True).only("name").iterator(ROWS_AT_ONCE):
        signature.shown_name = first_name(signature.name)
        some.append(signature)
        if len(some) == ROWS_AT_ONCE:
            signatures.bulk_update(some, ["shown_name"])
            some = []
    signatures.bulk_update(some, ["shown_name"])


def empty(apps, schema_editor):
    signatures = apps.get_model("letters", "Signature").objects.using(
        schema_editor.connection.alias
    )
    signatures.exclude(shown_name="").update(shows_name=True)


class Migration(migrations.Migration):
    dependencies = [("letters", "0085_name_shown_below_a_petition")]
    operations = [migrations.RunPython(fill, empty)]
