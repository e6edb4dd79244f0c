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
def locks_are_in_order():
    """Whatever a test of this room does, no act could wait for another that waits for it."""
    if connection.vendor != "postgresql":  # SQLite locks no rows
        yield
        return
    order = LockOrder()
    with connection.execute_wrapper(order):
        yield
    assert order.found == []
