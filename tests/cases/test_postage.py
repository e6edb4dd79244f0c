"""What is known of embassies and of the post: the files, the admin, and what is offered."""

import io
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils.translation import override

from cases.models import Embassy, PendingChange, Postage, PostalNote
from tests.factories import make_case, make_embassy
from tests.staff import form_data, said, signed_in, text

pytestmark = pytest.mark.django_db

EMBASSIES = """
[[embassies]]
of = "NO"
in = "GB"
city = "London"
lines = ["Embassy of Tests", "2 Invented Street", "London"]
use = "yes"
covers = ["IE"]
as_of = "2024-10"
confidence = "high"
sources = ["https://list.example/: address"]

[[embassies]]
of = "NO"
in = "DE"
city = "Berlin"
lines = ["Botschaft der Tests", "Teststraße 2", "10000 Berlin"]
use = "check first"
why = "old"
confidence = "low"
"""
POSTAGE = """
[[notes]]
country = "NO"
letters_accepted = "unclear"
reliability = "uncertain"
embassy_first = true
advice = "Post it early."
advice_fr = "Postez-la tôt."
delivery_days = 10
delivery_as_of = "2021"
confidence = "low"

[[prices]]
country = "GB"
operator = "Test Mail"
zone = "Europe"
destinations = ["NO"]
price = 3.2
currency = "GBP"
as_of = "2026-04"
current = true
confidence = "medium"
"""


@pytest.fixture
def content(tmp_path) -> Path:
    folder = tmp_path / "content"
    (folder / "post").mkdir(parents=True)
    (folder / "post" / "embassies.toml").write_text(EMBASSIES)
    (folder / "post" / "postage.toml").write_text(POSTAGE)
    return folder


def load(folder: Path) -> list[str]:
    out = io.StringIO()
    call_command("load_campaign", folder, stdout=out)
    return out.getvalue().splitlines()


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / "post" / f"{name}.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_the_files_of_the_post_are_loaded_once_and_follow_their_file(content):
    load(content)
    embassy, note, price = Embassy.objects.last(), PostalNote.objects.get(), Postage.objects.get()
    assert (str(embassy), embassy.postal_lines[1], embassy.covers) == (
        "Norway, in United Kingdom",
        "2 Invented Street",
        ["IE"],
    )
    assert (note.advice, note.advice_fr, note.delivery_days) == (
        "Post it early.",
        "Postez-la tôt.",
        10,
    )
    assert (price.price, price.price_text) == (Decimal("3.20"), "£3.20")
    assert embassy.history.get().history_change_reason == "loaded from content"

    change(content, "postage", "3.2", "3.4")

    assert load(content)[0] == "The price of a letter “United Kingdom: Europe” was changed."
    assert Postage.objects.get().price == Decimal("3.40")
    assert load(content) == ["Cases: 0 new, 0 changed, 0 as they were."]


def test_what_staff_changed_or_deleted_of_the_post_is_left_alone(content):
    load(content)
    Embassy.objects.get(in_country="DE").delete()
    london = Embassy.objects.get()
    london.use = "check first"
    london.save()
    change(content, "embassies", "2 Invented Street", "3 Invented Street")

    said = load(content)

    assert said[:2] == [
        "The embassy “Norway, in United Kingdom” was changed here since it was loaded, and its "
        "file has changed too; it was left as it is: compare the two.",
        "The embassy “Norway, in Germany” was deleted here; it was not loaded again.",
    ]
    assert "2 Invented Street" in Embassy.objects.get().postal


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        ("embassies", 'in = "GB"', 'in = "UK"', "embassies 1, in: Value 'UK' is not a valid"),
        ("embassies", '"yes"', '"maybe"', "embassies 1, use: Value 'maybe' is not a valid choice."),
        ("embassies", '["IE"]', '["Ireland"]', "embassies 1, covers: “Ireland” is not a country"),
        ("embassies", '"2024-10"', '"10/2024"', "embassies 1, as_of: “10/2024” is no date;"),
        ("embassies", 'why = "old"', 'website = "x"', "embassies 2, website: is not a key"),
        ("embassies", 'lines = ["Bot', 'covers = ["Bot', "embassies 2, lines: are needed"),
        (
            "embassies",
            'in = "DE"\ncity = "Berlin"',
            'in = "GB"\ncity = "London"',
            "embassies 2: stands there twice: NO, GB, London.",
        ),
        ("postage", "price = 3.2", 'price = "3.20"', "prices 1, price: must be a number, like"),
        ("postage", "price = 3.2", "price = 0", "prices 1, price: Ensure this value is greater"),
        ("postage", 'as_of = "2026-04"', "", "prices 1, as_of: is needed beside price."),
        ("postage", '"GBP"', '"quid"', "prices 1, currency: "),
        ("postage", '"2021"', '""', "notes 1, delivery_as_of: is needed beside delivery_days."),
    ],
)
def test_a_mistake_in_a_file_of_the_post_is_one_sentence(content, name, old, new, sentence):
    change(content, name, old, new)

    with pytest.raises(CommandError) as error:
        load(content)

    assert str(error.value).startswith(f"post/{name}.toml: {sentence}")
    assert not Embassy.objects.exists()
    assert not Postage.objects.exists()


# --- what is offered


def test_only_a_checked_embassy_is_offered_there_first_then_one_that_covers_the_country():
    make_embassy("NO", "IE", use="check first")
    make_embassy("SE", "IE")
    make_embassy("NO", "FR", covers=["BE"], use="check first")
    london = make_embassy("NO", "GB", covers=["IE", "US"])
    washington = make_embassy("NO", "US")

    found = {
        country: Embassy.objects.offered_from(country, "NO")
        for country in ["IE", "US", "GB", "BE", "", "XX"]
    }

    assert found == {
        "IE": london,
        "US": washington,
        "GB": london,
        "BE": None,
        "": None,
        "XX": None,
    }


def test_a_price_is_shown_only_if_it_is_todays_and_is_for_that_country():
    def price(country, zone, *destinations, **fields):
        fields = {"price": "1.25", "currency": "EUR", "as_of": "2026-01", "current": True} | fields
        return Postage.objects.create(
            country=country, zone=zone, destinations=list(destinations), operator="Post", **fields
        )

    world = price("DE", "world")
    rest = price("ES", "rest of world", "TN")
    price("GB", "world", current=False)
    price("CA", "world", price=None, currency="")

    shown = {
        pair: Postage.objects.to_show(*pair)
        for pair in [("DE", "NO"), ("ES", "TN"), ("ES", "NO"), ("GB", "NO"), ("CA", "NO")]
    }
    inside = Postage.objects.to_show("DE", "DE")  # what is known are prices of letters abroad

    assert shown == {
        ("DE", "NO"): world,
        ("ES", "TN"): rest,
        ("ES", "NO"): None,
        ("GB", "NO"): None,
        ("CA", "NO"): None,
    }
    assert inside is None
    with override("fr"):
        assert Postage.objects.get(pk=world.pk).price_text == "1,25\N{NO-BREAK SPACE}€"


# --- staff


def embassy_form(client, embassy: Embassy, **changed) -> tuple[str, dict]:
    url = reverse("admin:cases_embassy_change", args=[embassy.pk])
    return url, form_data(client.get(url)) | {"covers": "", "sources": ""} | changed


def test_an_address_that_writers_are_offered_is_changed_by_two():
    make_case()
    embassy = make_embassy()
    editor = signed_in("editor")

    url, data = embassy_form(editor, embassy, postal="Somebody\n1 Other Street\nTestville")
    answer = editor.post(url, data, follow=True)

    embassy.refresh_from_db()
    assert "2 Invented Street" in embassy.postal
    assert any("waits for a second person" in one for one in said(answer))
    change = PendingChange.objects.get()
    waiting = text(signed_in("safety").get(reverse("admin:cases_pendingchange_changelist")))
    assert "Embassy: Norway, in United Kingdom" in waiting
    signed_in("safety").post(
        reverse("admin:cases_pendingchange_decide", args=[change.pk]), {"act": "approve"}
    )
    embassy.refresh_from_db()
    assert "1 Other Street" in embassy.postal


def test_an_address_with_letters_that_paper_can_not_show_is_told_to_who_saves_it():
    make_case()
    url, data = embassy_form(signed_in("editor"), make_embassy(), postal="สถานทูต\nBangkok")

    answer = signed_in("editor").post(url, data, follow=True)

    boxes = "We cannot print some characters; on paper each becomes a box: ส ถ า น ท ต (Thai)"
    assert boxes in said(answer)


def test_an_embassy_is_no_longer_offered_at_once_and_offered_again_by_two():
    make_case()
    embassy = make_embassy()
    editor = signed_in("editor")
    url, data = embassy_form(editor, embassy, use="check first", why="moved")

    editor.post(url, data)
    assert not Embassy.objects.offered().exists()
    assert not PendingChange.objects.exists()
    url, data = embassy_form(editor, embassy, use="yes")
    editor.post(url, data)

    assert not Embassy.objects.offered().exists()
    assert PendingChange.objects.get().after == {"use": "yes"}


def test_a_new_embassy_is_kept_for_staff_until_a_second_person_has_looked():
    make_case()
    data = {"of_country": "NO", "in_country": "GB", "city": "London", "kind": "embassy"}
    data |= {"postal": "Embassy\n1 Street\nLondon", "use": "yes", "confidence": "high"}

    signed_in("editor").post(reverse("admin:cases_embassy_add"), data)

    assert Embassy.objects.get().use == "check first"
    signed_in("editor").post(
        reverse("admin:cases_pendingchange_decide", args=[PendingChange.objects.get().pk]),
        {"act": "approve"},
    )
    assert Embassy.objects.get().use == "yes"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("of_country=TN", {"Tunis House"}),
        ("in_country=FR", {"Paris House"}),
        ("use__exact=check+first", {"Paris House"}),
        ("age=old", {"Paris House"}),
        ("age=unknown", {"Tunis House"}),
        ("q=New", {"New House"}),
    ],
)
def test_the_list_of_embassies_finds_them_by_country_use_and_age(query, shown):
    make_embassy("NO", "FR", city="Paris House", use="check first", as_of="2016-03")
    make_embassy("TN", "GB", city="Tunis House", as_of="")
    make_embassy("NO", "GB", city="New House", as_of="2026")

    page = text(signed_in("editor").get(reverse("admin:cases_embassy_changelist") + f"?{query}"))

    cities = {city for city in ["Paris House", "Tunis House", "New House"] if f">{city}<" in page}
    assert cities == shown


@pytest.mark.parametrize(
    ("model", "data", "sentence"),
    [
        ("postage", {"price": "1.25"}, "A price needs its currency and its date."),
        ("postage", {"as_of": "July"}, "Write 2025, 2025-07 or 2025-07-30."),
        ("postage", {"destinations": "Norway"}, "“Norway” is not a country code."),
        ("postalnote", {"delivery_days": "10"}, "Write when the post said so: days have a date."),
    ],
)
def test_what_can_not_be_of_the_post_is_an_error_beside_its_field(model, data, sentence):
    fields = {
        "postage": {"country": "GB", "operator": "Post", "zone": "world", "confidence": "low"},
        "postalnote": {
            "country": "NO",
            "letters_accepted": "unclear",
            "reliability": "unknown",
            "confidence": "low",
        },
    }[model]

    response = signed_in("editor").post(reverse(f"admin:cases_{model}_add"), fields | data)

    assert sentence in text(response)
    assert (Postage.objects.count(), PostalNote.objects.count()) == (0, 0)
