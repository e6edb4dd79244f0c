"""What stands between a draft and its page, and the acts that move a case.

An act locks the case's row, looks again, changes it and writes the history; of two people who do
the same at once the second meets what the first left. No act sends mail.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history

from cases.models import (
    AppliesTo,
    Case,
    CaseQuerySet,
    Consent,
    ConsentBasis,
    Edition,
    Freeze,
    Point,
    Stage,
    Topic,
)

MILDEST_FIRST = [Freeze.NONE, Freeze.PAUSED, Freeze.HIDDEN, Freeze.WITHDRAWN]

# What a clone starts without.
NOT_CLONED = {
    "stage": Stage.DRAFT,
    "freeze": Freeze.NONE,
    "freeze_reason": "",
    "unfreeze_asked_by": None,
    "facts_checked_on": None,
    "review_by": None,
    "loaded_digest": "",
}


class Refused(Exception):
    """An act that may not be done now; its text is a sentence for who tried."""


class NotReady(Refused):
    """The case has problems: sentences that say what is missing."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def with_needed(cases: CaseQuerySet) -> CaseQuerySet:
    """With all that `problems` and `remarks` look at, in a fixed number of queries."""
    return cases.select_related(
        "edition", "target", "portrait", "petition", "solidarity_action"
    ).prefetch_related("consents", "demands", "safety_rules", "model_letters")


def problems(case: Case) -> list[str]:
    """What still stands between the case and its page, as sentences; nothing: it may be shown.

    A closed case is only told, so it needs nothing that belongs to letters.
    """
    if case.stage == Stage.CLOSED:
        return _problems_of_telling(case)
    return [*_problems_of_telling(case), *_problems_of_letters(case)]


def remarks(case: Case) -> list[str]:
    """What staff should know, though the page can stand without it."""
    found = []
    today = timezone.localdate()
    for consent in _consents_in_force(case):
        if consent.basis == ConsentBasis.ORGANISER:
            found.append(
                _(
                    "Featured publicly by the campaign’s organiser (told at %(host)s); we have not "
                    "verified it ourselves."
                )
                % {"host": _host(consent.page)}
            )
    if case.facts_checked_on is None and _is_told_by_the_organiser(case):
        found.append(_("Nobody here has checked the facts."))
    if _related(case, "portrait") is None:
        found.append(_("There is no picture."))
    if case.stage != Stage.CLOSED:
        target = _related(case, "target")
        if target is not None and target.checked_on is None:
            found.append(_("Nobody here has checked the address and office of the target."))
        if not case.model_letters.all():
            found.append(_("There is no model letter."))
        petition, solidarity = _related(case, "petition"), _related(case, "solidarity_action")
        if petition is not None and not petition.is_open:
            found.append(_("The last day of the petition is over: nobody can sign it."))
        if solidarity is not None and solidarity.ends_on and solidarity.ends_on < today:
            found.append(_("The last day for messages of support is over: nobody can write one."))
    if case.review_by and case.review_by < today:
        found.append(
            _("The case should have been checked again by %(date)s.")
            % {"date": date_format(case.review_by)}
        )
    return found


def publish(case: Case) -> None:
    """Put the case up, taking letters. Raises NotReady if something still stands in the way."""
    with _locked(case) as row:
        missing = [*_problems_of_telling(row), *_problems_of_letters(row)]
        if missing:
            raise NotReady(missing)
        row.stage = Stage.PUBLISHED


def close(case: Case) -> None:
    """Take no more letters; the case stays told.

    A draft may be closed too: a case of which only the outcome is told.
    """
    with _locked(case) as row:
        if row.stage != Stage.PUBLISHED and (missing := _problems_of_telling(row)):
            raise NotReady(missing)
        row.stage = Stage.CLOSED


def send_to_review(case: Case) -> None:
    """Ask colleagues to read the draft."""
    with _locked(case) as row:
        if row.stage not in (Stage.DRAFT, Stage.IN_REVIEW):
            raise Refused(_("Only a draft can be sent to review."))
        row.stage = Stage.IN_REVIEW


def freeze(case: Case, how: str, reason: str, by: AbstractBaseUser) -> None:
    """Take the case down as far as `how` says, at once. One person may; a milder way takes two."""
    if how not in MILDEST_FIRST[1:]:
        raise Refused(_("Say how far the case is to be frozen."))
    if not reason.strip():
        raise Refused(_("Say why the case is to be frozen: others have to decide on it later."))
    with _locked(case, by) as row:
        if MILDEST_FIRST.index(how) < MILDEST_FIRST.index(row.freeze):
            raise Refused(
                _(
                    "The case is frozen further already. To show more of it again takes two "
                    "people: ask to unfreeze it."
                )
            )
        row.freeze = how
        row.freeze_reason = reason.strip()
        row.unfreeze_asked_by = None  # who asked did not know of this


def ask_to_unfreeze(case: Case, by: AbstractBaseUser) -> None:
    """The first of the two people it takes. Who asked first stays the one who asked."""
    with _locked(case, by) as row:
        if row.freeze == Freeze.NONE:
            raise Refused(_("The case is not frozen."))
        if row.unfreeze_asked_by_id is None:
            row.unfreeze_asked_by = by


def confirm_unfreeze(case: Case, by: AbstractBaseUser) -> None:
    """The second person: the case is shown again as its stage says."""
    with _locked(case, by) as row:
        if row.freeze == Freeze.NONE:
            raise Refused(_("The case is not frozen."))
        if row.unfreeze_asked_by_id is None:
            raise Refused(_("Nobody has asked to unfreeze the case."))
        if row.unfreeze_asked_by_id == by.pk:
            raise Refused(_("Somebody else than who asked has to confirm it."))
        if row.is_open_to_readers and (missing := _problems_of_consent(row)):
            raise NotReady(missing)
        row.freeze = Freeze.NONE
        row.freeze_reason = ""
        row.unfreeze_asked_by = None


def clone(case: Case, edition: Edition) -> Case:
    """A draft of the case for another edition: its words, but nothing that has to be given,
    checked or made anew: no consent, outcome, picture or date of a check."""
    copy = _copied(case, edition=edition, slug=_slug_for(case, edition), earlier=case, **NOT_CLONED)
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
            if (target := _related(case, "target")) is not None:
                _copied(target, case=copy, checked_on=None, appeal_deadline=None).save()
            if (solidarity := _related(case, "solidarity_action")) is not None:
                _copied(
                    solidarity, case=copy, opens_on=None, ends_on=None, shows_messages=False
                ).save()
            if (petition := _related(case, "petition")) is not None:
                _copied(petition, case=copy, closes_on=None).save()
            _clone_model_letters(case, copy)
    except IntegrityError:
        raise Refused(
            _("There is a case with the address %(slug)s already.") % {"slug": copy.slug}
        ) from None
    return copy


@contextmanager
def _locked(case: Case, by: AbstractBaseUser | None = None) -> Iterator[Case]:
    """The case's row as it stands now, nobody else changing it; saved, with history, at the end.

    Nothing is written if nothing was changed. `case` itself then shows the same.
    """
    names = ["stage", "freeze", "freeze_reason", "unfreeze_asked_by_id"]
    with transaction.atomic():
        row = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
        before = [getattr(row, name) for name in names]
        yield row
        if before != [getattr(row, name) for name in names]:
            if by is not None:
                row._history_user = by
            row.save(update_fields=[*(name.removesuffix("_id") for name in names), "updated_at"])
    for name in [*names, "updated_at"]:
        setattr(case, name, getattr(row, name))


def _problems_of_telling(case: Case) -> list[str]:
    texts = {
        "headline": _("The headline is missing."),
        "summary": _("The summary is missing."),
        "story": _("The story is missing."),
    }
    found = [sentence for name, sentence in texts.items() if not getattr(case, name).strip()]
    found += _problems_of_consent(case)
    if case.facts_checked_on is None and not _is_told_by_the_organiser(case):
        found.append(_("Nobody has checked the facts."))
    portrait = _related(case, "portrait")
    if portrait is not None and not portrait.alt.strip():
        found.append(_("The picture has no text for people who cannot see it."))
    if portrait is not None and not portrait.credit.strip():
        found.append(_("The picture has no credit."))
    if case.freeze != Freeze.NONE:
        found.append(_("The case is frozen: %(how)s.") % {"how": case.get_freeze_display()})
    return found


def _problems_of_consent(case: Case) -> list[str]:
    consents = _consents_in_force(case)
    if not consents:
        return [_("No consent is in force.")]
    if not any(consent.risk_note.strip() for consent in consents):
        return [_("No consent says why telling the case helps more than it harms.")]
    return []


def _problems_of_letters(case: Case) -> list[str]:
    found = []
    if _related(case, "target") is None and not case.no_target_reason.strip():
        found.append(_("There is neither a target nor a reason why there is none."))
    if not case.demands.all():
        found.append(_("There is no demand."))
    answered = {
        rule.topic for rule in case.safety_rules.all() if rule.applies_to == AppliesTo.APPEAL
    }
    if open_topics := [str(topic.label) for topic in Topic if topic not in answered]:
        found.append(
            _("It is not answered whether a letter may touch: %(topics)s.")
            % {"topics": ", ".join(open_topics)}
        )
    return found


def _consents_in_force(case: Case) -> list[Consent]:
    return [consent for consent in case.consents.all() if consent.is_in_force]


def _is_told_by_the_organiser(case: Case) -> bool:
    """Whether the campaign's organiser, and nobody we asked, is why it may be told."""
    consents = _consents_in_force(case)
    return bool(consents) and all(one.basis == ConsentBasis.ORGANISER for one in consents)


def _related(case: Case, name: str) -> models.Model | None:
    try:
        return getattr(case, name)
    except ObjectDoesNotExist:
        return None


def _host(url: str) -> str:
    return url.split("/")[2].removeprefix("www.") if "://" in url else url


def _slug_for(case: Case, edition: Edition) -> str:
    """The case's address with the year of the edition at its end."""
    slug = case.slug.removesuffix(f"-{case.edition.year}")
    year = f"-{edition.year}"
    return slug[: Case._meta.get_field("slug").max_length - len(year)].rstrip("-") + year


def _copied(row: models.Model, **changed) -> models.Model:
    """An unsaved copy of the row, with its own key and clock."""
    own = {"id", "created_at", "updated_at"}
    fields = [one for one in row._meta.concrete_fields if one.name not in own]
    values = {field.attname: getattr(row, field.attname) for field in fields}
    copy = type(row)(**values)
    for name, value in changed.items():
        setattr(copy, name, value)
    return copy


def _create(rows: list[models.Model]) -> None:
    if rows and hasattr(type(rows[0]), "history"):
        bulk_create_with_history(rows, type(rows[0]))
    elif rows:
        type(rows[0]).objects.bulk_create(rows)


def _clone_model_letters(case: Case, copy: Case) -> None:
    letters = list(case.model_letters.prefetch_related("points"))
    copies = [_copied(letter, case=copy) for letter in letters]
    _create(copies)
    points = [
        _copied(point, model_letter=letter)
        for original, letter in zip(letters, copies, strict=True)
        for point in original.points.all()
    ]
    Point.objects.bulk_create(points)
