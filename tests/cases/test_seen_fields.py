"""What staff fill in is seen by somebody: a field that no reader and no writer meets is a fault."""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format
from modeltrans.fields import TranslatedVirtualField
from pypdf import PdfReader

from cases.models import ActionCount, Case, YearlyFigure
from cases.models.translation import OTHER_LANGUAGES
from cases.printing import sheets
from tests.factories import (
    make_full_case,
    make_letter,
    make_outcome,
    make_petition,
    make_portrait,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

# What is for staff alone, or acts instead of being shown. Everything else has to be met.
NOT_SHOWN = {
    "case.staff_note": "for staff",
    "case.review_by": "the list and the first page of the admin say what is due",
    "case.no_target_reason": "shown where there is no target: see test_case_page.py",
    "target.checked_on": "offers the e-mail address",
    "petition.shown_from": "hides a number that is smaller",
    "edition.opens_on": "opens the edition",
    "solidarityaction.opens_on": "opens it; shown until then",
}


@pytest.fixture
def case(settings, tmp_path) -> Case:
    settings.MEDIA_ROOT = tmp_path
    settings.PAGE_CACHE_SECONDS = 0
    case = make_full_case()
    make_portrait(case)
    make_petition(case)
    make_outcome(case)
    case.social_posts.create(language="en", text="Write for them.")
    case.targets.update(local_language="es", local_salutation="A", local_close="B")
    ActionCount.objects.create(case=case, letters=500, shown_letters=500)
    YearlyFigure.objects.create(year=2019, actions=1_000_000, qualifier="exact")
    return case


def rows(case: Case) -> Iterator[models.Model]:
    """One row of each kind that staff fill in for a case."""
    target = case.targets.get()
    letter = target.model_letters.get()
    yield from [case, case.edition, case.themes.get(), target, letter, letter.points.first()]
    yield from [case.petition, case.solidarity_action, case.portrait, YearlyFigure.objects.get()]
    for name in ["demands", "quotes", "sources", "milestones", "outcomes", "social_posts"]:
        yield getattr(case, name).first()
    yield case.solidarity_phrases.first()
    yield case.safety_rules.filter(applies_to="appeal", answer="no").first()


def filled_in_by_staff(row: models.Model) -> Iterator[str]:
    """The names of its fields on the pages of the admin."""
    inlines = {inline.model: inline for inline in admin.site.get_model_admin(Case).inlines}
    if type(row) in inlines:
        yield from flatten_fieldsets([(None, {"fields": inlines[type(row)].fields})])
        return
    own = admin.site.get_model_admin(type(row)) if admin.site.is_registered(type(row)) else None
    if own is None or (own.fields is None and own.fieldsets is None):
        yield from (field.name for field in row._meta.fields if field.editable)
    else:
        yield from flatten_fieldsets(own.fieldsets or [(None, {"fields": own.fields})])


def marked(case: Case) -> dict[str, set[str]]:
    """Give each text, number and day a value of its own; what it may look like on a page."""
    looks: dict[str, set[str]] = {}
    for row in rows(case):
        if hasattr(row, "date_precision"):
            row.date_precision = "day"
        for name in filled_in_by_staff(row):
            field = next((f for f in row._meta.get_fields() if f.name == name), None)
            if not isinstance(field, models.Field) or field.choices or field.is_relation:
                continue
            number = len(looks) + 1
            label = f"{row._meta.model_name}.{name}"
            match field:
                case models.DateField():
                    # What begins or is known is past, a last day is to come.
                    is_last = name.endswith(("_by", "deadline")) or name in {"closes_on", "ends_on"}
                    year = 2040 if is_last else 2020
                    value = datetime.date(year, 1, 1) + datetime.timedelta(days=number)
                    looks[label] = {value.isoformat(), date_format(value, "DATE_FORMAT")}
                case models.IntegerField() if name == "position":
                    continue  # it orders
                case models.IntegerField():
                    value = 1_000 + number
                    looks[label] = {str(value), f"{value:,}", f"{value:,}".replace(",", "\u202f")}
                case models.EmailField():
                    value = f"zq{number}@example.org"
                    looks[label] = {value}
                case models.URLField():
                    value = f"https://zq{number}.example.org/"
                    looks[label] = {f"zq{number}.example.org"}
                case models.CharField() | models.TextField() if "as_of" in name:
                    value = str(1700 + number)
                    looks[label] = {value}
                case models.CharField() | models.TextField() | TranslatedVirtualField():
                    if name in {"slug", "language", "local_language"}:
                        continue
                    value = f"Zq{number}zq"
                    looks[label] = {value}
                case _:
                    continue
            setattr(row, name, value)
        row.save()
    return looks


def everything_to_be_read(client: Client, case: Case) -> str:
    """Every page, feed, file and answer in which a case and its edition may be met."""
    written = {"target": case.targets.get(), "state": "ready"}
    letter = make_letter(case, route="post", **written)
    email = make_letter(case, route="email", **written)
    spanish = make_letter(case, route="post", language="es", **written)
    slug = case.slug
    code = sheets.code(Case.objects.for_page().get(pk=case.pk))
    texts = []
    for path in [
        "/", "/cases/", f"/cases/{slug}/", f"/cases/{slug}/write/",
        f"/cases/{slug}/write/?start=model", f"/cases/{slug}/solidarity/",
        f"/cases/{slug}/sign/", f"/cases/{slug}/share/",
        f"/cases/{slug}/pledge/", f"/cases/{slug}/follow/", "/good-news/", "/good-news/feed.atom",
        f"/cases/{slug}/feed.atom", "/editions/", f"/editions/{case.edition.year}/", "/impact/",
        f"/api/v1/cases/{slug}/", "/api/v1/outcomes/", "/about/", f"/embed/cases/{slug}/",
        f"/check/{code}/", f"/cases/{slug}/sheet.pdf", letter.get_absolute_url(),
        email.get_absolute_url(), reverse("letters:letter-pdf", args=[letter.key]),
        reverse("letters:letter-text", args=[spanish.key]), "/take-all/",
    ]:  # fmt: skip
        for language in ["", *(f"/{code}" for code in OTHER_LANGUAGES)]:
            answer = client.get(language + path, follow=True)
            assert answer.status_code == 200, path
            texts.append(read(answer))
    return "\n".join(texts)


def read(answer) -> str:
    if answer["Content-Type"] == "application/pdf":
        pages = PdfReader(io.BytesIO(answer.content)).pages
        return "\n".join(page.extract_text() for page in pages)
    return answer.content.decode()


@pytest.mark.slow
def test_whatever_staff_fill_in_somebody_reads(client, case):
    looks = marked(case)

    read = everything_to_be_read(client, case)

    unseen = {
        label
        for label, values in looks.items()
        if not any(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", read) for value in values)
    }
    assert sorted(unseen - NOT_SHOWN.keys()) == []
    assert sorted(NOT_SHOWN.keys() - unseen) == []  # nor is one an exception any more that is seen
