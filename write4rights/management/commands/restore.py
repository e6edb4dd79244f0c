"""Puts a backup in the place of the database."""

from django.core.management.base import BaseCommand, CommandParser

from write4rights.backup import keys, restoring, told_in_a_sentence


class Command(BaseCommand):
    help = (
        "Load a backup beside the database, migrate it, replay the erasure list over it, prove the "
        "counts, and only then put it in the place of the database; then ask `doctor`. Stop the "
        "worker first."
    )
    requires_system_checks = []  # some ask the database, which may be lost
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default="latest", help="of the backup (latest)")
        parser.add_argument(
            "--identity",
            metavar="FILE",
            help="what opens the backups, - is standard input; else BACKUP_IDENTITY",
        )
        parser.add_argument(
            "--overwrite", default="", metavar="DATABASE", help="its name, if it is not empty"
        )
        parser.add_argument(
            "--without-erasure-list",
            action="store_true",
            help="only if the list or a file of it is lost for good: what is left is replayed, and "
            "people who erased their data may be back",
        )
        parser.add_argument(
            "--only-erasure-list",
            action="store_true",
            help="only replay the list, over a database that PostgreSQL itself has recovered",
        )
        parser.add_argument(
            "--delete-copies",
            action="store_true",
            help="only delete the database of before the last restore, and what attempts left",
        )

    def handle(self, *, name: str, identity: str | None, overwrite: str, **options) -> None:
        with told_in_a_sentence():
            if options["delete_copies"]:
                restoring.delete_copies(self.stdout.write)
                return
            if options["only_erasure_list"]:
                restoring.replay_over_ours(keys.identities(identity), self.stdout.write)
                return
            last = restoring.restore(
                name,
                keys.identities(identity),
                overwrite=overwrite,
                without_list=options["without_erasure_list"],
                say=self.stdout.write,
            )
        restoring.look_after(self.stdout.write)
        self.stdout.write(f"Restored. {last}")
