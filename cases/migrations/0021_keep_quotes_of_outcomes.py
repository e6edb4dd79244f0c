"""What a person said of an outcome becomes a quote of the case: not shown before staff say so."""

from django.db import migrations


def keep(apps, schema_editor):
    using = schema_editor.connection.alias
    Outcome, Quote = apps.get_model("cases", "Outcome"), apps.get_model("cases", "Quote")
    said = Outcome.objects.using(using).exclude(quote="").order_by("pk")
    Quote.objects.using(using).bulk_create(
        Quote(
            case_id=outcome.case_id,
            text=outcome.quote,
            speaker=outcome.quote_by,
            source_url=outcome.source_url,
            hide_url=outcome.hide_url,
            position=100,
        )
        for outcome in said
    )


class Migration(migrations.Migration):
    dependencies = [("cases", "0020_opening_day_says_that_it_is_an_embargo")]
    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
