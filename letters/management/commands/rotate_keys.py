"""Encrypts everything anew with the first of the ENCRYPTION_KEYS."""

from collections.abc import Iterator

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, models, transaction

from cases.encryption import EncryptedTextField, fernet
from letters.delivery import files
from letters.models import Delivery, HandInPart, LetterPicture
from letters.models.locks import lock

PICTURES_A_PART = 10  # each is up to a megabyte
# As allauth's MFA adapter encrypts them; the last one is a list of texts.
SECRETS_OF_STAFF = ["secret", "seed", "migrated_codes"]


class Command(BaseCommand):
    help = (
        "Encrypt every name, address and letter anew with the first of the ENCRYPTION_KEYS, so "
        "that the others can go. The site may run meanwhile. Stopped half-way, start it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--part", type=int, default=500, help="rows a transaction (500)")

    def handle(self, *, part: int, **options) -> None:
        self.newest = Fernet(settings.ENCRYPTION_KEYS[0])
        unreadable = 0
        for model, columns in encrypted_columns():
            self.changed = self.unreadable = 0
            size = min(part, PICTURES_A_PART) if model in (LetterPicture, Delivery) else part
            for keys in in_parts(model, size):
                self.rotate(model, columns, keys)
            self.stdout.write(f"{model._meta.verbose_name_plural}: {self.changed:,} texts anew")
            unreadable += self.unreadable
        unreadable += self.rotate_authenticators() + self.rotate_files()
        if unreadable:
            raise CommandError(
                f"{unreadable:,} texts can't be read with any of the ENCRYPTION_KEYS: "
                "one is missing. Take none out before it is found."
            )

    @transaction.atomic
    def rotate(self, model: type[models.Model], columns: list[str], keys: list[int]) -> None:
        lock(model._default_manager.filter(pk__in=keys))  # nobody writes another text meanwhile
        table, key = map(connection.ops.quote_name, (model._meta.db_table, model._meta.pk.column))
        with connection.cursor() as cursor:
            for pk, *texts in texts_of(model, columns, keys):
                anew = {
                    connection.ops.quote_name(column): new
                    for column, old in zip(columns, texts, strict=True)
                    if old and (new := self.encrypted_anew(old)) is not None
                }
                if anew:
                    names = ", ".join(f"{name} = %s" for name in anew)
                    cursor.execute(
                        f"UPDATE {table} SET {names} WHERE {key} = %s",  # noqa: S608
                        [*anew.values(), pk],
                    )
                    self.changed += len(anew)

    def rotate_authenticators(self) -> int:
        """The second factors of staff: their secrets stand in the JSON that allauth keeps."""
        self.changed = self.unreadable = 0
        for factor in apps.get_model("mfa", "Authenticator").objects.iterator():
            data = factor.data | {
                name: self.rotated(factor.data[name])
                for name in SECRETS_OF_STAFF
                if factor.data.get(name)
            }
            if data != factor.data:
                self.changed += 1
                type(factor).objects.filter(pk=factor.pk, data=factor.data).update(data=data)
        self.stdout.write(f"second factors: {self.changed:,} anew")
        return self.unreadable

    def rotate_files(self) -> int:
        """Of hand-ins. One that is made anew or erased meanwhile is left as that leaves it."""
        self.changed = self.unreadable = 0
        for path in HandInPart.objects.exclude(path="").values_list("path", flat=True):
            try:
                new = files.encrypted_anew(path)
            except FileNotFoundError:
                continue
            except InvalidToken:
                self.unreadable += 1
                continue
            replaced = HandInPart.objects.filter(path=path).update(path=new)
            files.delete(path if replaced else new)
            self.changed += replaced
        self.stdout.write(f"files of hand-ins: {self.changed:,} anew")
        return self.unreadable

    def rotated(self, secret: str | list[str]) -> str | list[str]:
        if isinstance(secret, list):
            return [self.encrypted_anew(one) or one for one in secret]
        return self.encrypted_anew(secret) or secret

    def encrypted_anew(self, old: str) -> str | None:
        """The text under the first key; None if it is so already, or can't be read."""
        try:
            self.newest.decrypt(old.encode())
        except InvalidToken:
            pass
        else:
            return None
        try:
            return fernet().rotate(old.encode()).decode()
        except InvalidToken:
            self.unreadable += 1
            return None


def encrypted_columns() -> Iterator[tuple[type[models.Model], list[str]]]:
    for model in apps.get_models():
        fields = model._meta.concrete_fields
        if columns := [f.column for f in fields if isinstance(f, EncryptedTextField)]:
            yield model, columns


def in_parts(model: type[models.Model], size: int) -> Iterator[list[int]]:
    """The primary keys of all rows."""
    last, rows = 0, model._default_manager.order_by("pk")
    while keys := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:size]):
        yield keys
        last = keys[-1]


def texts_of(model: type[models.Model], columns: list[str], keys: list[int]) -> list[tuple]:
    """The texts of these rows as they are stored."""
    table, key = map(connection.ops.quote_name, (model._meta.db_table, model._meta.pk.column))
    names = ", ".join(map(connection.ops.quote_name, columns))
    places = ", ".join(["%s"] * len(keys))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key}, {names} FROM {table} WHERE {key} IN ({places})", keys)  # noqa: S608
        return cursor.fetchall()
