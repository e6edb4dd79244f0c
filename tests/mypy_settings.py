"""The site's settings as mypy reads them.

Without modeltrans: it changes the class of managers when Django starts, and mypy knows none such.
"""

from tests.settings import *  # noqa: F403

INSTALLED_APPS.remove("modeltrans")  # noqa: F405
