from django.db import migrations, models
from django.db.models import Q

IS_SHOWN = ~Q(shown_name="") & Q(counted_on__isnull=False, erased_on__isnull=True)


class Migration(migrations.Migration):
    dependencies = [("letters", "0088_through_an_embassy")]
    operations = [
        migrations.RemoveIndex("signature", "signature_shown"),
        migrations.AddIndex(
            "signature",
            models.Index(name="signature_shown", fields=["petition", "-id"], condition=IS_SHOWN),
        ),
        # The column itself goes with the next release: the one before this reads and writes it
        # until a server has turned to this one.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("signature", "shows_name")]
        ),
    ]
