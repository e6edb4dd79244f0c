import pytest

from letters.statistics import ledger


@pytest.fixture
def counts_hold(db):
    """After the test, what is counted is what is there."""
    yield
    assert [str(difference) for difference in ledger.differences()] == []
