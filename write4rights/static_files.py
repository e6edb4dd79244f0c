"""Style sheets in one file a page.

The sources are small files by subject. What a page links, `static/css/*-page(s).css`, only imports
them: as it stands in tests, where browsers follow the imports; written out by `collectstatic`.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

_IMPORT = re.compile(r'^@import url\("(?P<file>[\w.-]+)"\)(?: (?P<media>print))?;$', re.M)
_PAGES = re.compile(r"css/[\w-]+-pages?\.css")
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_SHORTER = [
    (re.compile(pattern), shorter)
    for pattern, shorter in [
        (r"\\\n", ""),  # a string goes on in the next line
        (r"\s+", " "),
        (r" ?([{};,]) ?", r"\1"),
        (r": ", ":"),
        (r";}", "}"),
    ]
]


def with_imports(name: str, *importing: str) -> str:
    """A style sheet with what it imports in its place, without comments and needless blanks.

    Raises ValueError if an import can't be written out.
    """
    if name in importing:
        raise ValueError(f"{name} imports itself")

    def imported(match: re.Match[str]) -> str:
        file = str(PurePosixPath(name).with_name(match["file"]))
        css = with_imports(file, *importing, name)
        return f"@media {match['media']} {{\n{css}\n}}\n" if match["media"] else css

    css = _IMPORT.sub(imported, _COMMENT.sub("", _source(name)))
    if "@import" in css:
        raise ValueError(f"{name} has an @import of another form than the one that is written out")
    for pattern, shorter in _SHORTER:
        css = pattern.sub(shorter, css)
    return css.strip()


def _source(name: str) -> str:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(name)
    with open(path, encoding="utf-8") as file:
        return file.read()


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Each file by its hash, compressed, and style sheets with what they import."""

    def post_process(
        self, paths: dict[str, tuple[Storage, str]], *args, **options
    ) -> Iterator[tuple[str, str, bool]]:
        written_out = InMemoryStorage()
        for name in [name for name in paths if _PAGES.fullmatch(name)]:
            written_out.save(name, ContentFile(with_imports(name).encode()))
            paths[name] = (written_out, name)
        yield from super().post_process(paths, *args, **options)
