"""What stands in the content files into the database, as often as one likes.

A case remembers the digest of what was loaded (`loaded_digest`). Rows that have another digest now
were changed by staff, and what staff changed is theirs: the load leaves it alone and says so.
"""

import hashlib
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.db.models import ProtectedError, Q
from simple_history.utils import bulk_create_with_history

from cases import pictures, stop_words
from cases.content_files.fields import compared_fields, fields_in_files
from cases.content_files.parsing import (
    CaseFile,
    Content,
    ContentError,
    in_folder,
    points_key,
    read,
    refuse,
)
from cases.models import (
    PAST_GATE,
    Answer,
    AppliesTo,
    Case,
    Edition,
    Embassy,
    Freeze,
    ModelLetter,
    Point,
    Portrait,
    Postage,
    PostalNote,
    SafetyRule,
    Theme,
    WordList,
)
from cases.publishing import consents, gate, same_person, second_look
from cases.publishing.content_version import cases_showing, touch

CONTENT = settings.BASE_DIR / "content"
CHANGE_REASON = "loaded from content"
WAITS = "has changed in its file; the change waits for a second person in the admin."

Loaded = Edition | Embassy | Postage | PostalNote | WordList  # each has a digest of its own


# The rows under a case, and the fields by which a row of a file is known to be a row that is stored
# already; those that have none are the same if they stand in the same place.
IDENTITY: dict[str, list[str]] = {
    "demands": [],
    "milestones": [],
    "outcomes": ["kind", "date", "date_precision"],
    "sources": [],
    "safety_rules": ["applies_to", "topic"],
    "model_letters": ["target.key", "language"],  # before their targets are deleted
    "targets": ["key"],
    "consents": [],
    "petition": [],
    "social_posts": ["language"],
    "solidarity_action": [],
    "solidarity_phrases": [],
    "portrait": [],
}
# What keeps a row that a file leaves out, and what to do instead.
PROTECTED_BY = {
    "petition": "people have signed it; to end it, give it a last day: closes_on.",
    "targets": "people have written to it, by the key it has here; to end it, give it a last day: "
    "appeal_deadline.",
    "outcomes": "those who follow are told of it; leave what happened and when, and add what came "
    "later.",
}
ONE_TO_ONE = {"petition", "solidarity_action", "portrait"}


@dataclass
class Report:
    """What a load did."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    changed: list[str] = field(default_factory=list)  # other things than cases
    left_alone: list[str] = field(default_factory=list)


def load(folders: Iterable[Path] = (CONTENT,), *, dry_run: bool = False) -> Report:
    """Load all files of the folders, or raise ContentError and load nothing."""
    content = read(list(folders))
    report = Report()
    with transaction.atomic():
        _load_themes(content, report)
        _load_figures(content, report)
        _load_rows(content.word_lists, ["kind", "language"], "The word list “{}”", report)
        embassy_keys = ["of_country", "in_country", "city"]
        _load_rows(content.embassies, embassy_keys, "The embassy “{}”", report)
        _load_rows(content.postal_notes, ["country"], "The note on the post “{}”", report)
        _load_rows(content.postage, ["country", "zone"], "The price of a letter “{}”", report)
        editions = _load_editions(content, report)
        _load_cases(content, editions, report, make_pictures=not dry_run)
        transaction.set_rollback(dry_run)
    return report


def _load_themes(content: Content, report: Report) -> None:
    for theme, stored in _add_new(content.themes, "slug"):
        if stored.name != theme.name:
            report.left_alone.append(
                f"The theme {theme.slug} is called “{stored.name}” here and “{theme.name}” in its "
                "file; its name was left as it is."
            )


def _load_figures(content: Content, report: Report) -> None:
    for figure, stored in _add_new(content.figures, "year"):
        if _comparable(stored) != _comparable(figure):
            report.left_alone.append(
                f"The yearly figure of {figure.year} differs from its file and was left as it is; "
                "delete it to have it loaded again."
            )


def _add_new(rows: list[Any], key: str) -> list[tuple[Any, Any]]:
    """Store the rows whose key is not stored yet; the others, each beside what is stored."""
    if not rows:
        return []
    wanted = {getattr(row, key): row for row in rows}
    stored = type(rows[0]).objects.in_bulk(list(wanted), field_name=key)
    type(rows[0]).objects.bulk_create(row for value, row in wanted.items() if value not in stored)
    return [(row, stored[getattr(row, key)]) for row in rows if getattr(row, key) in stored]


def _load_rows(wanted: list[Any], keys: list[str], name: str, report: Report) -> None:
    """Rows of one model that hang on no case; `keys` tell which is which."""
    if not wanted:
        return
    model = type(wanted[0])
    key_of = attrgetter(*keys)
    stored = {key_of(row): row for row in model.objects.select_for_update()}
    records = model.history.values_list(*keys, flat=len(keys) == 1)
    gone = set(records) - stored.keys()
    new = []
    for row in wanted:
        named = name.format(row)
        if key_of(row) in gone:
            report.left_alone.append(f"{named} was deleted here; it was not loaded again.")
        elif key_of(row) in stored:
            _load_row(row, stored[key_of(row)], named, report)
        else:
            row.loaded_digest = _digest(_comparable(row))
            new.append(row)
    if new and Case.objects.past_gate().exists():  # else there is nothing to hold back
        for row in new:
            _look_twice(row, name.format(row), report)
    _create(model, [row for row in new if not row.pk])
    if new:
        touch(cases_showing(new[0]))


def _load_editions(content: Content, report: Report) -> dict[int, Edition]:
    """All editions there are, by year."""
    editions = Edition.objects.select_for_update().in_bulk(field_name="year")
    for wanted in content.editions:
        if wanted.year in editions:
            _load_row(wanted, editions[wanted.year], f"The edition {wanted.year}", report)
        else:
            wanted.loaded_digest = _digest(_comparable(wanted))
            _save(wanted)
            editions[wanted.year] = wanted
    return editions


def _load_row(wanted: Loaded, stored: Loaded, name: str, report: Report) -> None:
    """One that is stored already, and has no rows under it."""
    wanted.loaded_digest = _digest(_comparable(wanted))
    now = _digest(_comparable(stored))
    if now == wanted.loaded_digest:
        return
    if now != stored.loaded_digest:
        report.left_alone.append(f"{name} {_why_left(stored, wanted)}")
    else:
        _copy(wanted, stored, "loaded_digest")
        _look_twice(stored, name, report)
        _save(stored)
        touch(cases_showing(stored))
        report.changed.append(name)


def _look_twice(row: Loaded, name: str, report: Report) -> None:
    if second_look.hold_back(row, None):
        report.left_alone.append(f"{name} {WAITS}")


def _load_cases(
    content: Content, editions: dict[int, Edition], report: Report, *, make_pictures: bool
) -> None:
    themes = Theme.objects.in_bulk(field_name="slug")
    _check_references(content, editions, themes)
    stored = _stored_cases([file.case.slug for file in content.cases])
    _check_stop_words(content)
    gone = _check_who_they_are(content, stored)
    earlier = _earlier_cases(content)
    written = ImportBatch(themes)
    for file in content.cases:
        wanted = file.case
        wanted.edition = editions[file.year]
        wanted.earlier = earlier.get(file.earlier)
        wanted.loaded_digest = _digest(_wanted_state(file))
        case = stored.get(wanted.slug)
        if case is None and wanted.slug in gone:
            report.left_alone.append(
                f"{wanted} was deleted here, or has another address now; it was not loaded again."
            )
        elif case is None:
            written.add(file)
            report.created += 1
        elif (now := _digest(_stored_state(case))) == wanted.loaded_digest:
            report.unchanged += 1
            if case.loaded_digest != now:  # staff and file agree again
                Case.objects.filter(pk=case.pk).update(loaded_digest=now)
        elif now != case.loaded_digest:
            report.left_alone.append(f"{case} {_why_left(case, wanted)}")
        else:
            written.change(case, file)
            report.updated += 1
    changed = list(written.files)  # a new case's consent has no last day: a file can't say one
    written.save(make_pictures=make_pictures)
    report.left_alone += written.waiting
    _check_gate(written.files)
    _check_taken_down(written.files, written.open_before)
    _link_earlier(content, report)
    _name_files_gone(content, report)
    for pk in changed:
        consents.freeze_if_ended(Case(pk=pk))
    touch(Case.objects.filter(pk__in=changed))


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
    refuse(errors)


def _check_gate(files: dict[int, CaseFile]) -> None:
    """A file does not get past the gate either."""
    cases = Case.objects.filter(pk__in=files, stage__in=PAST_GATE, freeze=Freeze.NONE)
    refuse(
        f"{files[case.pk].path}: stage: can’t be “{case.stage}” yet. {' '.join(problems)}"
        for case in gate.with_needed(cases)
        if (problems := gate.problems(case))
    )


def _check_taken_down(files: dict[int, CaseFile], before: dict[int, list[Case]]) -> None:
    """Nor does a file show somebody, with nobody's second look, whose case was taken down; as a
    new case, or as one that readers know by another name."""
    if not Case.objects.filter(freeze__in=[Freeze.HIDDEN, Freeze.WITHDRAWN]).exists():
        return
    errors = []
    for case in Case.objects.filter(pk__in=files, stage__in=PAST_GATE):
        known = before.get(case.pk, [])
        down = [one.slug for one in same_person.taken_down_elsewhere(case) if one not in known]
        if down:
            errors.append(
                f"{files[case.pk].path}: stage: can’t be “{case.stage}” here: this is the same "
                f"person as {', '.join(down)}, which was taken down. Write “draft”, and publish it "
                "in the admin: it takes two people."
            )
    refuse(errors)


def _check_stop_words(content: Content) -> None:
    """Refuse words that would block nearly every text, or one of our own."""
    errors = []
    for words in content.word_lists:
        if words.stops:
            errors += stop_words.problems(words.words, stop_words.our_texts(words))
    for file in content.cases:
        letters = [f"{letter.subject}\n{letter.body}" for letter in file.rows["model_letters"]]
        phrases = [phrase.text for phrase in file.rows["solidarity_phrases"]]
        for rule in file.rows["safety_rules"]:
            if rule.stops:
                ours = letters if rule.applies_to == AppliesTo.APPEAL else phrases
                errors += [
                    f"{file.path}: rules: {one}" for one in stop_words.problems(rule.words, ours)
                ]
    refuse(errors)


def _stored_cases(slugs: list[str]) -> dict[str, Case]:
    """With all that a file can say; locked, so that nobody edits what is being compared."""
    cases = (
        Case.objects.select_related("edition", "petition", "solidarity_action", "portrait")
        .prefetch_related(
            "themes", "demands", "milestones", "outcomes", "sources", "safety_rules", "consents",
            "social_posts", "solidarity_phrases", "targets__model_letters__points",
        )
        .select_for_update(of=["self"], no_key=True)
    )  # fmt: skip
    return cases.in_bulk(slugs, field_name="slug")


def _check_who_they_are(content: Content, stored: dict[str, Case]) -> set[str]:
    """An address and its person stay together for ever: refuse a file that says otherwise.

    Returns the addresses of these files that a case had once: it was deleted, or moved, by staff.
    What a case is or was called, in whichever edition, is in its history.
    """
    once: dict[str, set[tuple[str, int]]] = defaultdict(set)
    slugs = {case.pk: slug for slug, case in stored.items()}
    wanted = {file.case.slug for file in content.cases}
    records = Case.history.filter(Q(id__in=slugs) | Q(slug__in=wanted - stored.keys()))
    for pk, slug, name, year in records.values_list("id", "slug", "display_name", "edition__year"):
        once[slugs.get(pk, slug)].add((name, year))
    for slug, case in stored.items():
        once[slug].add((case.display_name, case.edition.year))
    errors = []
    for file in content.cases:
        if known := once.get(file.case.slug):
            names, years = {name for name, _year in known}, {year for _name, year in known}
            was = stored.get(file.case.slug)
            last = max(known, key=lambda one: one[1] or 0)
            last = (was.display_name, was.edition.year) if was else last
            errors += _other_person(file, names, years, last)
    refuse(errors)
    return once.keys() & (wanted - stored.keys())


def _other_person(
    file: CaseFile, names: set[str], years: set[int], last: tuple[str, int]
) -> list[str]:
    slug, name = file.case.slug, file.case.display_name
    is_renamed = bool(file.renamed_from) and file.renamed_from in names
    if file.year in years and (name in names or is_renamed):
        return []
    belongs = f"{file.path}: tells of “{name}” ({file.year}), and the address {slug} belongs to "
    belongs += f"“{last[0]}” ({last[1]}), which stays as it is. "
    own_name = f"give this file a name of its own, like {slug}-{file.year}.toml"
    if file.year not in years:
        same = f"; if it is the same person, it says earlier_case = “{slug}”."
        return [f"{belongs}For a case of {file.year}, {own_name}{same}"]
    return [
        f"{belongs}If this is somebody else, {own_name}. If it is the same person and only the "
        f"spelling was put right, write renamed_from = “{last[0]}” into it."
    ]


def _earlier_cases(content: Content) -> dict[str, Case]:
    """Those that files name as earlier ones and that are stored already, by their address."""
    named = {file.earlier: file for file in content.cases if file.earlier}
    cases = Case.objects.in_bulk(list(named), field_name="slug")
    years = {case.slug: case.edition.year for case in cases.values()}
    years |= {file.case.slug: file.year for file in content.cases}
    errors = []
    for file in content.cases:
        if not file.earlier:
            continue
        if file.earlier not in years:
            errors.append(f"{file.path}: earlier_case: there is no case “{file.earlier}”.")
        elif years[file.earlier] >= file.year:
            errors.append(
                f"{file.path}: earlier_case: “{file.earlier}” is of {years[file.earlier]}, and "
                f"not of a year before {file.year}."
            )
    refuse(errors)
    return cases


def _link_earlier(content: Content, report: Report) -> None:
    files = {file.case.slug: file for file in content.cases if file.earlier}
    slugs = [*files, *(file.earlier for file in files.values())]
    locked = Case.objects.select_related("earlier").select_for_update(of=["self"], no_key=True)
    cases = locked.in_bulk(slugs, field_name="slug")
    for slug, file in files.items():
        case, earlier = cases.get(slug), cases[file.earlier]
        if case is None or case.earlier == earlier:
            continue
        if case.earlier is None and not case.history.exclude(earlier=None).exists():
            case.earlier = earlier
            _save(case)
            touch(cases_showing(case))
            report.changed.append(f"The earlier case of {case}")
        else:
            report.left_alone.append(
                f"{file.path} names {file.earlier} as the earlier case of {case}; here it is "
                f"{case.earlier.slug if case.earlier else 'none'}, and was left as it is."
            )


def _name_files_gone(content: Content, report: Report) -> None:
    """A file that is taken away takes nothing away here; it is only named."""
    years = {edition.year for edition in content.editions} | {file.year for file in content.cases}
    cases = Case.objects.filter(edition__year__in=years).exclude(loaded_digest="")
    editions = Edition.objects.filter(year__in=years).exclude(loaded_digest="")
    for edition in editions.exclude(year__in=[edition.year for edition in content.editions]):
        report.left_alone.append(
            f"The edition {edition} was loaded once, and there is no file of it now; it stays as "
            "it is."
        )
    for case in cases.exclude(slug__in=[file.case.slug for file in content.cases]):
        report.left_alone.append(
            f"{case} ({case.slug}) was loaded once, and there is no file of it now; the case stays "
            "as it is."
        )


_MAKERS = min(os.cpu_count() or 1, pictures.MAX_AT_ONCE)


class ImportBatch:
    """The cases a load creates and changes; rows of all of them are stored together."""

    def __init__(self, themes: dict[str, Theme]) -> None:
        self.themes = themes
        self.new: list[CaseFile] = []
        self.rows: dict[type[models.Model], list[models.Model]] = defaultdict(list)
        self.portraits: list[tuple[Portrait, Path]] = []
        self.files: dict[int, CaseFile] = {}  # by primary key, once stored
        # Cases that readers could see before, and who was down of the same person then.
        self.open_before: dict[int, list[Case]] = {}
        self.waiting: list[str] = []

    def add(self, file: CaseFile) -> None:
        self.new.append(file)
        for name in IDENTITY:
            for row in file.rows[name]:
                self._add_row(row, file.case, file)

    def change(self, case: Case, file: CaseFile) -> None:
        if case.is_past_gate:
            self.open_before[case.pk] = same_person.taken_down_elsewhere(case)
        _copy(file.case, case, "edition", "loaded_digest")
        _save(case)
        case.themes.set(self.themes[slug] for slug in file.themes)
        self.files[case.pk] = file
        targets = {target.key: target for target in case.targets.all()}
        for letter in file.rows["model_letters"]:
            letter.target = targets.get(letter.target.key, letter.target)
        for name in IDENTITY:
            stored = _by_key(_rows(case, name), IDENTITY[name])
            wanted = _by_key(file.rows[name], IDENTITY[name])
            for key in stored.keys() - wanted.keys():
                self._delete_row(stored[key], name, file)
            for key, row in wanted.items():
                if key in stored:
                    self._change_row(stored[key], row, file)
                else:
                    self._add_row(row, case, file)

    def save(self, *, make_pictures: bool) -> None:
        _create(Case, [file.case for file in self.new])
        self.files |= {file.case.pk: file for file in self.new}
        through = Case.themes.through
        through.objects.bulk_create(
            through(case=file.case, theme=self.themes[slug])
            for file in self.new
            for slug in file.themes
        )
        if make_pictures:
            self._make_pictures()
        else:
            self._check_pictures()
        last = {ModelLetter: 1, Point: 2}  # each needs the row it belongs to
        for model in sorted(self.rows, key=lambda model: last.get(model, 0)):
            _create(model, self.rows[model])

    def _add_row(self, row: Any, case: Case, file: CaseFile) -> None:
        if not isinstance(row, ModelLetter):  # it knows its target
            row.case = case
        if case.pk in self.open_before and (held := second_look.hold_back(row, None)):
            self.waiting.append(f"{case}: {row._meta.verbose_name} {WAITS}")
            if held.row is None or row.pk:
                return
        self.rows[type(row)].append(row)
        if isinstance(row, ModelLetter):
            self._add_points(row, file.points[points_key(row)])
        elif isinstance(row, Portrait) and file.picture:
            self.portraits.append((row, file.picture))

    def _change_row(self, row: Any, wanted: models.Model, file: CaseFile) -> None:
        if _comparable(row) != _comparable(wanted):
            _copy(wanted, row)
            is_open = not isinstance(row, ModelLetter) and row.case_id in self.open_before
            if is_open and second_look.hold_back(row, None):
                self.waiting.append(f"{row.case}: {row._meta.verbose_name} {WAITS}")
            _save(row)
        if isinstance(row, ModelLetter):
            points = list(row.points.all())
            texts = file.points[points_key(row)]
            for point in points[len(texts) :]:
                _delete(point)
            for point, text in zip(points, texts, strict=False):
                if point.text != text:
                    point.text = text
                    _save(point)
            self._add_points(row, texts[len(points) :], start=len(points))
        elif isinstance(row, Portrait) and file.picture and not _is_of(row, file.picture):
            pictures.remove(row)
            self.portraits.append((row, file.picture))

    def _delete_row(self, row: models.Model, name: str, file: CaseFile) -> None:
        try:
            _delete(row)
        except ProtectedError:
            raise ContentError(
                f"{file.path}: {name}: can’t be left out, because {PROTECTED_BY[name]}"
            ) from None

    def _add_points(self, letter: ModelLetter, texts: list[str], start: int = 0) -> None:
        self.rows[Point] += [
            Point(model_letter=letter, text=text, position=position)
            for position, text in enumerate(texts, start)
        ]

    def _check_pictures(self) -> None:
        """What `_make_pictures` would refuse; no file is written, and the rows are rolled back."""
        with ThreadPoolExecutor(_MAKERS) as threads:
            list(threads.map(_clean_picture, [path for _portrait, path in self.portraits]))

    def _make_pictures(self) -> None:
        """Side by side: nearly all the time goes into encoding, which does not hold the GIL."""
        for portrait, _path in self.portraits:
            portrait.case_id = portrait.case.pk  # the names of its files begin with it
        with ThreadPoolExecutor(_MAKERS) as threads:
            list(threads.map(_make_picture, *zip(*self.portraits, strict=True)))
        for portrait, _path in self.portraits:
            if portrait.pk:
                _save(portrait)


def _clean_picture(path: Path) -> ContentFile:
    try:
        return pictures.clean(ContentFile(path.read_bytes()))
    except ValidationError as error:
        raise ContentError(f"{in_folder(path)}: {error.messages[0]}") from None


def _make_picture(portrait: Portrait, path: Path) -> None:
    portrait.image = _clean_picture(path)
    pictures.render(portrait)


def _why_left(stored: Case | Loaded, wanted: Case | Loaded) -> str:
    if not stored.loaded_digest:
        return "was made here, not loaded; its file was not loaded over it."
    if stored.loaded_digest == wanted.loaded_digest:
        return "was changed here since it was loaded; it was left as it is."
    return (
        "was changed here since it was loaded, and its file has changed too; it was left as it "
        "is: compare the two."
    )


def _is_of(portrait: Portrait, path: Path) -> bool:
    return pictures.source_digest(portrait) == pictures.digest(path.read_bytes())


def _wanted_state(file: CaseFile) -> dict[str, Any]:
    return _state(file, pictures.digest(file.picture.read_bytes()) if file.picture else "")


def _stored_state(case: Case) -> dict[str, Any]:
    rows = {name: _rows(case, name) for name in IDENTITY}
    points = {
        points_key(letter): [point.text for point in letter.points.all()]
        for letter in rows["model_letters"]
    }
    themes = [theme.slug for theme in case.themes.all()]
    file = CaseFile("", case, case.edition.year, themes, rows, points)
    return _state(file, pictures.source_digest(rows["portrait"][0]) if rows["portrait"] else "")


def _state(file: CaseFile, picture: str) -> dict[str, Any]:
    """All that a file can say of a case: of a file and of the rows it became, the same."""
    answered = [rule for rule in file.rows["safety_rules"] if _answers(rule)]
    rows = file.rows | {"safety_rules": answered}
    said = {name: [_comparable(row) for row in rows[name]] for name in rows}
    for letter, row in zip(rows["model_letters"], said["model_letters"], strict=True):
        row["target"] = letter.target.key
    return {
        "case": _comparable(file.case),
        "year": file.year,
        "themes": sorted(file.themes),
        "rows": {name: sorted(map(_digest, said[name])) for name in said},
        "points": {language: list(map(_plain, texts)) for language, texts in file.points.items()},
        "picture": picture,
    }


def _answers(rule: SafetyRule) -> bool:
    """The admin's form has a row for each topic; one that nobody filled in says nothing."""
    return rule.answer != Answer.UNKNOWN or bool(rule.words or rule.why)


def _rows(case: Case, name: str) -> list[Any]:
    if name == "model_letters":
        return [letter for target in case.targets.all() for letter in target.model_letters.all()]
    rows = getattr(case, name)
    if name in ONE_TO_ONE:
        return [] if rows is None else [rows]
    return list(rows.all())


def _comparable(row: models.Model) -> dict[str, Any]:
    """The fields that say something. A default says nothing: a field that a later version of
    the site adds does not make all cases look changed."""
    values = {}
    for one in compared_fields(type(row)):
        value = _plain(getattr(row, one.name))
        if value not in (None, "", [], {}, one.get_default()):
            values[one.name] = value
    return values


def _plain(value: Any) -> Any:
    """As it was before it went through a form that nobody changed a word in: a text comes back
    with other line ends, a missing translation as an empty one."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if one}
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def _digest(said: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def _by_key(rows: list[models.Model], names: list[str]) -> dict[tuple, models.Model]:
    """Each row by these of its fields, and how many of the same came before it."""
    keyed: dict[tuple, models.Model] = {}
    before: Counter[tuple] = Counter()
    for row in rows:
        key = tuple(attrgetter(name)(row) for name in names)
        keyed[(*key, before[key])] = row
        before[key] += 1
    return keyed


def _copy(source: models.Model, target: models.Model, *more: str) -> None:
    """What a file says of a row, and these fields."""
    for name in [*(one.name for one in fields_in_files(type(source))), *more]:
        setattr(target, name, getattr(source, name))


def _save(row: Any) -> None:
    row._change_reason = CHANGE_REASON
    row.save()


def _delete(row: Any) -> None:
    row._change_reason = CHANGE_REASON
    row.delete()


def _create(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    if hasattr(model, "history"):
        bulk_create_with_history(rows, model, default_change_reason=CHANGE_REASON)
    else:
        model._default_manager.bulk_create(rows)
