"""The process in which Typst runs: `python -m cases.printing.typst_process TEMPLATES FONTS`.

It reads jobs from its standard input and answers on its standard output until the input ends, or
until it has done `MAX_JOBS`: the last answer says so. Both are a line of JSON, and an answer's line
is followed by as many bytes as its `sizes` add up to.

Nothing of Django is imported: it starts in a tenth of a second. Typst keeps what it parsed, set and
drew: some 40 MB after the first letter, 140 after ten case sheets and cards with portraits, and it
would be more than 200 after twenty.
"""

import json
import os
import sys
from functools import cache
from itertools import islice
from pathlib import Path

import typst

NICENESS = 5  # a reader's page goes before somebody's PDF
MAX_JOBS = 10  # then whoever needs one starts another, which costs less than the next PDF


def main(templates: Path, fonts: Path) -> None:
    os.nice(NICENESS)
    for number, line in enumerate(islice(sys.stdin.buffer, MAX_JOBS), start=1):
        try:
            pages, problem = _compile(json.loads(line), templates, fonts), ""
        except typst.TypstError as error:
            pages, problem = [], str(error)
        sizes, is_last = [len(page) for page in pages], number == MAX_JOBS
        answer = {"sizes": sizes, "problem": problem, "is_last": is_last}
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(pages))
        sys.stdout.buffer.flush()


def _compile(job: dict, templates: Path, fonts: Path) -> list[bytes]:
    made = _compiler(job["template"], templates, fonts).compile(
        format=job["format"], sys_inputs={"data": job["data"]}, **job["options"]
    )
    return made if isinstance(made, list) else [made]  # type: ignore[list-item]  # None: a file


@cache
def _compiler(template: str, templates: Path, fonts: Path) -> typst.Compiler:
    """One a template, made when first needed: it keeps its fonts and what it parsed."""
    return typst.Compiler(
        templates / f"{template}.typ",
        root=templates,
        font_paths=_fonts(fonts),
        ignore_system_fonts=True,
    )


@cache
def _fonts(folder: Path) -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
