import datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cases.models import Point, Target
from letters.actions import letters as letter_actions
from letters.models import Letter, LetterState, NameForm, OutgoingMail, Route
from letters.privacy import antispam
from tests.factories import make_case_to_write_for, make_letter, make_model_letter
from tests.letters.sending import (
    BODY,
    act,
    everyone,
    letter_form,
    send_letter,
    state_of,
    token,
    token_in,
)
from tests.reading import page, words

pytestmark = pytest.mark.usefixtures("counts_hold")


def writing_page(client, case, **query):
    return client.get(reverse("letters:letter-write", args=[case.slug]), query)


def first_words(response) -> tuple[str, str]:
    form = response.context["form"]
    return form["subject"].value() or "", form["body"].value() or ""


def test_a_blank_sheet_has_salutation_and_close_and_no_words(client):
    page = writing_page(client, make_case_to_write_for(), start="blank")

    assert first_words(page)[1] == ""
    assert "Dear Minister," in page.content.decode()
    assert "Yours faithfully," in page.content.decode()


def test_writers_are_told_what_the_organiser_advises(client):
    shown = page(writing_page(client, make_case_to_write_for()))

    tips = [words(one) for one in shown.all("li")]
    assert (
        "Say who you are if you like, and if it is safe for you: a teacher, a nurse, a student."
        in tips
    )
    assert "Ask for one thing, clearly: what is asked in the case." in tips
    assert "Thank the reader, and ask for a reply." in tips


def test_who_has_sent_a_letter_is_asked_to_tell_of_an_answer(client):
    letter = make_letter(make_case_to_write_for(), state="posted")
    url = reverse("letters:letter-reply", args=[letter.key])

    there = page(client.get(letter.get_absolute_url()))

    assert there.texts("a", href=url) == ["If you get a reply, tell us", "I got a reply"]


def test_the_model_letter_can_be_sent_as_it_stands(client):
    case = make_case_to_write_for()

    subject, body = first_words(writing_page(client, case, start="model"))
    send_letter(client, case, subject=subject, body=body)

    letter = Letter.objects.get()
    assert letter.body == "I write to you about the pastures.\n\nPlease do not build on them."


def test_ticked_points_begin_the_letter_in_their_order(client):
    case = make_case_to_write_for()
    points = list(Point.objects.filter(model_letter__target__case=case).order_by("-position"))

    page = writing_page(client, case, start="points", point=[point.pk for point in points])

    assert first_words(page)[1] == "The herds need the land.\n\nNobody asked the herders."


def test_points_of_another_case_begin_nothing(client):
    case, other = make_case_to_write_for(), make_case_to_write_for()
    strangers = Point.objects.filter(model_letter__target__case=other).values_list("pk", flat=True)

    page = writing_page(client, case, start="points", point=list(strangers))

    assert first_words(page)[1] == ""


def test_a_letter_in_the_targets_language_has_its_salutation(client):
    case = make_case_to_write_for()
    Target.objects.filter(case=case).update(
        local_language="nb", local_salutation="Kjære minister,", local_close="Med hilsen"
    )
    make_model_letter(
        case,
        "nb",
        subject="Beitene",
        body="Jeg skriver til deg om beitene.\n\nVær så snill, ikke bygg på dem.",
    )

    page = writing_page(client, case, start="model", language="nb")
    response = send_letter(client, case, language="nb", body=first_words(page)[1])

    assert "Kjære minister," in page.content.decode()
    assert Letter.objects.get().language == "nb"
    sheet = client.get(response.url).content.decode()
    assert "Kjære minister," in sheet
    assert "Dear Minister," in sheet  # the translation: the model letter is in both languages


def test_a_letter_is_kept_as_a_draft_on_its_private_page(client):
    case = make_case_to_write_for()

    response = send_letter(client, case, country="FI")

    letter = Letter.objects.get()
    assert response.status_code == 302
    assert response.url == letter.get_absolute_url() + "#now"
    assert (letter.state, letter.route, letter.country) == ("drafting", "", "FI")
    assert (letter.body, letter.name, letter.place) == (BODY, "Sam Tester", "Testville")
    assert everyone(case) == 0
    page = client.get(response.url)
    assert "Sam Tester" in page.content.decode()
    assert page["Cache-Control"] == "no-store, private"
    assert page["X-Robots-Tag"] == "noindex"


def test_the_same_form_twice_makes_one_letter(client):
    case = make_case_to_write_for()
    form = letter_form(email="sam@example.org")
    url = reverse("letters:letter-write", args=[case.slug])

    first, again = client.post(url, form), client.post(url, form)

    assert first.status_code == again.status_code == 302
    assert first.url == again.url
    assert Letter.objects.count() == 1
    assert OutgoingMail.objects.count() == 1


def test_the_back_button_and_other_words_make_another_letter(client):
    case = make_case_to_write_for()
    form = letter_form()
    url = reverse("letters:letter-write", args=[case.slug])
    first = client.post(url, form)
    other = {"name": "Kim Young", "body": BODY + "\n\nOne more thing."}

    second = client.post(url, form | other)

    assert client.post(url, form).url == first.url  # and each of them again is the same
    assert client.post(url, form | other).url == second.url
    names_and_words = Letter.objects.order_by("pk").values_list("name", "body")
    assert list(names_and_words) == [("Sam Tester", BODY), ("Kim Young", other["body"])]
    assert first.url != second.url


def test_the_back_button_after_the_letter_has_left_makes_another_one(client):
    case = make_case_to_write_for()
    form = letter_form()
    url = reverse("letters:letter-write", args=[case.slug])
    first = client.post(url, form).url
    act(client, Letter.objects.get(), "post")
    act(client, Letter.objects.get(), "posted")

    with time_machine.travel(timezone.now() + 2 * antispam.DOUBLE_CLICK):
        second = client.post(url, form).url
        assert client.post(url, form).url == second

    assert first != second
    assert [letter.state for letter in Letter.objects.order_by("pk")] == ["posted", "drafting"]


def test_what_was_changed_since_is_not_written_over_by_the_first_form(client):
    case = make_case_to_write_for()
    form = letter_form()
    url = reverse("letters:letter-write", args=[case.slug])
    client.post(url, form)
    letter = Letter.objects.get()
    client.post(
        reverse("letters:letter-edit", args=[letter.key]), letter_form(body=f"{BODY} Changed.")
    )

    client.post(url, form)

    assert list(Letter.objects.order_by("pk").values_list("body", flat=True)) == [
        f"{BODY} Changed.",
        BODY,
    ]


def test_one_page_that_a_class_goes_back_to_makes_a_letter_for_each(client, monkeypatch):
    monkeypatch.setattr(antispam, "MAX_SAME_FORM", 3)
    case = make_case_to_write_for()
    url = reverse("letters:letter-write", args=[case.slug])
    form = letter_form()

    answers = [client.post(url, form | {"name": f"Pupil {number}"}) for number in range(5)]

    assert len({answer.url for answer in answers}) == 5
    assert len(set(Letter.objects.values_list("name", flat=True))) == 5


def test_one_form_never_overwrites_the_letter_for_another_case(client):
    first, second = make_case_to_write_for(), make_case_to_write_for()
    form = letter_form()

    client.post(reverse("letters:letter-write", args=[first.slug]), form)
    client.post(reverse("letters:letter-write", args=[second.slug]), form)

    assert {letter.case for letter in Letter.objects.all()} == {first, second}


def test_a_page_that_was_open_too_long_keeps_the_text_and_asks_once_more(client):
    case = make_case_to_write_for()
    form = letter_form(token=token(shown=datetime.timedelta(hours=25)))
    url = reverse("letters:letter-write", args=[case.slug])

    response = client.post(url, form)

    assert response.status_code == 200
    assert "What you typed is still here: send it again." in response.content.decode()
    assert response.context["form"]["body"].value() == BODY
    assert not Letter.objects.exists()

    response = client.post(url, form | {"token": token_in(response)})

    assert response.status_code == 302
    assert Letter.objects.get().needs_review is False  # sent again at once, it is still no robot


def test_a_form_without_or_with_a_forged_token_keeps_the_text(client):
    case = make_case_to_write_for()
    for forged in ["", "x", "a:b:c", token()[:-1] + "!", "x" * 5_000]:
        response = send_letter(client, case, token=forged)

        assert response.context["form"]["body"].value() == BODY
    assert not Letter.objects.exists()


def test_an_error_keeps_what_was_typed_and_says_so_in_the_title(client):
    response = send_letter(client, make_case_to_write_for(), body="Too short.", ties="")

    page = response.content.decode()
    assert "<title>Error: " in page
    assert "There is a problem" in page
    assert "This is too short for a letter." in page
    assert "Too short.</textarea>" in page


def test_with_ties_to_the_country_the_full_name_is_advised_against_once(client):
    case = make_case_to_write_for()
    form = letter_form(ties="yes")
    url = reverse("letters:letter-write", args=[case.slug])

    response = client.post(url, form)
    assert response.status_code == 200
    assert "As you have ties to the country, we advise you" in response.content.decode()
    assert not Letter.objects.exists()

    advised = response.context["form"]["advised"].value()
    client.post(url, form | {"advised": advised})
    assert Letter.objects.get().name_form == NameForm.FULL


def test_with_ties_initials_need_no_advice(client):
    send_letter(client, make_case_to_write_for(), ties="yes", name_form="initials")

    assert Letter.objects.get().signed_name == "S. T."


def test_nothing_of_the_answer_about_ties_is_kept(client):
    case = make_case_to_write_for()
    send_letter(client, case, ties="yes", name_form="initials")
    send_letter(client, case, ties="no", name_form="initials")

    first, second = Letter.objects.values()
    differing = {name for name in first if first[name] != second[name]}
    moments = {"created_at", "changed_at", "supporter_changed_at"}
    assert differing <= {"id", "key", "key_hash", *moments}


def test_under_18_no_name_and_no_address_is_kept(client):
    send_letter(
        client, make_case_to_write_for(), under_18="on", name="Kim Young", email="kim@example.org"
    )

    letter = Letter.objects.get()
    assert (letter.name, letter.email, letter.email_hash) == ("", "", "")
    assert letter.name_form == NameForm.NONE
    assert not OutgoingMail.objects.exists()


def test_who_finds_out_later_to_be_under_18_is_forgotten(client):
    case = make_case_to_write_for()
    send_letter(client, case, name="Kim Young", email="kim@example.org")
    letter = Letter.objects.get()

    client.post(
        reverse("letters:letter-edit", args=[letter.key]),
        letter_form(under_18="on", name="Kim Young", email="kim@example.org"),
    )

    letter.refresh_from_db()
    assert (letter.name, letter.email, letter.email_hash) == ("", "", "")
    assert not OutgoingMail.objects.exists()


def test_every_form_of_the_name_is_what_it_says(client):
    case = make_case_to_write_for()
    signed = {}
    for form in ["full", "first", "initials", "none"]:
        typed = {"name": "Sam de Tester", "name_form": form, "first_name": "Sam"}
        response = send_letter(client, case, **typed)
        letter = Letter.objects.by_key(response.url.split("/")[-2]).get()
        signed[form] = letter.signed_name

    assert signed == {
        "full": "Sam de Tester",
        "first": "Sam",
        "initials": "S. D. T.",
        "none": "",
    }


def test_the_words_can_be_changed_until_the_letter_has_left(client):
    case = make_case_to_write_for()
    states = {
        "drafting": True,
        "ready": True,
        "submitted": True,
        "asked": True,
        "approved": True,
        "rejected": True,
        "posted": False,
        "withdrawn": False,
    }
    may_be_changed = {}
    for state in states:
        reason = "Too angry." if state == "rejected" else ""
        letter = make_letter(case, state=state, rejection_reason=reason)
        url = reverse("letters:letter-edit", args=[letter.key])
        assert client.get(url).status_code == (200 if states[state] else 302)

        client.post(url, letter_form(body=f"Other words, for the state of being {state}."))

        letter.refresh_from_db()
        may_be_changed[state] = letter.body.startswith("Other words")
    assert may_be_changed == states


def test_an_approved_letter_that_is_changed_is_read_again(client):
    letter = make_letter(make_case_to_write_for(), state="approved")

    client.post(reverse("letters:letter-edit", args=[letter.key]), letter_form())

    assert state_of(letter) == LetterState.SUBMITTED
    assert everyone(letter.case) == 1


def test_a_letter_waits_since_it_was_handed_in_and_again_once_approved_words_change(client):
    letter = make_letter(make_case_to_write_for(), state="drafting")
    now = timezone.now()

    def waits_since(days: int, deed) -> datetime.datetime | None:
        with time_machine.travel(now + datetime.timedelta(days=days), tick=False):
            deed()
        letter.refresh_from_db()
        return letter.waiting_since

    def revise():
        client.post(reverse("letters:letter-edit", args=[letter.key]), letter_form())

    def approve():
        letter_actions.approve(letter)

    assert letter.waiting_since is None
    for days, deed, since in [
        (1, lambda: act(client, letter, "deliver"), 1),
        (2, revise, 1),
        (3, approve, 1),
        (4, revise, 4),
    ]:
        assert waits_since(days, deed) == now + datetime.timedelta(days=since)


def test_a_letter_moves_with_its_writer_to_another_country(client):
    letter = make_letter(make_case_to_write_for(), state="submitted", country="NO")

    client.post(reverse("letters:letter-edit", args=[letter.key]), letter_form(country="FI"))

    assert dict(letter.case.tallies.values_list("country", "number")) == {"NO": 0, "FI": 1}


def test_a_corrected_address_gets_the_link_and_the_wrong_one_is_forgotten(client):
    case = make_case_to_write_for()
    send_letter(client, case, email="wrong@example.org")
    letter = Letter.objects.get()

    client.post(
        reverse("letters:letter-edit", args=[letter.key]), letter_form(email="right@example.org")
    )

    mail = OutgoingMail.objects.get()
    assert mail.to == "right@example.org"
    assert mail.about == f"letter:{letter.pk}"


def test_the_plain_text_is_the_whole_letter(client):
    letter = make_letter(make_case_to_write_for(), name_form="first")

    response = client.get(reverse("letters:letter-text", args=[letter.key]))

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == (
        "Dear Minister,\n\n"
        "I write to you about the pastures. Please do not build on them.\n\n"
        "Yours faithfully,\n\nSam\n"
    )


def test_markup_in_a_letter_is_shown_as_text(client):
    letter = make_letter(make_case_to_write_for(), body="<script>alert(1)</script> & so on, Sir.")

    page = client.get(letter.get_absolute_url()).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; so on" in page


def test_a_letter_sent_while_its_case_was_paused_is_not_lost(client):
    case = make_case_to_write_for(freeze="paused", freeze_reason="A test says so.")

    response = send_letter(client, case)

    assert response.status_code == 409
    assert BODY.split("\n")[0] in response.content.decode()
    assert not Letter.objects.exists()


def test_a_case_that_is_gone_takes_no_letter_and_shows_no_form(client):
    for freeze in ["hidden", "withdrawn"]:
        case = make_case_to_write_for(freeze=freeze, freeze_reason="A test says so.")

        assert writing_page(client, case).status_code == 404
        assert send_letter(client, case).status_code == 409
    assert not Letter.objects.exists()


def test_a_letter_for_a_case_without_target_can_be_written(client):
    case = make_case_to_write_for()
    Target.objects.filter(case=case).delete()

    response = send_letter(client, case)

    assert client.get(response.url).status_code == 200
    assert Letter.objects.get().route == Route.UNDECIDED


def test_head_answers_as_get_does_and_other_methods_are_refused(client):
    letter = make_letter(make_case_to_write_for())
    for url in [
        letter.get_absolute_url(),
        reverse("letters:letter-edit", args=[letter.key]),
        reverse("letters:letter-erase", args=[letter.key]),
        reverse("letters:letter-write", args=[letter.case.slug]),
        reverse("letters:pledge", args=[letter.case.slug]),
    ]:
        assert client.head(url).status_code == 200
        assert client.put(url).status_code == 405
        assert client.delete(url).status_code == 405
    assert Letter.objects.count() == 1
