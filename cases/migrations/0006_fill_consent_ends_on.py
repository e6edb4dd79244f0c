"""Until when the consents in force hold, for cases that are there already."""

from django.db import migrations
from django.utils import timezone


def fill(apps, schema_editor):
    using = schema_editor.connection.alias
    Case, Consent = apps.get_model("cases", "Case"), apps.get_model("cases", "Consent")
    today = timezone.localdate()
    ends: dict[int, list] = {}
    said_no = set()
    consents = list(Consent.objects.using(using).all())
    for one in consents:
        if one.withdrawn_on and one.basis == "given":
            said_no.add(one.case_id)
    for one in consents:
        is_over = one.withdrawn_on or (one.expires_on and one.expires_on < today)
        if not is_over and not (one.basis == "organiser" and one.case_id in said_no):
            ends.setdefault(one.case_id, []).append(one.expires_on)
    for case, days in ends.items():
        if None not in days:
            Case.objects.using(using).filter(pk=case).update(consent_ends_on=max(days))


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_case_consent_ends_on")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
