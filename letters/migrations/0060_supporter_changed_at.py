import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("letters", "0059_decisions_about_replies")]
    operations = [
        migrations.AddField(
            model_name="letter",
            name="supporter_changed_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                editable=False,
                verbose_name="last changed by its writer",
            ),
        ),
        migrations.AddField(
            model_name="signature",
            name="supporter_changed_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                editable=False,
                verbose_name="last changed by its owner",
            ),
        ),
    ]
