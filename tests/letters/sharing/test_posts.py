"""What can be posted about a case, and where a case shows on other sites."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from cases.models import Case, SocialPost
from letters.sharing import posts as sharing_posts
from tests.factories import make_case, make_full_case, make_outcome, make_portrait, make_post
from tests.reading import page, weight

pytestmark = pytest.mark.django_db

PICTURES = ["share/square.jpg", "share/story.jpg", "card.jpg"]


@pytest.fixture
def case() -> Case:
    case = make_full_case(slug="anne-testlund", display_name="Ánne Testlund", short_name="Ánne")
    for at, (language, text) in enumerate(
        [("en", "Keep the pastures & herds! #Tests @minister"), ("ar", "نص"), ("fr", "Gardez-les.")]
    ):
        SocialPost.objects.create(case=case, language=language, text=text, position=at)
    make_outcome(case)
    return case


def shared(client, path: str = "/cases/anne-testlund/share/"):
    return page(client.get(path))


def ways(client, number: int = 0, path: str = "/cases/anne-testlund/share/") -> dict[str, str]:
    return {link.name: link.url for link in client.get(path).context["posts"][number].links}


def test_each_suggested_post_stands_in_its_language_with_the_link(client, case):
    shown = shared(client)

    told = [
        (element.get("lang"), element.get("dir"), element.text)
        for element in shown.all("p")
        if element.get("class") == "post-text"
    ]
    assert told == [
        (
            "en",
            "ltr",
            "Keep the pastures & herds! #Tests @minister\nhttp://testserver/cases/anne-testlund/",
        ),
        ("ar", "rtl", "نص\nhttp://testserver/cases/anne-testlund/"),
        ("fr", "ltr", "Gardez-les.\nhttp://testserver/fr/cases/anne-testlund/"),
    ]


def test_the_language_of_the_page_comes_first(client, case):
    posts = client.get("/fr/cases/anne-testlund/share/").context["posts"]

    assert [post.language for post in posts] == ["fr", "en", "ar"]


def test_a_case_without_suggestions_has_a_text_all_the_same(client):
    case = make_case(slug="ana", short_name="Ana", headline="A herder of a test")

    [post] = client.get("/cases/ana/share/").context["posts"]

    assert post.text == "Write for Ana: A herder of a test\nhttp://testserver/cases/ana/"
    assert case.social_posts.count() == 0


def test_links_bring_the_text_to_each_network_whole(client, case):
    link = "http://testserver/cases/anne-testlund/"
    words = "Keep the pastures & herds! #Tests @minister"
    asked = {
        name: (urlsplit(url).netloc, parse_qs(urlsplit(url).query))
        for name, url in ways(client).items()
    }

    assert asked == {
        "Bluesky": ("bsky.app", {"text": [f"{words}\n{link}"]}),
        "Mastodon": ("", {"post": ["1"]}),
        "X": ("x.com", {"text": [f"{words}\n{link}"]}),
        "Facebook": ("www.facebook.com", {"u": [link]}),
        "WhatsApp": ("wa.me", {"text": [f"{words}\n{link}"]}),
        "Telegram": ("t.me", {"url": [link], "text": [words]}),
        "E-mail": ("", {"subject": ["Ánne Testlund"], "body": [f"{words}\r\n{link}"]}),
    }


def test_links_that_lead_away_tell_nobody_where_from(client, case):
    away = [link for link in shared(client).all("a") if link.get("href", "").startswith("https://")]

    assert len(away) == 3 * 5
    assert {link.get("rel") for link in away} == {"noopener noreferrer"}


def test_a_long_post_says_where_it_has_to_be_shortened(client, case):
    SocialPost.objects.filter(language="en").update(text="word " * 60)

    posts = client.get("/cases/anne-testlund/share/").context["posts"]

    assert [post.is_long for post in posts] == [True, False, False]


def test_the_share_page_is_light_and_asks_little(client, case, django_assert_max_num_queries):
    client.get("/cases/anne-testlund/share/")

    with django_assert_max_num_queries(3):
        response = client.get("/cases/anne-testlund/share/")

    assert weight(response)[1] < 30_000


# Mastodon: everybody has their own server


MASTODON = "/cases/anne-testlund/share/mastodon/"


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("mastodon.social", "mastodon.social"),
        (" https://Mastodon.Social/@sam ", "mastodon.social"),
        ("@sam@social.example.org", "social.example.org"),
        ("sam@bücher.example", "xn--bcher-kva.example"),
        ("a.example.", "a.example"),
    ],
)
def test_the_link_leads_to_the_server_that_was_typed(client, case, typed, host):
    response = client.post(f"{MASTODON}?post=3", {"server": typed})

    link = urlsplit(response.context["link"])
    assert (link.scheme, link.netloc, link.path) == ("https", host, "/share")
    assert parse_qs(link.query) == {
        "text": ["Gardez-les.\nhttp://testserver/fr/cases/anne-testlund/"]
    }
    assert response.context["link"] in page(response).links


@pytest.mark.parametrize(
    "typed",
    [
        "", "mastodon", "localhost", "127.0.0.1", "[::1]", "a..b.example", "a.example:8443",
        "a b.example", "javascript:alert(1)", "a.example?x=", "a.example#x", "-a.example",
        "x" * 301, "a.example\\b", "a.example\0", "\u202ea.example", "ａ。", "." * 60,
    ],
)  # fmt: skip
def test_what_is_no_server_is_refused_beside_its_field_and_kept(client, case, typed):
    response = client.post(MASTODON, {"server": typed})

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["server"]
    assert "link" not in response.context
    assert response.context["form"]["server"].value() == typed


@pytest.mark.parametrize("number", ["", "0", "4", "-1", "x", "9" * 5000, "٣"])
def test_a_post_that_is_not_there_is_the_first(client, case, number):
    response = client.get(MASTODON, {"post": number})

    assert response.context["post"].number == 1


def test_where_somebody_has_their_account_stands_in_no_address(client, case):
    response = client.post(MASTODON, {"server": "social.example.org"})

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


# What may not be shared is nowhere


def everywhere(case: Case) -> dict[str, str]:
    """Every address that tells of a case to other sites, with one of each kind."""
    link = f"http://testserver/cases/{case.slug}/"
    return {
        "share": f"/cases/{case.slug}/share/",
        "mastodon": f"/cases/{case.slug}/share/mastodon/",
        "posted": f"/cases/{case.slug}/posted/",
        "card": f"/embed/cases/{case.slug}/",
        "api": f"/api/v1/cases/{case.slug}/",
        "oembed": f"/oembed?url={link}",
        "api list": "/api/v1/cases/",
        "api outcomes": "/api/v1/outcomes/",
        "api totals": "/api/v1/totals/",
        "explained": "/api/",
    }


LISTS = {"api list", "api outcomes", "api totals", "explained"}


def test_a_case_that_may_be_shared_is_everywhere(client, case):
    for name, url in everywhere(case).items():
        response = client.get(url)
        assert response.status_code == 200, name
        assert "anne-testlund" in response.content.decode(), name


@pytest.mark.parametrize("prefix", ["", "/fr"])
@pytest.mark.parametrize(
    "change",
    [
        {"freeze": "hidden", "freeze_reason": "A test"},
        {"freeze": "withdrawn", "freeze_reason": "A test"},
        {"stage": "draft"},
        {"stage": "in-review"},
        {"listed": False},
        {"sharing_allowed": False},
    ],
    ids=lambda change: " ".join(map(str, change.items())),
)
def test_a_case_that_may_not_be_shared_is_nowhere(client, case, change, prefix):
    Case.objects.filter(pk=case.pk).update(**change)
    is_gone = change.get("freeze") == "withdrawn"

    for name, url in everywhere(case).items():
        response = client.get(prefix + url)
        text = response.content.decode()
        assert "Testlund" not in text, name
        assert name not in LISTS or "anne-testlund" not in text, name
        if name in LISTS:
            assert response.status_code == 200, name
        elif name in ("mastodon", "posted"):
            assert response.status_code == 404, name
        else:
            assert response.status_code == (410 if is_gone else 404), name
            assert "public" not in response.headers.get("Cache-Control", ""), name


def test_nothing_leads_to_sharing_where_it_is_off(client, case):
    Case.objects.update(sharing_allowed=False)
    post = make_post(case)

    for url in ["/cases/anne-testlund/", post.get_absolute_url()]:
        response = client.get(url)
        assert response.status_code == 200
        told = [link for link in page(response).links if link.endswith(("/share/", "/posted/"))]
        assert told == [], url


def test_a_property_of_a_case_says_what_the_list_of_shared_ones_says():
    made = [
        make_case(),
        make_case(stage="closed"),
        make_case(stage="draft"),
        make_case(listed=False),
        make_case(sharing_allowed=False),
        make_case(freeze="paused", freeze_reason="A test"),
        make_case(freeze="hidden", freeze_reason="A test"),
    ]

    assert [one for one in made if one.may_be_shared] == [
        one for one in made if one in Case.objects.shared()
    ]


def test_the_code_for_other_sites_stands_on_the_share_page(client, case):
    shown = shared(client)

    assert shown.texts("pre", id="embed") == [str(sharing_posts.card_frame(case))]
    assert reverse("letters:embed-card", args=[case.slug]) in sharing_posts.card_frame(case)


def test_the_page_offers_pictures_to_save_and_words_for_who_cannot_see_them(client, case):
    portrait = make_portrait(case)
    shown = shared(client)

    saved = [link.get("href") for link in shown.all("a") if link.get("download")]
    assert saved == [f"/cases/anne-testlund/{name}" for name in PICTURES]
    for url in saved:
        assert client.get(url).status_code == 200
    [alt_text] = shown.texts("p", id="alt-text")
    assert alt_text.endswith(portrait.alt)


def test_copy_buttons_say_in_which_language_the_text_is(client, case):
    names = shared(client).texts("button")

    assert [name for name in names if name.startswith("Copy the text")] == [
        "Copy the text English",
        "Copy the text العربية",
        "Copy the text Français",
    ]
