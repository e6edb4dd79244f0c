"""Proves the counts against what they count."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from letters.statistics import ledger


class Command(BaseCommand):
    help = (
        "Say where the counts differ from the letters, messages, signatures, posts and counts on "
        "paper themselves, and end with exit code 1 if they do anywhere. With --repair the counts "
        "are made anew from the rows."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="make the counts anew")

    def handle(self, *, repair: bool, **options) -> None:
        differences = ledger.differences()
        for difference in differences:
            self.stdout.write(str(difference))
        if not differences:
            self.stdout.write("The counts and the rows say the same.")
        elif repair:
            ledger.rebuild()
            self.stdout.write("The counts were made anew from the rows.")
        else:
            raise CommandError("The counts are wrong. `manage.py recount --repair` puts it right.")
