"""A Mailbox is called EmailAddress, and a Telling Announcement.

Their tables and columns keep their names: no row is written, and what runs meanwhile goes on.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0029_post_by_way_of_an_embassy"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.AlterModelTable("mailbox", "letters_mailbox"),
        migrations.RenameModel("Mailbox", "EmailAddress"),
        migrations.AlterModelOptions(
            "emailaddress",
            {"verbose_name": "e-mail address", "verbose_name_plural": "e-mail addresses"},
        ),
        migrations.AlterField(
            "follow",
            "mailbox",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="follows",
                to="letters.emailaddress",
                db_column="mailbox_id",
            ),
        ),
        migrations.AlterField(
            "signature",
            "mailbox",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="signatures",
                to="letters.emailaddress",
                db_column="mailbox_id",
            ),
        ),
        # What the constraints say of the columns stays; here they learn what the fields are called.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("follow", "follow_one_per_case_and_address"),
                migrations.RemoveConstraint("follow", "follow_all_good_news_once_per_address"),
                migrations.RemoveConstraint("signature", "signature_one_per_petition_and_address"),
            ]
        ),
        migrations.RenameField("follow", "mailbox", "email_address"),
        migrations.RenameField("signature", "mailbox", "email_address"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddConstraint(
                    "follow",
                    models.UniqueConstraint(
                        fields=("email_address", "case"), name="follow_one_per_case_and_address"
                    ),
                ),
                migrations.AddConstraint(
                    "follow",
                    models.UniqueConstraint(
                        fields=("email_address",),
                        condition=Q(case__isnull=True),
                        name="follow_all_good_news_once_per_address",
                    ),
                ),
                migrations.AddConstraint(
                    "signature",
                    models.UniqueConstraint(
                        fields=("petition", "email_address"),
                        name="signature_one_per_petition_and_address",
                    ),
                ),
            ]
        ),
        migrations.AlterField(
            "mailedlink",
            "purpose",
            models.CharField(
                choices=[
                    ("mailbox", "Email Address"),
                    ("letter", "Letter"),
                    ("pledge", "Pledge"),
                    ("stop", "Stop"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterModelTable("telling", "letters_telling"),
        migrations.RenameModel("Telling", "Announcement"),
        migrations.AlterModelOptions(
            "announcement",
            {
                "ordering": ["-pk"],
                "permissions": [
                    ("approve_announcement", "Can ask for and approve news to followers")
                ],
                "verbose_name": "news to followers",
                "verbose_name_plural": "news to followers",
            },
        ),
        migrations.AlterField(
            "announcement",
            "outcome",
            models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="announcement",
                to="cases.outcome",
            ),
        ),
        migrations.RemoveConstraint("announcement", "telling_approved_by_somebody_else"),
        migrations.RemoveConstraint("announcement", "telling_finished_only_if_approved"),
        migrations.AddConstraint(
            "announcement",
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")),
                name="announcement_approved_by_somebody_else",
            ),
        ),
        migrations.AddConstraint(
            "announcement",
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(approved_at__isnull=False),
                name="announcement_finished_only_if_approved",
            ),
        ),
    ]
