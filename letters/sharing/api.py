"""What the API tells, field by field, and nothing else: the page /api/ shows these very lines.

It tells of cases that may be told of elsewhere (`CaseQuerySet.shared`), and gives no address of
anybody: a copy of it would outlive the freeze of a case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases import pictures
from cases.models import Case, OutcomeKind, Portrait, Region, Tone
from cases.models.case_parts import SourcedModel
from cases.models.cases import CaseKind
from letters.models import LetterState
from letters.sharing import shapes
from letters.sharing.shapes import Shape
from letters.statistics import deliveries, impact, replies
from letters.statistics.totals import ImpactTotals

LICENCE = {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}


class Field(NamedTuple):
    name: str
    says: str | Promise
    of: Callable[[Any], Any]
    shape: Shape = shapes.TEXT


def as_json(fields: Iterable[Field], row: Any) -> dict[str, Any]:
    return {field.name: field.of(row) for field in fields}


def record_of(fields: Iterable[Field]) -> Shape:
    """The shape of what `as_json` makes of these fields, each with what is said of it."""
    return shapes.record(
        **{field.name: field.shape | {"description": str(field.says)} for field in fields}
    )


def _link(name: str, *args) -> str:
    return settings.SITE_URL + reverse(name, args=args)


def _picture(portrait: Portrait | None) -> dict | None:
    if portrait is None or not (url := pictures.url(portrait)):
        return None
    return {
        "url": settings.SITE_URL + url,
        "alt": portrait.alt_i18n,
        "credit": portrait.credit,
        "licence": portrait.licence,
    }


def _source(row: SourcedModel) -> str:
    """Its address, or only the site's name where the address names somebody whom we leave out."""
    return row.source_link or row.source_host


def _counts(case: Case) -> dict[str, int]:
    return {
        "all": case.total_count,
        "letters": case.letter_count,
        "messages": case.message_count,
        "signatures": case.shown_signatures,
        "posts": case.post_count,
    }


CASE = [
    Field("slug", _("Its name in addresses; it stays."), lambda case: case.slug, shapes.SLUG),
    Field(
        "url", _("Its page on this site."), lambda case: _link("cases:case", case.slug), shapes.URL
    ),
    Field(
        "api_url",
        _("All of it here."),
        lambda case: _link("letters:api-case", case.slug),
        shapes.URL,
    ),
    Field("name", _("As the person writes it."), lambda case: case.display_name),
    Field(
        "kind",
        "person, group, community, in-memory",
        lambda case: case.kind,
        shapes.one_of(CaseKind.values),
    ),
    Field("country", _("Code of ISO 3166."), lambda case: case.country, shapes.COUNTRY),
    Field("country_name", _("In the language asked for."), lambda case: case.country_name),
    Field(
        "region",
        _("As the campaign divides the world."),
        lambda case: case.region,
        shapes.one_of(Region.values),
    ),
    Field("edition", _("The year of the campaign."), lambda case: case.edition.year, shapes.NUMBER),
    Field("headline", _("Who this is, what is at stake."), lambda case: case.headline_i18n),
    Field("summary", _("In a sentence or two."), lambda case: case.summary_i18n),
    Field("language", _("Of the texts: English, until translated."), lambda case: case.language),
    Field(
        "facts_as_of",
        _("The date of the newest news told, as finely as it is known; empty if nobody said."),
        lambda case: case.facts_as_of,
        shapes.PARTIAL_DATE,
    ),
    Field(
        "takes_actions",
        _("Whether people can take action now."),
        lambda case: case.takes_actions,
        shapes.YES_OR_NO,
    ),
    Field(
        "counts",
        _(
            "What was done: all of it as of now; of each kind what was published today, in fives. "
            "Signatures are 0 until they are as many as the page shows."
        ),
        _counts,
        shapes.COUNTS,
    ),
    Field(
        "picture",
        _("Copy it with its credit: other sites can’t load it from here. Or null."),
        lambda case: _picture(case.portrait),
        shapes.or_null(shapes.PICTURE),
    ),
    Field("updated_at", _("Of the texts."), lambda case: _moment(case.updated_at), shapes.MOMENT),
]

OUTCOME = [
    Field(
        "kind",
        "released, acquitted, law-changed, …",
        lambda outcome: outcome.kind,
        shapes.one_of(OutcomeKind.values),
    ),
    Field("label", _("The kind in words."), lambda outcome: str(outcome.get_kind_display())),
    Field(
        "tone",
        _("Of the kind: good, bad, neither."),
        lambda outcome: outcome.tone,
        shapes.one_of(Tone.values),
    ),
    Field(
        "good_news",
        _("Whether the tone is good."),
        lambda outcome: outcome.is_good_news,
        shapes.YES_OR_NO,
    ),
    Field("headline", _("What happened."), lambda row: row.headline_i18n),
    Field("text", _("With limits and setbacks."), lambda outcome: outcome.text_i18n),
    Field(
        "conditional",
        _("Bail, conditions, open charges."),
        lambda row: row.conditional,
        shapes.YES_OR_NO,
    ),
    Field(
        "date",
        _("As finely as it is known: 2025, 2025-02 or 2025-02-28; empty if unknown."),
        lambda outcome: outcome.date_iso,
        shapes.PARTIAL_DATE,
    ),
    Field(
        "source",
        _("Who says so; without its address if that names somebody we leave out."),
        _source,
    ),
    Field(
        "actions_count",
        _("How many actions there were before it, as the source counts; or null."),
        lambda outcome: outcome.actions_count,
        shapes.or_null(shapes.COUNT),
    ),
    Field("actions_note", _("How the source says that."), lambda outcome: outcome.actions_note),
    Field(
        "recorded_at", _("When we entered it."), lambda row: _moment(row.recorded_at), shapes.MOMENT
    ),
]

# In the list of all outcomes, where each names its case.
OUTCOME_OF_A_CASE = [
    Field("case", _("The slug of its case."), lambda outcome: outcome.case.slug, shapes.SLUG),
    Field("name", _("Of the person or group."), lambda outcome: outcome.case.display_name),
    Field(
        "url",
        _("The page of the case."),
        lambda row: _link("cases:case", row.case.slug),
        shapes.URL,
    ),
    *OUTCOME,
]


def _petition(case: Case) -> dict | None:
    if (petition := case.petition) is None:
        return None
    return {
        "title": petition.title_i18n,
        "text": petition.text_i18n,
        "goal": petition.goal,
        "closes_on": petition.closes_on and petition.closes_on.isoformat(),
        "takes_signatures": case.takes_signatures,
    }


def _target(case: Case) -> dict | None:
    """The first, as it was told when a case had one."""
    first = next(iter([*case.open_targets, *case.targets.all()]), None)
    return first and {"name": first.full_name, "office": first.office}


def _targets(case: Case) -> list[dict]:
    return [
        {
            "key": target.key,
            "name": target.full_name,
            "office": target.office,
            "as_of": target.holder_as_of,
            "asked": target.asked_i18n,
            "write_until": target.appeal_deadline and target.appeal_deadline.isoformat(),
            "takes_letters": case.takes_actions and target.is_open,
        }
        for target in case.targets.all()
    ]


def _quotes(case: Case) -> list[dict]:
    return [
        {"text": quote.text_i18n, "speaker": quote.speaker, "source": _source(quote)}
        for quote in case.quotes.all()
        if quote.may_be_shown
    ]


def _milestones(case: Case) -> list[dict]:
    return [
        {"date": row.date_iso, "text": row.text_i18n, "source": _source(row)}
        for row in case.milestones.all()
    ]


def _sources(case: Case) -> list[dict]:
    return [{"url": row.link or row.host, "supports": row.supports} for row in case.sources.all()]


# What stands beside the fields above where a case is alone.
MORE_OF_A_CASE = [
    Field("content_note", _("To be read before the story."), lambda case: case.content_note_i18n),
    Field("age_hint", _("For which age, for school classes."), lambda case: case.age_hint),
    Field("story", _("Markdown."), lambda case: case.story_i18n),
    Field(
        "demands",
        _("What is asked."),
        lambda case: [demand.text_i18n for demand in case.demands.all()],
        shapes.list_of(shapes.TEXT),
    ),
    Field(
        "target",
        _("Who it is asked of first; without address. Or null."),
        _target,
        shapes.or_null(shapes.TARGET),
    ),
    Field(
        "targets",
        _("Who it is asked of, in order; without addresses."),
        _targets,
        shapes.list_of(shapes.OPEN_TARGET),
    ),
    Field(
        "takes_letters",
        _("Whether a letter can be written."),
        lambda case: case.takes_letters,
        shapes.YES_OR_NO,
    ),
    Field(
        "ways",
        _(
            "How a letter can travel: whether by post or by e-mail (an address is known), whether "
            "we hand it in, and from which countries through an embassy."
        ),
        lambda case: case.routes,
        shapes.WAYS,
    ),
    Field("petition", _("Or null."), _petition, shapes.or_null(shapes.PETITION)),
    Field("quotes", _("Words that may be shown."), _quotes, shapes.list_of(shapes.QUOTE)),
    Field(
        "milestones", _("What happened, and when."), _milestones, shapes.list_of(shapes.MILESTONE)
    ),
    Field(
        "outcomes",
        _("What happened next: as below, without the case."),
        lambda case: [as_json(OUTCOME, outcome) for outcome in case.outcomes.all()],
        shapes.list_of({"$ref": "#/components/schemas/Outcome"}),
    ),
    Field(
        "themes",
        _("Their names."),
        lambda case: [theme.name_i18n for theme in case.themes.all()],
        shapes.list_of(shapes.TEXT),
    ),
    Field("sources", _("Where each fact comes from."), _sources, shapes.list_of(shapes.SOURCE)),
]
WHOLE_CASE = [*CASE, *MORE_OF_A_CASE]


def _rows(table: impact.Table) -> list[dict]:
    """The rows of a figure: what is together in one has no code."""
    return [
        {"code": row.code or None, "label": row.label, "actions": row.cells[0]}
        for row in table.rows
    ]


def _by_case(sums: ImpactTotals) -> list[dict]:
    """But for cases that are told of on this site alone: they are in the sums."""
    shared = {case.slug for case in sums.cases if case.may_be_shared}
    return [row for row in _rows(impact.by_case(sums)) if row["code"] in shared]


def _years(sums: ImpactTotals) -> list[dict]:
    return [
        {
            "year": figure.year,
            "actions": figure.actions,
            "qualifier": figure.qualifier,
            "countries": figure.countries,
            "countries_qualifier": figure.countries_qualifier,
            "countries_note": figure.countries_note,
            "note": figure.note,
            "source": figure.source_url,
        }
        for figure in sums.years
    ]


def _handed_in(sums: ImpactTotals) -> dict:
    found = deliveries.totals(sums.cases)
    last_on = found.last_on and found.last_on.isoformat()
    return {"letters": found.letters, "signatures": found.signatures, "last_on": last_on}


def _by_state(sums: ImpactTotals) -> list[dict]:
    """In the order of the life of a letter; what is together has no code."""
    parts, suppressed = sums.by_state
    rows = [
        {"code": state.value, "label": str(state.label), "actions": parts[state.value]}
        for state in LetterState
        if state.value in parts
    ]
    others = {"code": None, "label": gettext("Not told apart"), "actions": suppressed}
    return [*rows, others] if suppressed else rows


def _replies(sums: ImpactTotals) -> dict[str, int]:
    return replies.totals(sums.cases)._asdict()


TOTALS = [
    Field(
        "edition",
        _("The year of the campaign."),
        lambda s: s.edition and s.edition.year,
        shapes.or_null(shapes.NUMBER),
    ),
    Field("actions", _("All of them."), lambda sums: sums.total, shapes.COUNT),
    Field(
        "by_kind",
        _("The code is the kind; published daily, in fives."),
        lambda sums: _rows(impact.by_kind(sums)),
        shapes.list_of(shapes.ROW),
    ),
    Field(
        "by_source",
        _("How we know: what people only say is told apart; published daily, in fives."),
        lambda sums: _rows(impact.by_source(sums)),
        shapes.list_of(shapes.ROW),
    ),
    Field("by_case", _("The code is the slug; as of now."), _by_case, shapes.list_of(shapes.ROW)),
    Field(
        "by_day",
        _("The code is the day; published daily, in fives."),
        lambda sums: _rows(impact.by_day(sums)),
        shapes.list_of(shapes.ROW),
    ),
    Field(
        "by_region",
        _("Of those who acted; published daily, in fives."),
        lambda sums: _rows(impact.by_region(sums)),
        shapes.list_of(shapes.ROW),
    ),
    Field(
        "by_country",
        _("Codes of ISO 3166; published daily, in fives."),
        lambda sums: _rows(impact.by_country(sums)),
        shapes.list_of(shapes.ROW),
    ),
    Field(
        "by_state",
        _(
            "Letters and messages that we hand in, by how far they have come; published daily, in "
            "fives."
        ),
        _by_state,
        shapes.list_of(shapes.ROW),
    ),
    Field(
        "handed_in",
        _("Letters and messages, and signatures, that we handed in; and the last day."),
        _handed_in,
        shapes.HANDED_IN,
    ),
    Field(
        "replies",
        _(
            "Replies that we know of, from officials and from the people who were "
            "written for or somebody close to them; published daily, in fives."
        ),
        _replies,
        shapes.REPLIES,
    ),
    Field(
        "years",
        _("The whole campaign, as sources count it: show no number without its qualifier."),
        _years,
        shapes.list_of(shapes.YEAR),
    ),
]


def _moment(moment) -> str:
    return moment.isoformat(timespec="seconds")
