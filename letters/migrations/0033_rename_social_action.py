"""A SocialAction is called Post, as the site has always called it.

Its table keeps its name: no row is written, and what runs meanwhile goes on.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0032_needs_review"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.AlterModelTable("socialaction", "letters_socialaction"),
        migrations.RenameModel("SocialAction", "Post"),
        migrations.AlterModelOptions(
            "post", {"ordering": ["-pk"], "verbose_name": "post", "verbose_name_plural": "posts"}
        ),
        migrations.AlterField(
            "post",
            "case",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="posts",
                to="cases.case",
                verbose_name="case",
            ),
        ),
        migrations.AlterModelOptions(
            "papercount",
            {
                "ordering": ["-pk"],
                "permissions": [("review_papercount", "Can review counts on paper")],
                "verbose_name": "count on paper",
                "verbose_name_plural": "counts on paper",
            },
        ),
        migrations.AlterModelOptions(
            "signature",
            {
                "ordering": ["-pk"],
                "permissions": [("moderate_signature", "Can review and invalidate signatures")],
                "verbose_name": "signature",
                "verbose_name_plural": "signatures",
            },
        ),
    ]
