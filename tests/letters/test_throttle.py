import datetime

import pytest
import time_machine
from django.test import RequestFactory
from django.utils import timezone

from letters import throttle
from letters.models import Letter, Throttle
from tests.factories import make_case, make_case_to_write_for
from tests.letters.sending import BODY, send_letter, send_pledge

pytestmark = pytest.mark.usefixtures("counts_hold")

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
        ("", ""),
        ("unix:", ""),
        ("192.0.2.1\0", ""),
    ],
)
def test_a_sender_is_an_address_or_the_network_of_one(address, found):
    assert network(address) == found


def test_each_sender_is_counted_for_itself_and_anew_each_hour():
    one = RequestFactory().post("/", REMOTE_ADDR="192.0.2.1")
    other = RequestFactory().post("/", REMOTE_ADDR="192.0.2.2")
    with time_machine.travel(timezone.now().replace(minute=5), tick=False) as clock:
        assert [throttle.hit("write", one) for _nr in range(3)] == [1, 2, 3]
        assert throttle.hit("write", other) == 1
        assert throttle.hit("pledge", one) == 1
        clock.shift(60 * MINUTE)
        assert throttle.hit("write", one) == 1


def test_the_limits_keep_no_address():
    throttle.hit("write", RequestFactory().post("/", REMOTE_ADDR="192.0.2.1"))

    assert "192" not in Throttle.objects.get().key
    assert len(Throttle.objects.get().key) == 43


def test_senders_without_address_share_no_allowance(client, settings):
    case = make_case_to_write_for()
    client.defaults["REMOTE_ADDR"] = ""
    for _nr in range(3):
        assert send_letter(client, case).status_code == 302
    assert not Throttle.objects.exists()


def test_many_letters_of_one_sender_are_kept_for_a_look(client, monkeypatch):
    monkeypatch.setattr(throttle, "HELD_ABOVE", 2)
    case = make_case_to_write_for()

    answers = [send_letter(client, case) for _nr in range(3)]

    assert [answer.status_code for answer in answers] == [302] * 3
    assert list(Letter.objects.order_by("pk").values_list("held", flat=True)) == [0, 0, 1]


def test_a_flood_is_refused_and_the_text_is_kept(client, monkeypatch):
    monkeypatch.setattr(throttle, "REFUSED_ABOVE", 1)
    case = make_case_to_write_for()
    send_letter(client, case)

    response = send_letter(client, case)

    assert response.status_code == 429
    assert response.context["form"]["body"].value() == BODY
    assert Letter.objects.count() == 1


def test_a_flood_of_promises_is_refused_in_words(client, monkeypatch):
    monkeypatch.setattr(throttle, "REFUSED_ABOVE", 1)
    case = make_case()
    send_pledge(client, case)

    response = send_pledge(client, case)

    assert response.status_code == 429
    assert "That was a lot at once" in response.content.decode()


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
