"""The content files, TOML, read into unsaved rows.

content/<year>/<slug>.toml is one case; README.md beside them says what may stand in it. A wrong
file is a sentence that names the file, the key and what is wrong.
"""

from __future__ import annotations

import copy
import datetime
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from modeltrans.translator import get_i18n_field

from cases import typed_text
from cases.content_files.fields import fields_in_files
from cases.dates import PartialDateField, parse_partial
from cases.models import (
    MAIN,
    AddressVisibility,
    Case,
    Consent,
    ConsentBasis,
    Demand,
    Edition,
    Embassy,
    EmbassyKind,
    Milestone,
    ModelLetter,
    Outcome,
    Petition,
    Portrait,
    Postage,
    PostalNote,
    RecipientKind,
    SafetyRule,
    SocialPost,
    SolidarityAction,
    SolidarityPhrase,
    Source,
    Stage,
    Target,
    Theme,
    WordList,
    YearlyFigure,
)
from cases.models.translation import translations_of

# Cases of earlier years, of which only the outcome is told, have no [consent] of their own.
TOLD_BY_THE_CAMPAIGN = (
    "Told publicly by the campaign at the time; only public facts are repeated here; not verified "
    "by whoever runs this site."
)
MAX_CHOICES_NAMED = 40  # not all countries
PICTURE_SUFFIXES = [".png", ".jpg", ".jpeg", ".webp"]  # in capitals too
# Where the key in a file has another name than the field.
KEYS = {"risk_note": "note", "date_precision": "date", "of_country": "of", "in_country": "in"}
# Lists of tables of a case that are rows as they stand.
PLAIN_ROWS: dict[str, type[models.Model]] = {
    "demands": Demand,
    "milestones": Milestone,
    "outcomes": Outcome,
    "sources": Source,
    "social_posts": SocialPost,
}
POST = "post"  # the folder of what is known of embassies and of the post

# Fields of all these models that are known only when the row is stored.
_FILLED_LATER = {"edition", "case", "target", "image"}

Row = TypeVar("Row", bound=models.Model)
Rows = dict[str, list[Any]]  # of a case, by the name of what they are: each has its own model


class ContentError(Exception):
    """What is wrong with the files: a sentence a line."""


def refuse(errors: Iterable[str]) -> None:
    if sentences := "\n".join(errors):
        raise ContentError(sentences)


@dataclass
class CaseFile:
    """A case as its file tells it; its rows are unsaved and don't know their case yet."""

    path: str
    case: Case
    year: int
    themes: list[str]
    rows: Rows
    points: dict[str, list[str]]  # by `points_key` of the model letter
    picture: Path | None = None
    earlier: str = ""  # the address of the same person's case in an earlier edition
    renamed_from: str = ""  # the name as it was spelled before


@dataclass
class Content:
    """All that stands in the files."""

    editions: list[Edition] = field(default_factory=list)
    cases: list[CaseFile] = field(default_factory=list)
    themes: list[Theme] = field(default_factory=list)
    figures: list[YearlyFigure] = field(default_factory=list)
    word_lists: list[WordList] = field(default_factory=list)
    embassies: list[Embassy] = field(default_factory=list)
    postal_notes: list[PostalNote] = field(default_factory=list)
    postage: list[Postage] = field(default_factory=list)


class Table:
    """A table of a file, whose keys are taken one by one; `done` finds those nobody took."""

    def __init__(
        self, data: dict[str, Any], path: str, *inside: str, place: int | None = None
    ) -> None:
        self.data = dict(data)
        self.path = path
        self.inside = inside
        self.place = place  # in a list of tables

    def error(self, key: str, message: str) -> ContentError:
        place = ", ".join([*self.inside, key] if key else self.inside)
        return ContentError(": ".join(part for part in [self.path, place, message] if part))

    def text(self, key: str, *, at_most: int | None = None) -> str:
        text = self._clean(key, self._take(key, str, "a text in quotes", ""))
        if at_most and len(text) > at_most:  # of a TextField only forms ask it
            raise self.error(key, f"must have at most {at_most} characters (it has {len(text)}).")
        return text

    def number(self, key: str, default: int | None = None) -> int | None:
        return self._take(key, int, "a whole number", default)

    def fraction(self, key: str) -> float:
        return float(self._take(key, (int, float), "a number from 0 to 1", 0.5))

    def price(self, key: str) -> Decimal | None:
        price = self._take(key, (int, float), "a number, like 2.25", None)
        return None if price is None else Decimal(str(price)).quantize(Decimal("0.01"))

    def flag(self, key: str, default: bool = False) -> bool:
        return self._take(key, bool, "true or false", default)

    def texts(self, key: str) -> list[str]:
        texts = self._take(key, list, "a list of texts", [])
        if not all(isinstance(text, str) and text.strip() for text in texts):
            raise self.error(key, "must be a list of texts.")
        return [self._clean(key, text) for text in texts]

    def _clean(self, key: str, text: str) -> str:
        try:
            return typed_text.clean(text).strip()
        except ValidationError as error:
            raise self.error(key, error.messages[0]) from None

    def partial_date(self, key: str) -> tuple[datetime.date | None, str]:
        value = self._take(key, (str, datetime.date), "a date in quotes", "")
        try:
            return parse_partial(str(value))
        except (ValueError, IndexError):
            raise self.error(
                key, f"“{value}” is no date; write 2025, 2025-07 or 2025-07-30."
            ) from None

    def partial_date_text(self, key: str) -> str:
        """As it stands: a field of text holds it."""
        value = str(self.data.get(key, ""))
        self.partial_date(key)
        return value

    def day(self, key: str) -> datetime.date | None:
        date, precision = self.partial_date(key)
        if date and precision != "day":
            raise self.error(key, "must be a whole date, like 2025-07-30.")
        return date

    def table(self, key: str) -> Table | None:
        data = self._take(key, dict, "a table", None)
        return None if data is None else Table(data, self.path, *self.inside, key)

    def tables(self, key: str) -> list[Table]:
        rows = self._take(key, list, "a list of tables", [])
        if not all(isinstance(row, dict) for row in rows):
            place = ".".join([*(part.split()[0] for part in self.inside), key])
            raise self.error(key, f"must be a list of tables: [[{place}]].")
        return [
            Table(row, self.path, *self.inside, f"{key} {place + 1}", place=place)
            for place, row in enumerate(rows)
        ]

    def rows(self, key: str, model: type[Row]) -> list[Row]:
        return [table.build(model) for table in self.tables(key)]

    def build(self, model: type[Row], **values: Any) -> Row:
        """An unsaved row with valid fields, once all keys of the table are taken.

        What is not given is read from the table. Texts in the site's other languages come along:
        `headline_fr` beside `headline`.
        """
        fields = {one.name: one for one in fields_in_files(model) if one.name != "i18n"}
        if "date_precision" in fields:
            values["date"], values["date_precision"] = self.partial_date("date")
        if "position" in fields and self.place is not None:
            values["position"] = self.place
        values |= {name: self._value(fields[name]) for name in fields if name not in values}
        if translated := self._translations(model, values.get("i18n", {})):
            values["i18n"] = translated
        self.done()
        row = model(**values)
        try:
            row.clean_fields(exclude=_FILLED_LATER)
        except ValidationError as error:
            name, errors = next(iter(error.error_dict.items()))
            sentence = errors[0].messages[0]
            named = [one for one in model._meta.fields if one.name == name]
            choices = [str(value) for one in named for value, _label in one.flatchoices]
            if errors[0].code == "invalid_choice" and len(choices) < MAX_CHOICES_NAMED:
                sentence += f" Write one of: {', '.join(choices)}."
            elif errors[0].code == "invalid_choice":
                sentence += " Write the code of two capital letters, like NO for Norway."
            raise self.error(KEYS.get(name, name), sentence) from None
        return row

    def _value(self, field: models.Field) -> Any:
        """What stands under the field's key, as the field wants it."""
        key = KEYS.get(field.name, field.name)
        match field:
            case models.BooleanField():
                return self.flag(key)
            case models.DateField():
                return self.day(key)
            case models.DecimalField():
                return self.price(key)
            case models.FloatField():
                return self.fraction(key)
            case models.IntegerField():
                return self.number(key, field.default if field.has_default() else None)
            case models.JSONField():
                texts = self.texts(key)
                return [text.lower() for text in texts] if field.name == "words" else texts
            case PartialDateField():
                return self.partial_date_text(key)
            case models.TextField():
                return self.text(key, at_most=field.max_length)
        return self.text(key)

    def _translations(self, model: type[models.Model], i18n: dict[str, str]) -> dict[str, str]:
        """Of all texts of the model that may be translated, as modeltrans keeps them."""
        names = getattr(get_i18n_field(model), "fields", ())
        for one in model._meta.fields:
            if one.name in names:
                i18n = i18n | self.translations(one.name, at_most=one.max_length)
        for key in self.data:
            name, _underscore, _language = key.rpartition("_")
            if name in names:
                others = "".join(f" or {other}" for other in translations_of(name))
                raise self.error(key, f"is not a language of this site: write {name}{others}.")
        return i18n

    def translations(self, name: str, *, at_most: int | None = None) -> dict[str, str]:
        """The other languages of a text, `headline_fr` of `headline`."""
        keys = translations_of(name)
        return {key: text for key in keys if (text := self.text(key, at_most=at_most))}

    def need(self, key: str, row: models.Model, *, beside: str) -> None:
        if getattr(row, beside) not in ("", None) and not getattr(row, key):
            raise self.error(key, f"is needed beside {beside}.")

    def done(self) -> None:
        keys = ", ".join(self.data)
        if len(self.data) == 1:
            raise self.error(keys, "is not a key that is known here.")
        if keys:
            raise self.error("", f"{keys}: are not keys that are known here.")

    def _take(self, key: str, kind: type | tuple[type, ...], named: str, default: Any) -> Any:
        value = self.data.pop(key, default)
        # bool is an int to Python, and a mistake to us.
        wrong = isinstance(value, bool) and kind is not bool
        if value is not default and (wrong or not isinstance(value, kind)):
            raise self.error(key, f"must be {named}.")
        return value


def read(folders: list[Path]) -> Content:
    """Everything in the folders. Raises ContentError with all that is wrong, a file a line."""
    content = Content()
    errors: list[str] = []

    def attempt(reader: Callable[..., None], *args: Any) -> None:
        try:
            reader(content, *args)
        except ContentError as error:
            errors.append(str(error))

    for folder in folders:
        if not folder.is_dir():
            raise ContentError(f"{folder}: there is no such folder.")
        for name, reader in READERS.items():
            attempt(_read_file, folder / name, folder, reader)
        for year in sorted(folder.iterdir()):
            is_hidden = year.name.startswith(".")  # .git and the like
            if year.is_dir() and not is_hidden and year.name != POST:
                attempt(_read_year, year, folder, attempt)
    _find_duplicates(content, errors)
    refuse(errors)
    return content


def _opened(path: Path, folder: Path) -> Table:
    """The file as a table; an empty one if there is none."""
    name = path.relative_to(folder).as_posix()
    if not path.exists():
        return Table({}, name)
    try:
        # utf-8-sig: some editors put a mark before the first character.
        return Table(tomllib.loads(path.read_text(encoding="utf-8-sig")), name)
    except UnicodeDecodeError:
        raise ContentError(
            f"{name}: is not saved as UTF-8: choose UTF-8 as its encoding where you save it."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"{name}: is not valid TOML: {error}.") from None


def _read_file(
    content: Content, path: Path, folder: Path, reader: Callable[[Content, Table], None]
) -> None:
    file = _opened(path, folder)
    reader(content, file)
    file.done()


def _read_themes(content: Content, file: Table) -> None:
    content.themes += file.rows("themes", Theme)


def _read_figures(content: Content, file: Table) -> None:
    for table in file.tables("years"):
        sources = table.rows("sources", Source)
        row = table.build(YearlyFigure, source_url=sources[0].url if sources else "")
        table.need("qualifier", row, beside="actions")
        content.figures.append(row)


def _read_word_lists(content: Content, file: Table) -> None:
    for table in file.tables("lists"):
        row = table.build(WordList)
        if any((row.kind, row.language) == (one.kind, one.language) for one in content.word_lists):
            raise table.error("", "there is another list of this kind in this language.")
        content.word_lists.append(row)


def _read_embassies(content: Content, file: Table) -> None:
    for table in file.tables("embassies"):
        postal = "\n".join(table.texts("lines"))
        if not postal:
            raise table.error("lines", "are needed: leave an embassy without an address out.")
        kind = table.text("kind") or EmbassyKind.EMBASSY
        content.embassies.append(table.build(Embassy, postal=postal, kind=kind))
        _refuse_second(table, content.embassies, ["of_country", "in_country", "city"])


def _read_postage(content: Content, file: Table) -> None:
    for table in file.tables("notes"):
        note = table.build(PostalNote)
        table.need("delivery_as_of", note, beside="delivery_days")
        content.postal_notes.append(note)
        _refuse_second(table, content.postal_notes, ["country"])
    for table in file.tables("prices"):
        postage = table.build(Postage)
        for name in ["currency", "as_of"]:
            table.need(name, postage, beside="price")
        content.postage.append(postage)
        _refuse_second(table, content.postage, ["country", "zone"])


# The files beside the folders of the years.
READERS = {
    "themes.toml": _read_themes,
    "figures.toml": _read_figures,
    "words.toml": _read_word_lists,
    f"{POST}/embassies.toml": _read_embassies,
    f"{POST}/postage.toml": _read_postage,
}


def _refuse_second(table: Table, rows: list, names: list[str]) -> None:
    """The newest of the rows has these values alone."""
    *others, newest = [[getattr(row, name) for name in names] for row in rows]
    if newest in others:
        raise table.error("", f"stands there twice: {', '.join(newest)}.")


def _read_year(content: Content, path: Path, folder: Path, attempt: Callable) -> None:
    if not (path.name.isdecimal() and len(path.name) == 4):
        raise ContentError(
            f"{path.relative_to(folder)}: a folder must be named for a year, and a year's folder "
            "lies in the one that is loaded: my/2026/pictures, and load_campaign my."
        )
    year = int(path.name)
    if (path / "edition.toml").exists():
        attempt(_read_edition, path, folder, year)
    common = _opened(path / "rules.toml", folder)
    rules = common.rows("rules", SafetyRule)
    common.done()
    pictures = _opened(path / "pictures" / "pictures.toml", folder)
    for file_path in sorted(path.glob("*.toml")):
        if file_path.name not in {"edition.toml", "rules.toml"}:
            attempt(_read_case, file_path, folder, year, rules, pictures)
    pictures.done()


def _read_edition(content: Content, path: Path, folder: Path, year: int) -> None:
    table = _opened(path / "edition.toml", folder)
    table.rows("sources", Source)  # stay in the file
    if table.number("year") != year:
        raise table.error("year", f"must be {year}, as its folder is named.")
    edition = table.build(Edition, year=year, **_read_launch(table.table("launch")))
    if edition.opens_on.year < year:
        raise table.error("opens_on", f"must not be before {year}: it would be open at once.")
    deadline = edition.reporting_deadline
    if deadline and deadline < edition.opens_on:
        raise table.error("reporting_deadline", "must not be before opens_on.")
    content.editions.append(edition)


def _read_launch(table: Table | None) -> dict[str, Any]:
    if table is None:
        return {"launched_on": None, "launch_text": "", "launch_source_url": ""}
    values: dict[str, Any] = {"launched_on": table.day("date"), "launch_text": table.text("text")}
    values["i18n"] = {f"launch_{key}": text for key, text in table.translations("text").items()}
    values["launch_source_url"] = table.text("source_url")
    if values["launch_text"] and not values["launch_source_url"]:
        raise table.error("source_url", "is needed beside text.")
    table.done()
    return values


def _read_case(
    content: Content, path: Path, folder: Path, year: int, rules: list[SafetyRule], pictures: Table
) -> None:
    described = pictures.table(path.stem)
    picture = _find_picture(path)
    portrait = _read_portrait(described, picture)
    table = _opened(path, folder)
    themes = list(dict.fromkeys(table.texts("themes")))
    rows: Rows = {key: table.rows(key, model) for key, model in PLAIN_ROWS.items()}
    rows["safety_rules"] = _merged(rules, table.rows("rules", SafetyRule))
    rows["targets"], letters = _read_targets(table)
    rows["model_letters"] = [letter for letter, _points in letters]
    rows["solidarity_action"], rows["solidarity_phrases"] = _read_solidarity(table)
    rows["consents"] = _read_consent(table, rows["sources"])
    rows["petition"] = _read_petition(table)
    rows["portrait"] = portrait
    _refuse_half_hidden(table, rows)
    content.cases.append(
        CaseFile(
            path=table.path,
            year=year,
            themes=themes,
            rows=rows,
            points={points_key(letter): points for letter, points in letters},
            picture=picture,
            earlier=table.text("earlier_case"),
            renamed_from=table.text("renamed_from"),
            case=table.build(Case, slug=path.stem),  # last: no other key is left
        )
    )


def _refuse_half_hidden(table: Table, rows: Rows) -> None:
    """An address that is hidden in one place is shown nowhere else on the same page."""
    named = [(source.url, source.hide_url) for source in rows["sources"]]
    named += [(row.source_url, row.hide_url) for row in [*rows["milestones"], *rows["outcomes"]]]
    shown = {url for url, is_hidden in named if not is_hidden}
    for url, is_hidden in named:
        if is_hidden and url in shown:
            raise table.error("hide_url", f"{url} is hidden in one place and shown in another.")


def _read_consent(table: Table, sources: list[Source]) -> list[models.Model]:
    consent = table.table("consent")
    if consent is None:
        if table.data.get("stage") != Stage.CLOSED or not sources:
            return []  # the publish gate says so
        return [
            Consent(
                basis=ConsentBasis.ORGANISER,
                page=sources[0].url,
                risk_note=TOLD_BY_THE_CAMPAIGN,
            )
        ]
    basis = consent.text("basis")
    if basis != ConsentBasis.ORGANISER:
        raise consent.error(
            "basis", "must be “organiser”; a consent given to you is entered in the admin."
        )
    row = consent.build(Consent, basis=basis)
    consent.need("page", row, beside="basis")
    return [row]


def points_key(letter: ModelLetter) -> str:
    """By which a letter of a case is known: its language, and its target if that has a key."""
    key = letter.target.key
    return letter.language if key == MAIN else f"{key} {letter.language}"


def _read_targets(table: Table) -> tuple[list[Target], list[tuple[ModelLetter, list[str]]]]:
    """Those to write to, in their order, and the model letters of all of them."""
    for key, now in [("target", "[[targets]]"), ("model_letters", "[[targets.model_letters]]")]:
        if key in table.data:
            raise table.error(key, f"is written {now} now, as a case may have several targets.")
    targets: list[Target] = []
    letters: list[tuple[ModelLetter, list[str]]] = []
    rows = table.tables("targets")
    for row in rows:
        own = row.tables("model_letters")
        target = _read_target(row, is_only=len(rows) == 1)
        if target.key in [one.key for one in targets]:
            raise row.error("key", f"“{target.key}” is the key of another target of this case.")
        targets.append(target)
        for letter in own:
            points = letter.texts("points")
            letters.append((letter.build(ModelLetter, target=target), points))
    return targets, letters


def _read_target(table: Table, *, is_only: bool) -> Target:
    key = table.text("key") or (MAIN if is_only else "")
    if not key:
        raise table.error("key", "is needed where there are several targets.")
    postal = "\n".join(table.texts("postal"))
    target = table.build(Target, key=key, postal=postal)
    table.need("postal_country", target, beside="postal")
    for name in ["local_salutation", "local_close"]:
        table.need(name, target, beside="local_language")
    if not target.asked and not is_only:
        raise table.error("asked", "is needed where there are several targets.")
    return target


def _read_petition(table: Table) -> list[models.Model]:
    petition = table.table("petition")
    if petition is None:
        return []
    if petition.data.get("goal") == 0:
        raise petition.error("goal", "must be left out if there is none.")
    return [petition.build(Petition)]


def _read_solidarity(table: Table) -> tuple[list[SolidarityAction], list[SolidarityPhrase]]:
    solidarity = table.table("solidarity")
    if solidarity is None:
        return [], []
    phrases = solidarity.rows("phrases", SolidarityPhrase)
    action = solidarity.build(
        SolidarityAction,
        # What stands in a content file was printed for everybody by the campaign.
        address_visibility=AddressVisibility.PUBLIC,
        recipient_kind=solidarity.text("recipient_kind") or RecipientKind.PERSON,
        postal="\n".join(solidarity.texts("postal")),
    )
    solidarity.need("postal_country", action, beside="postal")
    if action.opens_on and action.ends_on and action.ends_on < action.opens_on:
        raise solidarity.error("ends_on", "must not be before opens_on.")
    return [action], phrases


def _merged(common: list[SafetyRule], own: list[SafetyRule]) -> list[models.Model]:
    """The rules of all cases of the year, with the case's own in their place."""
    by_topic = {(rule.applies_to, rule.topic): rule for rule in [*common, *own]}
    return [copy.copy(rule) for rule in by_topic.values()]


def in_folder(picture: Path) -> str:
    """Where the picture is, for a message: 2025/pictures/ellinor-guttorm-utsi.png."""
    return "/".join(picture.parts[-3:])


def _find_picture(path: Path) -> Path | None:
    found = [
        picture
        for picture in sorted((path.parent / "pictures").glob("*"))
        if picture.stem == path.stem and picture.suffix.lower() in PICTURE_SUFFIXES
    ]
    if len(found) > 1:
        raise ContentError(f"{' and '.join(map(in_folder, found))}: leave one of them.")
    return found[0] if found else None


def _read_portrait(table: Table | None, picture: Path | None) -> list[models.Model]:
    if table is None:
        if picture is None:
            return []
        raise ContentError(f"{in_folder(picture)}: has no entry in pictures.toml beside it.")
    if picture is None:
        suffixes = ", ".join(PICTURE_SUFFIXES)
        raise table.error("", f"there is no picture of this name beside it ({suffixes}).")
    return [table.build(Portrait, is_illustration=table.flag("is_illustration", default=True))]


def _find_duplicates(content: Content, errors: list[str]) -> None:
    seen: dict[str, str] = {}
    for file in content.cases:
        if file.case.slug in seen:
            errors.append(
                f"{file.path}: {seen[file.case.slug]} has the same name, and so the same address. "
                f"Name one of them anew, like {file.case.slug}-{file.year}.toml; if both are about "
                f"one person, the later one says earlier_case = “…”."
            )
        seen[file.case.slug] = file.path
        keys = [points_key(row) for row in file.rows["model_letters"]]
        if len(keys) != len(set(keys)):
            errors.append(f"{file.path}: targets, model_letters: has two letters in one language.")
