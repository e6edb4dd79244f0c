"""An e-mail address for a command, which never stands among its arguments."""

import sys
from typing import TextIO

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from letters.forms.fields import email_field
from letters.models.email_spelling import email_hash


def hash_from_stdin(stdin: TextIO | None = None) -> str:
    """The hash of the address on the first line of standard input."""
    typed = (stdin or sys.stdin).readline().strip()
    try:
        return email_hash(email_field(required=True).clean(typed))
    except ValidationError as error:
        raise CommandError("Give one e-mail address on standard input.") from error
