"""Saying that one posted: the form, the page after it, and the count after each act."""

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Case
from letters.actions import posts
from letters.models import Post, Tally
from letters.privacy import throttle
from tests.factories import make_case, make_letter, make_post
from tests.letters.sending import counted, publish, token, token_in, yesterday

pytestmark = pytest.mark.usefixtures("counts_hold")


def posted_form(**fields) -> dict:
    return {"token": token(), "network": "mastodon", "country": "SE"} | fields


def say_posted(client: Client, case: Case, **fields):
    return client.post(reverse("letters:posted", args=[case.slug]), posted_form(**fields))


def press(client: Client, post: Post, act: str):
    return client.post(post.get_absolute_url(), {"act": act})


def posts_of(case: Case) -> int:
    return counted(case, "posts")


def freeze(case: Case, how: str) -> None:
    Case.objects.filter(pk=case.pk).update(freeze=how, freeze_reason="A test says so.")


def test_who_posted_comes_to_a_page_that_thanks_and_counts(client):
    case = make_case(short_name="Ana")
    make_post(case)

    response = say_posted(client, case)

    post = Post.objects.latest("pk")
    assert response.url == post.get_absolute_url() + "#now"
    assert (post.network, post.country, post.needs_review) == ("mastodon", "SE", False)
    assert posts_of(case) == 2
    assert (
        "2 actions now count for Ana, yours among them."
        in client.get(response.url).content.decode()
    )
    tally = Tally.objects.get(country="SE")
    assert (tally.kind, tally.source, tally.number) == ("social", "said", 1)


def test_the_same_form_sent_twice_makes_one_post(client):
    case = make_case()
    form = posted_form()

    answers = [say_posted(client, case, **form) for _nr in range(3)]

    assert len({(answer.status_code, answer.url) for answer in answers}) == 1
    assert posts_of(case) == 1


def test_going_back_to_name_another_network_makes_a_second_post(client):
    case = make_case()
    form = posted_form()

    say_posted(client, case, **form)
    say_posted(client, case, **form | {"network": "bluesky"})

    assert set(Post.objects.values_list("network", flat=True)) == {"mastodon", "bluesky"}
    assert posts_of(case) == 2


def test_a_form_for_one_case_makes_nothing_else_for_another(client):
    form = posted_form()

    first = say_posted(client, make_case(), **form)
    second = say_posted(client, make_case(), **form)

    assert first.url != second.url
    assert Post.objects.count() == 2


def test_where_is_asked_beside_its_field_and_the_country_is_kept(client):
    response = say_posted(client, make_case(), network="")

    assert response.status_code == 200
    assert response.context["form"].errors == {"network": ["Choose where you posted."]}
    assert response.context["form"]["country"].value() == "SE"
    assert not Post.objects.exists()


def test_a_form_that_stood_open_too_long_is_sent_once_more(client):
    case = make_case()

    response = say_posted(client, case, token="nonsense")
    again = say_posted(client, case, token=token_in(response))

    assert "This page was open for too long." in response.content.decode()
    assert again.status_code == 302


@pytest.mark.parametrize("act", ["take-back", "post-again"])
def test_each_act_pressed_twice_counts_once(client, act):
    post = make_post(state="posted" if act == "take-back" else "withdrawn")

    for _nr in range(3):
        assert press(client, post, act).url == post.get_absolute_url() + "#now"

    assert posts_of(post.case) == (0 if act == "take-back" else 1)
    assert client.get(post.get_absolute_url()).status_code == 200


def test_two_tabs_do_not_count_twice():
    one_tab = make_post()
    other_tab = Post.objects.get(pk=one_tab.pk)

    assert posts.take_back(one_tab) is True
    assert posts.take_back(other_tab) is False
    assert posts_of(one_tab.case) == 0


def test_a_post_taken_back_and_made_again_counts_on_its_new_day(client):
    post = make_post(counted_on="2025-12-01")

    press(client, post, "take-back")
    press(client, post, "post-again")

    post.refresh_from_db()
    assert str(post.counted_on) != "2025-12-01"
    assert posts_of(post.case) == 1


@pytest.mark.parametrize("act", ["", "release", "delete", "take-back\0", "x" * 500])
def test_an_unknown_act_changes_nothing(client, act):
    post = make_post()

    assert press(client, post, act).status_code == 302
    assert posts_of(post.case) == 1


def test_looking_changes_nothing(client):
    post = make_post()
    url = reverse("letters:posted", args=[post.case.slug])

    for _nr in range(3):
        for address in [url, post.get_absolute_url()]:
            client.get(address)
            client.head(address)

    assert Post.objects.count() == posts_of(post.case) == 1


def test_what_a_robot_sends_is_held_and_counts_once_somebody_looked(client):
    case = make_case()

    response = say_posted(client, case, website="https://example.org/")

    post = Post.objects.get()
    assert "Your post is being looked at" in client.get(response.url).content.decode()
    assert (post.needs_review, posts_of(case)) == (True, 0)
    assert posts.clear_review(post) is True
    assert posts.clear_review(post) is False
    assert posts_of(case) == 1


def test_a_held_post_that_was_taken_back_does_not_count_when_it_is_released(client):
    post = make_post(needs_review=True)

    press(client, post, "take-back")
    post.refresh_from_db()
    posts.clear_review(post)

    assert posts_of(post.case) == 0


@pytest.mark.usefixtures("still_clock")
def test_too_many_from_one_place_are_held_then_refused(client, monkeypatch):
    case = make_case()
    monkeypatch.setattr(throttle, "REVIEW_ABOVE", 1)
    monkeypatch.setattr(throttle, "REFUSED_ABOVE", 2)

    statuses = [say_posted(client, case).status_code for _nr in range(3)]

    assert statuses == [302, 302, 429]
    assert list(Post.objects.order_by("pk").values_list("needs_review", flat=True)) == [
        False,
        True,
    ]


def test_a_case_that_stops_meanwhile_takes_no_post_and_says_so(client):
    case = make_case()
    freeze(case, "paused")

    response = say_posted(client, case)

    assert response.status_code == 409
    assert "Nobody is asked to act for this case at the moment." in response.content.decode()
    assert response.context["form"]["network"].value() == "mastodon"
    assert not Post.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"freeze": "paused", "freeze_reason": "A test"}, {"stage": "closed"}]
)
def test_for_a_case_that_takes_no_actions_the_form_leads_to_its_page(client, fields):
    case = make_case(**fields)

    for name in ["letters:share", "letters:share-mastodon", "letters:posted"]:
        response = client.get(reverse(name, args=[case.slug]))
        assert (response.status_code, response.url) == (302, case.get_absolute_url())


@pytest.mark.parametrize("change", [{"sharing_allowed": False}, {"stage": "closed"}])
def test_a_post_can_be_taken_back_whatever_becomes_of_the_case_but_not_made_again(client, change):
    post = make_post()
    Case.objects.update(**change)

    press(client, post, "take-back")
    assert posts_of(post.case) == 0
    press(client, post, "post-again")
    assert posts_of(post.case) == 0
    assert "I did post it" not in client.get(post.get_absolute_url()).content.decode()


@pytest.mark.parametrize("name", ["letters:posted", "letters:share-mastodon"])
def test_a_case_that_was_hidden_meanwhile_is_said_to_be_stopped(client, name):
    case = make_case(display_name="Ánne Testlund")
    freeze(case, "hidden")

    response = client.post(reverse(name, args=[case.slug]))

    assert response.status_code == 409
    shown = response.content.decode()
    assert "was stopped while you were writing" in shown
    assert "Testlund" not in shown
    assert not Post.objects.exists()


@pytest.mark.parametrize("how", ["hidden", "withdrawn"])
def test_the_page_of_a_post_says_nothing_of_a_frozen_case(client, how):
    post = make_post(make_case(display_name="Ánne Testlund"))
    freeze(post.case, how)

    shown = client.get(post.get_absolute_url()).content.decode()

    assert "Testlund" not in shown
    assert "This page is not shown at the moment" in shown


def test_the_page_of_a_post_names_the_next_case_to_write_for(client):
    post = make_post(make_case(display_name="Ana Test"))
    written_for = make_case(display_name="Jon Test")
    for _letter in range(10):
        make_letter(written_for, state="posted", counted_on=yesterday())
    make_case(display_name="Rosa Muestra")
    publish()

    page = client.get(post.get_absolute_url()).content.decode()

    assert "Rosa Muestra" in page
    assert "Jon Test" not in page


def test_a_made_up_key_opens_nothing(client):
    assert client.get(f"/posts/{'x' * 22}/").status_code == 404
