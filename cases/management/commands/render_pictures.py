"""Makes the sizes in which pages show pictures by now, of those that were uploaded before."""

from copy import copy

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from cases import pictures
from cases.models import Case, Portrait
from cases.publishing import content_version

MAX_AT_A_TIME = 200  # a picture takes a second or two


class Command(BaseCommand):
    help = (
        "Make the sizes of uploaded pictures that pages show and that they lack, one picture after "
        "the other. Safe to stop and to repeat; `prepare` does it too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--most", type=int, default=MAX_AT_A_TIME, help="how many pictures, at most"
        )

    def handle(self, *, most: int, **options) -> None:
        lacking = [one for one in Portrait.objects.order_by("pk") if pictures.lacks_sizes(one)]
        done = sum(self._render(portrait) for portrait in lacking[:most])
        if lacking:
            self.stdout.write(f"Pictures in the sizes of today: {done} new.")
        if left := len(lacking[most:]):
            self.stdout.write(f"{left} more lack some: run `manage.py render_pictures` again.")

    def _render(self, portrait: Portrait) -> bool:
        """What cannot be read stays as it is, and stops no other."""
        before = copy(portrait)
        try:
            pictures.render(portrait)
        except OSError as error:
            self.stderr.write(f"The picture of case {portrait.case_id} can’t be read: {error}")
            return False
        with transaction.atomic():
            same = Portrait.objects.filter(pk=portrait.pk, image=portrait.image.name)
            is_there = bool(same.update(renditions=portrait.renditions))
            if is_there:
                content_version.touch(Case.objects.filter(pk=portrait.case_id))
            pictures.remove_files(before if is_there else portrait)
        return is_there
