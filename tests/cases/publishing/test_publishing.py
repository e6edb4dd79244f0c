import datetime

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import transaction
from django.utils import timezone

from cases.models import (
    AppliesTo,
    Case,
    ConsentBasis,
    Demand,
    Freeze,
    ModelLetter,
    Petition,
    Point,
    Portrait,
    Quote,
    SafetyRule,
    SolidarityAction,
    Source,
    Stage,
    Topic,
)
from cases.publishing import acts, cloning, gate
from tests.factories import (
    answer_all_rules,
    make_case,
    make_case_to_write_for,
    make_consent,
    make_edition,
    make_outcome,
    make_solidarity_action,
    make_theme,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still_clock")]
TODAY = timezone.localdate
DAY = datetime.timedelta(days=1)


def make_ready_case(**fields) -> Case:
    """A draft that nothing stands in the way of."""
    case = make_case_to_write_for(
        **{
            "stage": Stage.DRAFT,
            "facts_checked_on": TODAY(),
            "review_by": TODAY(),
            "short_name": "Test",
        }
        | fields
    )
    make_consent(case)
    answer_all_rules(case)
    return case


def make_staff(name: str):
    return get_user_model().objects.create_user(name, password="only for tests")


def give_picture(case: Case) -> Portrait:
    return Portrait.objects.create(
        case=case, image="portraits/x.png", alt="A shore.", credit="A test", width=9, height=9
    )


def read_again(case: Case) -> Case:
    return gate.with_needed(Case.objects.all()).get(pk=case.pk)


def test_case_with_everything_has_no_problems():
    assert gate.problems(make_ready_case()) == []


def test_each_missing_thing_is_one_sentence():
    case = make_case(stage=Stage.DRAFT, headline="", summary=" ", story="", facts_as_of="")

    assert gate.problems(case) == [
        "The headline is missing.",
        "The summary is missing.",
        "The story is missing.",
        "No consent is in force.",
        "The date of the newest news is missing: “This is what we know as of …”.",
        "Nobody has checked the facts.",
        "There is neither a target nor a reason why there is none.",
        "There is no demand.",
        "It is not answered whether a letter may touch: Naming the organisation, Religion, "
        "Season's greetings, The charges, The country's politics, War and armed conflict, Gender "
        "and sexuality, Your own address, Enclosures, Photographs, Any language.",
    ]


@pytest.mark.parametrize(
    ("ended", "days_ago"),
    [("withdrawn_on", 0), ("expires_on", 1)],
    ids=["withdrawn", "expired"],
)
def test_consent_that_ended_is_none(ended, days_ago):
    case = make_ready_case()
    case.consents.update(**{ended: TODAY() - days_ago * DAY})

    assert gate.problems(case) == ["No consent is in force."]


def test_consent_holds_on_its_last_day():
    case = make_ready_case()
    case.consents.update(expires_on=TODAY())

    assert gate.problems(case) == []


def test_consent_needs_a_note_of_its_risks():
    case = make_ready_case()
    case.consents.update(risk_note=" ")

    assert gate.problems(case) == ["No consent says why telling the case helps more than it harms."]

    make_consent(case)  # one that says so is enough
    assert gate.problems(Case.objects.get(pk=case.pk)) == []


def test_reason_stands_for_a_target():
    case = make_ready_case(no_target_reason="Nobody knows who holds the office.")
    case.targets.get().delete()

    assert gate.problems(read_again(case)) == []


def test_rules_for_messages_do_not_answer_for_letters():
    case = make_ready_case()
    SafetyRule.objects.filter(
        case=case, applies_to=AppliesTo.APPEAL, topic__in=[Topic.WAR, Topic.RELIGION]
    ).delete()

    assert gate.problems(case) == [
        "It is not answered whether a letter may touch: Religion, War and armed conflict."
    ]


def test_picture_needs_its_words():
    case = make_ready_case()
    case.portrait = Portrait(alt="", credit=" ")

    assert gate.problems(case) == [
        "The picture has no text for people who cannot see it.",
        "The picture has no credit.",
    ]


def test_frozen_case_says_so():
    case = make_ready_case(freeze=Freeze.HIDDEN, freeze_reason="A threat.")

    assert gate.problems(case) == [
        "The case is frozen: hidden: a neutral text, in no list or search."
    ]


def test_closed_case_needs_nothing_that_belongs_to_letters():
    case = make_case(stage=Stage.CLOSED, facts_checked_on=TODAY())
    make_consent(case)

    assert gate.problems(case) == []


def test_case_of_the_organiser_is_told_with_what_we_did_not_do():
    case = make_ready_case(facts_checked_on=None, review_by=datetime.date(2026, 1, 31))
    case.consents.all().delete()
    make_consent(
        case,
        basis=ConsentBasis.ORGANISER,
        given_by="",
        page="https://www.organiser.example/cases/1",
    )

    assert gate.problems(case) == []
    assert gate.remarks(case) == [
        "Featured publicly by the campaign’s organiser (told at organiser.example); we have not "
        "verified it ourselves.",
        "Nobody here has checked the facts.",
        "There is no picture.",
        "Nobody here has checked the address and office: Minister of Tests.",
        "The case should have been checked again by 31 January 2026.",
    ]


def test_our_own_consent_beside_the_organisers_asks_for_checked_facts():
    case = make_ready_case(facts_checked_on=None)
    make_consent(case, basis=ConsentBasis.ORGANISER, page="https://organiser.example/")

    assert gate.problems(case) == ["Nobody has checked the facts."]


def test_a_case_is_not_shown_before_it_says_of_when_its_news_is():
    case = make_ready_case(facts_as_of="", review_by=None)

    with pytest.raises(acts.NotReady) as refused:
        acts.publish(case)

    assert refused.value.problems == [
        "The date of the newest news is missing: “This is what we know as of …”."
    ]
    assert "No day is set on which to look for news again." in gate.remarks(case)


def test_nothing_is_remarked_of_a_case_with_everything():
    case = make_ready_case()
    target = case.targets.get()
    target.checked_on = TODAY()
    target.save()
    give_picture(case)
    make_outcome(case, kind="no-change-yet")

    assert gate.remarks(case) == []


def test_missing_model_letter_is_remarked():
    case = make_ready_case()
    ModelLetter.objects.filter(target__case=case).delete()

    assert "There is no model letter: Minister of Tests." in gate.remarks(case)
    assert gate.problems(case) == []


def test_letters_that_no_paper_can_show_are_remarked_with_where_they_stand():
    case = make_ready_case(headline="A herder, שרה")
    target = case.targets.get()
    target.postal = "משרד\n0001 Testville"
    target.save()

    assert [remark for remark in gate.remarks(read_again(case)) if "box" in remark] == [
        "We cannot print some characters in the case sheet; on paper each becomes a box: ש ר ה "
        "(Hebrew)",
        "We cannot print some characters in the target; on paper each becomes a box: מ ש ר ד "
        "(Hebrew)",
    ]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda case: case.demands.create(text="Listen to สม."), "the case sheet"),
        (
            lambda case: case.demands.create(text="Listen.", i18n={"text_fr": "Écoutez สม."}),
            "the case sheet",
        ),
        (
            lambda case: case.sources.create(url="https://news.example/", supports="Of สม"),
            "the case sheet",
        ),
        (lambda case: case.safety_rules.update(why="Write of สม."), "the case sheet"),
        (lambda case: Portrait.objects.update(credit="สม"), "the case sheet"),
        (lambda case: case.targets.update(asked="สม"), "the target"),
        (
            lambda case: make_solidarity_action(case, postal="สม"),
            "the address for messages of support",
        ),
        (
            lambda case: make_solidarity_action(case, note="สม"),
            "the words for messages of support",
        ),
        (
            lambda case: case.solidarity_phrases.create(text="สม"),
            "the words for messages of support",
        ),
        (lambda case: ModelLetter.objects.update(subject="สม"), "the model letters"),
        (lambda case: ModelLetter.objects.update(body="สม"), "the model letters"),
    ],
)
def test_whatever_stands_on_a_sheet_is_looked_at_before_it_is_printed(change, named):
    case = make_ready_case()
    give_picture(case)
    change(case)

    assert [remark for remark in gate.remarks(read_again(case)) if "box" in remark] == [
        f"We cannot print some characters in {named}; on paper each becomes a box: ส ม (Thai)"
    ]


@pytest.mark.parametrize(
    ("fields", "sentences"),
    [
        ({"address_for_staff_only": True}, ["The address is for staff only: Minister of Tests."]),
        (
            {"checked_on": None, "email": "office@example.org"},
            [
                "Nobody here has checked the address and office: Minister of Tests.",
                "Nobody here has checked the e-mail address, so it is not offered: "
                "office@example.org",
            ],
        ),
        (
            {"appeal_deadline": datetime.date(2025, 1, 31)},
            ["The last day to write was 31 January 2025: Minister of Tests."],
        ),
    ],
)
def test_what_staff_should_know_of_a_target_is_remarked(fields, sentences):
    case = make_ready_case()
    give_picture(case)
    case.targets.update(**{"checked_on": TODAY()} | fields)

    assert gate.remarks(read_again(case)) == sentences


def test_a_petition_and_messages_whose_last_day_is_over_are_remarked():
    case = make_ready_case()
    Petition.objects.create(case=case, title="A title", text="A text.", closes_on=TODAY() - 2 * DAY)
    SolidarityAction.objects.create(case=case, recipient="Test Person", ends_on=TODAY())
    assert gate.remarks(read_again(case))[-1:] == [
        "The last day of the petition is over: nobody can sign it."
    ]

    SolidarityAction.objects.update(ends_on=TODAY() - 2 * DAY)
    assert gate.remarks(read_again(case))[-1:] == [
        "The last day for messages of support is over: nobody can write one."
    ]


def test_a_list_of_cases_asks_no_more_than_one_case(django_assert_num_queries):
    for _number in range(3):
        give_picture(make_ready_case())

    for rows in (1, 3):
        with django_assert_num_queries(9):
            for case in gate.with_needed(Case.objects.order_by("pk"))[:rows]:
                assert gate.problems(case) == []
                gate.remarks(case)


def test_published_case_is_shown_and_in_the_history():
    case = make_ready_case()

    acts.publish(case)

    assert case.stage == Stage.PUBLISHED
    assert Case.objects.taking_actions().get() == case
    assert [row.stage for row in case.history.all()] == ["published", "draft"]
    assert mail.outbox == []


def test_case_with_problems_is_not_published():
    case = make_ready_case(headline="")
    case.demands.all().delete()

    with pytest.raises(acts.NotReady) as refused:
        acts.publish(case)

    assert refused.value.problems == ["The headline is missing.", "There is no demand."]
    assert str(refused.value) == "The headline is missing. There is no demand."
    assert read_again(case).stage == Stage.DRAFT


def test_publishing_looks_at_the_case_as_it_is_now():
    case = make_ready_case()
    Case.objects.filter(pk=case.pk).update(freeze=Freeze.PAUSED, freeze_reason="A threat.")

    with pytest.raises(acts.NotReady, match="frozen"):
        acts.publish(case)


def test_publishing_twice_writes_once():
    case = make_ready_case()

    acts.publish(case)
    acts.publish(case)

    assert case.history.count() == 2


def test_closed_case_is_opened_again_through_the_gate():
    case = make_ready_case(stage=Stage.CLOSED)
    case.demands.all().delete()

    with pytest.raises(acts.NotReady):
        acts.publish(case)
    Demand.objects.create(case=case, text="Stop building.")
    acts.publish(case)

    assert read_again(case).stage == Stage.PUBLISHED


def test_closed_case_is_told_and_takes_no_letters():
    case, editor = make_case(), make_staff("editor")

    acts.close(case, editor)

    assert (case.stage, case.is_visible, case.takes_actions) == (Stage.CLOSED, True, False)
    assert case.history.first().history_user == editor


def test_draft_is_closed_only_if_it_may_be_told():
    case = make_case(stage=Stage.DRAFT, facts_checked_on=TODAY())

    with pytest.raises(acts.NotReady) as refused:
        acts.close(case)
    assert refused.value.problems == ["No consent is in force."]

    make_consent(case)
    acts.close(case)
    assert read_again(case).stage == Stage.CLOSED


def test_only_a_draft_goes_to_review():
    draft, published = make_case(stage=Stage.DRAFT), make_case()

    acts.send_to_review(draft)
    with pytest.raises(acts.Refused, match="Only a draft"):
        acts.send_to_review(published)

    assert (read_again(draft).stage, read_again(published).stage) == ("in-review", "published")


def test_one_person_freezes_at_once_and_is_named():
    case, safety = make_case(), make_staff("safety")

    acts.freeze(case, Freeze.WITHDRAWN, " A threat against her family. ", safety)

    stored = read_again(case)
    assert (stored.freeze, stored.freeze_reason) == ("withdrawn", "A threat against her family.")
    assert not Case.objects.visible().exists()
    assert case.history.first().history_user == safety
    assert case.freeze == Freeze.WITHDRAWN


@pytest.mark.parametrize(
    ("how", "reason", "sentence"),
    [
        (Freeze.HIDDEN, " ", "Say why"),
        (Freeze.NONE, "All is well.", "Say how far"),
        ("melted", "A mistake.", "Say how far"),
    ],
)
def test_freeze_says_how_and_why(how, reason, sentence):
    case = make_case()

    with pytest.raises(acts.Refused, match=sentence):
        acts.freeze(case, how, reason, make_staff("safety"))

    assert read_again(case).freeze == Freeze.NONE


def test_one_person_freezes_further_but_never_shows_more():
    case, safety = make_case(), make_staff("safety")
    acts.freeze(case, Freeze.PAUSED, "A rumour.", safety)
    acts.freeze(case, Freeze.WITHDRAWN, "A threat.", safety)

    with pytest.raises(acts.Refused, match="takes two"):
        acts.freeze(case, Freeze.PAUSED, "Seems better.", safety)

    assert read_again(case).freeze == Freeze.WITHDRAWN


def test_unfreezing_takes_two():
    case, one, other = make_case(), make_staff("one"), make_staff("other")
    acts.freeze(case, Freeze.HIDDEN, "A threat.", one)
    make_consent(case)

    with pytest.raises(acts.Refused, match="Nobody has asked"):
        acts.confirm_unfreeze(case, other)
    acts.ask_to_unfreeze(case, one)
    with pytest.raises(acts.Refused, match="Somebody other than"):
        acts.confirm_unfreeze(case, one)
    assert read_again(case).freeze == Freeze.HIDDEN
    acts.confirm_unfreeze(case, other)

    stored = read_again(case)
    assert (stored.freeze, stored.freeze_reason, stored.unfreeze_asked_by) == ("none", "", None)
    assert case.history.first().history_user == other


def test_who_asked_first_stays_the_one_who_asked():
    case, one, other = make_case(), make_staff("one"), make_staff("other")
    acts.freeze(case, Freeze.HIDDEN, "A threat.", one)

    acts.ask_to_unfreeze(case, one)
    acts.ask_to_unfreeze(case, other)

    assert read_again(case).unfreeze_asked_by == one


def test_new_danger_takes_back_the_wish_to_unfreeze():
    case, one, other = make_case(), make_staff("one"), make_staff("other")
    acts.freeze(case, Freeze.PAUSED, "A rumour.", one)
    acts.ask_to_unfreeze(case, one)
    acts.freeze(case, Freeze.PAUSED, "Another rumour.", other)

    with pytest.raises(acts.Refused, match="Nobody has asked"):
        acts.confirm_unfreeze(case, other)


def test_case_whose_consent_ended_stays_frozen():
    case, one, other = make_case(), make_staff("one"), make_staff("other")
    make_consent(case, withdrawn_on=TODAY())
    acts.freeze(case, Freeze.WITHDRAWN, "She asked for it.", one)
    acts.ask_to_unfreeze(case, one)

    with pytest.raises(acts.NotReady, match="No consent is in force"):
        acts.confirm_unfreeze(case, other)

    assert read_again(case).freeze == Freeze.WITHDRAWN


def test_what_is_not_frozen_is_not_unfrozen():
    case, one = make_case(), make_staff("one")

    for act in (acts.ask_to_unfreeze, acts.confirm_unfreeze):
        with pytest.raises(acts.Refused, match="not frozen"):
            act(case, one)


def test_clone_is_a_draft_with_the_words_and_nothing_that_was_given_or_checked():
    case = make_ready_case(
        slug="ellen", stage=Stage.PUBLISHED, themes=[make_theme()], loaded_digest="of a file"
    )
    case.i18n = {"headline_fr": "Une éleveuse"}
    case.save()
    give_picture(case)
    make_outcome(case)
    target = case.targets.get()
    target.checked_on = target.appeal_deadline = TODAY()
    target.save()
    SolidarityAction.objects.create(
        case=case, recipient="Test Person", ends_on=TODAY(), shows_messages=True
    )
    Source.objects.create(case=case, url="https://example.org/", supports="everything")
    Quote.objects.create(case=case, text="We stay.", speaker="Test Person", may_be_shown=True)

    draft = cloning.clone(case, make_edition(2026))

    draft = Case.objects.get(pk=draft.pk)
    assert (draft.slug, draft.edition.year, draft.stage) == ("ellen-2026", 2026, Stage.DRAFT)
    assert (draft.earlier, draft.cloned_from) == (case, case)
    assert (draft.facts_checked_on, draft.loaded_digest) == (None, "")
    assert (case.takes_deliveries, draft.takes_deliveries) == (True, False)
    assert (draft.headline, draft.headline_fr) == (case.headline, "Une éleveuse")
    assert list(draft.themes.all()) == list(case.themes.all())
    target = draft.targets.get()
    assert (target.office, target.checked_on) == ("Minister of Tests", None)
    assert target.appeal_deadline is None
    solidarity = draft.solidarity_action
    assert (solidarity.ends_on, solidarity.shows_messages) == (None, False)
    assert draft.safety_rules.count() == 2 * len(Topic)
    assert [row.text for row in draft.demands.all()] == ["Stop building on the pastures."]
    assert [row.url for row in draft.sources.all()] == ["https://example.org/"]
    assert [row.may_be_shown for row in draft.quotes.all()] == [False]
    assert [point.text for point in Point.objects.filter(model_letter__target__case=draft)] == [
        "The herds need the land.",
        "Nobody asked the herders.",
    ]
    assert not draft.consents.exists()
    assert not draft.outcomes.exists()
    assert not Portrait.objects.filter(case=draft).exists()
    assert gate.problems(draft) == [
        "No consent is in force.",
        "The date of the newest news is missing: “This is what we know as of …”.",
        "Nobody has checked the facts.",
    ]


def test_clone_leaves_its_original_as_it_was():
    case = make_ready_case()
    before = (Case.objects.filter(pk=case.pk).values().get(), ModelLetter.objects.count())

    draft = cloning.clone(case, make_edition(2026))

    assert Case.objects.filter(pk=case.pk).values().get() == before[0]
    assert ModelLetter.objects.filter(target__case=case).count() == before[1]
    assert draft.pk != case.pk


def test_clone_of_a_clone_has_one_year_in_its_address():
    first = cloning.clone(make_ready_case(slug="ellen"), make_edition(2026))

    second = cloning.clone(first, make_edition(2027))

    assert second.slug == "ellen-2027"


def test_second_press_of_the_button_makes_no_second_clone():
    case, edition = make_ready_case(slug="ellen"), make_edition(2026)
    cloning.clone(case, edition)

    with pytest.raises(acts.Refused, match="ellen-2026"), transaction.atomic():
        cloning.clone(case, edition)

    assert edition.cases.count() == 1


def test_longest_address_leaves_room_for_the_year():
    draft = cloning.clone(make_ready_case(slug="a" * 80), make_edition(2026))
    of_words = cloning.clone(make_ready_case(slug="a" * 74 + "-words"), draft.edition)

    assert draft.slug == "a" * 75 + "-2026"
    assert of_words.slug == "a" * 74 + "-2026"
