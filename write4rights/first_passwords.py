"""The link by which somebody new on the staff chooses a password: nobody else ever knows one."""

import datetime
import hashlib

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import (
    UserAttributeSimilarityValidator,
    password_validators_help_texts,
)
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.http_caching import only
from write4rights import second_factors

SALT = "staff.first-password"
LASTS = datetime.timedelta(hours=24)


def link_for(person: User) -> str:
    """It ends after a day, and once a password was chosen."""
    token = signing.dumps([person.pk, _now(person)], salt=SALT)
    return settings.SITE_URL + reverse("account_first_password", args=[token])


def _person_of(token: str) -> User | None:
    try:
        key, password = signing.loads(token, salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        return None
    person = get_user_model().objects.filter(pk=key, is_active=True).first()
    return person if person and _now(person) == password else None


def _now(person: User) -> str:
    """Another text as soon as the person has another password."""
    return hashlib.sha256(person.password.encode()).hexdigest()[:32]


class NotedPasswordValidator(UserAttributeSimilarityValidator):
    """Django tells each validator that a password was changed, wherever that was done."""

    def password_changed(self, password: str, user: User) -> None:
        second_factors.note_changed(user)


class FirstPasswordForm(SetPasswordForm):
    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        # As sentences: what Django has is a list, which cannot stand beside a field.
        self.fields["new_password1"].help_text = " ".join(password_validators_help_texts())


@only("GET", "HEAD", "POST")
def first_password(request: HttpRequest, token: str) -> HttpResponse:
    person = _person_of(token)
    if person is None:
        return render(request, "account/first_password_over.html", status=410)
    form = FirstPasswordForm(person, request.POST if request.method == "POST" else None)
    if form.is_valid():
        form.save()
        messages.success(request, _("Your password is saved. Sign in with it."))
        return redirect("account_login")
    return render(request, "account/first_password.html", {"form": form, "person": person})
