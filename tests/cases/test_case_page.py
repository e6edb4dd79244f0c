import datetime

import pytest
from django.utils import timezone

from cases.models import ActionCount, Case, Freeze, Petition, SolidarityAction, Stage
from cases.publishing.content_version import touch
from tests.factories import make_case, make_full_case, make_outcome, make_petition, make_theme
from tests.reading import Page, page, words

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate
DAY = datetime.timedelta(days=1)


def shown(client, case: Case) -> Page:
    return page(client.get(case.get_absolute_url()))


def acts(client, case: Case) -> list[str]:
    """What the panel offers besides writing, in its order."""
    return [words(link) for link in in_class(shown(client, case), "acts", "a")]


def counts(client, case: Case) -> list[str]:
    return [words(row) for row in in_class(shown(client, case), "counts", "li")]


def in_class(shown: Page, name: str, tag: str) -> list:
    lists = [one for one in shown.all("ul") if one.get("class") == name]
    return [element for one in lists for element in one.iter(tag)]


def count(case: Case, **numbers) -> None:
    """So many are there, and published."""
    shown = {f"shown_{kind}": number for kind, number in numbers.items()}
    ActionCount.objects.update_or_create(case=case, defaults=numbers | shown)


def test_case_page_gives_the_address_for_support(client):
    case = make_full_case()

    response = client.get(case.get_absolute_url())

    assert "2 Invented Street" in response.content.decode()
    assert f"/cases/{case.slug}/solidarity/" in page(response).links


@pytest.mark.parametrize(
    ("address", "facts_as_of", "expected"),
    [
        ("", "2025-12", "This is what we know as of December 2025."),
        ("/fr", "2025-12", "État de nos informations : décembre 2025."),
        ("", "2025", "This is what we know as of 2025."),
        ("", "2025-12-10", "This is what we know as of 10 December 2025."),
    ],
)
def test_case_page_says_as_of_when_it_is_told(client, address, facts_as_of, expected):
    case = make_case(facts_as_of=facts_as_of)

    assert expected in page(client.get(address + case.get_absolute_url())).texts("p")
    assert client.get(f"/api/v1/cases/{case.slug}/").json()["case"]["facts_as_of"] == facts_as_of


@pytest.mark.parametrize(
    ("stage", "kind", "tone"),
    [
        (Stage.CLOSED, "died", "bad"),
        (Stage.CLOSED, "acquittal-of-accused", "bad"),
        (Stage.CLOSED, "released", "good"),
        (Stage.PUBLISHED, "died", None),
    ],
)
def test_what_became_of_a_closed_case_is_shown_in_the_tone_of_the_news(client, stage, kind, tone):
    case = make_case(stage=stage)
    make_outcome(case, kind=kind)

    panels = [
        aside for aside in shown(client, case).all("aside") if "action-panel" in aside.get("class")
    ]

    assert [panel.get("data-tone") for panel in panels] == [tone]


def test_what_is_not_translated_is_marked_as_english_on_a_french_page(client):
    case = make_full_case()
    case.themes.add(make_theme("protest", "Protest"))
    case.themes.filter(slug="protest").update(i18n={"name_fr": "Manifestations"})

    told = page(client.get("/fr" + case.get_absolute_url()))
    asked = page(client.get(f"/fr/cases/{case.slug}/write/"))

    themes = told.one("ul", **{"aria-labelledby": "themes"}).iter("a")
    assert {words(link): link.get("lang") for link in themes} == {
        "Land rights": "en",
        "Manifestations": "fr",
    }
    assert "Test Person" in [words(span) for span in told.all("span", lang="en")]
    lists = [one for one in asked.all("ul", lang="en") if one.get("class") == "rules-list"]
    assert "Stop building on the pastures." in [words(one) for one in lists]


def test_paused_case_page_asks_nobody_for_support_and_offers_no_sheet(client):
    case = make_full_case(freeze=Freeze.PAUSED, freeze_reason="A hearing is near")

    page = client.get(case.get_absolute_url()).content.decode()

    assert "Letters are paused" in page
    assert "2 Invented Street" not in page
    assert "sheet.pdf" not in page


def test_case_page_offers_all_that_one_can_do(client):
    case = make_full_case()
    make_petition(case)

    assert acts(client, case) == [
        "Sign the petition",
        "Send words of support",
        "Tell others",
        "Pledge letters",
        "Get news of this case",
    ]
    links = shown(client, case).links
    for name in ["write", "sign", "solidarity", "share", "pledge", "follow"]:
        assert f"/cases/{case.slug}/{name}/" in links
    assert {client.get(link).status_code for link in links if link.startswith("/cases/")} == {200}


def test_case_page_offers_nothing_that_is_not_there(client):
    case = make_case(sharing_allowed=False, no_target_reason="Nobody is to be written to.")

    assert acts(client, case) == ["Get news of this case"]


def test_case_page_offers_nothing_that_has_closed(client):
    case = make_full_case()
    make_petition(case, title="Let the herds graze", closes_on=TODAY() - 2 * DAY)
    SolidarityAction.objects.update(ends_on=TODAY() - 2 * DAY)

    response = client.get(case.get_absolute_url())

    assert acts(client, case) == ["Tell others", "Pledge letters", "Get news of this case"]
    assert "2 Invented Street" not in response.content.decode()
    assert "Let the herds graze" not in response.content.decode()


def test_case_page_says_from_when_messages_can_be_written(client):
    case = make_full_case()
    SolidarityAction.objects.update(opens_on=TODAY() + DAY)

    assert acts(client, case)[0].startswith("Words of support, from ")
    assert "2 Invented Street" not in client.get(case.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    "fields", [{"stage": Stage.CLOSED}, {"freeze": Freeze.PAUSED, "freeze_reason": "A test"}]
)
def test_case_that_takes_no_actions_offers_news_alone_and_says_what_was_done(client, fields):
    case = make_full_case(**fields)
    make_petition(case)
    count(case, letters=1_200, signatures=3, posts=1)

    offered = [link for link in shown(client, case).links if link.startswith(f"/cases/{case.slug}")]

    assert {link.split("/")[3].partition("?")[0] for link in offered} == {"follow"}
    assert f"/cases/{case.slug}/follow/" in offered
    assert counts(client, case) == ["1,200 letters", "3 signatures", "1 post"]


def test_the_kinds_of_action_stand_under_the_number_of_all(client):
    case = make_full_case()
    assert counts(client, case) == []

    count(case, letters=5, signatures=2_400, messages=1, posts=12)

    assert counts(client, case) == [
        "5 letters",
        "2,400 signatures",
        "1 message of support",
        "12 posts",
    ]
    assert "2,418 actions so far" in " ".join(shown(client, case).texts("span"))


def test_what_happened_leads_to_the_page_that_says_so(client):
    case = make_full_case()
    make_outcome(case, text="", source_url="https://example.org/free")

    links = shown(client, case).links

    assert "https://example.org/permit" in links
    assert "https://example.org/free" in links


def test_an_address_that_names_somebody_we_leave_out_stands_nowhere(client):
    case = make_full_case()
    hidden = {"source_url": "https://www.news.example/no-name-here", "hide_url": True}
    case.sources.update(url=hidden["source_url"], hide_url=True)
    for rows in [case.milestones, case.quotes, case.outcomes]:
        rows.update(**hidden)

    for path in ["{}", "/fr{}", "/api/v1{}"]:
        told = client.get(path.format(case.get_absolute_url())).content.decode()
        assert "no-name-here" not in told
        assert told.count("news.example") == (4 if "api" in path else 5)  # and in the JSON-LD
    told = client.get("/api/v1/outcomes/").content.decode()
    assert "no-name-here" not in told
    assert told.count("news.example") == 1


def test_petition_stands_on_the_page_with_its_number_once_it_may_be_shown(client):
    case = make_full_case()
    make_petition(case, title="Let the herds graze", goal=400, shown_from=50)

    def said() -> str:
        return " ".join(shown(client, case).texts("section", id="petition"))

    count(case, signatures=49)
    assert "Let the herds graze" in said()
    assert "49" not in said()
    assert counts(client, case) == []
    count(case, signatures=100)
    assert "About 100 people have signed, of 400 that we hope for" in said()
    assert [bar.get("value") for bar in shown(client, case).all("progress")] == ["0", "25"]
    Petition.objects.update(closes_on=TODAY() - 2 * DAY)
    assert "It is closed." in said()


def test_home_page_counts_all_that_was_done(client):
    count(make_case(), letters=5, signatures=40, messages=2, posts=1)
    count(make_case(), signatures=2)
    count(make_case(listed=False), signatures=100)

    home = page(client.get("/"))

    assert [words(row) for row in in_class(home, "counts", "li")] == [
        "5 letters",
        "42 signatures",
        "2 messages of support",
        "1 post",
    ]


def test_page_names_where_other_sites_find_its_card(client):
    case = make_full_case(slug="ana-test")

    [link] = shown(client, case).all("link", type="application/json+oembed")
    asked = client.get(link.get("href").removeprefix("http://testserver"))
    Case.objects.update(sharing_allowed=False)
    touch(Case.objects.all())

    assert "/embed/cases/ana-test/" in asked.json()["html"]
    assert shown(client, case).all("link", type="application/json+oembed") == []


def test_a_closed_case_tells_its_news_where_others_ask(client):
    case = make_case(stage=Stage.CLOSED, headline="On death row since 1994")
    make_outcome(case, headline="Death sentence commuted", date="2025-02-28")

    panel = shown(client, case).one("aside")

    assert words(panel.find(".//h2")) == "Good news"
    assert "Death sentence commuted" in words(panel)
    assert panel.find(".//img").get("src") == "/static/img/themes/letter.svg"
    assert "We collect no more letters for it." in words(panel)


def test_a_setback_without_a_date_keeps_the_news_of_a_closed_case_from_being_plain_good(client):
    case = make_case(stage=Stage.CLOSED)
    make_outcome(case, headline="Freed", date="2019-03-16")
    make_outcome(case, kind="convicted", headline="Convicted", date="2017-01-01")
    make_outcome(case, kind="arrested-again", headline="In prison again", date=None)

    panel = shown(client, case).one("aside")

    assert words(panel.find(".//h2")) == "What happened"
    assert panel.get("data-tone") == "neither"
    [later] = panel.findall(".//p[@class='news-later']")
    expected = "In the same case: In prison again (date not known) Arrested again"
    assert words(later) == expected


def test_the_old_headline_of_a_closed_case_never_reads_as_present(client):
    case = make_case(stage=Stage.CLOSED, headline="On death row since 1994", display_name="Ana")
    make_outcome(case, headline="Death sentence commuted", date="2025-02-28")

    told = shown(client, case)
    card = page(client.get("/cases/")).one("article")

    assert words(told.one("p", **{"class": "lead"})) == "In 2025: On death row since 1994"
    assert told.meta("og:title") == "Ana: Death sentence commuted"
    assert (
        '"headline": "Ana: Death sentence commuted"'
        in client.get(case.get_absolute_url()).content.decode()
    )
    assert words(card).endswith("Death sentence commuted In 2025: On death row since 1994")


def test_how_a_letter_travels_is_one_drawing_and_told_in_words(client):
    home = page(client.get("/")).one("ol", **{"class": "travel"})
    told = page(client.get("/how-it-works/")).one("ol", **{"class": "travel travel-short"})

    for way in (home, told):
        assert {(img.get("src"), img.get("alt")) for img in way.iter("img")} == {
            ("/static/img/letter-travels.svg", "")
        }
    steps = ["You write", "You send it your way", "It goes where you cannot"]
    steps.append("It arrives with others")
    assert [words(title) for title in home.iter("h3")] == steps
    assert [words(line) for line in told.iter("p")] == steps
