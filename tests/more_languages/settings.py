"""The tests' settings, and two languages more: one entry each."""

from tests.settings import *  # noqa: F403

LANGUAGES = [*LANGUAGES, ("eo", "Esperanto"), ("pt-br", "Brazilian Portuguese")]  # noqa: F405
