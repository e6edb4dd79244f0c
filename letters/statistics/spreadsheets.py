"""Files that people open in a spreadsheet. No cell is worked out, whoever wrote it."""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from xlsxwriter import Workbook

Cells = Sequence[int | str | None]

# A cell that begins so is worked out by a spreadsheet, whoever wrote it; some take the wide signs
# of Chinese and Japanese for the same. Where numbers have a comma, as in France, any CSV file is
# parted at semicolons: then a cell begins behind each, and on each line of a text, quoted or not.
FORMULA = re.compile(r"^(?=[\t\r])|((?:^|[;\t\r\n])[\s\"]{0,9})(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
AS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


class _Line:
    """What the writer of rows needs of a file: it gives back the line that it is to write."""

    def write(self, line: str) -> str:
        return line


def as_csv(rows: Iterable[Cells]) -> str:
    """The rows as a file, beginning with the mark by which spreadsheets know UTF-8."""
    return "".join(csv_lines(rows))


def csv_lines(rows: Iterable[Cells]) -> Iterator[str]:
    """The same a line at a time, for files of any length."""
    writer = csv.writer(_Line())
    yield "\ufeff"
    for row in rows:
        yield writer.writerow([_disarmed(cell) for cell in row])


def as_xlsx(rows: Iterable[Cells]) -> IO[bytes]:
    """The rows as a workbook, in a file without a name that is gone when it is closed.

    Written a row at a time: however many there are, memory holds one.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - who sends it closes it
    with Workbook(file, AS_TEXT | {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    sheet.write_number(number, column, cell)
                elif cell:
                    sheet.write_string(number, column, cell)
    file.seek(0)
    return file


def _disarmed(cell: int | str | None) -> int | str | None:
    return FORMULA.sub(r"\1'", cell) if isinstance(cell, str) else cell
