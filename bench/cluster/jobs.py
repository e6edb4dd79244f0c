"""Hand-ins whose paper the workers make: `make CASE …`, `ready KEY …`, in the end `check KEY …`."""

import sys

import django

django.setup()

from django_tasks_db.models import DBTaskResult  # noqa: E402

from bench import hand_ins  # noqa: E402
from cases.models import Case  # noqa: E402
from letters.models import HandIn  # noqa: E402

LETTERS = 40  # a case; each is a part and a cover, which are a job each


def main(what: str, *which: str) -> None:
    if what == "make":
        for case in Case.objects.filter(slug__in=which):
            hand_ins.write(case, LETTERS)
            print(hand_ins.hand_in_of(case).pk, end=" ")
        return
    made = HandIn.objects.filter(pk__in=which)
    if what == "ready":
        print(all(map(hand_ins.is_ready, made)))
        return
    for hand_in in made:
        hand_ins.check(hand_in, LETTERS)
    tasks = DBTaskResult.objects.count()
    print(f"{tasks} jobs, begun {hand_ins.claims()} times; each letter stands once on the paper")


if __name__ == "__main__":
    main(*sys.argv[1:])
