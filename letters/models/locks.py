"""Rows are locked in one order, so that no two acts wait for each other.

Which order: docs/architecture.md, “Who waits for whom”.
"""

from django.db.models import QuerySet


def lock(rows: QuerySet, most: int | None = None) -> list:
    """Lock these rows until the transaction ends, the lowest keys first; returns their keys.

    Whoever changes or deletes several rows of a table calls this before.
    """
    locked = rows.order_by("pk").select_for_update(of=["self"])
    return list(locked.values_list("pk", flat=True)[:most])


def delete_locked(rows: QuerySet) -> int:
    """Delete these rows, locked in order before. Returns how many."""
    lock(rows)
    return rows.delete()[0]


def delete_unused(rows: QuerySet) -> int:
    """Delete those that nobody has locked just now: it waits for nobody. Returns how many.

    In a transaction. For what is old, and can go the next time as well.
    """
    free = rows.order_by().select_for_update(of=["self"], skip_locked=True)
    return rows.model.objects.filter(pk__in=free.values("pk")).delete()[0]
