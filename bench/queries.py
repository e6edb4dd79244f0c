"""How many statements the readers' pages ask, of all that is there and of half of it.

`python -m bench.queries PATH …` prints a line of JSON: {path: [statements, with half of it]}.
"""

import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "write4rights.settings")

import django

TRIES = 3  # some answers are asked for anew every few seconds


def main(paths: list[str]) -> None:
    django.setup()
    from django.db import connection, transaction
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from cases.models import Case, Stage
    from letters.models import Tally

    client = Client(SERVER_NAME="127.0.0.1")

    def statements(path: str) -> int:
        client.get(path)
        counts = []
        for _ in range(TRIES):
            with CaptureQueriesContext(connection) as captured:
                client.get(path)
            counts.append(len(captured))
        return min(counts)

    asked = [path.strip("/").split("/")[-1] for path in paths]  # the case among them stays
    with transaction.atomic():
        of_all = {path: statements(path) for path in paths}
        keys = list(Case.objects.exclude(slug__in=asked).values_list("pk", flat=True))[::2]
        Case.objects.filter(pk__in=keys).update(stage=Stage.DRAFT)
        Tally.objects.filter(case_id__in=keys).delete()
        counts = {path: [number, statements(path)] for path, number in of_all.items()}
        transaction.set_rollback(True)
    print(json.dumps(counts))


if __name__ == "__main__":
    main(sys.argv[1:])
