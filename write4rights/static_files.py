"""Style sheets and scripts in one file a page.

The sources are small files by subject. What a page links, `css/*-page(s).css` and
`js/*-page(s).js` of static/, only imports them: as it stands in tests, where browsers follow the
imports; written out by `collectstatic`.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

_IMPORT = re.compile(r'^@import url\("(?P<file>[\w.-]+)"\)(?: (?P<media>print))?;$', re.M)
_SCRIPT = re.compile(r'^import "\./(?P<file>[\w-]+\.js)";$', re.M)
_PAGES = re.compile(r"css/[\w-]+-pages?\.css|js/[\w-]+-pages?\.js")
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


def with_scripts(name: str) -> str:
    """A script with the modules that it imports in their place, each with names of its own."""
    blocks = (f"{{\n{_source(f'js/{file}')}}}\n" for file in _SCRIPT.findall(_source(name)))
    return "".join(blocks)


def _source(name: str) -> str:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(name)
    with open(path, encoding="utf-8") as file:
        return file.read()


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Each file by its hash, compressed; what pages link with all that it imports."""

    def post_process(
        self, paths: dict[str, tuple[Storage, str]], *args, **options
    ) -> Iterator[tuple[str, str, bool]]:
        written_out = InMemoryStorage()
        for name in [name for name in paths if _PAGES.fullmatch(name)]:
            whole = with_imports(name) if name.endswith(".css") else with_scripts(name)
            written_out.save(name, ContentFile(whole.encode()))
            paths[name] = (written_out, name)
        yield from super().post_process(paths, *args, **options)
