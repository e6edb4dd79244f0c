"""Says whether the site is well, in sentences."""

from collections.abc import Iterator

from django.core.management.base import BaseCommand, CommandError, CommandParser

from write4rights.health import checks, database, mail_server
from write4rights.health.results import Level, Result

MARKS = {Level.OK: "ok      ", Level.WARNING: "warning ", Level.RED: "RED     "}


class Command(BaseCommand):
    help = (
        "Look at everything the site stands on, and say what is wrong and what to do. Ask as the "
        "user who runs the site, on the machine where it runs. Ends with 1 if anything is red."
    )
    requires_system_checks: list[str] = []  # they are among what it looks at

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="say only what is not well")
        parser.add_argument(
            "--skip",
            nargs="+",
            default=[],
            choices=checks.DOCTOR,
            metavar="WHAT",
            help=f"what not to look at: {', '.join(checks.DOCTOR)}",
        )
        parser.add_argument("--send-test-mail", metavar="ADDRESS", help="send a mail to look for")

    def handle(self, *, quiet: bool, skip: list[str], **options) -> None:
        found = []
        for result in self.results(skip, options["send_test_mail"]):
            found.append(result)
            if not (quiet and result.is_ok):
                self.tell(result)
        if checks.worst(found) == Level.RED:
            number = sum(result.level == Level.RED for result in found)
            raise CommandError(f"{number} red: the site is not well.")

    def results(self, skip: list[str], send_test_mail: str | None) -> Iterator[Result]:
        unreachable = database.why_unreachable()
        for name, group in checks.DOCTOR.items():
            if name in skip:
                continue
            if unreachable and name in checks.ASK_DATABASE:
                if name == "database":
                    yield unreachable
                continue
            yield from checks.results(group)
        if send_test_mail:
            yield mail_server.send_test_mail(send_test_mail)

    def tell(self, result: Result) -> None:
        styles = {
            Level.OK: self.style.SUCCESS,
            Level.WARNING: self.style.WARNING,
            Level.RED: self.style.ERROR,
        }
        mark = styles[result.level](MARKS[result.level])
        self.stdout.write(f"{mark}{result.name}: {result.said}")
        if result.to_do:
            self.stdout.write(f"        → {result.to_do}")
