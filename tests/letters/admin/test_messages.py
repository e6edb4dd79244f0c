"""Messages of support as a moderator reads them, and chooses which are shown."""

import pytest
from django.urls import reverse

from letters.actions import letters
from letters.models import Letter
from letters.text import pictures
from tests.factories import make_letter, make_message, make_solidarity_action
from tests.letters.sending import a_picture
from tests.staff import said, signed_in, text

pytestmark = pytest.mark.usefixtures("counts_hold")

LIST = "/admin/letters/letter/"


@pytest.fixture
def case():
    return make_solidarity_action(shows_messages=True).case


def page(letter: Letter) -> str:
    return reverse("admin:letters_letter_change", args=[letter.pk])


def act(client, letter: Letter, name: str, seen: str | None = None):
    url = reverse("admin:letters_letter_act", args=[letter.pk])
    seen = letter.changed_at.isoformat() if seen is None else seen
    return client.post(url, {"act": name, "seen": seen}, follow=True)


def is_shown(letter: Letter) -> bool:
    return Letter.objects.get(pk=letter.pk).shown_on is not None


def test_messages_wait_in_the_queue_of_letters_and_can_be_told_apart(case):
    message = make_message(case, state="submitted")
    letter = make_letter(case, state="submitted")
    client = signed_in("moderator")

    def listed(query=""):
        return [row.pk for row in client.get(LIST + query).context["cl"].result_list]

    assert listed() == [letter.pk, message.pk]
    assert listed("?kind__exact=solidarity") == [message.pk]


def test_a_message_is_read_with_its_picture_and_without_its_address(case):
    message = make_message(case, state="submitted", body="Words for the herders.")
    pictures.keep(message, pictures.clean(a_picture()))
    client = signed_in("moderator")

    shown = text(client.get(page(message)))

    assert "Words for the herders." in shown
    assert "Test Person" in shown
    assert "Invented Street" not in shown
    assert "Dear" not in shown  # no salutation of the official
    url = reverse("admin:letters_letter_picture", args=[message.pk])
    assert url in shown
    picture = client.get(url)
    assert picture["Content-Type"] == "image/jpeg"
    assert "no-store" in picture["Cache-Control"]


def test_a_picture_is_for_moderators_alone(client):
    message = make_message(state="submitted")
    pictures.keep(message, pictures.clean(a_picture()))
    url = reverse("admin:letters_letter_picture", args=[message.pk])

    assert client.get(url).status_code == 302  # to sign in
    assert signed_in("editor").get(url).status_code == 403
    assert signed_in("moderator").get(url).status_code == 200


def test_a_message_is_approved_shown_and_hidden_again(case):
    message = make_message(case, state="submitted", may_be_shown=True)
    client = signed_in("moderator")

    assert "Show it on the site" not in text(client.get(page(message)))
    letters.approve(message)
    assert "Show it on the site" in text(client.get(page(message)))

    shown = act(client, message, "show")
    assert said(shown) == [f"Message {message.pk} is shown on the site."]
    assert is_shown(message)

    message.refresh_from_db()
    act(client, message, "hide")
    assert not is_shown(message)
    assert Letter.objects.get(pk=message.pk).state == "approved"


def test_nothing_is_shown_without_the_writers_consent(case):
    message = make_message(case, state="approved")
    client = signed_in("moderator")

    assert "Show it on the site" not in text(client.get(page(message)))
    act(client, message, "show")

    assert not is_shown(message)


def test_a_case_that_shows_no_messages_shows_none(case):
    message = make_message(case, state="approved", may_be_shown=True)
    case.solidarity_action.shows_messages = False
    case.solidarity_action.save()
    client = signed_in("moderator")

    assert "Show it on the site" not in text(client.get(page(message)))
    act(client, message, "show")

    assert not is_shown(message)


def test_a_message_that_was_changed_since_it_was_read_is_not_shown(case):
    message = make_message(case, state="approved", may_be_shown=True)
    seen = message.changed_at.isoformat()
    letters.revise(message, body="Other words than those that were read.")

    answer = act(signed_in("moderator"), message, "show", seen=seen)

    assert said(answer) == [f"Message {message.pk} was changed since: please read it again."]
    assert not is_shown(message)
