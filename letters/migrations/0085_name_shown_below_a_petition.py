"""Which part of a name is shown below a petition is kept as its owner chose it.

The release before this one goes on writing meanwhile: both columns have a default of the database.
"""

from django.db import migrations, models

import cases.encryption


class Migration(migrations.Migration):
    dependencies = [("letters", "0084_plainer_words")]
    operations = [
        migrations.AddField(
            "signature",
            "shown_name",
            cases.encryption.EncryptedTextField(
                blank=True, db_default="", default="", verbose_name="shown below the petition"
            ),
        ),
        migrations.AlterField(
            "signature", "shows_name", models.BooleanField(db_default=False, default=False)
        ),
    ]
