"""Erases what is past its limit. The worker does the same once an hour."""

from django.core.management.base import BaseCommand

from letters.privacy import erasure


class Command(BaseCommand):
    help = "Erase all that is past its limit, as the privacy page promises. Prints numbers only."

    def handle(self, **options) -> None:
        for what, number in erasure.erase_expired().items():
            self.stdout.write(f"{what}: {number:,} erased")
