"""The erasure list, replayed over a restored backup: what was erased, stopped or taken down after
it was made is so again. See `cases.models.ErasureEntry`."""

from __future__ import annotations

import copy
from collections import Counter, defaultdict
from collections.abc import Iterable

from django.apps import apps
from django.contrib.auth.models import Group, User

from cases.models import ErasureAct, ErasureEntry
from cases.models.erasure_list import BY_STAFF_INVALID, as_ranges, nothing_noted
from cases.publishing import erasure_list as of_cases
from letters.actions import erasure_list as of_letters
from letters.delivery import moderation, replies
from letters.models import Reply
from write4rights import second_factors


@nothing_noted()
def replay(entries: Iterable[ErasureEntry]) -> Counter[str]:
    """Do again what they note, in their order. How many of each act."""
    done: Counter[str] = Counter()
    for entry in _last_words(sorted(entries, key=lambda entry: (entry.at, entry.pk or 0))):
        if entry.value == BY_STAFF_INVALID:
            rows = apps.get_model(entry.model)._default_manager.filter(pk__in=entry.keys)
            moderation.invalidate(rows)
        elif entry.act == ErasureAct.REREAD and entry.model == Reply._meta.label_lower:
            for reply in Reply.objects.filter(pk__in=entry.keys):
                replies.stop_sharing(reply)
        elif entry.act == ErasureAct.LOCKED_OUT and entry.model == Group._meta.label_lower:
            _take_from_roles(entry)
        elif entry.act == ErasureAct.LOCKED_OUT:
            _lock_out(entry)
        elif entry.model and not entry.model.startswith("letters."):
            of_cases.replay(entry)
        else:
            of_letters.replay(entry)
        done[entry.act] += len(entry.keys) or 1
    return done


def _last_words(ordered: list[ErasureEntry]) -> list[ErasureEntry]:
    """Without what was taken back or stopped, and wanted again later: that stays as the backup has
    it."""
    again: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    last: list[ErasureEntry] = []
    for entry in reversed(ordered):
        if entry.act == ErasureAct.AGAIN:
            again[entry.value, entry.model, entry.email_hash].update(entry.keys)
        elif not entry.model:
            if (entry.value, "", entry.email_hash) not in again:
                last.append(entry)
        elif keys := set(entry.keys) - again[entry.act, entry.model, ""]:
            one = copy.copy(entry)
            one.rows = as_ranges(keys)
            last.append(one)
    return last[::-1]


def without_password(entries: Iterable[ErasureEntry]) -> list[str]:
    """Whose was changed since the backup was made."""
    changed = {
        key for entry in entries if entry.value == second_factors.SIGN_IN for key in entry.keys
    }
    people = User.objects.filter(pk__in=changed, is_active=True).order_by("username")
    return list(people.values_list("username", flat=True))


def _take_from_roles(entry: ErasureEntry) -> None:
    """A right; or everything, of a role that was deleted."""
    for role in Group.objects.filter(pk__in=entry.keys):
        if entry.value:  # "right 3"
            role.permissions.remove(int(entry.value.removeprefix("right ")))
        else:
            role.delete()


def _lock_out(entry: ErasureEntry) -> None:
    for person in User.objects.filter(pk__in=entry.keys):
        if entry.value.startswith("role "):  # "role 3"
            person.groups.remove(int(entry.value.removeprefix("role ")))
        elif entry.value in ("is_staff", "is_superuser"):
            setattr(person, entry.value, False)
            person.save(update_fields=[entry.value])
        elif entry.value == second_factors.SIGN_IN:
            second_factors.start_anew(person)
        elif entry.value == second_factors.RECOVERY_CODES:
            second_factors.take_recovery_codes_away(person)
        else:
            person.is_active = False
            person.save(update_fields=["is_active"])
            second_factors.sign_out(person)
