"""Each model letter, and each of its earlier versions, gets the only target of its case.

Where a case had letters and no target, one is made that readers never see, since its last day is
long over; staff find the letters there. Back again, a case keeps the first of its targets.
"""

import datetime

from django.db import migrations
from django.db.models import OuterRef, Subquery

LONG_OVER = datetime.date(2000, 1, 1)
# In SQL: on the way back the models of a migration do not know each other well enough to cascade.
DELETE = [
    "DELETE FROM cases_point WHERE model_letter_id IN "
    "(SELECT id FROM cases_modelletter WHERE target_id = %s)",
    "DELETE FROM cases_modelletter WHERE target_id = %s",
    "DELETE FROM cases_target WHERE id = %s",
]


def fill(apps, schema_editor):
    using = schema_editor.connection.alias
    Target, ModelLetter, versions = _models(apps, using)
    without = ModelLetter.filter(case__targets=None)
    for case in without.order_by().values_list("case", flat=True).distinct():
        Target.create(
            case_id=case,
            office="(nobody yet: who is written to?)",
            salutation="Dear Sir or Madam,",
            close="Yours faithfully,",
            appeal_deadline=LONG_OVER,
        )
    for rows in [ModelLetter, versions]:
        of_case = Target.filter(case=OuterRef("case")).values("pk")[:1]
        rows.update(target=Subquery(of_case))


def take_back(apps, schema_editor):
    using = schema_editor.connection.alias
    Target, ModelLetter, versions = _models(apps, using)
    seen = set()
    for pk, case in Target.order_by("position", "pk").values_list("pk", "case"):
        if case in seen:
            for statement in DELETE:
                schema_editor.execute(statement, [pk])
        seen.add(case)
    for rows in [ModelLetter, versions]:
        of_target = Target.filter(pk=OuterRef("target")).values("case")
        rows.update(case=Subquery(of_target))


def _models(apps, using):
    return [
        apps.get_model("cases", name).objects.using(using)
        for name in ["Target", "ModelLetter", "HistoricalModelLetter"]
    ]


class Migration(migrations.Migration):
    dependencies = [("cases", "0023_several_targets")]
    operations = [migrations.RunPython(fill, take_back)]
