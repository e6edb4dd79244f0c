"""After every test of letters: what is counted is what is there."""

import pytest

from letters import counting


@pytest.fixture(autouse=True)
def _counts_are_the_letters(db):
    yield
    assert [str(difference) for difference in counting.differences()] == []
