"""Compares the addresses that are stored by the form that `letters.models.email_spelling` gives them.

Most keep their hash. Another one comes to addresses whose domain is international, to those in
quotation marks, and to those that begin with a “+”. What is no address of ours any more (a machine
without a name in the DNS) stays as it is: nobody can type it again.

Two mailboxes that turn out to be one are put together: the one whose owner has said yes stays, or
else the older. A petition that both signed keeps one signature; the other is found not to be valid
and leaves the count. The link of the mailbox that goes opens nothing any more: its owner gets a new
one whenever they type their address.

Of a blocked address only the hash is kept, so it can't be made anew: whoever blocked an address
that changes here can be written to again, until they block it once more.
"""

import re

from django.db import migrations
from django.db.models import F
from django.utils import timezone

from letters.models.email_spelling import email_hash
from letters.models.email_spelling import NotAnAddress, deliverable

PART = 500


def compare_anew(apps, schema_editor):
    for model, address, digest in [
        ("Letter", "email", "email_hash"),
        ("Pledge", "email", "email_hash"),
        ("OutgoingMail", "to", "to_hash"),
    ]:
        rows = apps.get_model("letters", model).objects.exclude(**{digest: ""}).order_by("pk")
        for row in rows.only(address, digest).iterator(PART):
            mailed = as_mailed(getattr(row, address))
            if mailed is None:
                continue
            anew = {address: mailed, digest: email_hash(mailed)}
            if anew[digest] != getattr(row, digest) or mailed != getattr(row, address):
                rows.filter(pk=row.pk).update(**anew)
    put_together(apps)


def as_mailed(address: str) -> str | None:
    """What the address is mailed to as; None for an empty one, and for what is none."""
    local, _at, domain = address.strip().rpartition("@")
    if len(local) > 1 and local[0] == local[-1] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    try:
        return deliverable(f"{local}@{domain}")
    except NotAnAddress:
        return None


def put_together(apps):
    Mailbox = apps.get_model("letters", "Mailbox")
    Signature = apps.get_model("letters", "Signature")
    Follow = apps.get_model("letters", "Follow")
    for mailbox in Mailbox.objects.exclude(email="").order_by("pk").iterator(PART):
        mailed = as_mailed(mailbox.email)
        if mailed is None:
            continue
        digest = email_hash(mailed)
        if digest == mailbox.email_hash:
            if mailed != mailbox.email:
                Mailbox.objects.filter(pk=mailbox.pk).update(email=mailed)
            continue
        other = Mailbox.objects.filter(email_hash=digest).first()
        if other is None:
            Mailbox.objects.filter(pk=mailbox.pk).update(email=mailed, email_hash=digest)
            continue
        is_proven = [
            Signature.objects.filter(mailbox=one, state="confirmed").exists()
            or Follow.objects.filter(mailbox=one, state="confirmed").exists()
            for one in (other, mailbox)
        ]
        kept, gone = (mailbox, other) if is_proven == [False, True] else (other, mailbox)
        blocked_on = min(filter(None, [kept.blocked_on, gone.blocked_on]), default=None)
        join(apps, kept, gone)
        Mailbox.objects.filter(pk=kept.pk).update(
            email="" if blocked_on else as_mailed(kept.email) or mailed,
            email_hash=digest,
            blocked_on=blocked_on,
        )
        if blocked_on:
            Follow.objects.filter(mailbox=kept).exclude(state="ended").update(
                state="ended", changed_at=timezone.now()
            )


def join(apps, kept, gone):
    """Hang all that hangs on one mailbox on the other, and delete it."""
    Signature = apps.get_model("letters", "Signature")
    Follow = apps.get_model("letters", "Follow")
    OutgoingMail = apps.get_model("letters", "OutgoingMail")
    for signature in Signature.objects.filter(mailbox=gone).select_related("petition"):
        same = Signature.objects.filter(mailbox=kept, petition=signature.petition_id).first()
        if same is not None:
            signature, spare = in_order(same, signature)
            set_aside(apps, spare)
        Signature.objects.filter(pk=signature.pk).update(mailbox=kept)
    for follow in Follow.objects.filter(mailbox=gone):
        same = Follow.objects.filter(mailbox=kept, case=follow.case_id).first()
        if same is not None:
            follow, spare = (follow, same) if follow.state == "confirmed" else (same, follow)
            spare.delete()
        Follow.objects.filter(pk=follow.pk).update(mailbox=kept)
    # What both have waiting is one mail now.
    for mail in OutgoingMail.objects.filter(about=f"mailbox:{gone.pk}"):
        about = f"mailbox:{kept.pk}"
        if OutgoingMail.objects.filter(about=about, kind=mail.kind).exists():
            mail.delete()
        else:
            OutgoingMail.objects.filter(pk=mail.pk).update(about=about)
    # The links in news to the mailbox that goes would open nothing.
    OutgoingMail.objects.filter(
        about__startswith="telling:", about__endswith=f":{gone.pk}"
    ).delete()
    type(gone).objects.filter(pk=gone.pk).delete()


def in_order(one, other):
    """The signature that stays, and the one that goes: one that counts stays, or one that waits."""
    places = ["confirmed", "unconfirmed", "invalid", "withdrawn"]
    return sorted([one, other], key=lambda signature: places.index(signature.state))


def set_aside(apps, signature):
    """The second signature of one person under one petition: kept as a number, and not counted."""
    Signature = apps.get_model("letters", "Signature")
    if signature.counted_on:
        apps.get_model("letters", "Tally").objects.filter(
            case=signature.petition.case_id,
            kind="signature",
            source="online",
            day=signature.counted_on,
            country=signature.country,
        ).update(number=F("number") - 1)
        apps.get_model("cases", "ActionCount").objects.filter(
            case=signature.petition.case_id
        ).update(signatures=F("signatures") - 1)
    Signature.objects.filter(pk=signature.pk).update(
        state="invalid",
        counted_on=None,
        mailbox=None,
        name="",
        shows_name=False,
        erased_on=timezone.localdate(),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0005_roles_for_every_action"),
        ("cases", "0004_remove_lines_of_phrases"),
    ]
    operations = [migrations.RunPython(compare_anew, migrations.RunPython.noop)]
