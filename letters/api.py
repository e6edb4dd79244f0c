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
from django.utils.translation import gettext_lazy as _

from cases import pictures
from cases.models import Case, Portrait
from letters import impact
from letters.sums import Sums

LICENCE = {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}


class Field(NamedTuple):
    name: str
    says: str | Promise
    of: Callable[[Any], Any]


def told(fields: Iterable[Field], row: Any) -> dict[str, Any]:
    return {field.name: field.of(row) for field in fields}


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


def _counts(case: Case) -> dict[str, int]:
    return {
        "letters": case.letter_count,
        "messages": case.message_count,
        "signatures": case.shown_signatures,
        "posts": case.post_count,
    }


CASE = [
    Field("slug", _("Its name in addresses; it stays."), lambda case: case.slug),
    Field("url", _("Its page on this site."), lambda case: _link("cases:case", case.slug)),
    Field("api_url", _("All of it here."), lambda case: _link("letters:api-case", case.slug)),
    Field("name", _("As the person writes it."), lambda case: case.display_name),
    Field("kind", "person, group, community, in-memory", lambda case: case.kind),
    Field("country", _("Code of ISO 3166."), lambda case: case.country),
    Field("country_name", _("In the language asked for."), lambda case: case.country_name),
    Field("region", _("As the campaign divides the world."), lambda case: case.region),
    Field("edition", _("The year of the campaign."), lambda case: case.edition.year),
    Field("headline", _("Who this is, what is at stake."), lambda case: case.headline_i18n),
    Field("summary", _("In a sentence or two."), lambda case: case.summary_i18n),
    Field("language", _("Of the texts: English, until translated."), lambda case: case.language),
    Field("takes_actions", _("Whether one can write now."), lambda case: case.takes_actions),
    Field(
        "counts",
        _("What was done. Signatures are 0 until they are as many as the page shows."),
        _counts,
    ),
    Field(
        "picture",
        _("Copy it with its credit: other sites can’t load it from here. Or null."),
        lambda case: _picture(getattr(case, "portrait", None)),
    ),
    Field("updated_at", _("Of the texts."), lambda case: _moment(case.updated_at)),
]

OUTCOME = [
    Field("kind", "released, acquitted, law-changed, …", lambda outcome: outcome.kind),
    Field("label", _("The kind in words."), lambda outcome: str(outcome.get_kind_display())),
    Field(
        "good_news",
        _("False for no change yet, worse, or died."),
        lambda outcome: outcome.is_good_news,
    ),
    Field("headline", _("What happened, after people wrote."), lambda row: row.headline_i18n),
    Field("text", _("With limits and setbacks."), lambda outcome: outcome.text_i18n),
    Field("conditional", _("Bail, conditions, open charges."), lambda row: row.conditional),
    Field(
        "date",
        _("As finely as it is known: 2025, 2025-02 or 2025-02-28; empty if unknown."),
        lambda outcome: outcome.date_iso,
    ),
    Field("source", _("Who says so."), lambda outcome: outcome.source_url),
    Field("recorded_at", _("When we entered it."), lambda row: _moment(row.recorded_at)),
]

# In the list of all outcomes, where each names its case.
OUTCOME_OF_A_CASE = [
    Field("case", _("The slug of its case."), lambda outcome: outcome.case.slug),
    Field("name", _("Of the person or group."), lambda outcome: outcome.case.display_name),
    Field("url", _("The page of the case."), lambda row: _link("cases:case", row.case.slug)),
    *OUTCOME,
]


def _petition(case: Case) -> dict | None:
    if (petition := getattr(case, "petition", None)) is None:
        return None
    return {
        "title": petition.title_i18n,
        "text": petition.text_i18n,
        "goal": petition.goal,
        "closes_on": petition.closes_on and petition.closes_on.isoformat(),
        "takes_signatures": case.takes_signatures,
    }


def _target(case: Case) -> dict | None:
    if (target := getattr(case, "target", None)) is None:
        return None
    return {"name": target.full_name if target.name else "", "office": target.office}


def _quotes(case: Case) -> list[dict]:
    return [
        {"text": quote.text_i18n, "speaker": quote.speaker, "source": quote.source_url}
        for quote in case.quotes.all()
        if quote.may_be_shown
    ]


def _milestones(case: Case) -> list[dict]:
    return [{"date": row.date_iso, "text": row.text_i18n} for row in case.milestones.all()]


def _sources(case: Case) -> list[dict]:
    return [{"url": row.url, "supports": row.supports} for row in case.sources.all()]


# What stands beside the fields above where a case is alone.
MORE_OF_A_CASE = [
    Field("content_note", _("To be read before the story."), lambda case: case.content_note_i18n),
    Field("story", _("Markdown."), lambda case: case.story_i18n),
    Field(
        "demands",
        _("What is asked."),
        lambda case: [demand.text_i18n for demand in case.demands.all()],
    ),
    Field("target", _("Of whom it is asked; without address. Or null."), _target),
    Field("petition", _("Or null."), _petition),
    Field("quotes", _("Words that may be shown."), _quotes),
    Field("milestones", _("What happened, and when."), _milestones),
    Field(
        "outcomes",
        _("What became of it: as below, without the case."),
        lambda case: [told(OUTCOME, outcome) for outcome in case.outcomes.all()],
    ),
    Field(
        "themes", _("Their names."), lambda case: [theme.name_i18n for theme in case.themes.all()]
    ),
    Field("sources", _("Where each fact comes from."), _sources),
]
WHOLE_CASE = [*CASE, *MORE_OF_A_CASE]


def _rows(table: impact.Table) -> list[dict]:
    """The rows of a figure: what is together in one has no code."""
    return [
        {"code": row.code or None, "label": row.label, "actions": row.cells[0]}
        for row in table.rows
    ]


def _by_case(sums: Sums) -> list[dict]:
    """But for cases that are told of on this site alone: they are in the sums."""
    shared = {case.slug for case in sums.cases if case.may_be_shared}
    return [row for row in _rows(impact.by_case(sums)) if row["code"] in shared]


TOTALS = [
    Field("edition", _("The year of the campaign."), lambda s: s.edition and s.edition.year),
    Field("actions", _("All of them."), lambda sums: sums.total),
    Field("by_kind", _("The code is the kind."), lambda sums: _rows(impact.by_kind(sums))),
    Field("by_case", _("The code is the slug."), _by_case),
    Field("by_day", _("The code is the day."), lambda sums: _rows(impact.by_day(sums))),
    Field("by_region", _("Of those who acted."), lambda sums: _rows(impact.by_region(sums))),
    Field("by_country", _("Codes of ISO 3166."), lambda sums: _rows(impact.by_country(sums))),
]


def _moment(moment) -> str:
    return moment.isoformat(timespec="seconds")
