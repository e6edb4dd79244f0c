"""Which cases are of the same person, so that nobody is shown again by one alone, or by another's
address."""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import Exists, Q
from django.utils.translation import gettext as _

from cases.models import PAST_GATE, Case
from cases.models.cases import NOT_VISIBLE
from cases.text import folded


def has_fixed_address(case: Case) -> bool:
    """An address and its person stay together once anybody could know them to be so: the case was
    open to readers once, or somebody has done something for it."""
    if case.is_past_gate:
        return True
    was_open = Case.history.filter(id=case.pk, stage__in=PAST_GATE)
    done = [
        Exists(field.model._default_manager.filter(**{field.name: case.pk}))
        for field in (relation.field for relation in Case._meta.related_objects)
        if field.model._meta.app_label != Case._meta.app_label
    ]
    # What is stored says it too: the form may have been opened before the case was published.
    is_fixed = reduce(or_, map(Q, [Exists(was_open), *done]), Q(stage__in=PAST_GATE))
    return Case.objects.filter(is_fixed, pk=case.pk).exists()


def taken_down_elsewhere(case: Case) -> list[Case]:
    """Cases of the same person that are hidden or withdrawn: to show this one takes two people.

    The same are cases linked as such, clones of each other, and cases of the same name: who types
    a withdrawn case anew, loads it from a file or takes a link away has not two people's consent.
    """
    down = Case.objects.filter(freeze__in=NOT_VISIBLE).exclude(pk=case.pk)
    found = list(down)
    if not found:
        return []
    linked, names = _linked(case), _names(case)
    # Names they had earlier too: one that was changed after it was withdrawn is nobody else's.
    for version in Case.history.filter(id__in=[one.pk for one in found]).exclude(id=case.pk):
        if names & _names(version):
            linked.add(version.id)
    return _same(found, linked, names)


def shown_elsewhere(case: Case) -> list[Case]:
    """Cases of the same person that readers see, or will, though this one is hidden or withdrawn:
    whoever is in danger is so in every year."""
    if case.freeze not in NOT_VISIBLE:
        return []
    others = Case.objects.past_gate().exclude(freeze__in=NOT_VISIBLE).exclude(pk=case.pk)
    return _same(others.select_related("edition"), _linked(case), _names(case))


def still_shown(case: Case) -> list[str]:
    """What staff are told after they took a case down, and on its page, as a sentence."""
    others = ", ".join(one.name_and_year for one in shown_elsewhere(case))
    if not others:
        return []
    said = _("The same person is not taken down in %(others)s. Freeze that too?")
    return [said % {"others": others}]


def shown_under_another(stored: Case, wanted: Case) -> list[Case]:
    """Cases that are hidden or withdrawn, and whose person a case that readers know would be by
    another name or link than it has: one person would show them again without a second."""
    if not stored.is_past_gate:
        return []
    before = {one.pk for one in taken_down_elsewhere(stored)}
    return [one for one in taken_down_elsewhere(wanted) if one.pk not in before]


def why_it_takes_two(case: Case) -> list[str]:
    """For the page of one draft: why one person alone will not publish it, as sentences."""
    if case.is_past_gate:
        return []
    return [
        _("%(case)s (%(how)s) is the same person: to publish this takes two people.")
        % {"case": f"{other}, {other.slug}", "how": other.get_freeze_display()}
        for other in taken_down_elsewhere(case)
    ]


def _same(cases: Iterable[Case], linked: set[int], names: set[str]) -> list[Case]:
    return [one for one in cases if one.pk in linked or names & _names(one)]


def _linked(case: Case) -> set[int]:
    found: set[int] = set()
    next_ones = {key for key in (case.pk, case.earlier_id, case.cloned_from_id) if key}
    while next_ones:
        found |= next_ones
        near = (
            Q(pk__in=next_ones)
            | Q(earlier__in=next_ones)
            | Q(later__in=next_ones)
            | Q(cloned_from__in=next_ones)
        )
        rows = Case.objects.filter(near).values_list("pk", "earlier", "cloned_from")
        next_ones = {key for row in rows for key in row if key} - found
    return found


def _names(case: Case) -> set[str]:
    names = [case.display_name, *case.other_names]
    return {" ".join(folded(name).split()) for name in names} - {""}
