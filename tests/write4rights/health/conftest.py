import pytest


@pytest.fixture(autouse=True)
def _no_hour_ends():
    """The site's clock is compared with those of others: it is the machine's, at any minute."""
