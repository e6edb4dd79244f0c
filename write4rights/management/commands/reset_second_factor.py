"""Takes away the second factor of somebody who lost it."""

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from write4rights import second_factors


class Command(BaseCommand):
    help = (
        "Take away the second factor of a member of staff who lost it, and sign them out "
        "everywhere. In the admin it takes two people; here, whoever runs the server."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options) -> None:
        person = get_user_model().objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"There is nobody called {username}.")
        second_factors.take_away(person)
        self.stdout.write(f"{username} has no second factor now, and is signed out.")
