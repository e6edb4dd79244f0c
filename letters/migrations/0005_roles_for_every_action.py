"""What the four roles may do with petitions, posts, word lists, counts on paper and news."""

from importlib import import_module

from django.db import migrations

first = import_module("letters.migrations.0002_roles")

WRITE, WRITE_AND_DELETE = first.WRITE, first.WRITE_AND_DELETE
EDITORIAL = {
    "cases.petition": WRITE,  # what was signed stays
    "cases.petitiontext": ["view"],
    "cases.socialpost": WRITE_AND_DELETE,
    "cases.solidarityphrase": WRITE_AND_DELETE,
    "cases.wordlist": WRITE,
}
TELLING = {"letters.telling": ["view", "approve"]}

MORE_FOR_ROLES = {
    "editor": EDITORIAL | TELLING,
    "moderator": {
        "cases.petition": ["view"],
        "cases.petitiontext": ["view"],
        "cases.wordlist": WRITE,
        "letters.signature": ["view", "moderate"],
        "letters.socialaction": ["view"],
    },
    "safety": {model: ["view"] for model in EDITORIAL}
    | {"cases.petition": WRITE, "cases.wordlist": WRITE}
    | TELLING,
    "counter": {"letters.papercount": [*WRITE, "review"]},
}


def give_more(apps, schema_editor):
    first.give(MORE_FOR_ROLES, apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0004_every_action"),
        ("cases", "0004_remove_lines_of_phrases"),
    ]
    operations = [migrations.RunPython(give_more, migrations.RunPython.noop)]
