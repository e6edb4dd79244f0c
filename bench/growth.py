"""What the site needs as it grows, and where it bends: `make growth`.

On a database of its own with ROWS invented letters, and as many of all else as come with them: what
a row takes on disk with its indexes; how many acts a second are counted for one case, whose running
total they all wait for, and for each case its own; how long that takes which reads every row.

    ROWS=1000000    letters
    AT_ONCE=8       processes that count at once
    SECONDS=10      for how long
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from bench.databases import as_psycopg, described, find_server, run_python, scratch_database
from bench.projects import site_on

ROWS = int(os.environ.get("ROWS", 1_000_000))
AT_ONCE = int(os.environ.get("AT_ONCE", 8))
SECONDS = float(os.environ.get("SECONDS", 10))
SIZES = """
    SELECT relname, n_live_tup, pg_total_relation_size(relid), pg_indexes_size(relid)
    FROM pg_stat_user_tables WHERE pg_total_relation_size(relid) > 1000000
    ORDER BY pg_total_relation_size(relid) DESC
"""
READ_ALL = ["recount", "erase_expired"]


def main() -> None:
    server = find_server()
    if server is None:
        raise SystemExit("This needs PostgreSQL: DATABASE_URL=postgres://…")
    print(described(server))
    with (
        TemporaryDirectory() as folder,
        scratch_database(server, "growth", Path(folder)) as database,
    ):
        environment = site_on(database, ROWS, Path(folder))
        sizes(database.url)
        for name in READ_ALL:
            began = time.monotonic()
            run_python(environment, "manage.py", name)
            print(f"{name}: {time.monotonic() - began:.1f} s")
        for one_case in [True, False]:
            each = counted_at_once(environment, one_case)
            where = "for one case" if one_case else "for several, each its own"
            print(
                f"counted by {AT_ONCE} at once, {where}: {sum(each) / SECONDS:,.0f} acts a second"
            )


def sizes(url: str) -> None:
    print(f"\n{'table':<32}{'rows':>12}{'bytes a row':>13}{'of indexes':>12}{'MB':>8}")
    with psycopg.connect(as_psycopg(url)) as connection:
        for name, rows, whole, indexes in connection.execute(SIZES):
            if rows:
                print(
                    f"{name:<32}{rows:>12,}{whole / rows:>13,.0f}{indexes / rows:>12,.0f}"
                    f"{whole / 1e6:>8,.0f}"
                )
    print()


def counted_at_once(environment: dict[str, str], one_case: bool) -> list[int]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.growth", str(0 if one_case else number)],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(AT_ONCE)
    ]
    return [int(process.communicate()[0]) for process in processes]


def count(number: int) -> None:
    """As an act does last of all: the tally, the running total of its case, and the commit."""
    import django

    django.setup()
    from django.db import transaction
    from django.utils import timezone

    from cases.models import Case
    from letters.models import ActionKind, TallyKey, TallySource
    from letters.statistics import ledger

    cases = list(Case.objects.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    case = cases[number % len(cases)]
    key = TallyKey(case, ActionKind.APPEAL, TallySource.ONLINE, timezone.localdate(), "NL")
    acts, until = 0, time.monotonic() + SECONDS
    while time.monotonic() < until:
        with transaction.atomic():
            ledger.count(key)
        acts += 1
    print(acts)


if __name__ == "__main__":
    count(int(sys.argv[1])) if sys.argv[1:] else main()
