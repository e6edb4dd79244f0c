#!/usr/bin/env python
"""Run a management command of the campaign site."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "write4rights.settings")
    # A command has one thread; a pool would wait for a database that is not there.
    os.environ["DATABASE_POOL"] = "False"
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except OperationalError:
        from write4rights.health.database import why_unreachable

        if unreachable := why_unreachable():
            sys.exit(f"{unreachable.said} {unreachable.to_do}")
        raise


if __name__ == "__main__":
    main()
