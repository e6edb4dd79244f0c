"""All that we hold of one person: found by the hash of an address, exported; see also
`letters.actions.erasure`.

Three ways lead here: the owner of the address by a link that only a mail to it holds, staff of the
safety role, and the commands `export_person` and `erase_person`. A post that somebody says they
made hangs on no address; its own link erases it.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import models
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.models import Case
from letters.models import (
    DataRequest,
    EmailAddress,
    Follow,
    FollowState,
    Letter,
    MailKind,
    OutgoingMail,
    Pledge,
    Post,
    Reply,
    Signature,
    SignatureState,
    Undeliverable,
)
from letters.privacy import consent, limits

# What tells nothing of a person: our own keys, and what only this code needs. A mail's words are
# ours, with links that open pages; of one that waits for a frozen case nothing may be told.
NOT_TOLD = {
    *("id", "key", "key_hash", "email_hash", "to_hash", "is_sample", "email_address", "about"),
    *("subject", "body", "unsubscribe_url"),
    *("domain", "sender", "batch", "held_up_by", "priority"),  # of a mail: who shares the hour
    "rejection_code",  # the reason is told; without one, none is
    "text",  # of a petition: told below, if its case is
}
TOLD_OF_LETTERS = {"subject", "body"}
# Words of staff, which may say of whom they are.
OF_STAFF = {"answer", "change_wanted", "rejection_reason"}

Thing = Letter | Pledge | Signature | Follow | EmailAddress | Post | OutgoingMail | Undeliverable


def request_of(key: str) -> DataRequest | None:
    """What a link opens, if it has not ended."""
    now = timezone.now()
    requests = DataRequest.objects.by_key(key).filter(
        used_at__gt=now - limits.KEEP_DATA_LINKS_FOR,
        created_at__gt=now - limits.KEEP_DATA_LINKS_AT_MOST_FOR,
    )
    return requests.exclude(email_hash="").first()


def is_erased(key: str) -> bool:
    """Whether all that the link opened was erased."""
    return DataRequest.objects.by_key(key).filter(email_hash="").exists()


def stored_rows(of: str, *, proven: bool = False) -> dict[str, QuerySet]:
    """All rows of one address by their kind, the newest first; with `proven` without what only
    somebody typed the address for, who may have mistyped it."""
    by_email_address = {"email_address__email_hash": of}
    rows: dict[str, QuerySet] = with_all_told(
        letters=Letter.objects.filter(email_hash=of, erased_on=None),
        pledges=Pledge.objects.filter(email_hash=of),
        signatures=Signature.objects.filter(**by_email_address),
        follows=Follow.objects.filter(**by_email_address),
    )
    rows |= {
        "email_addresses": EmailAddress.objects.filter(email_hash=of),
        "mails": OutgoingMail.objects.filter(to_hash=of)
        # Whoever looks here asked for it a moment ago.
        .exclude(kind=MailKind.DATA_LINK)
        .select_related("case__edition")
        .order_by("-pk"),
        "undeliverable": Undeliverable.objects.filter(email_hash=of),
    }
    if proven:
        rows["letters"] = rows["letters"].filter(email_proven_on__isnull=False)
        rows["pledges"] = rows["pledges"].filter(email_proven_on__isnull=False)
        rows["signatures"] = rows["signatures"].exclude(state=SignatureState.UNCONFIRMED)
        rows["follows"] = rows["follows"].exclude(state=FollowState.UNCONFIRMED)
    return rows


def with_all_told(
    *,
    letters: QuerySet[Letter],
    pledges: QuerySet[Pledge],
    signatures: QuerySet[Signature],
    follows: QuerySet[Follow],
) -> dict[str, QuerySet]:
    """These rows by their kind, the newest first, with what is told of each."""
    return {
        "letters": letters.select_related(
            "case__edition", "target__case__edition", "pledge__case__edition", "embassy"
        )
        .prefetch_related("redactions")
        .order_by("-pk"),
        "pledges": pledges.select_related("case__edition", "edition").order_by("-pk"),
        "signatures": signatures.select_related(
            "petition__case__edition", "text__petition__case__edition"
        ).order_by("-pk"),
        "follows": follows.select_related("case__edition", "edition").order_by("-pk"),
    }


def numbers(of: str) -> dict[str, int]:
    return {what: rows.count() for what, rows in stored_rows(of).items()}


def export(of: str, *, proven: bool = False) -> dict[str, list[dict]]:
    """All of it as plain values, for JSON."""
    return values_of(stored_rows(of, proven=proven))


def values_of(stored: dict[str, QuerySet]) -> dict[str, list[dict]]:
    """Each field that tells something, under its own name."""
    letters = stored["letters"].select_related("picture")
    replies = Prefetch("replies", Reply.objects.told_by_writers())
    stored = stored | {"letters": letters.prefetch_related(replies)}
    return {what: [_told(thing) for thing in rows] for what, rows in stored.items() if rows}


def as_text(of: str, *, proven: bool = False) -> str:
    """The same to be read."""
    nothing = _("We hold nothing under this address.") + "\n"
    return text_of(stored_rows(of, proven=proven)) or nothing


def text_of(stored: dict[str, QuerySet]) -> str:
    """Each field by the name that people know it by."""
    lines = []
    for rows in stored.values():
        for thing in rows:
            lines += [
                capfirst(str(thing)),
                *(
                    "  " + _("%(what)s: %(more)s") % {"what": name, "more": value}
                    for name, value in _named(thing)
                ),
            ]
            lines.append("")
    return "\n".join(lines)


def things(of: str) -> dict[str, Letter | Pledge | Signature | Follow]:
    """What can be erased one by one, as addresses name it: no letter or promise that somebody else
    may have mistyped the address for."""
    every, proven = stored_rows(of), stored_rows(of, proven=True)
    erasable = [proven["letters"], proven["pledges"], every["signatures"], every["follows"]]
    return {named(thing): thing for rows in erasable for thing in rows}


def named(thing: models.Model) -> str:
    """As buttons and addresses name it: “letter-17”."""
    return f"{thing._meta.model_name}-{thing.pk}"


def _told(thing: Thing) -> dict:
    values = {field.name: _value(thing, field) for field in _fields(thing)}
    if version := getattr(thing, "consent_version", ""):
        values["consent_text"] = consent.text_of(version, str(thing._meta.model_name))
    if isinstance(thing, Letter) and (left_out := _left_out(thing)):
        values["left_out"] = left_out
    if isinstance(thing, Letter) and (picture := thing.picture):
        values["picture"] = {"type": "image/jpeg", "base64": picture.data}
    if isinstance(thing, Letter):
        values |= _told_replies(thing)
    if isinstance(thing, Signature) and thing.petition.case.is_visible:
        values["signed_text"] = {"title": thing.text.title, "text": thing.text.text}
    return values


def _told_replies(letter: Letter) -> dict:
    """What its writer told us of answers to it, with the photos of them: see `export`."""
    replies = [
        {"received_on": reply.received_on, "text": reply.text, "picture": reply.picture}
        for reply in letter.replies.all()
    ]
    return {"replies": replies} if replies else {}


def _named(thing: Thing) -> Iterator[tuple[str, str]]:
    for field in _fields(thing):
        shown = getattr(thing, f"get_{field.name}_display", None)
        value = shown() if shown else _value(thing, field)
        if value not in ("", None):
            yield str(field.verbose_name), str(value)
    if isinstance(thing, Letter):
        for words, reason in _left_out(thing):
            yield _("left out by us"), f"{words} ({reason})"


def _left_out(letter: Letter) -> list[tuple[str, str]]:
    """What staff leave out of it when it is printed or shown, and why."""
    return [
        (getattr(letter, one.field)[one.start : one.end], one.get_reason_display())
        for one in letter.redactions.all()
    ]


def _fields(thing: Thing) -> list[models.Field]:
    not_told = NOT_TOLD - TOLD_OF_LETTERS if isinstance(thing, Letter) else NOT_TOLD
    return [field for field in thing._meta.concrete_fields if field.name not in not_told]


def _value(thing: Thing, field: models.Field):
    value = getattr(thing, field.name)
    if value and field.name in OF_STAFF and not _may_be_named(thing):
        return _("not shown at the moment")
    if not field.is_relation:
        return value
    case = getattr(value, "case", value)
    if isinstance(case, Case) and not case.is_visible:
        return _("a case that is not shown at the moment")
    return str(value or "")


def _may_be_named(thing: Thing) -> bool:
    case = getattr(thing, "case", None)
    return case is None or case.is_visible
