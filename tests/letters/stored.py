"""What the database holds, past the models."""

import re

from django.db import connection, models

from cases.encryption import fernet
from cases.models import ErasureEntry

ENCRYPTED = re.compile(r"gAAAA[\w=-]+")


def everything(tables: str = "") -> str:
    """Every row of every table whose name begins so, as it is stored; but for the erasure list,
    which has keys of rows, and for a while the hash of an address."""
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(tables) and table != ErasureEntry._meta.db_table:
                cursor.execute(f'SELECT * FROM "{table}"')
                rows += cursor.fetchall()
    return "\n".join(map(str, rows))


def readable() -> str:
    """The same of all tables, as whoever has the keys reads it."""
    return ENCRYPTED.sub(lambda found: fernet().decrypt(found[0].encode()).decode(), everything())


def column(row: models.Model, name: str) -> str:
    table = row._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {table} WHERE id = %s", [row.pk])
        return cursor.fetchone()[0]
