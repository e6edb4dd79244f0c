"""Letters in four scripts on their way to paper: `HAND_IN=5000 make bench` calls it.

Prints what the parts took, and what the process that makes them and Typst beside it had in memory.
Then as many once more, by workers of which three are killed on the way.
"""

import io
import json
import resource
import secrets
import signal
import subprocess
import sys
import time

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import transaction  # noqa: E402
from django.db.models import Sum  # noqa: E402
from django.utils import timezone  # noqa: E402
from django_tasks_db.models import DBTaskResult  # noqa: E402
from pypdf import PdfReader  # noqa: E402

from cases.models import Case  # noqa: E402
from letters.delivery import files, hand_ins, requeue  # noqa: E402
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
KILLED_AFTER = [1 / 4, 1 / 2, 3 / 4]  # of the parts
A_WORKER = [sys.executable, "manage.py", "work", "--every", "0.1", "--task-lease", "0"]
A_LOOK = 0.02  # seconds


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


def write(case: Case, number: int) -> None:
    """As many letters as that, as if they were approved."""
    for first in range(0, number, AT_ONCE):
        with transaction.atomic():
            rows = Letter.objects.bulk_create(
                letters(case, range(first, min(first + AT_ONCE, number)))
            )
            ledger.add_many(ledger.by_key(Letter.objects.filter(pk__in=[row.pk for row in rows])))


def hand_in_of(case: Case) -> HandIn:
    """All that were approved."""
    person = User.objects.create_user(f"bench-{secrets.token_hex(4)}")
    return hand_ins.make(hand_ins.Choice(case=case, kind="appeal"), by=person)


def is_ready(hand_in: HandIn) -> bool:
    return HandIn.objects.filter(pk=hand_in.pk, state="ready").exists()


def pages(hand_in: HandIn) -> int:
    return HandInPart.objects.filter(hand_in=hand_in).aggregate(sum=Sum("pages"))["sum"]


def measured(case: Case, number: int) -> dict[str, float]:
    """All of it in this process."""
    write(case, number)
    started = time.monotonic()
    hand_in = hand_in_of(case)
    chosen = time.monotonic() - started
    after_each = []
    started = time.monotonic()
    while requeue.run_one():
        after_each.append(megabytes())
    took = time.monotonic() - started
    check(hand_in, number)
    return {
        "letters": hand_in.items.count(),
        "pages": pages(hand_in),
        "seconds to choose": chosen,
        "pages a second": pages(hand_in) / took,
        "MB after the second part": after_each[1],
        "MB after the last part": after_each[-1],
        "MB at most": peak(resource.RUSAGE_SELF),
        "MB of Typst at most": peak(resource.RUSAGE_CHILDREN),
    }


def killed_three_times(case: Case, number: int) -> dict[str, float]:
    """By one worker after the other: three are killed in the midst of a part, the last ends it."""
    write(case, number)
    hand_in = hand_in_of(case)
    parts = hand_in.parts.count()
    before, lost = claims(), 0
    started = time.monotonic()
    for share in KILLED_AFTER:
        with subprocess.Popen(A_WORKER) as worker:
            while claims() - before < share * parts:
                time.sleep(A_LOOK)
            worker.send_signal(signal.SIGKILL)
        lost += DBTaskResult.objects.running().count()
    with subprocess.Popen(A_WORKER) as worker:
        while not is_ready(hand_in):
            time.sleep(A_LOOK)
        took = time.monotonic() - started
        worker.terminate()
    check(hand_in, number)
    return {
        "killed in the midst of a part": lost,
        "parts begun once more": claims() - before - parts,
        "pages a second, with a worker killed three times": pages(hand_in) / took,
    }


def claims() -> int:
    """How often a worker has begun a part."""
    return sum(map(len, DBTaskResult.objects.values_list("worker_ids", flat=True)))


def check(hand_in: HandIn, number: int) -> None:
    """Each letter is in it once, and stands once on its paper, on pages of its own."""
    assert is_ready(hand_in)
    items = hand_in.items.open()
    assert items.values("letter").distinct().count() == items.count() == number
    on_paper: list[str] = []
    for part in hand_in.parts.filter(index__gt=0):
        reader = PdfReader(io.BytesIO(files.read(part)))
        begins = [reader.get_destination_page_number(mark) for mark in reader.outline]
        is_whole = len(set(begins)) == len(begins) == part.last - part.first + 1
        assert is_whole, f"part {part} is not whole"
        assert part.pages == len(reader.pages)
        on_paper += [mark.title for mark in reader.outline]
    assert on_paper == [f"{hand_in.pk} / {one:,}" for one in range(1, number + 1)]


def main(number: int) -> None:
    case = Case.objects.filter(targets__isnull=False, freeze="none").first()
    assert case is not None
    print(json.dumps(measured(case, number) | killed_three_times(case, number)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
