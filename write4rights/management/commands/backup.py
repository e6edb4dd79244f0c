"""Makes a backup of the database and the pictures, encrypted."""

from django.core.management.base import BaseCommand, CommandParser

from write4rights.backup import keys, making, stored, told_in_a_sentence


class Command(BaseCommand):
    help = (
        "Write database and MEDIA_ROOT to one encrypted file where BACKUP_STORAGE says, and delete "
        "those that are 30 days old. Run it daily. BACKUP_KEY is the public key; what it opens "
        "lies somewhere else: see docs/operations.md, “Backups”."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--list", action="store_true", help="only name those that there are")
        parser.add_argument(
            "--new-key",
            metavar="FILE",
            help="only make a pair of keys: the identity to a new file, the public one is printed",
        )

    def handle(self, *, list: bool, new_key: str | None, **options) -> None:
        with told_in_a_sentence():
            if list:
                for name in stored.names():
                    self.stdout.write(name)
            elif new_key:
                self.stdout.write(f"BACKUP_KEY={keys.make_pair(new_key)}")
            else:
                self.stdout.write(f"{making.make()} is written.")
