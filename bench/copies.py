"""More of the activity that is invented: the database copies the rows it has, so many times."""

import sys

import django

if __name__ == "__main__":
    django.setup()

    from django.db import connection, models, transaction

    from letters.models import Letter, Pledge, Post, Signature
    from letters.statistics import ledger

    A_KEY = {"postgresql": "gen_random_uuid()::text", "sqlite": "hex(randomblob(16))"}

    def copy(model: type[models.Model], times: int) -> None:
        """All is alike but the hash of the key that opens it, of which there is one each."""
        quote, a_key = connection.ops.quote_name, A_KEY[connection.vendor]
        fields = [field.column for field in model._meta.concrete_fields if not field.primary_key]
        columns = ", ".join(map(quote, fields))
        values = ", ".join(a_key if name == "key_hash" else quote(name) for name in fields)
        table, last = quote(model._meta.db_table), model.objects.order_by("pk").last()
        with transaction.atomic(), connection.cursor() as cursor:
            for _time in range(times if last else 0):
                cursor.execute(
                    f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE id <= %s",
                    [last.pk],
                )

    for model in (Pledge, Letter, Signature, Post):
        copy(model, int(sys.argv[1]))
    ledger.rebuild()
