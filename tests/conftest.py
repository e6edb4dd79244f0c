"""What every test stands on: no secrets of this machine, no cache between tests."""

import pytest

from letters import sampling
from write4rights import translations


def pytest_configure(config):
    """French pages are French: the compiled catalogues are not in the repository."""
    translations.compile_all()


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """What a process remembers for seconds is forgotten between tests."""
    sampling.forget()


@pytest.fixture(autouse=True)
def _mails_in_memory(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
