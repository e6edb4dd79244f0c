"""Which part of a name is shown below a petition is kept as its owner chose it. Of who agreed
before, it is the part that the page had shown them."""

from django.db import migrations

import cases.encryption
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
    dependencies = [("letters", "0084_plainer_words")]
    operations = [
        migrations.AddField(
            "signature",
            "shown_name",
            cases.encryption.EncryptedTextField(
                blank=True, default="", verbose_name="shown below the petition"
            ),
        ),
        migrations.RunPython(fill, empty),
    ]
