"""Rows and all the lists that hang on them in one statement.

`prefetch_related` asks once a relation; the page of a case has seven. Here each list comes as JSON
in a column of the same statement, and is then where a prefetch would have put it: in
`case.demands.all()`.
"""

from __future__ import annotations

import json
from functools import partial

from django.db import connections, models
from django.db.models import Aggregate, JSONField, OuterRef, Subquery
from django.db.models.functions import JSONArray


class _JSONRows(Aggregate):
    """All rows of a group as a JSON list; PostgreSQL and SQLite name it differently."""

    function = "JSON_GROUP_ARRAY"
    name = "JSONRows"
    output_field = models.TextField()

    def as_postgresql(self, compiler, connection, **extra):
        template = "%(function)s(%(expressions)s)::text"
        return self.as_sql(compiler, connection, function="JSON_AGG", template=template, **extra)


def gathered(queryset: models.QuerySet, *relations: str) -> models.QuerySet:
    """The queryset, each row with the named relations as if prefetched, in one statement.

    Reverse foreign keys and many-to-many relations only; each list in its model's Meta order.
    """
    model = queryset.model
    for name in relations:
        relation = model._meta.get_field(name)
        related = relation.related_model
        back = relation.remote_field.name if relation.one_to_many else relation.related_query_name()
        rows = (
            related._base_manager.filter(**{back: OuterRef("pk")})
            .order_by()
            .values(back)
            .annotate(_rows=_JSONRows(JSONArray(*_columns(related))))
            .values("_rows")
        )
        queryset = queryset.annotate(**{f"_gathered_{name}": Subquery(rows)})
    queryset = queryset._chain()
    queryset._iterable_class = _GatheringIterable
    return queryset


def _columns(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


class _GatheringIterable(models.query.ModelIterable):
    def __iter__(self):
        for instance in super().__iter__():
            prefetched = instance.__dict__.setdefault("_prefetched_objects_cache", {})
            for annotation in [key for key in instance.__dict__ if key.startswith("_gathered_")]:
                name = annotation.removeprefix("_gathered_")
                rows = json.loads(instance.__dict__.pop(annotation) or "[]")
                prefetched[name] = _as_prefetched(instance, name, rows, self.queryset.db)
            yield instance


def _as_prefetched(instance, name: str, rows: list, using: str) -> models.QuerySet:
    queryset = getattr(instance, name).get_queryset()
    model = queryset.model
    fields = model._meta.concrete_fields
    names = [field.attname for field in fields]
    loaders = [_loader(field, using) for field in fields]
    loaded = []
    for row in rows:
        values = [load(value) for load, value in zip(loaders, row, strict=True)]
        loaded.append(model.from_db(using, names, values))
    for key in reversed(model._meta.ordering):
        loaded.sort(key=partial(_sortable, name=key.lstrip("-")), reverse=key.startswith("-"))
    queryset._result_cache = loaded
    queryset._prefetch_done = True
    return queryset


def _sortable(row: models.Model, name: str):
    value = getattr(row, name)
    return (value is None, value if value is not None else 0)


def _loader(field: models.Field, using: str):
    """From what stands in the JSON to what the field has in Python."""
    if isinstance(field, JSONField):
        # PostgreSQL nests the value, SQLite puts its text.
        return lambda value: json.loads(value) if isinstance(value, str) else value
    if field.get_internal_type() in _PLAIN and connections[using].vendor == "postgresql":
        return _same
    if field.get_internal_type() in {"CharField", "TextField", "BigAutoField", "SlugField"}:
        return _same
    return field.to_python


def _same(value):
    return value


_PLAIN = {"BooleanField", "IntegerField", "PositiveIntegerField", "PositiveSmallIntegerField"}
