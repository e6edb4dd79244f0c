"""The erasure list, replayed over a restored backup: what was erased, stopped or taken down after
it was made is so again. See `cases.models.ErasureEntry`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.contrib.auth.models import User

from cases.models import ErasureAct, ErasureEntry
from cases.publishing import erasure_list as of_cases
from letters.actions import erasure_list as of_letters
from write4rights import second_factors

def replay(entries: Iterable[ErasureEntry]) -> Counter[str]:
    """Do again what they note, in their order. How many of each act."""
    done: Counter[str] = Counter()
    for entry in sorted(entries, key=lambda entry: (entry.at, entry.pk or 0)):
        if entry.act == ErasureAct.LOCKED_OUT:
            _lock_out(entry)
        elif entry.model and not entry.model.startswith("letters."):
            of_cases.replay(entry)
        else:
            of_letters.replay(entry)
        done[entry.act] += len(entry.keys) or 1
    return done


def _lock_out(entry: ErasureEntry) -> None:
    for person in User.objects.filter(pk__in=entry.keys):
        if entry.value.startswith("role "):  # "role 3"
            person.groups.remove(int(entry.value.removeprefix("role ")))
        elif entry.value in ("is_staff", "is_superuser"):
            setattr(person, entry.value, False)
            person.save(update_fields=[entry.value])
        else:
            person.is_active = False
            person.save(update_fields=["is_active"])
            second_factors.sign_out(person)
