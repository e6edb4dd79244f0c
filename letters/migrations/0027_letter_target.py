"""A letter is written to one of the targets of its case, and keeps it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0025_remove_case_of_model_letters"),
        ("letters", "0026_roles_for_embassies_and_postage"),
    ]

    operations = [
        migrations.AddField(
            model_name="letter",
            name="target",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="letters",
                to="cases.target",
                verbose_name="target",
            ),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(
                condition=models.Q(("target__isnull", False)),
                fields=["target", "-id"],
                name="letter_by_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
                condition=models.Q(("target__isnull", True), ("kind", "appeal"), _connector="OR"),
                name="letter_to_the_person_has_no_target",
            ),
        ),
    ]
