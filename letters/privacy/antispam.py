"""What keeps robots and accidents from the forms, and loses no real letter."""

import hmac
import secrets
import time
from collections.abc import Iterator
from datetime import timedelta

from django import forms
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cases.encryption import urlsafe

FASTEST = 3  # seconds: no person fills in a form faster
MAX_SAME_FORM = 30  # a class that goes back to one page
DOUBLE_CLICK = timedelta(minutes=1)  # the same once more, so soon: a second click, a bad line
OLDEST = 24 * 60 * 60  # seconds: after a day the page asks to send once more

_signer = signing.TimestampSigner(salt="letters.form")


def new_token() -> str:
    """For one showing of a form: says when it was shown, and makes its submission unique."""
    return _signer.sign(secrets.token_urlsafe(16))


class _EarlierSigner(signing.TimestampSigner):
    def timestamp(self) -> str:
        return signing.b62_encode(int(time.time()) - FASTEST - 1)


def renewed_token() -> str:
    """For a form that was open too long: it has been read, so it may be sent again at once."""
    return _EarlierSigner(salt=_signer.salt).sign(secrets.token_urlsafe(16))


def key_of(token: str, purpose: str) -> str:
    """The private key of what this form makes: the same however often it is sent.

    22 characters, 128 bits. It can't be worked out from the token without SECRET_KEY, and a token
    of one form makes nothing else in another.
    """
    message = f"key\0{purpose}\0{token}".encode()
    digest = hmac.digest(settings.SECRET_KEY.encode(), message, "sha256")
    return urlsafe(digest[:16])


def keys_of(key: str) -> Iterator[str]:
    """The key of what a form makes, then those of what the very same form makes afterwards: with
    other words, or by the next person at the device who went back to it."""
    yield key
    for again in range(1, MAX_SAME_FORM):
        yield key_of(key, f"again {again}")
    while True:  # nobody's double click finds these
        yield urlsafe(secrets.token_bytes(16))


class SpamProtectedForm(forms.Form):
    """A form with a token against double sending, a trap for robots, and clean text.

    After validation `key` is the private key for what it makes and `is_suspect` whether a robot
    seems to have sent it: then it is kept for a look, never thrown away.
    """

    purpose = ""  # what the form is for: "letter", "pledge for test-person"
    key = ""
    is_suspect = False
    tries = 0  # of its sender in this hour, with this one: see letters.views.submitting

    token = forms.CharField(widget=forms.HiddenInput, max_length=200, required=False)
    website = forms.CharField(required=False, max_length=200, label=_("Leave this empty"))

    data: QueryDict  # our own copy

    def __init__(self, data: QueryDict | None = None, **kwargs) -> None:
        super().__init__(None if data is None else data.copy(), **kwargs)
        self.fields["token"].initial = new_token
        self.fields["website"].widget.attrs |= {"tabindex": "-1", "autocomplete": "off"}

    def clean(self) -> dict:
        cleaned = self.cleaned_data
        token = cleaned.pop("token", "")
        self.is_suspect = bool(cleaned.pop("website", ""))
        try:
            nonce = _signer.unsign(token, max_age=OLDEST)
        except signing.BadSignature as error:
            is_old = isinstance(error, signing.SignatureExpired)
            self.data["token"] = renewed_token() if is_old else new_token()
            raise ValidationError(
                _("This page was open for too long. What you typed is still here: send it again."),
                code="old",
            ) from None
        try:
            _signer.unsign(token, max_age=FASTEST)
            self.is_suspect = True
        except signing.SignatureExpired:
            pass
        self.key = key_of(nonce, self.purpose)
        return cleaned

    @property
    def key_on_page(self) -> str:
        """The private key of what it makes once it is sent as it stands on the page."""
        try:
            nonce = _signer.unsign(self["token"].value())
        except signing.BadSignature:
            nonce = ""
        return key_of(nonce, self.purpose)

    def counts_as(self) -> int:
        """How many tries a valid form is, where limits are counted."""
        return 1
