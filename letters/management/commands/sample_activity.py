"""Invented activity for a development copy."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.models import Case
from letters.management import demo_data
from letters.statistics import published


class Command(BaseCommand):
    help = (
        "Fill a development copy with plainly invented pledges, letters, messages, signatures and "
        "posts for its open cases. As long as they are there, every page says so. --remove takes "
        "all of them out again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        for what, share in demo_data.SHARES.items():
            left_out = f"how many there should be; {share:g} for each letter if left out"
            parser.add_argument(f"--{what}", type=int, help=left_out)
        parser.add_argument("--seed", type=int, help="draw the same shape as the last time")
        parser.add_argument("--remove", action="store_true", help="take all out again")

    def handle(self, *, remove: bool, seed: int | None, **options) -> None:
        if remove:
            return self._say("Taken out", demo_data.remove())
        if settings.HTTPS and not settings.DEBUG:
            raise CommandError("Nothing is invented here: with HTTPS on, this is a real site.")
        asked = {what: options[what] for what in demo_data.SHARES if options[what] is not None}
        if not asked or min(asked.values()) < 0:
            raise CommandError("Say how many: --letters 1000, or --remove.")
        cases = Case.objects.taking_actions().order_by("position", "pk").prefetch_related("targets")
        cases = cases.select_related("edition", "petition", "solidarity_action")
        if not cases:
            raise CommandError("No case takes letters: load the campaign or publish a case first.")
        letters = asked.get("letters", 0)
        wanted = {what: round(letters * share) for what, share in demo_data.SHARES.items()}
        # What is there already stays: the second run of the same line adds nothing.
        return self._say("Added", demo_data.add(list(cases), wanted | asked, seed))

    def _say(self, done: str, numbers: dict[str, int]) -> None:
        published.publish_invented()
        listed = ", ".join(f"{numbers[what]:,} invented {what}" for what in demo_data.SHARES)
        self.stdout.write(f"{done}: {listed}.")
