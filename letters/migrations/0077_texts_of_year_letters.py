from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0076_mail_text_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="yearletter",
            name="texts",
            field=models.JSONField(default=dict, editable=False),
        ),
    ]
