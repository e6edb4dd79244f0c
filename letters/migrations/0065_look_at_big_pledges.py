from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0033_takes_deliveries"),
        ("letters", "0064_roles_for_mail_texts"),
    ]

    operations = [
        migrations.AddField(
            model_name="pledge",
            name="answer",
            field=models.CharField(
                blank=True, editable=False, max_length=400, verbose_name="answer"
            ),
        ),
        migrations.AddField(
            model_name="pledge",
            name="looked_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="looked at"
            ),
        ),
        migrations.AlterField(
            model_name="outgoingmail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("letter-link", "link to a letter"),
                    ("pledge-link", "link to a pledge"),
                    ("pledge-answered", "answer to a big pledge"),
                    ("letter-rejected", "a letter needs a change"),
                    ("change-asked", "a change of a letter is asked for"),
                    ("letter-handed-in", "a letter was handed in"),
                    ("letter-returned", "a letter came back"),
                    ("reply-came", "an answer came"),
                    ("confirm", "what an address asked for, to be confirmed"),
                    ("data-link", "link to all data of one address"),
                    ("news", "news of a case"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="pledge",
            index=models.Index(
                condition=models.Q(("looked_at", None), ("number__gt", 50), ("state", "open")),
                fields=["-id"],
                name="pledge_to_look_at",
            ),
        ),
    ]
