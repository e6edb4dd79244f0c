"""Taking away the second factor of who lost it: by two people, or by whoever runs the server.

That a password or a second factor was changed is on the erasure list: it may have been stolen, and
a restored backup has the one of before.
"""

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from cases.models import ErasureAct, ErasureEntry
from cases.publishing.acts import Refused
from write4rights.models import SecondFactorReset

SIGN_IN, RECOVERY_CODES = "sign-in", "recovery-codes"


def note_changed(person: User, what: str = SIGN_IN) -> None:
    with transaction.atomic():
        ErasureEntry.objects.note(ErasureAct.LOCKED_OUT, User, [person.pk], value=what)


def note_what_allauth_does() -> None:
    """The pages on which staff look after their own are allauth's: it has no other way to tell."""
    signals.authenticator_removed.connect(_removed)
    signals.authenticator_reset.connect(_removed)
    signals.authenticator_used.connect(_used)


def _removed(user: User, authenticator: Authenticator, **_others) -> None:
    is_code = authenticator.type == Authenticator.Type.RECOVERY_CODES
    note_changed(user, RECOVERY_CODES if is_code else SIGN_IN)


def _used(user: User, authenticator: Authenticator, **_others) -> None:
    """A recovery code is good once."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        note_changed(user, RECOVERY_CODES)


def start_anew(person: User) -> None:
    """Nothing that opened their account opens it now: they need a link to choose a password."""
    with transaction.atomic():
        person.set_unusable_password()
        person.save(update_fields=["password"])
        take_away(person)


def take_recovery_codes_away(person: User) -> None:
    codes = Authenticator.objects.filter(type=Authenticator.Type.RECOVERY_CODES)
    codes.filter(user=person).delete()


def ask_for_reset(person: User, by: User) -> bool:
    """The first person. Who asked first stays the one who asked; then it returns False."""
    asked = SecondFactorReset.objects.get_or_create(person=person, defaults={"asked_by": by})
    return asked[1]


def approve_reset(person: User, by: User) -> None:
    """The second person, who is neither who asked nor who is helped."""
    with transaction.atomic():
        asked = SecondFactorReset.objects.select_for_update().filter(person=person).first()
        if asked is None:
            raise Refused(_("Nobody has asked for it."))
        if by.pk in (asked.asked_by_id, person.pk):
            raise Refused(_("Somebody else has to approve it."))
        take_away(person)


def take_back_reset(person: User) -> bool:
    return bool(SecondFactorReset.objects.filter(person=person).delete()[0])


def take_away(person: User) -> None:
    """They sign in with the password and are asked to set one up before anything else."""
    with transaction.atomic():
        Authenticator.objects.filter(user=person).delete()
        note_changed(person)
        SecondFactorReset.objects.filter(person=person).delete()
        sign_out(person)


def sign_out(person: User) -> None:
    for session in UserSession.objects.filter(user=person):
        session.end()
