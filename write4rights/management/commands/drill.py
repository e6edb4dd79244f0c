"""Tries whether the backups can be restored."""

from django.core.management.base import BaseCommand, CommandParser

from write4rights.backup import drilling, keys, told_in_a_sentence


class Command(BaseCommand):
    help = (
        "Make a backup, restore the oldest one into a database of its own, replay the erasure list "
        "over it, prove that nobody is brought back and that the counts are right, and throw it "
        "away. Nothing of the site is changed. Do it every three months."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--identity",
            metavar="FILE",
            help="what opens the backups, - is standard input; else BACKUP_IDENTITY",
        )

    def handle(self, *, identity: str | None, **options) -> None:
        with told_in_a_sentence():
            drilling.drill(keys.identities(identity), self.stdout.write)
