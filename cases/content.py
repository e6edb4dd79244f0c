"""The content files, TOML, read into unsaved rows.

content/<year>/<slug>.toml is one case; README.md beside them says what may stand in it. A wrong
file is a sentence that names the file, the key and what is wrong.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

from cases.dates import parse_partial
from cases.models import (
    AddressVisibility,
    Case,
    Consent,
    ConsentBasis,
    Demand,
    Edition,
    Milestone,
    ModelLetter,
    Outcome,
    Petition,
    Portrait,
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

# Cases of earlier years, of which only the outcome is told, have no [consent] of their own.
TOLD_BY_THE_CAMPAIGN = (
    "Told publicly by the campaign at the time; only public facts are repeated here; not verified "
    "by whoever runs this site."
)
PICTURE_SUFFIXES = [".png", ".jpg", ".webp"]
# Where the key in a file has another name than the field.
KEYS = {"risk_note": "note", "date_precision": "date"}
# Their figures are read from the file by the page that shows them.
OTHER_FIGURES = ["positive_outcomes", "total_actions", "reach", "origin"]

# Fields of all these models that are known only when the row is stored.
_FILLED_LATER = {"edition", "case", "image"}

Row = TypeVar("Row", bound=models.Model)


class ContentError(Exception):
    """What is wrong with the files: a sentence a line."""


@dataclass
class CaseFile:
    """A case as its file tells it; its rows are unsaved and don't know their case yet."""

    path: str
    case: Case
    year: int
    themes: list[str]
    rows: dict[str, list[models.Model]]
    points: dict[str, list[str]]  # by language of the model letter
    picture: Path | None = None


@dataclass
class Content:
    """All that stands in the files."""

    editions: list[Edition] = field(default_factory=list)
    cases: list[CaseFile] = field(default_factory=list)
    themes: list[Theme] = field(default_factory=list)
    figures: list[YearlyFigure] = field(default_factory=list)
    word_lists: list[WordList] = field(default_factory=list)


class Table:
    """A table of a file, whose keys are taken one by one; `done` finds those nobody took."""

    def __init__(self, data: dict[str, Any], path: str, *inside: str) -> None:
        self.data = dict(data)
        self.path = path
        self.inside = inside

    def error(self, key: str, message: str) -> ContentError:
        place = ", ".join([*self.inside, key] if key else self.inside)
        return ContentError(": ".join(part for part in [self.path, place, message] if part))

    def text(self, key: str, *, at_most: int | None = None) -> str:
        text = self._take(key, str, "a text in quotes", "").strip()
        if at_most and len(text) > at_most:  # of a TextField only forms ask it
            raise self.error(key, f"must have at most {at_most} characters (it has {len(text)}).")
        return text

    def number(self, key: str, default: int | None = None) -> int | None:
        return self._take(key, int, "a whole number", default)

    def fraction(self, key: str) -> float:
        return float(self._take(key, (int, float), "a number from 0 to 1", 0.5))

    def flag(self, key: str, default: bool = False) -> bool:
        return self._take(key, bool, "true or false", default)

    def texts(self, key: str) -> list[str]:
        texts = self._take(key, list, "a list of texts", [])
        if not all(isinstance(text, str) and text.strip() for text in texts):
            raise self.error(key, "must be a list of texts.")
        return [text.strip() for text in texts]

    def words(self, key: str) -> list[str]:
        words = [word.lower() for word in self.texts(key)]
        for word in words:
            if "*" in word[:-1] or word == "*":
                raise self.error(key, f"“{word}”: a * stands at the end of a word, for any ending.")
        return words

    def partial_date(self, key: str) -> tuple[datetime.date | None, str]:
        value = self._take(key, (str, datetime.date), "a date in quotes", "")
        try:
            return parse_partial(str(value))
        except (ValueError, IndexError):
            raise self.error(
                key, f"“{value}” is no date; write 2025, 2025-07 or 2025-07-30."
            ) from None

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
            Table(row, self.path, *self.inside, f"{key} {number}")
            for number, row in enumerate(rows, start=1)
        ]

    def build(self, model: type[Row], **values: Any) -> Row:
        """An unsaved row with valid fields, once all keys of the table are taken."""
        self.done()
        row = model(**values)
        try:
            row.clean_fields(exclude=_FILLED_LATER)
        except ValidationError as error:
            name, messages = next(iter(error.message_dict.items()))
            raise self.error(KEYS.get(name, name), messages[0]) from None
        return row

    def need(self, key: str, values: dict[str, Any], *, beside: str) -> None:
        if values[beside] not in ("", None) and not values[key]:
            raise self.error(key, f"is needed beside {beside}.")

    def done(self) -> None:
        for key in self.data:
            raise self.error(key, "is not a key that is known here.")

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
        if (folder / "themes.toml").exists():
            attempt(_read_themes, folder)
        if (folder / "figures.toml").exists():
            attempt(_read_figures, folder)
        if (folder / "words.toml").exists():
            attempt(_read_word_lists, folder)
        for year in sorted(path for path in folder.iterdir() if path.is_dir()):
            attempt(_read_year, folder, year, attempt)
    _find_duplicates(content, errors)
    if errors:
        raise ContentError("\n".join(errors))
    return content


def _opened(folder: Path, path: Path) -> Table:
    name = path.relative_to(folder).as_posix()
    try:
        return Table(tomllib.loads(path.read_text(encoding="utf-8")), name)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContentError(f"{name}: is not valid TOML: {error}.") from None


def _read_themes(content: Content, folder: Path) -> None:
    file = _opened(folder, folder / "themes.toml")
    for table in file.tables("themes"):
        slug, name = table.text("slug"), table.text("name")
        content.themes.append(table.build(Theme, slug=slug, name=name))
    file.done()


def _read_figures(content: Content, folder: Path) -> None:
    file = _opened(folder, folder / "figures.toml")
    for table in file.tables("years"):
        sources = [_read_source(source) for source in table.tables("sources")]
        values = {
            "year": table.number("year"),
            "actions": table.number("actions"),
            "qualifier": table.text("qualifier"),
            "countries": table.number("countries"),
            "countries_note": table.text("countries_note"),
            "note": table.text("note"),
            "source_url": sources[0].url if sources else "",
        }
        table.need("qualifier", values, beside="actions")
        content.figures.append(table.build(YearlyFigure, **values))
    for key in OTHER_FIGURES:
        file.table(key)
    file.done()


def _read_word_lists(content: Content, folder: Path) -> None:
    file = _opened(folder, folder / "words.toml")
    for table in file.tables("lists"):
        values: dict[str, Any] = {
            "kind": table.text("kind"),
            "language": table.text("language"),
            "words": table.words("words"),
            "stops": table.flag("stops"),
        }
        row = table.build(WordList, **values)
        if any((row.kind, row.language) == (one.kind, one.language) for one in content.word_lists):
            raise table.error("", "there is another list of this kind in this language.")
        content.word_lists.append(row)
    file.done()


def _read_year(content: Content, folder: Path, path: Path, attempt: Callable) -> None:
    if not (path.name.isdecimal() and len(path.name) == 4):
        raise ContentError(f"{path.relative_to(folder)}: a folder must be named for a year.")
    year = int(path.name)
    if (path / "edition.toml").exists():
        attempt(_read_edition, folder, path, year)
    rules: list[dict[str, Any]] = []
    if (path / "rules.toml").exists():
        file = _opened(folder, path / "rules.toml")
        rules = [_read_rule(table) for table in file.tables("rules")]
        file.done()
    pictures = Table({}, "")
    if (path / "pictures" / "pictures.toml").exists():
        pictures = _opened(folder, path / "pictures" / "pictures.toml")
    for file_path in sorted(path.glob("*.toml")):
        if file_path.name not in {"edition.toml", "rules.toml"}:
            attempt(_read_case, folder, file_path, year, rules, pictures)
    pictures.done()


def _read_edition(content: Content, folder: Path, path: Path, year: int) -> None:
    table = _opened(folder, path / "edition.toml")
    for source in table.tables("sources"):
        _read_source(source)  # stay in the file
    if table.number("year") != year:
        raise table.error("year", f"must be {year}, as its folder is named.")
    values = {
        "title": table.text("title"),
        "introduction": table.text("introduction"),
        "opens_on": table.day("opens_on"),
        "reporting_deadline": table.day("reporting_deadline"),
        "letter_goal": table.number("letter_goal"),
    }
    content.editions.append(table.build(Edition, year=year, **values))


def _read_case(
    content: Content,
    folder: Path,
    path: Path,
    year: int,
    common_rules: list[dict[str, Any]],
    pictures: Table,
) -> None:
    picture = _find_picture(path)
    portrait = _read_portrait(pictures, path.stem, picture)
    table = _opened(folder, path)
    themes = list(dict.fromkeys(table.texts("themes")))
    sources = [_read_source(row, place) for place, row in enumerate(table.tables("sources"))]
    own_rules = [_read_rule(row) for row in table.tables("rules")]
    letters = [_read_model_letter(row) for row in table.tables("model_letters")]
    solidarity = table.table("solidarity")
    rows: dict[str, list[models.Model]] = {
        "demands": [
            row.build(Demand, text=row.text("text"), position=place)
            for place, row in enumerate(table.tables("demands"))
        ],
        "milestones": [_read_milestone(row) for row in table.tables("milestones")],
        "outcomes": [_read_outcome(row) for row in table.tables("outcomes")],
        "sources": list(sources),
        "safety_rules": _merged(common_rules, own_rules),
        "model_letters": [letter for letter, _points in letters],
        "consents": _read_consent(table, sources),
        "target": _read_target(table),
        "petition": _read_petition(table),
        "social_posts": [
            _read_social_post(row, place) for place, row in enumerate(table.tables("social_posts"))
        ],
        "solidarity_phrases": _read_phrases(solidarity),
        "solidarity_action": _read_solidarity(solidarity),
        "portrait": portrait,
    }
    values = {
        name: table.text(name)
        for name in [
            "display_name", "short_name", "kind", "pronouns", "country", "region", "headline",
            "summary", "story", "content_note", "age_hint", "address_note", "no_target_reason",
            "stage", "staff_note",
        ]
    }  # fmt: skip
    position = table.number("position")
    case = table.build(
        Case,
        slug=path.stem,
        other_names=table.texts("other_names"),
        position=100 if position is None else position,
        **values,
    )
    content.cases.append(
        CaseFile(
            path=table.path,
            case=case,
            year=year,
            themes=themes,
            rows=rows,
            points={letter.language: points for letter, points in letters},
            picture=picture,
        )
    )


def _read_source(table: Table, place: int = 0) -> Source:
    url, supports = table.text("url"), table.text("supports")
    return table.build(Source, url=url, supports=supports, position=place)


def _read_milestone(table: Table) -> Milestone:
    date, precision = table.partial_date("date")
    return table.build(Milestone, date=date, date_precision=precision, text=table.text("text"))


def _read_outcome(table: Table) -> Outcome:
    date, precision = table.partial_date("date")
    texts = ["kind", "headline", "text", "source_url", "actions_note"]
    values = {name: table.text(name) for name in texts}
    return table.build(
        Outcome,
        date=date,
        date_precision=precision,
        conditional=table.flag("conditional"),
        actions_count=table.number("actions_count"),
        **values,
    )


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
    values = {"basis": basis, "page": consent.text("page"), "risk_note": consent.text("note")}
    consent.need("page", values, beside="basis")
    return [consent.build(Consent, **values)]


def _read_target(table: Table) -> list[models.Model]:
    target = table.table("target")
    if target is None:
        return []
    texts = [
        "name", "title", "office", "salutation", "close", "language", "local_language",
        "local_salutation", "local_close", "postal_country", "email", "social", "source_url",
    ]  # fmt: skip
    values = {name: target.text(name) for name in texts}
    values["postal"] = "\n".join(target.texts("postal"))
    for name in ["checked_on", "appeal_deadline"]:
        values[name] = target.day(name)
    target.need("postal_country", values, beside="postal")
    for name in ["local_salutation", "local_close"]:
        target.need(name, values, beside="local_language")
    return [target.build(Target, **values)]


def _read_petition(table: Table) -> list[models.Model]:
    petition = table.table("petition")
    if petition is None:
        return []
    shown_from = Petition._meta.get_field("shown_from").default
    goal = petition.number("goal")
    if goal == 0:
        raise petition.error("goal", "must be left out if there is none.")
    return [
        petition.build(
            Petition,
            title=petition.text("title"),
            text=petition.text("text", at_most=Petition._meta.get_field("text").max_length),
            goal=goal,
            shown_from=petition.number("shown_from", shown_from),
            closes_on=petition.day("closes_on"),
            shows_signers=petition.flag("shows_signers"),
        )
    ]


def _read_social_post(table: Table, place: int) -> SocialPost:
    longest = SocialPost._meta.get_field("text").max_length
    text = table.text("text", at_most=longest)
    return table.build(SocialPost, language=table.text("language"), text=text, position=place)


def _read_solidarity(solidarity: Table | None) -> list[models.Model]:
    if solidarity is None:
        return []
    texts = ["recipient", "postal_country", "languages", "formats", "note"]
    values: dict[str, Any] = {name: solidarity.text(name) for name in texts}
    values["postal"] = "\n".join(solidarity.texts("postal"))
    for name in ["opens_on", "ends_on"]:
        values[name] = solidarity.day(name)
    for name in ["takes_drawings", "shows_messages"]:
        values[name] = solidarity.flag(name)
    solidarity.need("postal_country", values, beside="postal")
    if values["opens_on"] and values["ends_on"] and values["ends_on"] < values["opens_on"]:
        raise solidarity.error("ends_on", "must not be before opens_on.")
    return [
        solidarity.build(
            SolidarityAction,
            # What stands in a content file was printed for everybody by the campaign.
            address_visibility=AddressVisibility.PUBLIC,
            recipient_kind=solidarity.text("recipient_kind") or RecipientKind.PERSON,
            **values,
        )
    ]


def _read_phrases(solidarity: Table | None) -> list[models.Model]:
    if solidarity is None:
        return []
    return [
        row.build(
            SolidarityPhrase, language=row.text("language"), text=row.text("text"), position=place
        )
        for place, row in enumerate(solidarity.tables("phrases"))
    ]


def _read_model_letter(table: Table) -> tuple[ModelLetter, list[str]]:
    points = table.texts("points")
    values = {name: table.text(name) for name in ["language", "subject", "body"]}
    return table.build(ModelLetter, **values), points


def _read_rule(table: Table) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: table.text(name) for name in ["topic", "applies_to", "answer", "why"]
    }
    values["words"] = table.words("words")
    values["stops"] = table.flag("stops")
    table.build(SafetyRule, **values)
    return values


def _merged(common: list[dict[str, Any]], own: list[dict[str, Any]]) -> list[models.Model]:
    """The rules of all cases of the year, with the case's own in their place."""
    by_topic = {(rule["applies_to"], rule["topic"]): rule for rule in [*common, *own]}
    return [SafetyRule(**rule) for rule in by_topic.values()]


def in_folder(picture: Path) -> str:
    """Where the picture is, for a message: 2025/pictures/ellinor-guttorm-utsi.png."""
    return "/".join(picture.parts[-3:])


def _find_picture(path: Path) -> Path | None:
    pictures = path.parent / "pictures"
    found = [pictures / f"{path.stem}{suffix}" for suffix in PICTURE_SUFFIXES]
    return next((picture for picture in found if picture.exists()), None)


def _read_portrait(pictures: Table, slug: str, picture: Path | None) -> list[models.Model]:
    table = pictures.table(slug)
    if table is None and picture is None:
        return []
    if table is None:
        raise ContentError(f"{in_folder(picture)}: has no entry in pictures.toml beside it.")
    if picture is None:
        raise table.error("", "there is no picture of this name beside it.")
    values: dict[str, Any] = {name: table.text(name) for name in ["alt", "credit", "licence"]}
    for name in ["focal_x", "focal_y"]:
        values[name] = table.fraction(name)
    values["is_illustration"] = table.flag("is_illustration", default=True)
    return [table.build(Portrait, **values)]


def _find_duplicates(content: Content, errors: list[str]) -> None:
    seen: dict[str, str] = {}
    for file in content.cases:
        if file.case.slug in seen:
            errors.append(
                f"{file.path}: {seen[file.case.slug]} has the same name, and so the same address."
            )
        seen[file.case.slug] = file.path
        languages = [row.language for row in file.rows["model_letters"]]
        if len(languages) != len(set(languages)):
            errors.append(f"{file.path}: model_letters: has two letters in one language.")
