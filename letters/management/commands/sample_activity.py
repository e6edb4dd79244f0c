"""Invented pledges and letters for a development copy."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.models import Case
from letters import sampling
from letters.models import Letter, Pledge

PLEDGES_A_LETTER = 0.1


class Command(BaseCommand):
    help = (
        "Fill a development copy with plainly invented pledges and letters for its open cases. "
        "As long as they are there, every page says so. --remove takes all of them out again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--letters", type=_number, help="how many invented letters there shall be"
        )
        parser.add_argument(
            "--pledges", type=_number, help="how many pledges; a tenth of the letters if left out"
        )
        parser.add_argument("--seed", type=int, help="draw the same shape as the last time")
        parser.add_argument("--remove", action="store_true", help="take all out again")

    def handle(self, *, letters: int | None, pledges: int | None, **options) -> None:
        if options["remove"]:
            gone_letters, gone_pledges = sampling.remove()
            self.stdout.write(
                f"Taken out: {gone_letters:,} invented letters, {gone_pledges:,} invented pledges."
            )
            return
        if letters is None and pledges is None:
            raise CommandError("Say how many: --letters 1000, or --remove.")
        letters = letters or 0
        if pledges is None:
            pledges = round(letters * PLEDGES_A_LETTER)
        cases = list(Case.objects.taking_actions().order_by("position", "pk"))
        if not cases:
            raise CommandError("No case takes letters: load the campaign or publish a case first.")
        # What is there already stays: the second run of the same line adds nothing.
        more_letters = max(0, letters - Letter.objects.filter(is_sample=True).count())
        more_pledges = max(0, pledges - Pledge.objects.filter(is_sample=True).count())
        sampling.add(cases, letters=more_letters, pledges=more_pledges, seed=options["seed"])
        self.stdout.write(
            f"Added: {more_letters:,} invented letters, {more_pledges:,} invented pledges."
        )


def _number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number
