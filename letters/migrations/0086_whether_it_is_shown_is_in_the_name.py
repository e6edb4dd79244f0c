from django.db import migrations, models
from django.db.models import Q

IS_SHOWN = ~Q(shown_name="") & Q(counted_on__isnull=False, erased_on__isnull=True)


class Migration(migrations.Migration):
    dependencies = [("letters", "0085_name_shown_below_a_petition")]
    operations = [
        migrations.RemoveIndex("signature", "signature_shown"),
        migrations.AddIndex(
            "signature",
            models.Index(name="signature_shown", fields=["petition", "-id"], condition=IS_SHOWN),
        ),
        migrations.RemoveField("signature", "shows_name"),
    ]
