"""What the database holds, past the models."""

from django.db import connection

from letters.models import Letter


def everything(tables: str = "") -> str:
    """Every row of every table whose name begins so, as it is stored."""
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(tables):
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
                rows += cursor.fetchall()
    return "\n".join(map(str, rows))


def column(letter: Letter, name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM letters_letter WHERE id = %s", [letter.pk])  # noqa: S608
        return cursor.fetchone()[0]
