"""What stands in the content files into the database, as often as one likes.

A case remembers the digest of what was loaded (`loaded_digest`). Rows that have another digest now
were changed by staff, and what staff changed is theirs: the load leaves it alone and says so.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.db.models import ProtectedError
from simple_history.utils import bulk_create_with_history

from cases import pictures, publishing
from cases.content import CaseFile, Content, ContentError, in_folder, read
from cases.models import (
    OPEN_TO_READERS,
    Answer,
    Case,
    Edition,
    Freeze,
    ModelLetter,
    Point,
    Portrait,
    SafetyRule,
    SolidarityPhrase,
    Theme,
    WordList,
    YearlyFigure,
)

CONTENT = settings.BASE_DIR / "content"
CHANGE_REASON = "loaded from content"

# What a file says of a case, and `facts_checked_on`: staff vouched for the words as they stand.
CASE_FIELDS = [
    "slug", "display_name", "short_name", "other_names", "kind", "pronouns", "country", "region",
    "headline", "summary", "story", "content_note", "age_hint", "address_note", "no_target_reason",
    "stage", "position", "staff_note", "i18n",
]  # fmt: skip
EDITION_FIELDS = [
    "year", "title", "introduction", "opens_on", "reporting_deadline", "letter_goal", "i18n",
]  # fmt: skip
WORD_LIST_FIELDS = ["kind", "language", "words", "stops"]
FIGURE_FIELDS = [
    "year", "actions", "qualifier", "countries", "countries_note", "note", "source_url",
]  # fmt: skip
# Fields of the rows under a case that no file says: keys, and what the site itself notes.
NOT_SAID = {"id", "case", "recorded_at", "image", "width", "height", "renditions"}


def _in_its_place(row: models.Model) -> tuple:
    return ()


# The rows under a case, and by what a row of a file is known to be a row already stored; those
# that have nothing are the same if they stand in the same place.
SAME_ROW: dict[str, Callable[[Any], tuple]] = {
    "demands": _in_its_place,
    "milestones": _in_its_place,
    "outcomes": lambda row: (row.kind, row.date, row.date_precision),
    "sources": _in_its_place,
    "safety_rules": lambda row: (row.applies_to, row.topic),
    "model_letters": lambda row: (row.language,),
    "consents": _in_its_place,
    "target": _in_its_place,
    "petition": _in_its_place,
    "social_posts": lambda row: (row.language,),
    "solidarity_action": _in_its_place,
    "solidarity_phrases": _in_its_place,
    "portrait": _in_its_place,
}
# What keeps a row that a file leaves out, and what to do instead.
HELD_BY = {
    "petition": "people have signed it; to end it, give it a last day: closes_on.",
    "outcomes": "those who follow are told of it; leave what happened and when, and add what came "
    "later.",
}
ONE_TO_ONE = {"target", "petition", "solidarity_action", "portrait"}
# Cases had none of these once: one that still has none has the digest of that time.
CAME_LATER = {"petition", "social_posts"}


@dataclass
class Report:
    """What a load did."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    left_alone: list[str] = field(default_factory=list)


class Verdict(Enum):
    UNCHANGED = auto()
    UPDATE = auto()
    LEFT_ALONE = auto()


def load(folders: Iterable[Path] = (CONTENT,), *, dry_run: bool = False) -> Report:
    """Load all files of the folders, or raise ContentError and load nothing."""
    content = read(list(folders))
    report = Report()
    with transaction.atomic():
        _load_themes(content, report)
        _load_figures(content, report)
        _load_word_lists(content, report)
        editions = _load_editions(content, report)
        _load_cases(content, editions, report, make_pictures=not dry_run)
        transaction.set_rollback(dry_run)
    return report


def _load_themes(content: Content, report: Report) -> None:
    stored = {theme.slug: theme for theme in Theme.objects.all()}
    new = {theme.slug: theme for theme in content.themes if theme.slug not in stored}
    Theme.objects.bulk_create(new.values())
    for theme in content.themes:
        other = stored.get(theme.slug, theme)
        if other.name != theme.name:
            report.left_alone.append(
                f"The theme {theme.slug} is called “{other.name}” here and “{theme.name}” in its "
                "file; its name was left as it is."
            )


def _load_figures(content: Content, report: Report) -> None:
    stored = {figure.year: figure for figure in YearlyFigure.objects.all()}
    new = {figure.year: figure for figure in content.figures if figure.year not in stored}
    YearlyFigure.objects.bulk_create(new.values())
    for figure in content.figures:
        other = stored.get(figure.year, figure)
        if _said(other, FIGURE_FIELDS) != _said(figure, FIGURE_FIELDS):
            report.left_alone.append(
                f"The yearly figure of {figure.year} differs from its file and was left as it is; "
                "delete it to have it loaded again."
            )


def _load_word_lists(content: Content, report: Report) -> None:
    stored = {(row.kind, row.language): row for row in WordList.objects.select_for_update()}
    gone = set(WordList.history.values_list("kind", "language")) - stored.keys()
    for wanted in content.word_lists:
        key, name = (wanted.kind, wanted.language), f"The word list “{wanted}”"
        if key in gone:
            report.left_alone.append(f"{name} was deleted here; it was not loaded again.")
        else:
            _load_row(wanted, stored.get(key), WORD_LIST_FIELDS, name, report)


def _load_editions(content: Content, report: Report) -> dict[int, Edition]:
    """All editions there are, by year."""
    editions = {edition.year: edition for edition in Edition.objects.select_for_update()}
    for wanted in content.editions:
        name = f"The edition {wanted.year}"
        _load_row(wanted, editions.get(wanted.year), EDITION_FIELDS, name, report)
        editions.setdefault(wanted.year, wanted)
    return editions


def _load_row(
    wanted: Edition | WordList,
    stored: Edition | WordList | None,
    fields: list[str],
    name: str,
    report: Report,
) -> None:
    """One that has no rows under it."""
    wanted.loaded_digest = _digest(_said(wanted, fields))
    if stored is None:
        _save(wanted)
        return
    verdict = _verdict(_digest(_said(stored, fields)), stored.loaded_digest, wanted.loaded_digest)
    if verdict == Verdict.LEFT_ALONE:
        report.left_alone.append(f"{name} {_why_left(stored, wanted)}")
    elif verdict == Verdict.UPDATE:
        _copy(wanted, stored, [*fields, "loaded_digest"])
        _save(stored)


def _load_cases(
    content: Content, editions: dict[int, Edition], report: Report, *, make_pictures: bool
) -> None:
    themes = {theme.slug: theme for theme in Theme.objects.all()}
    _check_references(content, editions, themes)
    stored = _stored_cases([file.case.slug for file in content.cases])
    gone = _slugs_once_here({file.case.slug for file in content.cases} - stored.keys())
    written = _Written()
    for file in content.cases:
        wanted = file.case
        wanted.edition = editions[file.year]
        wanted.loaded_digest = _digest(_wanted_state(file))
        case = stored.get(wanted.slug)
        if case is None and wanted.slug in gone:
            report.left_alone.append(
                f"{wanted} was deleted here, or has another address now; it was not loaded again."
            )
        elif case is None:
            written.add(file, [themes[slug] for slug in file.themes])
            report.created += 1
        else:
            verdict = _verdict(
                _digest(_stored_state(case)), case.loaded_digest, wanted.loaded_digest
            )
            if verdict == Verdict.UNCHANGED:
                report.unchanged += 1
                if case.loaded_digest != wanted.loaded_digest:  # staff and file agree again
                    Case.objects.filter(pk=case.pk).update(loaded_digest=wanted.loaded_digest)
            elif verdict == Verdict.LEFT_ALONE:
                report.left_alone.append(f"{case} {_why_left(case, wanted)}")
            else:
                written.change(case, file, [themes[slug] for slug in file.themes])
                report.updated += 1
    written.save(make_pictures=make_pictures)
    _check_gate(written.files)


def _check_references(
    content: Content, editions: dict[int, Edition], themes: dict[str, Theme]
) -> None:
    errors = []
    for file in content.cases:
        if file.year not in editions:
            errors.append(f"{file.path}: there is no edition.toml for {file.year}.")
        errors += [
            f"{file.path}: themes: “{slug}” is not in themes.toml."
            for slug in file.themes
            if slug not in themes
        ]
    if errors:
        raise ContentError("\n".join(errors))


def _check_gate(files: dict[int, CaseFile]) -> None:
    """A file does not get past the gate either."""
    cases = Case.objects.filter(pk__in=files, stage__in=OPEN_TO_READERS, freeze=Freeze.NONE)
    errors = [
        f"{files[case.pk].path}: stage: can’t be “{case.stage}” yet. {' '.join(problems)}"
        for case in publishing.with_needed(cases)
        if (problems := publishing.problems(case))
    ]
    if errors:
        raise ContentError("\n".join(errors))


def _stored_cases(slugs: list[str]) -> dict[str, Case]:
    """With all that a file can say; locked, so that nobody edits what is being compared."""
    cases = (
        Case.objects.filter(slug__in=slugs)
        .select_related("edition", "target", "petition", "solidarity_action", "portrait")
        .prefetch_related(
            "themes", "demands", "milestones", "outcomes", "sources", "safety_rules", "consents",
            "social_posts", "solidarity_phrases", "model_letters__points",
        )
        .select_for_update(of=["self"], no_key=True)
    )  # fmt: skip
    return {case.slug: case for case in cases}


def _slugs_once_here(slugs: set[str]) -> set[str]:
    """Of these, the addresses that a case had once: somebody deleted it, or moved it."""
    return set(Case.history.filter(slug__in=slugs).values_list("slug", flat=True))


class _Written:
    """The cases a load creates and changes; rows of all of them are stored together."""

    def __init__(self) -> None:
        self.cases: list[tuple[CaseFile, list[Theme]]] = []
        self.rows: dict[type[models.Model], list[models.Model]] = defaultdict(list)
        self.portraits: list[tuple[Portrait, Path]] = []
        self.files: dict[int, CaseFile] = {}  # by primary key, once stored

    def add(self, file: CaseFile, themes: list[Theme]) -> None:
        self.cases.append((file, themes))
        for name in SAME_ROW:
            for row in file.rows[name]:
                self._add_row(row, file.case, file)

    def change(self, case: Case, file: CaseFile, themes: list[Theme]) -> None:
        _copy(file.case, case, [*CASE_FIELDS, "edition", "loaded_digest"])
        _save(case)
        case.themes.set(themes)
        self.files[case.pk] = file
        for name in SAME_ROW:
            stored = _by_key(_rows(case, name), SAME_ROW[name])
            wanted = _by_key(file.rows[name], SAME_ROW[name])
            for key in stored.keys() - wanted.keys():
                self._delete_row(stored[key], name, file)
            for key, row in wanted.items():
                if key in stored:
                    self._change_row(stored[key], row, file)
                else:
                    self._add_row(row, case, file)

    def save(self, *, make_pictures: bool) -> None:
        cases = [file.case for file, _themes in self.cases]
        _create(Case, cases)
        self.files |= {file.case.pk: file for file, _themes in self.cases}
        through = Case.themes.through
        through.objects.bulk_create(
            through(case=file.case, theme=theme) for file, themes in self.cases for theme in themes
        )
        if make_pictures:
            self._make_pictures()
        else:
            self.rows.pop(Portrait, None)
        for model in list(self.rows):
            if model is not Point:
                _create(model, self.rows[model])
        _create(Point, self.rows[Point])  # needs its model letter

    def _add_row(self, row: models.Model, case: Case, file: CaseFile) -> None:
        row.case = case
        self.rows[type(row)].append(row)
        if isinstance(row, ModelLetter):
            self._add_points(row, file.points[row.language])
        elif isinstance(row, Portrait):
            self.portraits.append((row, file.picture))

    def _change_row(self, row: models.Model, wanted: models.Model, file: CaseFile) -> None:
        if _row_said(row) != _row_said(wanted):
            _copy(wanted, row, _said_fields(row))
            _save(row)
        if isinstance(row, ModelLetter):
            points = list(row.points.all())
            texts = file.points[row.language]
            for point in points[len(texts) :]:
                _delete(point)
            for point, text in zip(points, texts, strict=False):
                if point.text != text:
                    point.text = text
                    _save(point)
            self._add_points(row, texts[len(points) :], start=len(points))
        elif isinstance(row, Portrait) and not _is_of(row, file.picture):
            pictures.remove(row)
            self.portraits.append((row, file.picture))

    def _delete_row(self, row: models.Model, name: str, file: CaseFile) -> None:
        try:
            _delete(row)
        except ProtectedError:
            raise ContentError(
                f"{file.path}: {name}: can’t be left out, because {HELD_BY[name]}"
            ) from None

    def _add_points(self, letter: ModelLetter, texts: list[str], start: int = 0) -> None:
        self.rows[Point] += [
            Point(model_letter=letter, text=text, position=position)
            for position, text in enumerate(texts, start)
        ]

    def _make_pictures(self) -> None:
        """Side by side: nearly all the time goes into encoding, which does not hold the GIL."""
        for portrait, _path in self.portraits:
            portrait.case_id = portrait.case.pk  # the names of its files begin with it
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            list(threads.map(_make_picture, *zip(*self.portraits, strict=True)))
        for portrait, _path in self.portraits:
            if portrait.pk:
                _save(portrait)


def _make_picture(portrait: Portrait, path: Path) -> None:
    try:
        portrait.image = pictures.clean(ContentFile(path.read_bytes()))
    except ValidationError as error:
        raise ContentError(f"{in_folder(path)}: {error.messages[0]}") from None
    pictures.render(portrait)


def _verdict(stored: str, loaded: str, wanted: str) -> Verdict:
    if stored == wanted:
        return Verdict.UNCHANGED
    return Verdict.UPDATE if stored == loaded else Verdict.LEFT_ALONE


def _why_left(stored: Case | Edition | WordList, wanted: Case | Edition | WordList) -> str:
    if not stored.loaded_digest:
        return "was made here, not loaded; its file was not loaded over it."
    if stored.loaded_digest == wanted.loaded_digest:
        return "was changed here since it was loaded; it was left as it is."
    return (
        "was changed here since it was loaded, and its file has changed too; it was left as it "
        "is: compare the two."
    )


def _is_of(portrait: Portrait, path: Path) -> bool:
    return pictures.source_fingerprint(portrait) == pictures.fingerprint(path.read_bytes())


def _wanted_state(file: CaseFile) -> dict[str, Any]:
    picture = pictures.fingerprint(file.picture.read_bytes()) if file.picture else ""
    return _state(file.case, file.year, file.themes, file.rows, file.points, picture)


def _stored_state(case: Case) -> dict[str, Any]:
    rows = {name: _rows(case, name) for name in SAME_ROW}
    points = {
        letter.language: [point.text for point in letter.points.all()]
        for letter in rows["model_letters"]
    }
    picture = pictures.source_fingerprint(rows["portrait"][0]) if rows["portrait"] else ""
    themes = [theme.slug for theme in case.themes.all()]
    return _state(case, case.edition.year, themes, rows, points, picture)


def _state(
    case: Case,
    year: int,
    themes: list[str],
    rows: dict[str, list[models.Model]],
    points: dict[str, list[str]],
    picture: str,
) -> dict[str, Any]:
    """All that a file can say of a case: of a file and of the rows it became, the same."""
    rows = rows | {"safety_rules": [rule for rule in rows["safety_rules"] if _answers(rule)]}
    phrases = rows.pop("solidarity_phrases")
    said = {name: [_row_said(row) for row in rows[name]] for name in rows}
    for action in said["solidarity_action"]:
        action |= _phrases_said(phrases)
    return {
        "case": _said(case, [*CASE_FIELDS, "facts_checked_on"]),
        "year": year,
        "themes": sorted(themes),
        "rows": {
            name: sorted(map(_digest, said[name]))
            for name in said
            if said[name] or name not in CAME_LATER
        },
        "points": {language: list(map(_plain, texts)) for language, texts in points.items()},
        "picture": picture,
    }


def _phrases_said(phrases: list[SolidarityPhrase]) -> dict[str, Any]:
    """As they once stood, lines of a text in one language: what was loaded then has that digest."""
    said: dict[str, Any] = {}
    if phrases:
        said["phrases"] = "\n".join(phrase.text for phrase in phrases)
    if any("language" in _row_said(phrase) for phrase in phrases):
        said["languages of phrases"] = [phrase.language for phrase in phrases]
    return said


def _answers(rule: SafetyRule) -> bool:
    """The admin's form has a row for each topic; one that nobody filled in says nothing."""
    return rule.answer != Answer.UNKNOWN or bool(rule.words or rule.why)


def _rows(case: Case, name: str) -> list[models.Model]:
    if name not in ONE_TO_ONE:
        return list(getattr(case, name).all())
    try:
        return [getattr(case, name)]
    except ObjectDoesNotExist:
        return []


def _said_fields(row: models.Model) -> list[str]:
    return [one.name for one in row._meta.concrete_fields if one.name not in NOT_SAID]


def _row_said(row: models.Model) -> dict[str, Any]:
    return _said(row, _said_fields(row))


def _said(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """The fields that say something. A default says nothing: a field that a later version of
    the site adds does not make all cases look changed."""
    values = {}
    for name in names:
        value = _plain(getattr(row, name))
        if value not in (None, "", [], {}, row._meta.get_field(name).get_default()):
            values[name] = value
    return values


def _plain(value: Any) -> Any:
    """As it was before it went through a form that nobody changed a word in: a text comes back
    with other line ends, a missing translation as an empty one."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if one}
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def _digest(said: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def _by_key(rows: list[models.Model], key: Callable[[Any], tuple]) -> dict[tuple, models.Model]:
    """Each row by its key, and how many of the same key came before it."""
    keyed: dict[tuple, models.Model] = {}
    before: Counter[tuple] = Counter()
    for row in rows:
        keyed[(*key(row), before[key(row)])] = row
        before[key(row)] += 1
    return keyed


def _copy(source: models.Model, target: models.Model, names: Iterable[str]) -> None:
    for name in names:
        setattr(target, name, getattr(source, name))


def _save(row: models.Model) -> None:
    row._change_reason = CHANGE_REASON
    row.save()


def _delete(row: models.Model) -> None:
    if isinstance(row, Portrait):
        pictures.remove(row)
    row._change_reason = CHANGE_REASON
    row.delete()


def _create(model: type[models.Model], rows: list[models.Model]) -> None:
    if hasattr(model, "history"):
        bulk_create_with_history(rows, model, default_change_reason=CHANGE_REASON)
    else:
        model.objects.bulk_create(rows)
