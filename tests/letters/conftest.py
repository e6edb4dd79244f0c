import pytest

from letters import counting


@pytest.fixture
def counts_hold(db):
    """After the test, what is counted is what is there."""
    yield
    assert [str(difference) for difference in counting.differences()] == []
