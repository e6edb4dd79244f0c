"""Invented activity for a development copy."""

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
        parser.add_argument(
            "--letters", type=_number, help="how many letters there shall be; the rest follows"
        )
        for what, share in demo_data.SHARES_OF_LETTERS.items():
            parser.add_argument(
                f"--{what}", type=_number, help=f"how many; {share:g} for a letter if left out"
            )
        parser.add_argument("--seed", type=int, help="draw the same shape as the last time")
        parser.add_argument("--remove", action="store_true", help="take all out again")

    def handle(self, *, remove: bool, seed: int | None, **options) -> None:
        if remove:
            self.stdout.write(f"Taken out: {_listed(demo_data.remove())}.")
            published.publish_invented()
            return
        asked = {what: options[what] for what in ["letters", *demo_data.SHARES_OF_LETTERS]}
        if not any(number is not None for number in asked.values()):
            raise CommandError("Say how many: --letters 1000, or --remove.")
        cases = list(
            Case.objects.taking_actions()
            .select_related("petition", "solidarity_action")
            .order_by("position", "pk")
        )
        if not cases:
            raise CommandError("No case takes letters: load the campaign or publish a case first.")
        letters = asked["letters"] or 0
        possible = {"letters", "pledges"} | demo_data.can_have(cases)
        there = demo_data.numbers()
        more = {}
        for what, number in asked.items():
            if number is None:
                number = round(letters * demo_data.SHARES_OF_LETTERS.get(what, 0))
            # What is there already stays: the second run of the same line adds nothing.
            more[what] = max(0, number - there[what]) if what in possible else 0
        demo_data.add(cases, seed=seed, **more)
        published.publish_invented()
        self.stdout.write(f"Added: {_listed(more)}.")


def _listed(numbers: dict[str, int]) -> str:
    return ", ".join(
        f"{numbers[what]:,} invented {what}" for what in ["letters", *demo_data.SHARES_OF_LETTERS]
    )


def _number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number
