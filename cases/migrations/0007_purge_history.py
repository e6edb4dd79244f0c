from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_fill_consent_ends_on")]

    operations = [
        migrations.AlterModelOptions(
            name="case",
            options={
                "ordering": ["-edition__year", "position", "pk"],
                "permissions": [
                    ("publish_case", "Can publish and close cases"),
                    ("freeze_case", "Can freeze a case and ask for or confirm its unfreezing"),
                    ("purge_history", "Can remove words from earlier versions for good"),
                ],
                "verbose_name": "case",
                "verbose_name_plural": "cases",
            },
        ),
    ]
