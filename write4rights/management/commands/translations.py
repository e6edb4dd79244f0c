from django.core.management.base import BaseCommand, CommandError, CommandParser

from write4rights import translations


class Command(BaseCommand):
    help = (
        "Keep the message catalogues in step with the code. Without an option it says what is "
        "still missing."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--update",
            action="store_true",
            help="take new messages into each .po file and drop those that are gone",
        )
        what.add_argument(
            "--check",
            action="store_true",
            help="fail if a .po file is out of step, incomplete or lost a placeholder",
        )
        what.add_argument(
            "--compile", action="store_true", help="make each .mo file that is older than its .po"
        )

    def handle(self, *, update: bool, check: bool, compile: bool, **options) -> None:
        if compile:
            for path in translations.compile_all():
                self.stdout.write(f"Made {path.name} of {path.parent.parent.name}.")
            return
        if update:
            for language in translations.languages():
                translations.update(language)
        wrong = 0
        for language in translations.languages():
            found = translations.problems(language)
            wrong += len(found)
            self.stdout.write(f"{language}: {_count(found)}")
            for sentence in found:
                self.stdout.write(f"  {sentence}")
        if check and wrong:
            raise CommandError(
                "Translations are out of step: run `manage.py translations --update`, "
                "then fill in what is listed above in locale/."
            )


def _count(found: list[str]) -> str:
    return f"{len(found)} to do" if found else "complete"
