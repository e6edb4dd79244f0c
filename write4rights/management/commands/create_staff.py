"""Make a login for a member of staff."""

import os
import secrets
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from write4rights.first_passwords import link_for

# 20 of 55 characters, none of which looks like another: 115 bits.
LENGTH = 20
ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Command(BaseCommand):
    help = (
        "Make a login for a member of staff, with a password that is shown once, or with a link by "
        "which they choose one. If there is one of that name already, nothing is changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--role",
            action="append",
            default=[],
            help="lead, editor, moderator, safety, counter or delivery; may be given several times",
        )
        parser.add_argument("--superuser", action="store_true", help="may do everything")
        parser.add_argument(
            "--link",
            action="store_true",
            help="print a link, good for a day, to choose a password; again until one is chosen",
        )
        parser.add_argument(
            "--first",
            action="store_true",
            help="make nobody if somebody else may do everything already",
        )
        parser.add_argument(
            "--password-file",
            type=Path,
            help="also write the login to this file, which only its owner can read",
        )

    def handle(self, *, username: str, role: list[str], superuser: bool, **options) -> None:
        link = options["link"]
        kept: Path | None = options["password_file"]
        if not role and not superuser:
            raise CommandError("Say what the person does: --role …, or --superuser.")
        groups = list(Group.objects.filter(name__in=role))
        if missing := set(role) - {group.name for group in groups}:
            raise CommandError(f"There is no role {', '.join(sorted(missing))}.")

        User = get_user_model()
        person = User.objects.filter(username=username).first()
        there = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
        if not person and there and options["first"]:
            self.stdout.write(f"{there} may do everything already; nothing was changed.")
            return
        if person and link and not person.has_usable_password():
            self.stdout.write(link_for(person))
            return
        if person:
            self.stdout.write(f"{username} is there already; nothing was changed.")
            if kept and kept.exists():
                self.stdout.write(f"The login is in {kept}.")
            return

        password = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        with transaction.atomic():
            user = User(username=username, is_staff=True, is_superuser=superuser)
            user.set_password(None if link else password)
            user.save()
            user.groups.set(groups)
            if kept and not link:
                write_private(kept, f"{username} {password}\n")
        self.stdout.write(link_for(user) if link else f"Name: {username}\nPassword: {password}")


def write_private(path: Path, text: str) -> None:
    """Write the file anew, readable by its owner alone from its first moment on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
