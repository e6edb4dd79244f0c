"""Moves what people only say out of the places of what we have, in the tally.

The places of letters, messages and posts are made anew from the rows. Counts on paper, signatures
and the running totals of cases stay as they are: if the tally was wrong, `recount` says so.

What was published by source goes with it: it held both in one. The next day's has them apart.
"""

from collections import Counter

from django.db import migrations
from django.db.models import Count

ONLINE, SAID, BY_HAND = "online", "said", "by-hand"
TABLES = "letters_letter, letters_socialaction, letters_tally"
PART = 2_000


def source_of(state, route):
    if state != "posted":
        return ONLINE
    return BY_HAND if route == "by-hand" else SAID


def tell_apart(apps, schema_editor):
    make_anew(apps, schema_editor, source_of)


def put_together(apps, schema_editor):
    make_anew(apps, schema_editor, lambda state, route: ONLINE)


def make_anew(apps, schema_editor, source_of):
    Letter = apps.get_model("letters", "Letter")
    SocialAction = apps.get_model("letters", "SocialAction")
    Tally = apps.get_model("letters", "Tally")
    if schema_editor.connection.vendor == "postgresql":  # SQLite lets one write at a time anyway
        schema_editor.execute(f"LOCK TABLE {TABLES} IN SHARE ROW EXCLUSIVE MODE")

    numbers = Counter()
    where = ["case_id", "counted_on", "country"]
    letters = Letter.objects.filter(counted_on__isnull=False).order_by()
    found = letters.values_list("kind", "state", "route", *where).annotate(Count("pk"))
    for kind, state, route, *place, number in found:
        numbers[kind, source_of(state, route), *place] += number
    posts = SocialAction.objects.filter(counted_on__isnull=False).order_by()
    for *place, number in posts.values_list(*where).annotate(Count("pk")):
        numbers["social", source_of("posted", ""), *place] += number

    kinds = ["appeal", "solidarity", "social"]
    Tally.objects.filter(kind__in=kinds).exclude(source="staff").delete()
    Tally.objects.bulk_create(
        (
            Tally(kind=kind, source=source, case_id=case, day=day, country=country, number=number)
            for (kind, source, case, day, country), number in numbers.items()
        ),
        batch_size=PART,
    )
    apps.get_model("letters", "PublishedFigure").objects.filter(table="source").delete()


class Migration(migrations.Migration):
    dependencies = [("letters", "0024_sources_of_what_is_only_said")]
    operations = [migrations.RunPython(tell_apart, put_together)]
