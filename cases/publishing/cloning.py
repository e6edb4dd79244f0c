"""A case of an earlier edition, begun anew for another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history

from cases.models import (
    Case,
    Edition,
    Freeze,
    Point,
    Stage,
    Target,
)
from cases.models.cases import MAX_SLUG
from cases.publishing.second_look import Refused

T = TypeVar("T", bound=models.Model)

# What a clone starts without.
NOT_CLONED = {
    "stage": Stage.DRAFT,
    "freeze": Freeze.NONE,
    "freeze_reason": "",
    "unfreeze_asked_by": None,
    "facts_as_of": "",
    "facts_checked_on": None,
    "review_by": None,
    "consent_ends_on": None,
    "loaded_digest": "",
    "content_version": 0,
    "takes_deliveries": False,  # a promise that is made anew each year
}


def clone(case: Case, edition: Edition) -> Case:
    """A draft of the case for another edition: its words, but nothing that has to be given,
    checked or made anew: no consent, outcome, picture or date of a check."""
    links = {"earlier": case, "cloned_from": case.cloned_from or case}
    copy = _copied(case, edition=edition, slug=_slug_for(case, edition), **links, **NOT_CLONED)
    try:
        with transaction.atomic():
            copy.save()
            copy.themes.set(case.themes.all())
            for name in [
                "demands",
                "milestones",
                "sources",
                "safety_rules",
                "solidarity_phrases",
                "social_posts",
            ]:
                _create([_copied(row, case=copy) for row in getattr(case, name).all()])
            _create([_copied(row, case=copy, may_be_shown=False) for row in case.quotes.all()])
            for target in case.targets.all():
                _clone_target(target, copy)
            if (solidarity := case.solidarity_action) is not None:
                _copied(
                    solidarity, case=copy, opens_on=None, ends_on=None, shows_messages=False
                ).save()
            if (petition := case.petition) is not None:
                _copied(petition, case=copy, closes_on=None).save()
    except IntegrityError:
        raise Refused(
            _("There is a case with the address %(slug)s already.") % {"slug": copy.slug}
        ) from None
    return copy


def _slug_for(case: Case, edition: Edition) -> str:
    """The case's address with the year of the edition at its end."""
    slug = case.slug.removesuffix(f"-{case.edition.year}")
    year = f"-{edition.year}"
    return slug[: MAX_SLUG - len(year)].rstrip("-") + year


def _copied(row: T, **changed) -> T:
    """An unsaved copy of the row, with its own key and clock."""
    fields = [one for one in row._meta.concrete_fields if one.name not in ("id", "created_at")]
    values = {field.attname: getattr(row, field.attname) for field in fields}
    copy = type(row)(**values)
    for name, value in changed.items():
        setattr(copy, name, value)
    return copy


def _create(rows: Sequence[models.Model]) -> None:
    if rows and hasattr(type(rows[0]), "history"):
        bulk_create_with_history(rows, type(rows[0]))
    elif rows:
        type(rows[0])._default_manager.bulk_create(rows)


def _clone_target(target: Target, case: Case) -> None:
    """With its model letters, and their points."""
    copy = _copied(target, case=case, checked_on=None, appeal_deadline=None)
    copy.save()
    letters = list(target.model_letters.prefetch_related("points"))
    copies = [_copied(letter, target=copy) for letter in letters]
    _create(copies)
    points = [
        _copied(point, model_letter=letter)
        for original, letter in zip(letters, copies, strict=True)
        for point in original.points.all()
    ]
    Point.objects.bulk_create(points)
