"""Taking away the second factor of who lost it: by two people, or by whoever runs the server."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from cases.publishing.acts import Refused
from write4rights.models import SecondFactorReset


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
        SecondFactorReset.objects.filter(person=person).delete()
        sign_out(person)


def sign_out(person: User) -> None:
    for session in UserSession.objects.filter(user=person):
        session.end()
