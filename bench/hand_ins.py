"""Letters in four scripts on their way to paper: `HAND_IN=5000 make bench` calls it.

Prints what the parts took, and what the process that makes them and Typst beside it had in memory.
"""

import json
import os
import resource
import secrets
import sys
import time

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import transaction  # noqa: E402
from django.db.models import Sum  # noqa: E402
from django.utils import timezone  # noqa: E402

from cases.models import Case  # noqa: E402
from letters.delivery import hand_ins, requeue  # noqa: E402
from letters.models import HandIn, HandInPart, Letter, LetterState, Route  # noqa: E402
from letters.statistics import ledger  # noqa: E402

AT_ONCE = 500
BODIES = {
    "en": "I write to you about the land. Please see to it that the ruling is carried out. ",
    "ar": "أكتب إليكم بشأن الأرض. أرجو أن تحرصوا على تنفيذ الحكم. ",
    "my": "ကျွန်ုပ်သည် မြေအကြောင်း သင့်ထံ စာရေးပါသည်။ ",
    "km": "ខ្ញុំសរសេរមកលោកអំពីដី។ សូមអនុវត្តសាលក្រម។ ",
}
KB_A_MB = 1024


def letters(case: Case, numbers: range) -> list[Letter]:
    made, now = [], timezone.now()
    for number in numbers:
        language = list(BODIES)[number % len(BODIES)]
        paragraph = BODIES[language] * 5
        letter = Letter(
            case=case,
            target=case.targets.first(),
            key=secrets.token_urlsafe(16),
            state=LetterState.APPROVED,
            route=Route.DELIVER,
            language=language,
            subject="The land",
            body="\n\n".join([paragraph] * (2 if number % 7 else 8)),
            name=f"A Writer {number}",
            country="NL",
            counted_on=timezone.localdate(),
            created_at=now,
            changed_at=now,
        )
        letter.set_key_hash()
        made.append(letter)
    return made


def megabytes() -> float:
    """What this process has now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / KB_A_MB**2


def peak(whose: int) -> float:
    return resource.getrusage(whose).ru_maxrss / KB_A_MB


def main(number: int) -> None:
    case = Case.objects.filter(targets__isnull=False, freeze="none").first()
    assert case is not None
    for first in range(0, number, AT_ONCE):
        with transaction.atomic():
            rows = Letter.objects.bulk_create(
                letters(case, range(first, min(first + AT_ONCE, number)))
            )
            ledger.add_many(ledger.by_key(Letter.objects.filter(pk__in=[row.pk for row in rows])))
    person = User.objects.create_user(f"bench-{os.getpid()}")
    started = time.monotonic()
    hand_in = hand_ins.make(hand_ins.Choice(case=case, kind="appeal"), by=person)
    chosen = time.monotonic() - started
    after_each = []
    started = time.monotonic()
    while requeue.run_one():
        after_each.append(megabytes())
    took = time.monotonic() - started
    assert HandIn.objects.get(pk=hand_in.pk).state == "ready"
    pages = HandInPart.objects.filter(hand_in=hand_in).aggregate(sum=Sum("pages"))["sum"]
    print(
        json.dumps(
            {
                "letters": hand_in.items.count(),
                "pages": pages,
                "seconds to choose": chosen,
                "pages a second": pages / took,
                "MB after the second part": after_each[1],
                "MB after the last part": after_each[-1],
                "MB at most": peak(resource.RUSAGE_SELF),
                "MB of Typst at most": peak(resource.RUSAGE_CHILDREN),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
