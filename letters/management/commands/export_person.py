"""Writes all that hangs on one address to a file."""

import json
import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from letters.management.email_from_stdin import hash_from_stdin
from letters.privacy import personal_data


class Command(BaseCommand):
    help = (
        "Write all that hangs on one e-mail address to a new file that only you can read. The "
        "address is read from standard input. Prints numbers only."
    )
    stealth_options = ("stdin",)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="where to: a JSON file that is not there yet")

    def handle(self, *, file: Path, stdin=None, **options) -> None:
        of = hash_from_stdin(stdin)
        data = personal_data.export(of)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{file} can't be made: {error.strerror}.") from error
        with open(handle, "w", encoding="utf-8") as output:
            json.dump(data, output, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
        for what, number in personal_data.numbers(of).items():
            self.stdout.write(f"{what}: {number:,} written")
