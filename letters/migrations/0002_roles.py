"""The four roles, as groups. A deployer may change them afterwards: no later migrate puts them back."""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

WRITE = ["view", "add", "change"]
WRITE_AND_DELETE = ["view", "add", "change", "delete"]
EDITORIAL = {
    "cases.case": WRITE,
    "cases.portrait": WRITE_AND_DELETE,
    "cases.demand": WRITE_AND_DELETE,
    "cases.quote": WRITE_AND_DELETE,
    "cases.source": WRITE_AND_DELETE,
    "cases.target": WRITE_AND_DELETE,
    "cases.modelletter": WRITE_AND_DELETE,
    "cases.point": WRITE_AND_DELETE,
    "cases.solidarityaction": WRITE_AND_DELETE,
    "cases.safetyrule": WRITE,
    "cases.outcome": WRITE,  # added, never taken away
    "cases.milestone": WRITE_AND_DELETE,
    "cases.edition": WRITE,
    "cases.theme": WRITE,
    "cases.yearlyfigure": WRITE,
}

ROLES = {
    "editor": EDITORIAL | {"cases.case": [*WRITE, "publish"], "cases.actioncount": ["view"]},
    "moderator": {
        "cases.case": ["view"],
        "letters.letter": ["view", "moderate"],
        "letters.pledge": ["view"],
        "letters.outgoingmail": ["view", "change"],
    },
    "safety": {
        **{model: ["view"] for model in EDITORIAL},
        "cases.case": ["view", "change", "freeze"],
        "cases.quote": WRITE_AND_DELETE,
        "cases.target": WRITE,
        "cases.solidarityaction": WRITE,
        "cases.safetyrule": WRITE,
        "cases.consent": WRITE,
    },
    "counter": {
        "cases.case": ["view"],
        "cases.edition": ["view"],
        "cases.actioncount": ["view"],
        "cases.yearlyfigure": WRITE,
        "letters.tally": ["view"],
        "letters.pledge": ["view"],
    },
}


def make_roles(apps, schema_editor):
    give(ROLES, apps, schema_editor)


def give(roles, apps, schema_editor):
    """Let each role, {name: {"app.model": [act, …]}}, do these things too.

    Whoever leads the moderators (since 0045) may do what they may.
    """
    using = schema_editor.connection.alias
    # Django makes permissions only after the last migration; here they are needed before.
    for label in ["cases", "letters"]:
        create_permissions(
            installed_apps.get_app_config(label), apps=apps, using=using, verbosity=0
        )
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    leads = list(Group.objects.using(using).filter(name="lead"))
    for role, models in roles.items():
        group, _created = Group.objects.using(using).get_or_create(name=role)
        for name, acts in models.items():
            app_label, model = name.split(".")
            codenames = [f"{act}_{model}" for act in acts]
            found = Permission.objects.using(using).filter(
                content_type__app_label=app_label, codename__in=codenames
            )
            if len(found) != len(codenames):
                raise RuntimeError(f"Not all of {codenames} are there.")
            for each in [group, *(leads if role == "moderator" else [])]:
                each.permissions.add(*found)


def remove_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Group.objects.using(schema_editor.connection.alias).filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0001_first_models"),
        ("cases", "0001_first_models"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_roles, remove_roles)]
