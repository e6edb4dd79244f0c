"""Each line of the sample messages becomes a sentence of its own, which can name its language."""

from django.db import migrations


def lines_to_rows(apps, schema_editor):
    SolidarityAction = apps.get_model("cases", "SolidarityAction")
    SolidarityPhrase = apps.get_model("cases", "SolidarityPhrase")
    for action in SolidarityAction.objects.exclude(phrases=""):
        lines = [line.strip() for line in action.phrases.splitlines() if line.strip()]
        SolidarityPhrase.objects.bulk_create(
            SolidarityPhrase(case_id=action.case_id, text=line[:300], position=position)
            for position, line in enumerate(lines)
        )


def rows_to_lines(apps, schema_editor):
    SolidarityAction = apps.get_model("cases", "SolidarityAction")
    SolidarityPhrase = apps.get_model("cases", "SolidarityPhrase")
    for action in SolidarityAction.objects.all():
        rows = SolidarityPhrase.objects.filter(case_id=action.case_id).order_by("position", "pk")
        action.phrases = "\n".join(row.text for row in rows)
        action.save(update_fields=["phrases"])


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_petitions_posts_phrases_and_word_lists")]
    operations = [migrations.RunPython(lines_to_rows, rows_to_lines)]
