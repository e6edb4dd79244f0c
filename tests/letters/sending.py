"""What a supporter does, through the front door: fill in a form, press a button."""

import copy
import datetime
import io
import re
import secrets
import time

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signing import b62_encode
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from cases.models import ActionCount, Case, Petition
from letters.models import EmailAddress, Letter, Pledge, Publication
from letters.privacy import antispam
from letters.statistics import published

BODY = "I write to you about the pastures. Please do not build on them.\n\nThank you."


def token(*, shown: datetime.timedelta = datetime.timedelta(minutes=10)) -> str:
    """What a form holds that was shown so long ago.

    The time of the process stays as it is: others may be sending forms in this moment.
    """
    earlier = copy.copy(antispam._signer)
    earlier.timestamp = lambda: b62_encode(int(time.time() - shown.total_seconds()))
    return earlier.sign(secrets.token_urlsafe(16))


def letter_form(**fields) -> dict:
    """A letter form as a person fills it in; a test names the fields it is about."""
    return {
        "token": token(),
        "language": "en",
        "subject": "The pastures",
        "body": BODY,
        "ties": "no",
        "name_form": "full",
        "name": "Sam Tester",
        "place": "Testville",
        "country": "NO",
        "email": "",
        "consent": "on",
    } | fields


def pledge_form(**fields) -> dict:
    due_on = timezone.localdate() + datetime.timedelta(days=10)
    promise = {"number": "3", "due_on": due_on.isoformat(), "consent": "on"}
    return {"token": token()} | promise | fields


def send_letter(client: Client, case: Case, **fields) -> HttpResponse:
    return client.post(reverse("letters:letter-write", args=[case.slug]), letter_form(**fields))


def see_step_two(client: Client, case: Case, **fields) -> HttpResponse:
    """The letter is written, and the next page asks who writes."""
    first = {"token": token(), "language": "en", "subject": "The pastures", "body": BODY}
    first |= {"ties": "no", "step": "2"} | fields
    return client.post(reverse("letters:letter-write", args=[case.slug]), first)


def send_pledge(client: Client, case: Case | None = None, **fields) -> HttpResponse:
    url = reverse("letters:pledge", args=[case.slug]) if case else reverse("letters:pledge-edition")
    return client.post(url, pledge_form(**fields))


def sign_form(petition: Petition, **fields) -> dict:
    """The form below a petition, as a person fills it in who has read it."""
    return {
        "token": token(),
        "digest": petition.digest,
        "name": "Sam Tester",
        "country": "NO",
        "email": "sam@example.org",
        "consent": "on",
    } | fields


def sign(client: Client, petition: Petition, **fields) -> HttpResponse:
    url = reverse("letters:signature", args=[petition.case.slug])
    return client.post(url, sign_form(petition, **fields))


def ask_to_be_told(client: Client, case: Case | None = None, **fields) -> HttpResponse:
    url = reverse("letters:follow", args=[case.slug]) if case else reverse("letters:follow-all")
    return client.post(url, {"token": token(), "email": "sam@example.org"} | fields)


def say_yes(client: Client, email_address: EmailAddress, **fields) -> HttpResponse:
    """Open the page of an address, and press the button on it that confirms."""
    url = email_address.get_absolute_url()
    form = {"act": "confirm", "seen": client.get(url).context["seen"]}
    return client.post(url, form | fields)


def act(client: Client, thing: Letter | EmailAddress | Pledge, name: str, **fields) -> HttpResponse:
    """Press a button on the private page of a letter, pledge or address."""
    return client.post(thing.get_absolute_url(), {"act": name} | fields)


def by_hand(client: Client, pledge: Pledge, number: int | str, **fields) -> HttpResponse:
    """Say on the page of a pledge that so many letters were written on paper and posted."""
    case = pledge.case.slug if pledge.case else ""
    return act(
        client, pledge, "by-hand", **{"token": token(), "case": case, "number": number} | fields
    )


def token_in(response: HttpResponse) -> str:
    [found] = re.findall(r'name="token" value="([^"]+)"', response.content.decode())
    return found


def state_of(letter: Letter) -> str:
    return Letter.objects.get(pk=letter.pk).state


def counted(case: Case, kind: str) -> int:
    """How many count by now: "letters", "messages", "signatures" or "posts"."""
    return ActionCount.objects.filter(pk=case.pk).values_list(kind, flat=True).first() or 0


def yesterday() -> datetime.date:
    return timezone.localdate() - datetime.timedelta(days=1)


def publish() -> None:
    """As the worker does at the beginning of a day, again."""
    Publication.objects.all().delete()
    published.publish_once_a_day()


def everyone(case: Case) -> int:
    """The letters that count for the case by now."""
    return counted(case, "letters")


def signed(case: Case) -> int:
    """The signatures that count for the case by now."""
    return counted(case, "signatures")


def message_form(**fields) -> dict:
    """A form for a message of support as a person fills it in."""
    return {
        "token": token(),
        "language": "en",
        "form": "card",
        "body": "You are not forgotten. We think of you and of the herds.",
        "ties": "no",
        "name_form": "full",
        "name": "Sam Tester",
        "country": "NO",
        "email": "",
        "consent": "on",
    } | fields


def send_message(client: Client, case: Case, **fields) -> HttpResponse:
    return client.post(reverse("letters:message-write", args=[case.slug]), message_form(**fields))


def a_picture(size=(900, 600), kind="JPEG", name="drawing.jpg", **options) -> SimpleUploadedFile:
    """A plain picture as a browser sends it; `options` are for Pillow."""
    data = io.BytesIO()
    Image.new("RGB", size, "gold").save(data, kind, **options)
    return SimpleUploadedFile(name, data.getvalue(), content_type="image/jpeg")
