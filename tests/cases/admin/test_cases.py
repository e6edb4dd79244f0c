import datetime
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from cases.admin import transitions
from cases.models import (
    Answer,
    AppliesTo,
    Case,
    Freeze,
    ModelLetter,
    Outcome,
    Petition,
    PetitionText,
    SafetyRule,
    SocialPost,
    SolidarityAction,
    Stage,
    Topic,
    WordList,
)
from tests.factories import (
    answer_all_rules,
    make_case,
    make_case_to_write_for,
    make_consent,
    make_edition,
    make_letter,
    make_outcome,
    make_paper_count,
    make_pledge,
    make_post,
    make_target,
)
from tests.staff import form_data, make_staff, said, signed_in, text

pytestmark = pytest.mark.django_db

LIST = "/admin/cases/case/"


def change(case: Case) -> str:
    return reverse("admin:cases_case_change", args=[case.pk])


def act(client, case: Case, name: str):
    url = reverse("admin:cases_case_act", args=[case.pk])
    return client.post(url, {"act": name}, follow=True)


def make_ready(**fields) -> Case:
    """A draft with nothing missing."""
    case = make_case_to_write_for(**({"stage": Stage.DRAFT} | fields))
    case.facts_checked_on = datetime.date(2025, 11, 1)
    case.save()
    make_consent(case)
    answer_all_rules(case)
    return case


def picture(width: int = 1000) -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (width, 700), "teal").save(file, "JPEG")
    return SimpleUploadedFile("upload.jpg", file.getvalue(), content_type="image/jpeg")


# --- the list


def test_list_says_what_an_editor_looks_for():
    case = make_case(display_name="Ana Test", country="EC", stage=Stage.DRAFT)
    make_outcome(case, kind="conditionally-released")
    make_letter(case, state="posted")

    page = text(signed_in("editor").get(LIST))

    assert "Ana Test" in page
    assert "Ecuador" in page
    assert "conditionally released" in page
    assert '<td class="field-actions_so_far">1</td>' in page
    assert "No consent is in force." in page


@pytest.mark.slow
def test_list_asks_the_database_as_often_for_thirty_cases_as_for_three(
    django_assert_num_queries, django_assert_max_num_queries
):
    client = signed_in("editor")
    for _ in range(3):
        make_ready()
    client.get(LIST)
    with django_assert_max_num_queries(30) as few:
        client.get(LIST)
    for _ in range(27):
        make_outcome(make_ready())

    with django_assert_num_queries(len(few)):
        response = client.get(LIST)

    assert text(response).count('class="field-name"') == 30


@pytest.mark.parametrize("query", ["lopez", "Juan", "honduras", "Juanito", "Lopes"])
def test_search_finds_names_other_spellings_and_countries(query):
    make_case(display_name="Juan López", other_names=["Juanito"], country="HN")
    make_case(display_name="Ellinor Utsi", country="NO")

    response = signed_in("editor").get(LIST, {"q": query})

    assert [case.display_name for case in response.context["cl"].result_list] == ["Juan López"]


@pytest.mark.parametrize(
    ("left", "fields"),
    [
        ("draft", {"stage": Stage.DRAFT}),
        ("in-review", {"stage": Stage.IN_REVIEW}),
        ("review-due", {"review_by": datetime.date(2025, 1, 1), "facts_checked_on": "2025-01-01"}),
        ("unchecked", {"facts_checked_on": None}),
        ("frozen", {"freeze": Freeze.PAUSED, "freeze_reason": "a test"}),
    ],
)
def test_filter_shows_what_is_left_to_do(left, fields):
    make_consent(make_case(display_name="Done", facts_checked_on="2025-11-01"))
    make_case(**({"facts_checked_on": "2025-11-01"} | fields | {"display_name": "To do"}))

    response = signed_in("editor").get(LIST, {"left": left})

    assert [case.display_name for case in response.context["cl"].result_list] == ["To do"]


@pytest.mark.slow
def test_staff_are_asked_whether_a_case_is_over_whose_person_is_free():
    cases = {
        name: make_case(display_name=name)
        for name in ["Free", "Dead", "On bail", "Held again", "Told only"]
    }
    for name, case in cases.items():
        make_outcome(case, conditional=name == "On bail", headline="Home", date="2025-01-01")
    make_outcome(cases["Dead"], kind="died", headline="Died", date="2025-02-01")
    make_outcome(cases["Held again"], kind="arrested-again", date="2025-02-01")
    Case.objects.filter(display_name="Told only").update(stage=Stage.CLOSED)
    client = signed_in("editor")

    shown = client.get(LIST, {"left": "may-be-over"})
    gate = text(client.get(change(cases["Dead"])))

    assert {case.display_name for case in shown.context["cl"].result_list} == {"Free", "Dead"}
    assert text(client.get(LIST)).count("close the case?") == 2
    assert "The latest outcome is: Died (died). Is anything still asked for?" in gate
    assert "Is anything still asked for?" not in text(client.get(change(cases["On bail"])))
    assert "2 cases that may be over: close them?" in text(client.get("/admin/"))


def test_filter_finds_cases_of_which_we_hold_no_consent_of_our_own():
    make_consent(make_case(display_name="Asked"))
    told = make_case(display_name="Told by the organiser")
    make_consent(told, basis="organiser", given_by="", page="https://example.org/told")

    response = signed_in("editor").get(LIST, {"left": "unverified"})

    assert list(response.context["cl"].result_list) == [told]


# --- the gate


def test_change_page_lists_what_is_missing_as_sentences():
    case = make_case(stage=Stage.DRAFT)

    response = signed_in("editor").get(change(case))

    assert "Still missing before this page can be published" in text(response)
    assert "<li>There is no demand.</li>" in text(response)


def test_publishing_a_case_with_gaps_changes_nothing_and_says_what_is_missing():
    case = make_case(stage=Stage.DRAFT)

    response = act(signed_in("editor"), case, "publish")

    case.refresh_from_db()
    assert case.stage == Stage.DRAFT
    assert "No consent is in force." in said(response)[0]


@pytest.mark.slow
def test_a_ready_case_is_published_and_who_did_it_stays_known():
    case = make_ready()
    client = signed_in("editor", username="ines")

    response = act(client, case, "publish")

    case.refresh_from_db()
    assert case.stage == Stage.PUBLISHED
    assert said(response) == [f"{case} is published."]
    history = text(client.get(reverse("admin:cases_case_history", args=[case.pk])))
    assert "ines" in history
    assert "<del>draft</del>" in history


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"stage": Stage.DRAFT}, ["publish", "send-to-review"]),
        ({"stage": Stage.IN_REVIEW}, ["publish"]),
        ({"stage": Stage.PUBLISHED}, ["close"]),
        ({"stage": Stage.CLOSED}, ["publish"]),
        ({"freeze": Freeze.HIDDEN, "freeze_reason": "A test."}, ["close", "ask-to-unfreeze"]),
    ],
)
def test_each_state_offers_the_steps_that_lead_out_of_it(fields, names):
    person = make_staff("editor", "safety")

    offered = transitions.available(person, make_case(**fields))

    assert [step.name for step in offered] == names


def test_the_buttons_of_a_case_lead_to_its_page_and_two_people_out_of_a_freeze():
    _others = [make_case(), make_case()]  # so that the case has the number of neither person
    case, one, other = make_ready(), signed_in("editor", "safety"), signed_in("safety")

    def press(client, name: str) -> Case:
        client.post(reverse("admin:cases_case_act", args=[case.pk]), {"act": name})
        return Case.objects.get(pk=case.pk)

    assert press(one, "send-to-review").stage == Stage.IN_REVIEW
    assert press(one, "publish").stage == Stage.PUBLISHED
    Case.objects.update(freeze=Freeze.HIDDEN, freeze_reason="A test.")
    asked = press(one, "ask-to-unfreeze")
    assert asked.unfreeze_asked_by == one.person
    offered = [transitions.available(client.person, asked) for client in (one, other)]
    assert [[step.name for step in steps] for steps in offered] == [["close"], ["confirm-unfreeze"]]
    assert press(one, "confirm-unfreeze").freeze == Freeze.HIDDEN
    assert press(other, "confirm-unfreeze").freeze == Freeze.NONE


def test_action_reports_per_row():
    ready, gaps = make_ready(), make_case(stage=Stage.DRAFT)

    response = signed_in("editor").post(
        LIST, {"action": "publish", "_selected_action": [ready.pk, gaps.pk]}, follow=True
    )

    assert sorted(Case.objects.values_list("pk", "stage")) == [
        (ready.pk, "published"),
        (gaps.pk, "draft"),
    ]
    assert {f"{ready} is published."} < set(said(response))
    assert len(said(response)) == 2


def test_a_published_case_is_closed():
    case = make_case()

    act(signed_in("editor"), case, "close")

    case.refresh_from_db()
    assert case.stage == Stage.CLOSED


def test_a_get_changes_nothing():
    case = make_ready()

    response = signed_in("editor").get(reverse("admin:cases_case_act", args=[case.pk]))

    case.refresh_from_db()
    assert (response.status_code, case.stage) == (405, Stage.DRAFT)


@pytest.mark.parametrize("roles", [["moderator"], ["counter"], ["safety"]])
def test_only_editors_publish(roles):
    case = make_ready()

    response = act(signed_in(*roles), case, "publish")

    case.refresh_from_db()
    assert (response.status_code, case.stage) == (403, Stage.DRAFT)


# --- preview


@pytest.mark.parametrize(
    "fields",
    [
        {"stage": Stage.DRAFT},
        {"freeze": Freeze.HIDDEN, "freeze_reason": "a test"},
        {"freeze": Freeze.WITHDRAWN, "freeze_reason": "a test"},
    ],
)
def test_preview_shows_the_page_as_it_will_be(fields):
    case = make_case(headline="A headline nobody has seen", **fields)
    url = reverse("admin:cases_case_preview", args=[case.pk])

    response = signed_in("editor").get(url)

    assert "A headline nobody has seen" in text(response)
    assert "Only staff see this page" in text(response)
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("roles", "status"), [([], 403), (["moderator"], 403), (["counter"], 403), (["safety"], 200)]
)
def test_preview_is_for_who_may_see_the_case_in_the_admin(roles, status):
    case = make_case(stage=Stage.DRAFT)

    response = signed_in(*roles).get(reverse("admin:cases_case_preview", args=[case.pk]))

    assert response.status_code == status


# --- freezing


def freeze(client, cases: list[Case], **fields):
    data = {"cases": [case.pk for case in cases], "how_far": "hidden", "reason": "Threats."}
    return client.post(reverse("admin:cases_case_freeze"), data | fields, follow=True)


def test_freeze_is_one_click_away_from_every_page():
    url = reverse("admin:cases_case_freeze")
    client = signed_in("safety")

    for page in ["/admin/", LIST, change(make_case())]:
        assert f'href="{url}"' in text(client.get(page))


def test_one_person_of_the_safety_role_freezes():
    case, other = make_case(), make_case()

    freeze(signed_in("safety"), [case], how_far="withdrawn", reason="The family asked for it.")

    case.refresh_from_db()
    other.refresh_from_db()
    assert (case.freeze, case.freeze_reason) == ("withdrawn", "The family asked for it.")
    assert other.freeze == Freeze.NONE


def test_who_freezes_is_told_where_else_the_same_person_stays_shown():
    edition = make_edition(2026, opens_on=datetime.date(2050, 11, 1))  # which readers will see
    first = make_case(display_name="Ana Test")
    clone = make_case(display_name="Anna Test", edition=edition, cloned_from=first)
    make_case(display_name="Ana Test", edition=edition, stage=Stage.DRAFT)
    client = signed_in("safety")
    told = "The same person is not taken down in Anna Test (2026). Freeze that too?"

    form = text(client.get("/admin/cases/case/freeze/"))
    one = said(freeze(client, [first], how_far="hidden"))
    remarks = text(client.get(change(first)))
    both = said(freeze(client, [first, clone], how_far="withdrawn"))

    for label in ["Ana Test (2025)", "Anna Test (2026)", "Ana Test (2026)"]:
        assert label in form
    assert one[1:] == [f"Ana Test: {told}"]
    assert told in remarks
    assert len(both) == 2


def test_freeze_asks_for_a_reason_and_keeps_what_was_chosen():
    case = make_case()

    response = freeze(signed_in("safety"), [case], reason="")

    case.refresh_from_db()
    assert case.freeze == Freeze.NONE
    assert "There is a problem" in text(response)
    assert f'value="{case.pk}" id="id_cases_0" checked' in text(response)


def test_action_of_the_list_leads_to_the_freeze_page_with_its_cases():
    case = make_case()
    client = signed_in("safety")

    response = client.post(LIST, {"action": "freeze", "_selected_action": [case.pk]}, follow=True)

    assert response.redirect_chain[0][0] == f"/admin/cases/case/freeze/?case={case.pk}"
    assert f'value="{case.pk}" id="id_cases_0" checked' in text(response)


@pytest.mark.parametrize("roles", [["editor"], ["moderator"], ["counter"]])
def test_who_is_not_of_the_safety_role_does_not_freeze(roles):
    case = make_case()

    response = freeze(signed_in(*roles), [case])

    case.refresh_from_db()
    assert (response.status_code, case.freeze) == (403, Freeze.NONE)


@pytest.mark.slow
def test_unfreezing_takes_two():
    case = make_ready(stage=Stage.PUBLISHED, freeze=Freeze.HIDDEN, freeze_reason="Threats.")
    first, second = signed_in("safety"), signed_in("safety")

    act(first, case, "ask-to-unfreeze")
    act(first, case, "confirm-unfreeze")
    case.refresh_from_db()
    assert case.freeze == Freeze.HIDDEN

    act(second, case, "confirm-unfreeze")
    case.refresh_from_db()
    assert case.freeze == Freeze.NONE


def test_a_milder_freeze_is_refused_with_a_sentence():
    case = make_case(freeze=Freeze.WITHDRAWN, freeze_reason="Threats.")

    response = freeze(signed_in("safety"), [case], how_far="paused")

    case.refresh_from_db()
    assert case.freeze == Freeze.WITHDRAWN
    assert "takes two" in said(response)[0]


@pytest.mark.slow
def test_a_form_read_before_a_freeze_does_not_undo_it():
    case = make_case()
    client = signed_in("editor")
    data = form_data(client.get(change(case)))
    Case.objects.filter(pk=case.pk).update(freeze="hidden", freeze_reason="Threats.")

    response = client.post(
        change(case), data | {"headline": "Anew", "freeze": "none", "stage": "draft"}
    )

    case.refresh_from_db()
    assert response.status_code == 302
    assert (case.headline, case.freeze, case.stage) == ("Anew", "hidden", "published")


# --- the form


@pytest.mark.slow
def test_a_new_case_gets_a_row_for_every_topic_and_keeps_the_answers():
    client = signed_in("editor")
    add = reverse("admin:cases_case_add")
    data = form_data(client.get(add))
    data |= {
        "display_name": "Ana Test",
        "slug": "ana-test",
        "country": "EC",
        "region": "americas",
        "edition": make_edition().pk,
        "headline": "A headline",
        "summary": "A summary.",
        "story": "A story.",
        "other_names": "Anita Test\nАна Тест\n",
        "safety_rules-0-answer": "yes",
        "safety_rules-0-words": "first\nsecond",
    }

    response = client.post(add, data, follow=True)

    case = Case.objects.get(slug="ana-test")
    assert response.status_code == 200
    assert case.stage == Stage.DRAFT
    assert case.other_names == ["Anita Test", "Ана Тест"]
    assert case.safety_rules.count() == len(Topic) * len(AppliesTo)
    assert case.safety_rules.filter(answer=Answer.YES).get().words == ["first", "second"]


@pytest.mark.slow
def test_saving_a_page_as_it_stands_changes_nothing():
    case = make_ready(stage=Stage.PUBLISHED, other_names=["Another"])
    make_outcome(case)
    client = signed_in("editor")
    before = Case.history.count(), SafetyRule.history.count(), Outcome.history.count()

    response = client.post(change(case), form_data(client.get(change(case))))

    after = Case.history.count(), SafetyRule.history.count(), Outcome.history.count()
    assert response.status_code == 302
    assert after == (before[0] + 1, before[1], before[2])
    case.refresh_from_db()
    assert case.other_names == ["Another"]


@pytest.mark.slow
def test_the_page_asks_as_often_with_many_parts_as_with_few(django_assert_max_num_queries):
    client = signed_in("editor")
    few, many = make_ready(), make_ready()
    for number in range(10):
        make_outcome(many, headline=f"Outcome {number}")
    client.get(change(few))
    with django_assert_max_num_queries(60) as asked:
        client.get(change(few))

    with django_assert_max_num_queries(len(asked)):
        client.get(change(many))


@pytest.mark.slow
def test_the_address_of_a_published_case_stays():
    case = make_case(slug="as-it-was")
    client = signed_in("editor")

    client.post(change(case), form_data(client.get(change(case))) | {"slug": "other"})

    case.refresh_from_db()
    assert case.slug == "as-it-was"


@pytest.mark.slow
def test_an_outcome_is_recorded_on_the_page_of_its_case():
    case = make_case()
    client = signed_in("editor")
    data = form_data(client.get(change(case))) | {
        "outcomes-TOTAL_FORMS": 1,
        "outcomes-0-kind": "released",
        "outcomes-0-date": "2025-02-01",
        "outcomes-0-date_precision": "month",
        "outcomes-0-headline": "Free after two years",
    }

    client.post(change(case), data)

    outcome = case.outcomes.get()
    assert (outcome.kind, outcome.date_text) == ("released", "February 2025")


@pytest.mark.slow
def test_french_is_reachable_and_stored():
    case = make_case()
    client = signed_in("editor")

    client.post(change(case), form_data(client.get(change(case))) | {"headline_fr": "Bergère"})

    case.refresh_from_db()
    assert case.i18n["headline_fr"] == "Bergère"


@pytest.mark.slow
def test_a_picture_is_cleaned_and_rendered(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    case = make_case()
    client = signed_in("editor")
    data = form_data(client.get(change(case))) | {
        "portrait-0-image": picture(),
        "portrait-0-alt": "A teal field.",
        "portrait-0-credit": "Illustration: a test",
        "portrait-0-licence": "CC0",
    }

    response = client.post(change(case), data)

    assert response.status_code == 302
    portrait = Case.objects.get().portrait
    assert portrait.width == 1000
    assert set(portrait.renditions) == {"avif", "webp", "jpeg"}
    assert 'class="portrait-preview"' in text(client.get(change(case)))


@pytest.mark.slow
def test_a_bad_file_is_a_sentence_beside_the_field():
    case = make_case()
    client = signed_in("editor")
    data = form_data(client.get(change(case))) | {
        "portrait-0-alt": "A teal field.",
        "portrait-0-credit": "Illustration: a test",
        "portrait-0-licence": "CC0",
    }

    for upload, sentence in [
        (SimpleUploadedFile("a.jpg", b"GIF89a not a picture"), "GIF files are not taken"),
        (SimpleUploadedFile("a.jpg", b"no picture at all"), "This file is not a picture"),
        (picture(300), "This picture is 300 pixels wide"),
    ]:
        response = client.post(change(case), data | {"portrait-0-image": upload})

        assert response.status_code == 200
        assert sentence in text(response)


@pytest.mark.slow
def test_a_target_with_an_address_but_no_country_is_an_error_not_a_crash():
    case = make_case()
    make_target(case)
    client = signed_in("editor")

    response = client.post(
        change(case), form_data(client.get(change(case))) | {"targets-0-postal_country": ""}
    )

    assert response.status_code == 200
    assert response.context["errors"]


# --- what can be done for the person, and what may be said


@pytest.mark.slow
def test_words_of_a_rule_are_lines_and_one_that_stops_says_so():
    case = make_ready()
    client = signed_in("editor")
    data = form_data(client.get(change(case))) | {
        "safety_rules-0-words": "Pray*\n\n god bless \npray*",
        "safety_rules-0-stops": "on",
    }

    client.post(change(case), data)

    rule = case.safety_rules.order_by("applies_to", "pk").first()
    assert (rule.words, rule.stops) == (["pray*", "god bless"], True)


@pytest.mark.slow
def test_a_rule_that_can_not_work_is_an_error_beside_it():
    case = make_ready()
    client = signed_in("editor")
    asterisk = "“pr*y”: a * goes at the end of a word, for any ending."
    useless = "Only a rule that forbids, and names words, can stop."
    rules = [
        ({"words": "pr*y"}, {"words": [asterisk]}),
        ({"words": "", "stops": "on"}, {"stops": [useless]}),
        ({"words": "pray", "stops": "on", "answer": "yes"}, {"stops": [useless]}),
        ({"words": "pray", "stops": "on", "answer": "n/a"}, {"stops": [useless]}),
    ]
    typed = {
        f"safety_rules-{number}-{name}": value
        for number, (fields, _errors) in enumerate(rules)
        for name, value in fields.items()
    }

    response = client.post(change(case), form_data(client.get(change(case))) | typed)

    [shown] = [
        inline.formset
        for inline in response.context["inline_admin_formsets"]
        if inline.formset.prefix == "safety_rules"
    ]
    assert shown.errors[: len(rules)] == [errors for _fields, errors in rules]
    assert asterisk in text(response)
    assert text(response).count(useless) == 2 * 3  # at the top, and beside each


@pytest.mark.slow
def test_a_petition_is_written_on_the_page_of_its_case():
    case = make_case()
    client = signed_in("editor")
    data = form_data(client.get(change(case))) | {
        "petition-0-title": "Stop building",
        "petition-0-text": "We ask you to stop building on the pastures.",
        "petition-0-title_fr": "Ne construisez plus",
        "petition-0-goal": "1000",
        "petition-0-closes_on": "2026-12-31",
    }

    client.post(change(case), data)

    petition = Petition.objects.get(case=case)
    assert (petition.title, petition.goal, petition.shown_from) == ("Stop building", 1000, 50)
    assert petition.i18n["title_fr"] == "Ne construisez plus"


@pytest.mark.slow
def test_the_texts_that_were_signed_are_shown_and_stay():
    case = make_case()
    petition = Petition.objects.create(case=case, title="Anew", text="A new text.")
    PetitionText.objects.create(
        petition=petition, digest="x", language="fr", title="Avant", text="Un <b>texte</b>."
    )
    client = signed_in("editor")

    page = client.get(change(case))
    client.post(change(case), form_data(page) | {"petition-0-text": "Another text."})

    assert "Avant (French, since" in text(page)
    assert '<p lang="fr">Un &lt;b&gt;texte&lt;/b&gt;.</p>' in text(page)
    assert PetitionText.objects.get().text == "Un <b>texte</b>."
    assert Petition.objects.get().text == "Another text."


@pytest.mark.slow
def test_sample_sentences_posts_and_dates_of_messages_are_edited_on_the_page_of_the_case():
    case = make_case()
    SolidarityAction.objects.create(case=case, recipient="Test Person")
    SocialPost.objects.create(case=case, text="x" * 231)
    client = signed_in("editor")
    page = client.get(change(case))
    assert re.search(r'<td class="field-length">\s*<p>231</p>', text(page))
    data = form_data(page) | {
        "solidarity_action-0-recipient_kind": "family",
        "solidarity_action-0-takes_drawings": "on",
        "solidarity_action-0-opens_on": "2026-12-01",
        "solidarity_phrases-TOTAL_FORMS": 1,
        "solidarity_phrases-0-text": "You are not forgotten.",
        "solidarity_phrases-0-language": "en",
        "solidarity_phrases-0-position": "0",
        "social_posts-0-text": "Ana herds reindeer.",
    }

    client.post(change(case), data)

    solidarity = SolidarityAction.objects.get()
    assert (solidarity.recipient_kind, solidarity.takes_drawings) == ("family", True)
    assert solidarity.opens_on == datetime.date(2026, 12, 1)
    assert case.solidarity_phrases.get().text == "You are not forgotten."
    assert case.social_posts.get().text == "Ana herds reindeer."


@pytest.mark.slow
def test_a_case_names_that_of_the_same_person_in_an_earlier_edition():
    earlier = make_case(display_name="Ana Test", edition=make_edition(2023))
    case = make_case(display_name="Ana Test")
    client = signed_in("editor")
    page = client.get(change(case))
    assert "Ana Test (2023)" in text(page)

    client.post(change(case), form_data(page) | {"earlier": earlier.pk})
    case.refresh_from_db()
    assert case.earlier == earlier

    page = client.get(change(case))
    response = client.post(change(case), form_data(page) | {"earlier": case.pk})
    assert "This is the case itself." in text(response)


def test_the_history_of_a_case_does_not_trip_over_a_later_one():
    case = make_case(headline="Before")
    make_case(earlier=case)
    case.headline = "After"
    case.save()

    page = text(signed_in("editor").get(reverse("admin:cases_case_history", args=[case.pk])))

    assert "<del>Before</del> <ins>After</ins>" in page


# --- insults and threats


@pytest.mark.parametrize("role", ["editor", "moderator", "safety"])
def test_a_list_of_words_is_a_word_a_line(role):
    words = WordList.objects.create(kind="insult", language="en", words=["one", "two words"])
    client = signed_in(role)
    url = reverse("admin:cases_wordlist_change", args=[words.pk])
    page = client.get(url)
    assert "one\ntwo words</textarea>" in text(page)

    client.post(url, form_data(page) | {"words": "Three\nfour*\n\nthree", "stops": "on"})

    words.refresh_from_db()
    assert (words.words, words.stops) == (["three", "four*"], True)
    assert words.history.count() == 2


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"words": "a*b"}, "“a*b”: a * goes at the end of a word, for any ending."),
        ({"language": "English!"}, "“English!” is not a language code. It is two or three small"),
        ({"language": "English"}, "“English” is not a language code: write “en”."),
        (
            {"language": "fr"},
            "There is a list of this kind in this language already: change that one.",
        ),
    ],
)
def test_a_list_that_can_not_work_is_an_error_beside_the_field(fields, sentence):
    WordList.objects.create(kind="insult", language="fr", words=["un"])
    data = {"kind": "insult", "language": "en", "words": "one"} | fields

    response = signed_in("editor").post("/admin/cases/wordlist/add/", data)

    assert sentence in text(response)
    assert WordList.objects.count() == 1


def test_the_list_of_word_lists_names_languages_and_counts_words():
    WordList.objects.create(kind="threat", language="es", words=["uno", "dos"])

    page = text(signed_in("moderator").get("/admin/cases/wordlist/"))

    assert "Spanish" in page
    assert '<td class="field-number">2</td>' in page


# --- consents


@pytest.mark.slow
def test_consents_are_seen_by_the_safety_role_only():
    case = make_case()
    make_consent(case, given_by="a sister of hers")

    pages = {role: text(signed_in(role).get(change(case))) for role in ["editor", "safety"]}

    assert "a sister of hers" not in pages["editor"]
    assert "a sister of hers" in pages["safety"]


@pytest.mark.slow
def test_an_editor_cannot_post_a_consent():
    case = make_case()
    client = signed_in("editor")
    data = form_data(client.get(change(case))) | {
        "consents-TOTAL_FORMS": 1,
        "consents-INITIAL_FORMS": 0,
        "consents-0-basis": "given",
        "consents-0-given_by": "nobody",
        "consents-0-risk_note": "none",
    }

    client.post(change(case), data)

    assert not case.consents.exists()


def test_history_leaves_out_what_the_role_may_not_see():
    case = make_case()
    solidarity = SolidarityAction.objects.create(
        case=case, recipient="Test Person", postal="1 Secret Street", postal_country="NO"
    )
    solidarity.postal = "2 Secret Street"
    solidarity.save()
    url = reverse("admin:cases_case_history", args=[case.pk])

    assert "Secret" in text(signed_in("editor").get(url))
    for role in ["moderator", "counter"]:
        assert signed_in(role).get(url).status_code == 403


def test_history_leaves_consents_out_for_who_may_not_see_them():
    case = make_case()
    consent = make_consent(case, given_by="a sister of hers")
    consent.given_by = "a brother of hers"
    consent.save()
    url = reverse("admin:cases_case_history", args=[case.pk])

    pages = {role: text(signed_in(role).get(url)) for role in ["editor", "safety"]}

    assert "sister" not in pages["editor"]
    assert "<del>sister</del> <ins>brother</ins>" in pages["safety"]


# --- history


@pytest.mark.slow
def test_history_shows_the_words_that_changed():
    case = make_case(headline="A herder of reindeer", story="One two three four five.")
    client = signed_in("editor", username="ines")

    client.post(
        change(case),
        form_data(client.get(change(case))) | {"headline": "A keeper of reindeer"},
    )

    page = text(client.get(reverse("admin:cases_case_history", args=[case.pk])))
    assert "ines" in page
    assert "A <del>herder</del> <ins>keeper</ins> of reindeer" in page


@pytest.mark.parametrize("version", ["0", "styles.css", "9" * 40])
def test_a_version_that_never_was_is_no_page(version):
    url = reverse("admin:cases_case_history", args=[make_case().pk])

    response = signed_in("editor").get(f"{url}case/{version}/")

    assert response.status_code == 404


def test_history_is_escaped():
    case = make_case(headline="Before")
    case.headline = "<script>alert(1)</script>"
    case.save()

    page = text(signed_in("editor").get(reverse("admin:cases_case_history", args=[case.pk])))

    assert "<script>alert" not in page


# --- cloning


@pytest.mark.slow
def test_clone_makes_a_draft_for_another_edition():
    case = make_ready(stage=Stage.PUBLISHED)
    make_outcome(case)
    next_edition = make_edition(2026)
    client = signed_in("editor")
    url = f"{reverse('admin:cases_case_clone')}?case={case.pk}"
    assert "Make a draft" in text(client.get(url))

    response = client.post(url, {"edition": next_edition.pk}, follow=True)

    draft = Case.objects.get(edition=next_edition)
    assert response.redirect_chain[-1][0] == change(draft)
    assert (draft.stage, draft.outcomes.count()) == (Stage.DRAFT, 0)


# --- other pages


def test_outcomes_have_a_list_with_dates_as_precise_as_known():
    make_outcome(kind="released", date="2025-02-01", date_precision="month", headline="At home")
    make_outcome(kind="worse", headline="Beaten again")
    make_outcome(kind="court-step", headline="Trial put off")
    client = signed_in("editor")

    pages = {
        tone: text(client.get(f"/admin/cases/outcome/?tone={tone}"))
        for tone in ["good", "bad", "neither"]
    }

    assert "February 2025" in pages["good"]
    for tone, headline in zip(pages, ["At home", "Beaten again", "Trial put off"], strict=True):
        assert [other for other in pages if headline in pages[other]] == [tone]


@pytest.mark.parametrize(
    "page", ["edition", "theme", "yearlyfigure", "outcome", "case", "actioncount", "wordlist"]
)
def test_editors_open_every_list_of_theirs(page):
    make_outcome()

    assert signed_in("editor").get(f"/admin/cases/{page}/").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", ["edition/add/", "theme/add/", "outcome/add/", "case/add/", "wordlist/add/"]
)
def test_editors_open_every_form_of_theirs(page):
    assert signed_in("editor").get(f"/admin/cases/{page}").status_code == 200


@pytest.mark.slow
def test_a_model_letter_has_its_points_on_its_own_page():
    case = make_case_to_write_for()
    letter = ModelLetter.objects.get(target__case=case)
    client = signed_in("editor")
    target_page = reverse("admin:cases_target_change", args=[letter.target.pk])
    assert target_page in text(client.get(change(case)))
    assert "2 points: change them" in text(client.get(target_page))

    page = client.get(reverse("admin:cases_modelletter_change", args=[letter.pk]))
    data = form_data(page) | {"points-0-text": "The herds need the summer pastures."}
    response = client.post(reverse("admin:cases_modelletter_change", args=[letter.pk]), data)

    assert response.url == target_page
    assert letter.points.first().text == "The herds need the summer pastures."


def test_nobody_without_a_role_sees_a_case():
    case = make_case()

    assert signed_in().get(change(case)).status_code == 403
    assert signed_in().get(LIST).status_code == 403


def test_only_who_may_everything_deletes_a_case():
    case = make_case()
    url = reverse("admin:cases_case_delete", args=[case.pk])

    assert signed_in("editor", "safety").post(url, {"post": "yes"}).status_code == 403
    assert Case.objects.filter(pk=case.pk).exists()


# --- an address and its person stay together


def slug_after(client, case: Case) -> str:
    page = client.get(change(case))
    client.post(change(case), form_data(page) | {"slug": "other"})
    case.refresh_from_db()
    return case.slug


@pytest.mark.slow
def test_the_address_of_a_draft_may_change():
    case = make_case(stage=Stage.DRAFT, slug="ana-test")

    assert slug_after(signed_in("editor"), case) == "other"


@pytest.mark.slow
@pytest.mark.parametrize("make", [make_letter, make_pledge, make_post, make_paper_count])
def test_the_address_of_a_case_that_somebody_did_something_for_stays(make):
    case = make_case(stage=Stage.DRAFT, slug="ana-test")
    make(case)

    assert slug_after(signed_in("editor"), case) == "ana-test"


@pytest.mark.slow
def test_the_address_of_a_case_that_was_public_once_stays():
    case = make_case(stage=Stage.PUBLISHED, slug="ana-test")
    case.stage = Stage.DRAFT
    case.save()

    assert slug_after(signed_in("editor"), case) == "ana-test"


@pytest.mark.parametrize(
    ("stage", "opens_on", "stays"),
    [
        ("published", "2025-11-01", True),
        ("published", "2050-11-01", False),
        ("draft", "2025-11-01", False),
    ],
)
def test_a_case_that_readers_know_is_cloned_to_another_year_and_not_moved(stage, opens_on, stays):
    first = make_edition(2025, opens_on=datetime.date.fromisoformat(opens_on))
    case, next_one = make_case(stage=stage, edition=first), make_edition(2026)
    client = signed_in("editor")
    data = form_data(client.get(change(case))) | {"edition": next_one.pk}

    client.post(change(case), data)

    assert Case.objects.get().edition.year == (2025 if stays else 2026)


@pytest.mark.slow
def test_an_address_that_was_public_becomes_nobody_elses():
    make_case(slug="ana-test", display_name="Ana Test").delete()
    case = make_case(stage=Stage.DRAFT)
    client = signed_in("editor")

    response = client.post(change(case), form_data(client.get(change(case))) | {"slug": "ana-test"})

    assert "This was the address of Ana Test" in text(response)


def test_a_clone_gets_an_address_of_its_own():
    case = make_case(slug="ana-test")
    client = signed_in("editor")
    url = f"{reverse('admin:cases_case_clone')}?case={case.pk}"

    client.post(url, {"edition": make_edition(2026).pk})

    clone = Case.objects.exclude(pk=case.pk).get()
    assert (clone.slug, clone.earlier) == ("ana-test-2026", case)
