"""What every test stands on: no secrets of this machine, no cache between tests."""

import pytest

from letters import sampling


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """What a process remembers for seconds is forgotten between tests."""
    sampling.forget()


@pytest.fixture(autouse=True)
def _mails_in_memory(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
