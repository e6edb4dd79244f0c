from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.content_files import importing
from cases.content_files.parsing import ContentError


class Command(BaseCommand):
    help = (
        "Loads editions, cases, themes and yearly figures from content files. May be run again "
        "at any time: what is loaded already is not written again, a changed file changes its "
        "case, and what staff changed since is left alone and listed."
    )
    # `migrate` has run them a moment ago, and they take longer than a load that changes nothing.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folders",
            nargs="*",
            type=Path,
            default=[importing.CONTENT],
            metavar="folder",
            help="a folder with content files; the content that ships if left out",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="says what would be done, and does nothing"
        )

    def handle(self, *args, folders: list[Path], dry_run: bool, **options) -> None:
        try:
            report = importing.load(folders, dry_run=dry_run)
        except ContentError as error:
            raise CommandError(f"{error}\nNothing was loaded.") from None
        for sentence in report.left_alone:
            self.stdout.write(self.style.WARNING(sentence))
        for name in report.changed:
            self.stdout.write(f"{name} {'would be' if dry_run else 'was'} changed.")
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"Cases: {report.created} {would}new, {report.updated} {would}changed, "
            f"{report.unchanged} as they were."
        )
