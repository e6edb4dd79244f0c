"""What still stands between a case and its page, and what staff should know of it, as sentences."""

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.models import (
    AppliesTo,
    Case,
    CaseQuerySet,
    ConsentBasis,
    Freeze,
    Stage,
    Target,
    Topic,
)
from cases.printing import fonts
from cases.publishing import consents


def with_needed(cases: CaseQuerySet) -> CaseQuerySet:
    """With all that `problems` and `remarks` look at, in a fixed number of queries."""
    return cases.select_related(
        "edition", "portrait", "petition", "solidarity_action"
    ).prefetch_related(
        "consents",
        "demands",
        "safety_rules",
        "outcomes",
        "targets__model_letters",
        "sources",
        "solidarity_phrases",
    )


def problems(case: Case) -> list[str]:
    """Why the case can’t be published yet, as sentences; empty if it can.

    A closed case takes no letters, so it needs nothing that belongs to them.
    """
    if case.stage == Stage.CLOSED:
        return page_problems(case)
    return [*page_problems(case), *problems_of_letters(case)]


def remarks(case: Case) -> list[str]:
    """What staff should know, though the page can stand without it."""
    found = []
    today = timezone.localdate()
    if case.may_be_over and (latest := case.latest_outcome):
        found.append(
            _(
                "The latest outcome is: %(outcome)s (%(kind)s). Is anything still asked for? If "
                "not, close the case, so that nobody goes on writing."
            )
            % {"outcome": latest, "kind": latest.kind_text}
        )
    for consent in consents.in_force(case):
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
    if case.portrait is None:
        found.append(_("There is no picture."))
    found += _remarks_on_print(case)
    if case.stage != Stage.CLOSED:
        for target in case.targets.all():
            found += _remarks_on_target(target)
        petition, solidarity = case.petition, case.solidarity_action
        if petition is not None and not petition.is_open:
            found.append(_("The last day of the petition is over: nobody can sign it."))
        if solidarity is not None and solidarity.is_over:
            found.append(_("The last day for messages of support is over: nobody can write one."))
        elif solidarity is not None and not (
            solidarity.has_address_for_writers or case.offers_delivery
        ):
            found.append(
                _(
                    "Nobody can write messages of support: writers are given no address, and we "
                    "hand nothing in."
                )
            )
    if case.review_by is None:
        found.append(_("No day is set on which to look for news again."))
    elif case.review_by < today:
        found.append(
            _("The case should have been checked again by %(date)s.")
            % {"date": date_format(case.review_by)}
        )
    return found


def _remarks_on_target(target: Target) -> list[str]:
    found, named = [], {"target": target.office}
    if target.checked_on is None:
        found.append(_("Nobody here has checked the address and office: %(target)s.") % named)
        if target.email:
            message = _(
                "Nobody here has checked the e-mail address, so it is not offered: %(email)s"
            )
            found.append(message % {"email": target.email})
    if target.address_for_staff_only:
        found.append(_("The address is for staff only: %(target)s.") % named)
    if target.appeal_deadline and not target.is_open:
        named["date"] = date_format(target.appeal_deadline)
        found.append(_("The last day to write was %(date)s: %(target)s.") % named)
    elif not target.model_letters.all():
        found.append(_("There is no model letter: %(target)s.") % named)
    return found


def _remarks_on_print(case: Case) -> list[str]:
    """Which texts would have boxes on paper, and for which letters."""
    targets, solidarity = case.targets.all(), case.solidarity_action
    portrait = case.portrait
    translated = [case, *case.demands.all(), *targets]
    texts = {
        _("the case sheet"): [
            *(case.display_name, case.headline, case.story, case.content_note, case.address_note),
            *(text for row in translated for text in (row.i18n or {}).values()),
            *(demand.text for demand in case.demands.all()),
            *(rule.why for rule in case.safety_rules.all()),
            *(source.supports for source in case.sources.all()),
            portrait.credit if portrait else "",
        ],
        _("the target"): [
            text
            for target in targets
            for text in (
                *(target.title, target.name, target.office, target.postal, target.asked),
                *(target.salutation, target.close, target.local_salutation, target.local_close),
            )
        ],
        _("the address for messages of support"): [solidarity.postal] if solidarity else [],
        _("the words for messages of support"): [
            solidarity.note if solidarity else "",
            *(phrase.text for phrase in case.solidarity_phrases.all()),
        ],
        _("the model letters"): [
            text
            for target in targets
            for model in target.model_letters.all()
            for text in (model.subject, model.body)
        ],
    }
    return [
        _("We cannot print some characters in %(text)s; on paper each becomes a box: %(signs)s")
        % {"text": named, "signs": fonts.in_words(lacking)}
        for named, parts in texts.items()
        if (lacking := fonts.missing("\n".join(parts)))
    ]


def page_problems(case: Case) -> list[str]:
    texts = {
        "headline": _("The headline is missing."),
        "summary": _("The summary is missing."),
        "story": _("The story is missing."),
    }
    found = [sentence for name, sentence in texts.items() if not getattr(case, name).strip()]
    found += problems_of_consent(case)
    if not case.facts_as_of:
        found.append(_("The date of the newest news is missing: “This is what we know as of …”."))
    if case.facts_checked_on is None and not _is_told_by_the_organiser(case):
        found.append(_("Nobody has checked the facts."))
    portrait = case.portrait
    if portrait is not None and not portrait.alt.strip():
        found.append(_("The picture has no text for people who cannot see it."))
    if portrait is not None and not portrait.credit.strip():
        found.append(_("The picture has no credit."))
    if case.freeze != Freeze.NONE:
        found.append(_("The case is frozen: %(how)s.") % {"how": case.get_freeze_display()})
    return found


def problems_of_consent(case: Case) -> list[str]:
    found = consents.in_force(case)
    if not found:
        return [_("No consent is in force.")]
    if not any(consent.risk_note.strip() for consent in found):
        return [_("No consent says why telling the case helps more than it harms.")]
    return []


def problems_of_letters(case: Case) -> list[str]:
    found = []
    targets = case.targets.all()
    if not targets and not case.no_target_reason.strip():
        found.append(_("There is neither a target nor a reason why there is none."))
    if len(targets) > 1 and any(not target.asked.strip() for target in targets):
        found.append(_("There are several targets: each needs what it is asked."))
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


def _is_told_by_the_organiser(case: Case) -> bool:
    """Whether the campaign's organiser, and nobody we asked, is why it may be told."""
    found = consents.in_force(case)
    return bool(found) and all(one.basis == ConsentBasis.ORGANISER for one in found)


def _host(url: str) -> str:
    return url.split("/")[2].removeprefix("www.") if "://" in url else url
