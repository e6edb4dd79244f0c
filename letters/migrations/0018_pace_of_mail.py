"""What must be confirmed leaves first, and links in mails get keys of their own."""

import cases.encryption
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0004_remove_lines_of_phrases"),
        ("letters", "0017_indexes_for_what_is_not_valid"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailedLink",
            fields=[
                ("key_hash", models.CharField(max_length=43, primary_key=True, serialize=False)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("mailbox", "Mailbox"),
                            ("letter", "Letter"),
                            ("pledge", "Pledge"),
                            ("stop", "Stop"),
                        ],
                        max_length=8,
                    ),
                ),
                ("about", models.CharField(db_index=True, max_length=40)),
                ("to_hash", models.CharField(max_length=43)),
                ("expires_at", models.DateTimeField(db_index=True, null=True)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="outgoingmail",
            name="mail_waiting",
        ),
        migrations.AddField(
            model_name="outgoingmail",
            name="batch",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="outgoingmail",
            name="domain",
            field=models.CharField(blank=True, max_length=22),
        ),
        migrations.AddField(
            model_name="outgoingmail",
            name="held_up_by",
            field=models.CharField(blank=True, max_length=7),
        ),
        migrations.AddField(
            model_name="outgoingmail",
            name="priority",
            field=models.PositiveSmallIntegerField(
                choices=[
                    (0, "must be confirmed"),
                    (1, "was asked for"),
                    (2, "a trap or a limit caught it"),
                    (3, "news"),
                ],
                default=1,
            ),
        ),
        migrations.AddField(
            model_name="outgoingmail",
            name="sender",
            field=models.CharField(blank=True, max_length=3),
        ),
        migrations.AlterField(
            model_name="outgoingmail",
            name="body",
            field=cases.encryption.EncryptedTextField(blank=True),
        ),
        migrations.AlterField(
            model_name="outgoingmail",
            name="subject",
            field=cases.encryption.EncryptedTextField(blank=True),
        ),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(
                condition=models.Q(("given_up_at", None), ("sent_at", None)),
                fields=["priority", "not_before"],
                name="mail_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="signature",
            index=models.Index(
                condition=models.Q(("state", "unconfirmed")),
                fields=["created_at"],
                name="signature_unconfirmed",
            ),
        ),
    ]
