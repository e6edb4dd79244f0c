"""The message catalogues of the interface: gathered, merged, checked and compiled with Babel alone.

A machine needs no GNU gettext for it. What visitors and staff read is marked in our Python and
our templates; every language but the default has `locale/<language>/LC_MESSAGES/django.po`, which
is in the repository, and a `.mo` beside it, which is made from it and is not.
"""

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

# Which arguments hold the message; (1, "c") is its context.
_ONE, _PLURAL = None, (1, 2)
_IN_CONTEXT, _PLURAL_IN_CONTEXT = ((1, "c"), 2), ((1, "c"), 2, 3)
KEYWORDS: dict[str, Any] = {
    "_": _ONE,
    "gettext": _ONE,
    "gettext_lazy": _ONE,
    "gettext_noop": _ONE,
    "ngettext": _PLURAL,
    "ngettext_lazy": _PLURAL,
    "pgettext": _IN_CONTEXT,
    "pgettext_lazy": _IN_CONTEXT,
    "npgettext": _PLURAL_IN_CONTEXT,
    "npgettext_lazy": _PLURAL_IN_CONTEXT,
}
PYTHON = ["write4rights", "cases", "letters"]
TEMPLATES = ["templates"]
TEMPLATE_SUFFIXES = {".html", ".txt", ".xml"}

# No dates, no tool, no names: what changes in a file is what changed in its messages.
HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|%%|\{\w*\}")
TAG = re.compile(r"</?[a-z][^>]*>")
# Strings and comments of templatised source stay as they are; other white space becomes one space.
_STRING_COMMENT_OR_SPACE = re.compile(
    r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\#[^\n]*)|[^\S\n]+""", re.VERBOSE
)


def languages() -> list[str]:
    """The languages that need a catalogue: all but the one the code is written in."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def po_path(language: str) -> Path:
    folder = Path(settings.LOCALE_PATHS[0]) / to_locale(language) / "LC_MESSAGES"
    return folder / "django.po"


def extract() -> Catalog:
    """Every marked message of our Python and our templates."""
    catalog = Catalog(charset="utf-8")
    for code in _sources():
        for message_id, context, comments in _messages_in(code):
            catalog.add(message_id, auto_comments=comments, context=context)
    return catalog


def read(language: str) -> Catalog:
    """The language's catalogue as it stands in the repository, empty if there is none."""
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=to_locale(language), charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=to_locale(language), charset="utf-8")


def update(language: str) -> None:
    """Take new messages in and drop those no longer there; what is translated stays.

    Nothing is guessed: a changed message is a new one, and stands empty until somebody writes it.
    """
    translated = read(language)
    merged = Catalog(locale=to_locale(language), charset="utf-8")
    for message in _messages(extract()):
        known = translated.get(message.id, message.context)
        kept = known if known and known.id == message.id else None  # its plural may be another
        merged.add(
            message.id,
            string=kept.string if kept else None,
            flags=message.flags | ({"fuzzy"} if kept and kept.fuzzy else set()),
            auto_comments=message.auto_comments,
            user_comments=kept.user_comments if kept else (),
            context=message.context,
        )
    # In the order of the messages, and without where they stand: a file that moves changes nothing.
    written = io.BytesIO()
    write_po(written, merged, width=100, omit_header=True, sort_output=True, no_location=True)
    header = HEADER.format(language=language, plural_forms=merged.plural_forms)
    path = po_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, header.encode() + written.getvalue().rstrip(b"\n") + b"\n")


def problems(language: str) -> list[str]:
    """What stands between the language and a complete interface, as sentences."""
    source, translated = extract(), read(language)
    found = []
    for message in _messages(source):
        known = translated.get(message.id, message.context)
        if known is None or known.id != message.id:
            found.append(f"{_quoted(message)} is not in the catalogue.")
        elif not all(strings(known)):
            found.append(f"{_quoted(message)} is not translated.")
        elif known.fuzzy:
            found.append(f"{_quoted(message)} is a guess (fuzzy) that nobody has confirmed.")
        else:
            found += _differences(known)
    found += [
        f"{_quoted(message)} is in the catalogue, but no longer in the code."
        for message in _messages(translated)
        if source.get(message.id, message.context) is None
    ]
    return found


def compile_all() -> list[Path]:
    """Make each `.mo` that is missing or older than its `.po`, and name those made."""
    made = []
    for language in languages():
        path = po_path(language)
        compiled = path.with_suffix(".mo")
        if not path.exists():
            continue
        if compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime:
            continue
        written = io.BytesIO()
        write_mo(written, read(language))
        _replace(compiled, written.getvalue())
        made.append(compiled)
    return made


def _sources() -> Iterator[str]:
    for folder in PYTHON:
        for path in sorted((settings.BASE_DIR / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.read_text(encoding="utf-8")
    for folder in TEMPLATES:
        for path in sorted((settings.BASE_DIR / folder).rglob("*")):
            if path.suffix in TEMPLATE_SUFFIXES:
                yield _as_python(path.read_text(encoding="utf-8"), path)


def _as_python(template: str, path: Path) -> str:
    """A template's messages as calls of gettext, each on its own line; all else is made inert.

    Django writes for xgettext, which forgives what Python's tokenizer does not: indentation that
    means nothing, and spaces that are not ASCII.
    """
    code = templatize(template, origin=str(path))
    return _STRING_COMMENT_OR_SPACE.sub(lambda found: found[1] or " ", code)


def _messages_in(code: str) -> Iterator[tuple[str | tuple[str, str], str | None, list[str]]]:
    """Id (singular and plural), context and comments of each message."""
    file = io.BytesIO(code.encode())
    found: Any = extract_python(file, KEYWORDS, ["Translators:"], {"encoding": "utf-8"})
    for _line, function, arguments, comments in found:
        arguments = arguments if isinstance(arguments, tuple) else (arguments,)
        context = None
        if KEYWORDS[function] in (_IN_CONTEXT, _PLURAL_IN_CONTEXT):
            context, *arguments = arguments
        length = 2 if KEYWORDS[function] in (_PLURAL, _PLURAL_IN_CONTEXT) else 1
        message_id = tuple(arguments[:length])
        if all(message_id):  # a variable has no text to be found, an empty text none to be told
            yield message_id if length == 2 else message_id[0], context, comments


def _messages(catalog: Catalog) -> Iterator[Message]:
    """The messages without the header, which is stored as the empty one."""
    return (message for message in catalog if message.id)


def strings(message: Message) -> tuple[str, ...]:
    """The translation, of a plural each form of it."""
    string: Any = message.string
    return string if message.pluralizable else (string,)


def _quoted(message: Message) -> str:
    text = message.id[0] if message.pluralizable else message.id
    context = f" ({message.context})" if message.context else ""
    return f"“{text}”{context}"


def _differences(message: Message) -> Iterator[str]:
    """Placeholders and tags that a translation lost or made up.

    A plural form may leave the number out where one of the two source forms does ('one letter'),
    but must not name what neither does.
    """
    sources: Any = message.id if message.pluralizable else (message.id,)
    expected = [set(PLACEHOLDER.findall(source)) for source in sources]
    formatted = any(names - {"%%"} for names in expected)
    tags = [sorted(TAG.findall(source)) for source in sources]
    for string in strings(message):
        names = set(PLACEHOLDER.findall(string))
        if missing := set.intersection(*expected) - names:
            yield f"{_quoted(message)}: the translation lacks {', '.join(sorted(missing))}."
        if unknown := names - set.union(*expected):
            yield f"{_quoted(message)}: the translation has {', '.join(sorted(unknown))} too much."
        if formatted and "%" in PLACEHOLDER.sub("", string).replace("%%", ""):
            yield f"{_quoted(message)}: a percent sign in the translation must be written %%."
        if sorted(TAG.findall(string)) not in tags:
            yield f"{_quoted(message)}: the HTML tags of the translation are not the source's."


def _replace(path: Path, content: bytes) -> None:
    """Write a whole file at once: another process may be reading, or writing the same."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(path)
