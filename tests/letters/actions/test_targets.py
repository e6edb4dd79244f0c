"""Several targets: who writes chooses among them, and the letter is to the one that was chosen."""

import io
import re

import pytest
import time_machine
from django.urls import reverse
from pypdf import PdfReader

from cases.models import Case, Target
from cases.printing import sheets
from letters.actions import letters
from letters.models import Letter
from tests.factories import (
    make_case_to_write_for,
    make_letter,
    make_model_letter,
    make_pledge,
    make_target,
)
from tests.letters.sending import act, letter_form, send_letter, send_pledge

pytestmark = pytest.mark.usefixtures("counts_hold")

STILL, OVER = "2026-12-11T11:59Z", "2026-12-11T12:00Z"  # 10 December on Howland Island
OURS = "I write to you about the pastures.\n\nPlease do not build on them."
OTHERS = "I write to you about the file on the pastures. Please decide."


@pytest.fixture
def case() -> Case:
    """Written to the minister, or to a prosecutor, of whom something else is asked."""
    case = make_case_to_write_for()
    prosecutor = make_target(
        case,
        key="prosecutor",
        name="",
        office="Prosecutor of Tests",
        asked="Decide about the file.",
        salutation="Dear Prosecutor,",
        close="Respectfully,",
        postal="2 Court Street\n0002 Testville",
    )
    make_model_letter(case, target=prosecutor, subject="The file", body=OTHERS)
    return case


def address(case: Case) -> str:
    return reverse("letters:letter-write", args=[case.slug])


def page(client, url: str, **query) -> str:
    return client.get(url, query).content.decode()


def pdf_text(data: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def chosen(text: str) -> list[str]:
    return re.findall(r'name="target" value="([a-z]+)"[^>]* checked', text)


def sheet(text: str) -> list[str]:
    """The salutation, what stands in the letter, and the close."""
    parts = (
        r'sheet-salutation"[^>]*>([^<]*)<',
        r"<textarea name=\"body\"[^>]*>\s*([^<]*)<",
        r'sheet-close"[^>]*>([^<]*)<',
    )
    return [re.search(part, text)[1] for part in parts]


# --- who writes chooses


def test_the_page_of_the_case_says_what_each_is_asked_and_leads_to_a_letter_to_them(client, case):
    text = page(client, case.get_absolute_url())

    assert "Prosecutor of Tests" in text
    assert "Decide about the file." in text
    assert f'href="{address(case)}?target=prosecutor"' in text


def test_a_link_chooses_to_whom_and_all_on_the_sheet_is_theirs(client, case):
    first = page(client, address(case), start="model")
    other = page(client, address(case), start="model", target="prosecutor")
    nobody = page(client, address(case), start="model", target="nobody")

    assert (chosen(first), sheet(first)) == (
        ["main"],
        ["Dear Minister,", OURS, "Yours faithfully,"],
    )
    assert (chosen(other), sheet(other)) == (
        ["prosecutor"],
        ["Dear Prosecutor,", OTHERS, "Respectfully,"],
    )
    assert "2 Court Street" in other
    assert sheet(nobody) == sheet(first)


def test_a_case_with_one_target_asks_nobody_to_choose(client):
    assert 'type="radio" name="target"' not in page(client, address(make_case_to_write_for()))


def test_ticking_another_exchanges_our_letter_and_keeps_own_words(client, case):
    ticked = {"target": "prosecutor", "shown_target": "main", "choose": "target"}

    ours = client.post(address(case), letter_form(body=OURS, **ticked)).content.decode()
    own = client.post(address(case), letter_form(body="My own words.", **ticked)).content.decode()

    assert (chosen(ours), sheet(ours)[1]) == (["prosecutor"], OTHERS)
    assert ">\nThe file</textarea>" in ours
    assert (sheet(own)[0], sheet(own)[1]) == ("Dear Prosecutor,", "My own words.")
    assert not Letter.objects.exists()


def test_the_button_beside_the_targets_sends_nothing_though_no_other_is_ticked(
    client, case, monkeypatch
):
    """It is the first of the form: a browser presses it when somebody types Enter in a line."""
    monkeypatch.setattr("letters.privacy.antispam.FASTEST", -1)
    chain = reverse("letters:take-all-letter", args=[case.slug])
    letter = make_letter(case, subject="As it was")
    changing = reverse("letters:letter-edit", args=[letter.key])
    same = {"target": "main", "shown_target": "main", "choose": "target"}
    form = letter_form(body=OURS, subject="My subject", **same)

    for url in [address(case), chain, changing]:
        text = client.post(url, form).content.decode()
        assert ">\nMy subject</textarea>" in text, url

    assert [one.subject for one in Letter.objects.all()] == ["As it was"]


def test_who_ticks_another_and_sends_at_once_sees_that_sheet_first(client, case):
    form = letter_form(body=OURS, target="prosecutor", shown_target="main")

    text = client.post(address(case), form).content.decode()

    assert sheet(text)[1] == OTHERS
    assert not Letter.objects.exists()
    again = letter_form(body=OTHERS, target="prosecutor", shown_target="prosecutor")
    assert client.post(address(case), again).status_code == 302
    assert Letter.objects.get().target.key == "prosecutor"


def test_a_letter_is_theirs_to_whom_it_was_written_on_every_page(client, case):
    Target.objects.update(email="office@example.org", checked_on="2025-11-01")
    Target.objects.filter(key="prosecutor").update(email="prosecutor@example.org")
    send_letter(client, case, target="prosecutor", shown_target="prosecutor")
    letter = Letter.objects.get()
    act(client, letter, "email")

    own = page(client, letter.get_absolute_url())
    plain = page(client, reverse("letters:letter-text", args=[letter.key]))
    printed = pdf_text(client.get(reverse("letters:letter-pdf", args=[letter.key])).content)

    assert 'href="mailto:prosecutor@example.org?' in own
    assert "office@example.org" not in own
    assert plain.startswith("Dear Prosecutor,")
    assert "2 Court Street" in printed
    assert "Minister" not in own + plain + printed
    assert f'href="{address(case)}?target=main"' not in own  # it does not count yet
    act(client, letter, "posted")
    assert f'href="{address(case)}?target=main"' in page(client, letter.get_absolute_url())


def test_the_choice_stays_when_the_letter_is_changed_and_can_be_changed(client, case):
    letter = make_letter(case, target=case.targets.get(key="prosecutor"))
    url = reverse("letters:letter-edit", args=[letter.key])

    assert chosen(page(client, url)) == ["prosecutor"]
    assert chosen(page(client, url, target="main")) == ["main"]
    client.post(url, letter_form(target="main", shown_target="main"))

    assert Letter.objects.get().target.key == "main"


def test_nobody_writes_to_a_target_of_another_case(client, case):
    stranger = make_target(key="stranger", office="Stranger")

    send_letter(client, case, target=stranger.key, shown_target="")

    assert not Letter.objects.filter(target=stranger).exists()


# --- what is not good enough to be printed


def test_an_address_for_staff_alone_is_printed_nowhere(client):
    case = make_case_to_write_for()
    case.targets.update(address_for_staff_only=True)
    letter = make_letter(case, state="ready", route="post")

    shown = [
        page(client, case.get_absolute_url()),
        page(client, address(case)),
        page(client, letter.get_absolute_url()),
        pdf_text(client.get(reverse("letters:letter-pdf", args=[letter.key])).content),
        pdf_text(client.get(reverse("cases:sheet", args=[case.slug])).content),
        page(client, reverse("letters:api-case", args=[case.slug])),
    ]

    assert not [text for text in shown if "Invented Street" in text or "Ministry of Tests" in text]
    assert "No address is printed on it" in shown[2]


def test_an_email_address_is_offered_once_somebody_has_checked_it(client):
    case = make_case_to_write_for()
    case.targets.update(email="office@example.org")
    letter = make_letter(case, state="ready", route="email")
    pages = [letter.get_absolute_url(), reverse("cases:sheet", args=[case.slug])]

    def read() -> str:
        own, printed = (client.get(url).content for url in pages)
        return own.decode() + pdf_text(printed)

    assert "office@example.org" not in read()
    assert "email" not in letters.allowed_acts(make_letter(case))
    case.targets.update(checked_on="2025-11-01")
    assert read().count("office@example.org") > 1
    assert "email" in letters.allowed_acts(make_letter(case))


# --- the last day


@pytest.mark.slow
@pytest.mark.parametrize(("now", "is_open"), [(STILL, True), (OVER, False)])
def test_letters_are_asked_for_until_the_last_day_is_over_everywhere(client, now, is_open):
    case = make_case_to_write_for()
    with time_machine.travel("2026-12-10T09:00Z", tick=False):
        case.targets.update(appeal_deadline="2026-12-10")
        code = sheets.code(Case.objects.get())
        draft, ready = make_letter(case), make_letter(case, state="ready", route="post")
        pledge = make_pledge(case)

    with time_machine.travel(now, tick=False):
        told = page(client, case.get_absolute_url())
        own, listed = (
            page(client, draft.get_absolute_url()),
            page(client, reverse("cases:list"), state="open"),
        )
        answers = [client.get(address(case)).status_code, send_letter(client, case).status_code]
        answers += [send_pledge(client, case).status_code, act(client, ready, "posted").status_code]

        assert (f'href="{address(case)}"' in told) is is_open
        assert (case.display_name in listed) is is_open
        assert answers == ([200, 302, 302, 302] if is_open else [302, 409, 409, 302])
        assert ("post" in letters.allowed_acts(draft)) is is_open
        assert (
            "Please do not send this letter" in page(client, reverse("cases:check", args=[code]))
        ) is not is_open
        assert ("Too late to send: your letter" in own) is not is_open
        assert ("would come too late" in page(client, reverse("cases:check", args=[code]))) is (
            not is_open
        )
        assert Case.objects.taking_letters().exists() is is_open
        # What was written before counts, and can be entered.
        assert Letter.objects.get(pk=ready.pk).state == "posted"
        assert "Written by hand?" in page(client, pledge.get_absolute_url())


def test_after_the_last_day_of_one_target_the_others_can_be_written_to(client, case):
    case.targets.filter(key="main").update(appeal_deadline="2025-12-10")
    letter = make_letter(case, target=case.targets.get(key="main"))

    text = page(client, address(case), target="main")
    late = send_letter(
        client, case, target="main", shown_target="main", body="My own words about it, all of them."
    )

    assert sheet(text)[0] == "Dear Prosecutor,"
    assert "The last day to write to the person you chose has passed." in late.content.decode()
    assert sheet(late.content.decode())[:2] == [
        "Dear Prosecutor,",
        "My own words about it, all of them.",
    ]
    assert Case.objects.get().takes_letters
    edit = reverse("letters:letter-edit", args=[letter.key])
    assert f'href="{edit}?target=prosecutor"' in page(client, letter.get_absolute_url())
    client.post(edit, letter_form(target="prosecutor", shown_target="prosecutor"))
    assert Letter.objects.get().target.key == "prosecutor"


# --- take all


def test_on_the_way_through_all_cases_one_chooses_too(client, case, monkeypatch):
    monkeypatch.setattr("letters.privacy.antispam.FASTEST", -1)
    url = reverse("letters:take-all-letter", args=[case.slug])

    form = client.get(url, {"target": "prosecutor"}).context["form"]
    filled = {name: form[name].value() or "" for name in form.fields}
    client.post(url, filled | {"send": "deliver", "ties": "no"})

    letter = Letter.objects.get()
    assert (letter.target.key, letter.body, letter.state) == ("prosecutor", OTHERS, "submitted")
