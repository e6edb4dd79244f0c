"""CSV files that people open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

# A cell that begins so is worked out by a spreadsheet, whoever wrote it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Iterable[Sequence[int | str | None]]) -> str:
    """The rows as a file, beginning with the mark by which spreadsheets know UTF-8."""
    written = io.StringIO()
    csv.writer(written).writerows([_disarmed(cell) for cell in row] for row in rows)
    return "\ufeff" + written.getvalue()


def _disarmed(cell: int | str | None) -> int | str | None:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
