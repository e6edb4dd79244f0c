"""The version of what the pages of a case show: part of the key of what is cached of them.

Nothing that is cached is ever thrown away by hand. Whoever changes a row that a page or a card of a
case shows moves the version of the case, in the same transaction: who reads the new version reads
the new row too. Numbers have no part in it: they stand outside what is cached.
"""

from django.db import models
from django.db.models import F

from cases.models import Case, CaseQuerySet, Edition, Embassy, Theme


def touch(cases: CaseQuerySet) -> None:
    """What is cached of these cases is out of date from now on."""
    cases.update(content_version=F("content_version") + 1)


def cases_showing(row: models.Model) -> CaseQuerySet:
    """The cases whose pages or cards show something of the row."""
    match row:
        case Case():
            return Case.objects.filter(pk=row.pk)
        case Edition() | Theme():
            return row.cases.all()
        case Embassy():  # it may be another country's from now on
            return Case.objects.all()
    case_id = getattr(row, "case_id", None)
    return Case.objects.filter(pk=case_id) if case_id else Case.objects.none()
