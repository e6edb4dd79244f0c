"""Recovered by PostgreSQL's own archiving, nothing is lost that was acknowledged: a small
`make point-in-time`."""

import pytest

from bench import point_in_time
from bench.databases import run_python
from bench.postgresql import Cluster
from tests.clusters import load_template, programs

A_CASE = """
import django
django.setup()
from tests.factories import make_case_to_write_for
make_case_to_write_for()
"""


@pytest.mark.slow
@pytest.mark.django_db
def test_a_server_that_is_killed_under_writers_loses_nothing_acknowledged(capfd):
    """Its disk is lost as well. Each letter is there again, none that was erased, and the counts
    hold."""
    server = programs()

    with point_in_time.folder() as place:
        point_in_time.run(
            server, place, writers=2, seconds=1, only_way=0, make_site=site_with_a_case
        )

    assert "2 writers had" in capfd.readouterr().out


def site_with_a_case(environment: dict, cluster: Cluster) -> None:
    load_template(cluster.dsn("site"))
    run_python(environment, "-c", A_CASE)
