"""What Word, PDF, phones and messengers put into a text does no harm, wherever it is typed."""

import random
import sys
import unicodedata
from collections import defaultdict

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from cases import typed_text
from cases.content_files import parsing
from cases.models import Case, Target
from letters.models import Letter
from tests.factories import make_full_case, make_letter, make_message
from tests.letters.sending import send_letter
from tests.staff import form_data, signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

BODY = "I write to you about the pastures. Please do not build on them."


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("\ufeffDear\ufeff all", "Dear all"),
        (
            "one\x0btwo\x0cthree\r\nfour\rfive\u2028six\u2029seven\x85eight",
            "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight",
        ),
        ("well\x1eknown, un\x1fknown\x03", "well-known, unknown"),
        ("\uf0b7 a point", "• a point"),
        ("a \ufffcpicture", "a picture"),
        ("call \u202a+47 22\u202c or \u2068Ana\u2069", "call +47 22 or Ana"),
        ("می\u200cشود, ក\u200bខ, co\u00adop\t‑", "می\u200cشود, ក\u200bខ, co\u00adop\t‑"),
        ("e\u0301", "é"),
    ],
)
def test_what_programs_put_into_a_text_becomes_plain(pasted, kept):
    assert typed_text.clean(pasted) == kept


@pytest.mark.parametrize("sign", ["\0", "\ud800", "\u202d", "\u202e"])
def test_a_sign_that_is_refused_is_named_and_its_place_told(sign):
    with pytest.raises(ValidationError) as refused:
        typed_text.clean(f"Dear Minister, please{sign} stop.")

    [sentence] = refused.value.messages
    assert f"U+{ord(sign):04X}" in sentence
    assert "after “ear Minister, please”" in sentence
    with pytest.raises(ValidationError, match="at the beginning"):
        typed_text.clean(f"{sign}Dear")


def test_a_letter_pasted_out_of_word_is_kept_whole(client, case):
    pasted = f"\ufeff{BODY}\x0bA well\x1eknown place.\x0cThank\x1f you.\x03"

    response = send_letter(client, case, body=pasted, subject="The\x0bpastures", name="Sam\ufeff T")

    letter = Letter.objects.get()
    assert response.status_code == 302
    assert letter.body == f"{BODY}\nA well-known place.\nThank you."
    assert (letter.subject, letter.name) == ("The pastures", "Sam T")


@pytest.mark.parametrize("name", ["subject", "body", "name", "place"])
@pytest.mark.parametrize("sign", ["\0", "\u202e"])
def test_an_override_is_refused_beside_its_field_and_the_text_kept(client, case, name, sign):
    text = f"{BODY} Not{sign} this."

    page = send_letter(client, case, **{name: text})

    assert page.status_code == 200
    assert list(page.context["form"].errors) == [name]
    assert "invisible sign" in page.content.decode()
    assert page.context["form"][name].value() == text
    assert not Letter.objects.exists()


# --- print, whatever is stored


def samples() -> dict[str, str]:
    """Of each of Unicode's categories all signs if they are few, else some from everywhere."""
    by_category = defaultdict(list)
    for code in range(sys.maxunicode + 1):
        if code and not 0xD800 <= code <= 0xDFFF:  # neither can be stored
            by_category[unicodedata.category(chr(code))].append(chr(code))
    chance = random.Random(10)
    return {
        category: "".join(signs if len(signs) <= 400 else sorted(chance.sample(signs, 300)))
        for category, signs in by_category.items()
    }


SAMPLES = samples()


@pytest.fixture
def case() -> Case:
    return make_full_case()


@pytest.mark.slow
@pytest.mark.parametrize("category", sorted(SAMPLES))
def test_no_sign_that_is_stored_stops_a_pdf(client, category):
    signs = SAMPLES[category]
    wild = " ".join(signs[start : start + 20] for start in range(0, len(signs), 20))
    line = wild[:100]
    case = make_full_case(headline=line, story=wild, content_note=line)
    Target.objects.filter(case=case).update(
        office=line, salutation=line[:60], close=line[:60], postal=f"{line[:60]}\n{signs[:1]}"
    )
    case.demands.update(text=line)
    case.solidarity_action.postal = line
    case.solidarity_action.save()
    words = {"body": wild, "name": line, "place": line}
    letter = make_letter(case, subject=line, **words)
    card = make_message(case, **words)
    ones = make_letter(case, subject=signs[:1], body=signs[:1], name=signs[:1], place=signs[:1])

    for url in [
        reverse("letters:letter-pdf", args=[letter.key]),
        reverse("letters:letter-pdf", args=[ones.key]),
        reverse("letters:letter-pdf", args=[card.key]),
        reverse("letters:message-card", args=[card.key]),
        reverse("cases:sheet", args=[case.slug]),
    ]:
        response = client.get(url)
        assert response.status_code == 200
        assert response.getvalue().startswith(b"%PDF")


def test_the_mark_at_the_head_of_a_file_stands_on_no_paper(client):
    case = make_full_case(headline="\ufeffThe pastures\ufeff")
    Target.objects.filter(case=case).update(postal="\ufeff1 Test Street\n0001\ufeff Testville")
    letter = make_letter(case, body=f"\ufeff{BODY}\ufeff", name="\ufeff", subject="\ufeff")

    for url in [
        reverse("cases:sheet", args=[case.slug]),
        reverse("letters:letter-pdf", args=[letter.key]),
    ]:
        assert client.get(url).status_code == 200


# --- staff


@pytest.mark.slow
def test_what_staff_paste_is_cleaned_too(case):
    Case.objects.update(stage="draft")  # an address of a published one takes two people
    editor = signed_in("editor")
    url = reverse("admin:cases_case_change", args=[case.pk])
    page = form_data(editor.get(url))

    answer = editor.post(
        url,
        page
        | {
            "headline": "\ufeffA herder\x0b of a test",
            "headline_fr": "Une\x1f éleveuse",
            "other_names": "\ufeffAnother\x0bThird",
            "targets-0-postal": "\ufeff1 Test Street\x0b0001 Testville",
            "targets-0-postal_country": "NO",
        },
    )

    assert answer.status_code == 302, answer.context["errors"]
    case = Case.objects.get()
    assert (case.headline, case.other_names) == ("A herder\n of a test", ["Another", "Third"])
    assert case.headline_fr == "Une éleveuse"
    assert case.targets.get().postal == "1 Test Street\n0001 Testville"


@pytest.mark.slow
def test_an_override_that_staff_paste_is_told_beside_the_field(case):
    editor = signed_in("editor")
    url = reverse("admin:cases_case_change", args=[case.pk])

    page = editor.post(url, form_data(editor.get(url)) | {"headline": "A \u202eherder"})

    assert "U+202E" in text(page)
    assert Case.objects.get().headline == case.headline


def test_texts_of_a_file_are_cleaned_and_refused_with_their_place():
    table = parsing.Table({"headline": "\ufeffA\x1f herder", "story": "No\u202e"}, "ana.toml")

    assert table.text("headline") == "A herder"
    with pytest.raises(parsing.ContentError, match=r"ana.toml: story: .*U\+202E"):
        table.text("story")
