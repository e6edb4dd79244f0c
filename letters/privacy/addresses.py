"""Under which addresses something is kept: what stops mails to one, and what came back, goes
with the last of that."""

from collections.abc import Collection

from django.db.models import QuerySet

from letters.models import EmailAddress, Letter, Pledge


def still_used(hashes: Collection[str], *, beside: QuerySet | None = None) -> set[str]:
    """Those of the hashes under whose address something is kept beside these rows."""
    found: set[str] = set()
    kept: list[QuerySet] = [
        Letter.objects.filter(erased_on=None),
        Pledge.objects.all(),
        EmailAddress.objects.filter(blocked_on=None),
    ]
    for rows in kept:
        of_them = rows.filter(email_hash__in=hashes)
        if beside is not None and beside.model == rows.model:
            of_them = of_them.exclude(pk__in=beside.values("pk"))
        found.update(of_them.order_by().values_list("email_hash", flat=True).distinct())
    return found
