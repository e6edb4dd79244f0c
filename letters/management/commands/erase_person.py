"""Erases all that hangs on one address."""

from django.core.management.base import BaseCommand

from letters.actions import erasure
from letters.management.email_from_stdin import hash_from_stdin


class Command(BaseCommand):
    help = (
        "Erase all that hangs on one e-mail address. It is read from standard input, so that it "
        "stands in no list of processes and no history of a shell. Prints numbers only."
    )
    stealth_options = ("stdin",)

    def handle(self, *, stdin=None, **options) -> None:
        for what, number in erasure.erase_person(hash_from_stdin(stdin)).items():
            self.stdout.write(f"{what}: {number:,} erased")
