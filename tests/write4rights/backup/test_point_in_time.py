"""Recovered by PostgreSQL's own archiving, nothing is lost that was acknowledged: a small
`make point-in-time`."""

import subprocess

import pytest
from django.db import connection

from bench import point_in_time
from bench.databases import run_python
from bench.postgresql import Cluster
from tests.clusters import programs
from write4rights.backup import databases

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
            server, place, writers=2, seconds=1, only_way=0, make_site=copy_of_the_template
        )

    assert "2 writers had" in capfd.readouterr().out


def copy_of_the_template(environment: dict, cluster: Cluster) -> None:
    """It migrates in a tenth of the time."""
    template = connection.settings_dict["TEST"]["TEMPLATE"]
    dump = ["pg_dump", "--no-owner", f"--dbname={template}"]
    dumped = subprocess.run(dump, env=databases._environment(), check=True, capture_output=True)
    load = ["psql", "-q", "-v", "ON_ERROR_STOP=1", cluster.dsn("site")]
    subprocess.run(load, input=dumped.stdout, check=True, capture_output=True)
    run_python(environment, "-c", A_CASE)
