import datetime

import pytest
import time_machine
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from letters.models import Letter, Pledge, Throttle
from letters.privacy import erasure, throttle
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_letter,
    make_message,
    make_solidarity_action,
)
from tests.letters.sending import (
    BODY,
    letter_form,
    message_form,
    send_letter,
    send_pledge,
    token,
)

pytestmark = pytest.mark.usefixtures("counts_hold", "still_clock")

MINUTE = datetime.timedelta(minutes=1)


def network(address: str = "192.0.2.1", forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return throttle.client_network(RequestFactory().get("/", REMOTE_ADDR=address, **headers))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "believed"),
    [
        (0, "198.51.100.9", "192.0.2.1"),
        (1, "198.51.100.9", "198.51.100.9"),
        (1, "203.0.113.1, 198.51.100.9", "198.51.100.9"),
        (2, "203.0.113.1, 198.51.100.9, 192.0.2.8", "198.51.100.9"),
        (2, "198.51.100.9", "192.0.2.1"),
        (1, None, "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "198.51.100.9, <script>", ""),
    ],
)
def test_only_the_hops_of_our_own_proxies_are_believed(settings, proxies, forwarded, believed):
    settings.TRUSTED_PROXIES = proxies

    assert network(forwarded=forwarded) == believed


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:51234", "192.0.2.1"),
        ("[2001:db8:1:2::9]:51234", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("64:ff9b::192.0.2.1", "192.0.2.1"),
        ("64:ff9b::c000:201", "192.0.2.1"),
        ("64:ff9b:1::c000:201", "64:ff9b:1::/64"),
        ("", ""),
        ("unix:", ""),
        ("192.0.2.1\0", ""),
    ],
)
def test_a_sender_is_an_address_or_the_network_of_one(address, found):
    assert network(address) == found


def test_behind_a_socket_without_a_proxy_a_sender_has_no_address():
    request = RequestFactory().get("/")
    del request.META["REMOTE_ADDR"]

    assert throttle.client_network(request) == ""


def test_each_sender_is_counted_for_itself_and_anew_each_hour():
    one = RequestFactory().post("/", REMOTE_ADDR="192.0.2.1")
    other = RequestFactory().post("/", REMOTE_ADDR="192.0.2.2")
    with time_machine.travel(timezone.now().replace(minute=5), tick=False) as clock:
        assert [throttle.hit("write", one) for _nr in range(3)] == [1, 2, 3]
        assert throttle.hit("write", other) == 1
        assert throttle.hit("pledge", one) == 1
        clock.shift(60 * MINUTE)
        assert throttle.hit("write", one) == 1


@pytest.mark.parametrize("addresses", ["2001:db8:1:{:x}::9", "2001:db8:1:{:x}00::9", "192.0.2.{}"])
def test_who_has_many_networks_side_by_side_is_one_sender_in_the_end(addresses):
    with time_machine.travel(timezone.now().replace(minute=5), tick=False):
        for number in range(1, 120):
            sender = RequestFactory().post("/", REMOTE_ADDR=addresses.format(number))
            throttle.hit("write", sender, 10)
        sender = RequestFactory().post("/", REMOTE_ADDR=addresses.format(200))
        assert throttle.hit("write", sender, 10) == throttle.REVIEW_ABOVE
        assert throttle.hit("write", sender) == throttle.REVIEW_ABOVE + 1
        elsewhere = RequestFactory().post("/", REMOTE_ADDR="2001:db8:2::9")
        assert throttle.hit("write", elsewhere) == 1


def test_tries_are_counted_through_their_hour_and_forgotten_two_hours_after_it_began():
    sender = RequestFactory().post("/", REMOTE_ADDR="192.0.2.1")
    with time_machine.travel(timezone.now().replace(minute=50), tick=False) as clock:
        throttle.hit("write", sender)
        throttle.hit_thing("pledge-page", 7)
        assert erasure.erase_expired()["limits"] == 0
        assert throttle.hit("write", sender) == throttle.hit_thing("pledge-page", 7) == 2

        clock.shift(69 * MINUTE)
        assert erasure.erase_expired()["limits"] == 0
        clock.shift(2 * MINUTE)
        assert erasure.erase_expired()["limits"] == 3  # the sender, those around, the thing


def test_the_limits_keep_no_address():
    throttle.hit("write", RequestFactory().post("/", REMOTE_ADDR="192.0.2.1"))

    for row in Throttle.objects.all():
        assert "192.0" not in row.key
        assert len(row.key) == 43


def test_senders_without_readable_address_share_one_allowance(client, monkeypatch, settings):
    settings.TRUSTED_PROXIES = 1
    monkeypatch.setattr(throttle, "REFUSED_ABOVE", 3)
    case = make_case_to_write_for()

    answers = []
    for hop in ["", "unknown", "203.0.113.7, <script>", "_hidden"]:
        client.defaults |= {"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": hop}
        answers.append(send_letter(client, case).status_code)

    assert answers == [302, 302, 302, 429]


def test_many_letters_of_one_sender_are_kept_for_a_look(client, monkeypatch):
    monkeypatch.setattr(throttle, "REVIEW_ABOVE", 2)
    case = make_case_to_write_for()

    answers = [send_letter(client, case) for _nr in range(3)]

    assert [answer.status_code for answer in answers] == [302] * 3
    assert list(Letter.objects.order_by("pk").values_list("needs_review", flat=True)) == [0, 0, 1]


def test_a_flood_is_refused_and_the_text_is_kept(client, monkeypatch):
    monkeypatch.setattr(throttle, "REFUSED_ABOVE", 1)
    case = make_case_to_write_for()
    send_letter(client, case)

    response = send_letter(client, case)

    assert response.status_code == 429
    assert response.context["form"]["body"].value() == BODY
    assert Letter.objects.count() == 1


@pytest.mark.parametrize("is_message", [False, True])
def test_what_is_written_is_changed_so_often_in_an_hour(client, monkeypatch, is_message):
    monkeypatch.setattr(throttle, "REFUSED_ABOVE", 1)
    case = make_solidarity_action().case
    thing = make_message(case) if is_message else make_letter(case)
    form = message_form() if is_message else letter_form()
    edit = reverse("letters:letter-edit", args=[thing.key])
    assert client.post(edit, form | {"body": f"{BODY} Changed once."}).status_code == 302

    response = client.post(edit, form | {"token": token(), "body": f"{BODY} Changed twice."})

    assert response.status_code == 429
    assert response.context["form"]["body"].value() == f"{BODY} Changed twice."
    assert Letter.objects.get().body == f"{BODY} Changed once."


def test_a_flood_of_promises_is_refused_in_words_and_what_was_typed_is_kept(client, monkeypatch):
    monkeypatch.setattr(throttle, "REFUSED_ABOVE", 1)
    case = make_case()
    send_pledge(client, case)

    response = send_pledge(client, case, number=7, group="Class 5b")

    page = response.content.decode()
    assert response.status_code == 429
    assert "Too many pledges came from here in the last hour. Try again later." in page
    assert [response.context["form"][name].value() for name in ["number", "group"]] == [
        "7",
        "Class 5b",
    ]
    assert Pledge.objects.count() == 1


def test_places_are_free_again_after_their_time():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        throttle.take("mail", most=2, every=10 * MINUTE)
        clock.shift(MINUTE)
        throttle.take("mail", most=2, every=10 * MINUTE)
        with pytest.raises(throttle.TooOften) as refusal:
            throttle.take("mail", most=2, every=10 * MINUTE)
        assert refusal.value.until == timezone.now() + 9 * MINUTE
        clock.shift(9 * MINUTE)
        throttle.take("mail", most=2, every=10 * MINUTE)


def test_who_has_a_place_gets_it_again():
    throttle.take("mail", most=1, every=10 * MINUTE, taker=17)
    throttle.take("mail", most=1, every=10 * MINUTE, taker=17)

    with pytest.raises(throttle.TooOften):
        throttle.take("mail", most=1, every=10 * MINUTE, taker=18)


def test_who_takes_is_told_apart_however_large_their_number():
    large = throttle.LARGEST_NUMBER
    throttle.take("mail", most=1, every=10 * MINUTE, taker=large + 17)
    throttle.take("mail", most=1, every=10 * MINUTE, taker=large + 17)

    with pytest.raises(throttle.TooOften):
        throttle.take("mail", most=1, every=10 * MINUTE, taker=large + 18)


def test_where_there_is_no_place_at_all_it_may_be_tried_again_after_the_time():
    with pytest.raises(throttle.TooOften) as refusal:
        throttle.take("mail", most=0, every=10 * MINUTE)

    assert refusal.value.until == timezone.now() + 10 * MINUTE
