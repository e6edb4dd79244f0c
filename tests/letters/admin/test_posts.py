import pytest

from letters.models import Post
from tests.factories import make_post
from tests.staff import said, signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counts_hold")]

LIST = "/admin/letters/post/"


def release(client, *posts: Post):
    keys = [post.pk for post in posts]
    return client.post(LIST, {"action": "clear_review", "_selected_action": keys}, follow=True)


def test_moderator_finds_what_is_held_from_the_first_page():
    held = make_post(needs_review=True)
    make_post()
    client = signed_in("moderator")

    first = text(client.get("/admin/"))
    found = client.get(f"{LIST}?needs_review__exact=1").context["cl"].result_list

    assert "1 post to look at" in first
    assert list(found) == [held]


def test_released_post_counts_and_pressing_twice_does_no_harm():
    held, counted = make_post(needs_review=True), make_post()
    client = signed_in("moderator")

    answers = [said(release(client, held, counted)) for _nr in range(2)]

    assert answers == [["1 no longer needs review."], ["0 no longer need review."]]
    held.refresh_from_db()
    assert (held.needs_review, held.counts) == (False, True)


@pytest.mark.parametrize("role", ["editor", "counter", "safety"])
def test_others_see_no_posts(role):
    held = make_post(needs_review=True)
    client = signed_in(role)

    assert client.get(LIST).status_code == 403
    assert release(client, held).status_code == 403
    held.refresh_from_db()
    assert held.needs_review


def test_nobody_adds_changes_or_deletes_a_post_or_sees_its_key():
    post = make_post()
    client = signed_in("moderator")

    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{post.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"{LIST}{post.pk}/change/", {"network": "x"}).status_code == 403
    for url in [LIST, f"{LIST}{post.pk}/change/"]:
        assert post.key not in text(client.get(url))


def test_list_asks_as_often_for_many_posts_as_for_few(
    django_assert_num_queries, django_assert_max_num_queries
):
    client = signed_in("moderator")
    post = make_post()
    client.get(LIST)
    with django_assert_max_num_queries(15) as few:
        client.get(LIST)
    for _nr in range(10):
        make_post(post.case)

    with django_assert_num_queries(len(few)):
        client.get(LIST)
