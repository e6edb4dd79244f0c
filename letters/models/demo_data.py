"""Whether this copy of the site shows activity that nobody did."""

from django.core.cache import caches
from django.db import connection


def demo_data_exists() -> bool:
    """Whether invented activity is in the database, asked every few seconds."""
    return bool(caches["fragments"].get_or_set("demo-data-exists", _ask, 4))  # seconds


def _ask() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM letters_letter WHERE is_sample)"
            " OR EXISTS (SELECT 1 FROM letters_pledge WHERE is_sample)"
            " OR EXISTS (SELECT 1 FROM letters_signature WHERE is_sample)"
            " OR EXISTS (SELECT 1 FROM letters_socialaction WHERE is_sample)"
        )
        return bool(cursor.fetchone()[0])
