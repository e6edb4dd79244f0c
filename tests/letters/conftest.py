import pytest
from django.db import connection

from letters.statistics import ledger
from tests.letters.lock_order import LockOrder


@pytest.fixture
def counts_hold(db):
    """After the test, what is counted is what is there."""
    yield
    assert [str(difference) for difference in ledger.differences()] == []


@pytest.fixture(autouse=True)
def locks_are_in_order(request):
    """Whatever a test of this room does, no act could wait for another that waits for it."""
    marker = request.node.get_closest_marker("django_db")
    begins_its_own = marker is not None and marker.kwargs.get("transaction", False)
    # SQLite locks no rows. Where an act begins a real transaction only its inner parts are seen:
    # what it had locked before one of them would seem to come too late in it.
    if connection.vendor != "postgresql" or begins_its_own:
        yield
        return
    order = LockOrder()
    with connection.execute_wrapper(order):
        yield
    assert order.found == []
