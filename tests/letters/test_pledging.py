import pytest
from django.urls import reverse

from letters.models import Letter, OutgoingMail, Pledge, PledgeState
from tests.factories import make_case, make_case_to_write_for, make_letter, make_pledge
from tests.letters.sending import act, everyone, pledge_form, send_letter, send_pledge

pytestmark = pytest.mark.usefixtures("counts_hold")


def test_a_promise_for_a_case_opens_its_private_page(client):
    case = make_case(display_name="Test Person of the North")

    response = send_pledge(client, case, number="5")

    pledge = Pledge.objects.get()
    assert response.status_code == 302
    assert response.url == pledge.get_absolute_url()
    assert (pledge.case, pledge.edition, pledge.number) == (case, case.edition, 5)
    page = client.get(response.url)
    assert "5 letters promised" in page.content.decode()
    assert "Test Person of the North" in page.content.decode()
    assert page["Cache-Control"] == "no-store, private"


def test_a_promise_for_the_edition_can_be_kept_with_any_case(client):
    first, second = make_case(), make_case()

    response = send_pledge(client)

    page = client.get(response.url).content.decode()
    assert Pledge.objects.get().case is None
    assert first.display_name in page
    assert second.display_name in page


def test_a_promise_sent_twice_is_one_with_what_was_sent_last(client):
    case = make_case()
    form = pledge_form(number="3")
    url = reverse("letters:pledge", args=[case.slug])

    first = client.post(url, form)
    again = client.post(url, form | {"number": "4"})

    assert first.url == again.url
    assert Pledge.objects.get().number == 4


def test_a_promise_counts_nothing_until_letters_do(client):
    case = make_case()

    send_pledge(client, case, number="500")

    assert everyone(case) == 0


def test_a_promise_shows_what_is_done(client):
    pledge = make_pledge(number=2)
    make_letter(pledge.case, pledge=pledge, state="posted")

    page = client.get(pledge.get_absolute_url()).content.decode()
    assert "1 is on its way" in page

    make_letter(pledge.case, pledge=pledge, state="submitted")
    page = client.get(pledge.get_absolute_url()).content.decode()
    assert "Promise kept" in page


def test_a_letter_can_be_written_for_a_promise(client):
    case = make_case_to_write_for()
    pledge = make_pledge(case)
    page = client.get(reverse("letters:write", args=[case.slug]), {"pledge": pledge.key})

    send_letter(client, case, pledge=page.context["form"]["pledge"].value())

    assert Letter.objects.get().pledge == pledge


def test_nobody_adds_letters_to_a_promise_without_its_link(client):
    case = make_case_to_write_for()
    pledge = make_pledge(case)

    send_letter(client, case, pledge=str(pledge.pk))

    assert Letter.objects.get().pledge is None


def test_a_promise_is_given_back_and_taken_up_again(client):
    pledge = make_pledge()

    act(client, pledge, "release")
    pledge.refresh_from_db()
    assert pledge.state == PledgeState.RELEASED
    assert "Promise given back" in client.get(pledge.get_absolute_url()).content.decode()

    act(client, pledge, "reopen")
    pledge.refresh_from_db()
    assert pledge.state == PledgeState.OPEN


def test_letters_written_by_hand_count_and_can_be_taken_back(client):
    pledge = make_pledge(number=3, country="FI")

    act(client, pledge, "by-hand", case=pledge.case.slug, number="2")
    assert everyone(pledge.case) == 2
    assert set(pledge.letters.values_list("state", "country")) == {("posted", "FI")}

    act(client, pledge, "take-back")
    assert everyone(pledge.case) == 1

    act(client, pledge, "take-back")
    act(client, pledge, "take-back")
    assert everyone(pledge.case) == 0


def test_by_hand_counts_no_more_than_was_promised(client):
    pledge = make_pledge(number=3)

    response = act(client, pledge, "by-hand", case=pledge.case.slug, number="4")
    assert response.status_code == 200
    assert "There is a problem" in response.content.decode()

    act(client, pledge, "by-hand", case=pledge.case.slug, number="3")
    act(client, pledge, "by-hand", case=pledge.case.slug, number="1")
    assert everyone(pledge.case) == 3


def test_by_hand_counts_nothing_for_a_case_that_takes_no_letters(client):
    pledge = make_pledge()
    pledge.case.freeze, pledge.case.freeze_reason = "paused", "A test says so."
    pledge.case.save()

    act(client, pledge, "by-hand", case=pledge.case.slug, number="1")

    assert everyone(pledge.case) == 0


def test_the_private_link_of_a_promise_is_mailed_once(client):
    case = make_case()
    form = pledge_form(email="sam@example.org")
    url = reverse("letters:pledge", args=[case.slug])

    client.post(url, form)
    client.post(url, form)

    mail = OutgoingMail.objects.get()
    assert mail.to == "sam@example.org"
    assert Pledge.objects.get().get_absolute_url() in mail.body


def test_a_corrected_address_gets_the_link_and_the_wrong_one_is_forgotten(client):
    case = make_case()
    form = pledge_form(email="wrong@example.org")
    url = reverse("letters:pledge", args=[case.slug])

    client.post(url, form)
    client.post(url, form | {"email": "right@example.org"})

    assert [mail.to for mail in OutgoingMail.objects.all()] == ["right@example.org"]


def test_an_erased_promise_opens_no_page_and_leaves_its_letters(client):
    pledge = make_pledge(email="sam@example.org")
    letter = make_letter(pledge.case, pledge=pledge, state="posted")
    url = reverse("letters:pledge-erase", args=[pledge.key])
    assert client.get(url).status_code == 200

    response = client.post(url)

    assert response.url == reverse("letters:erased")
    assert client.get(pledge.get_absolute_url()).status_code == 404
    assert Pledge.objects.count() == 0
    letter.refresh_from_db()
    assert letter.pledge is None
    assert everyone(letter.case) == 1


def test_a_day_that_has_passed_is_refused_in_words(client):
    response = send_pledge(client, make_case(), due_on="2020-01-01")

    assert response.status_code == 200
    assert "This day has passed." in response.content.decode()
    assert not Pledge.objects.exists()


def test_a_case_that_takes_no_letters_takes_no_promise(client):
    case = make_case(stage="closed")

    assert send_pledge(client, case).status_code == 404
    assert not Pledge.objects.exists()
