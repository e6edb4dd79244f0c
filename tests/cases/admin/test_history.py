"""What staff see of earlier versions, who may bring one back, and what is removed for good."""

import datetime
import time

import pytest
from django.contrib.admin.models import LogEntry
from django.db import models
from django.urls import reverse

from cases.admin.history import highlight_changes
from cases.models import (
    Case,
    Consent,
    Demand,
    Edition,
    ErasureAct,
    ErasureEntry,
    Freeze,
    ModelLetter,
    Outcome,
    PendingChange,
    Petition,
    Portrait,
    Quote,
    SafetyRule,
    SocialPost,
    SolidarityAction,
    Stage,
    Target,
    WordList,
)
from letters.models import Signature
from tests.factories import (
    make_case,
    make_case_to_write_for,
    make_consent,
    make_edition,
    make_full_case,
    make_outcome,
    make_paper_count,
    make_petition,
    make_portrait,
    make_target,
)
from tests.letters.sending import sign
from tests.staff import form_data, said, signed_in, text

pytestmark = pytest.mark.django_db

ROLES = ["editor", "moderator", "counter", "safety"]


def address(page: str, thing, *args) -> str:
    meta = thing._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=[thing.pk, *args])


def version_url(thing, record) -> str:
    """The address of an earlier version: of the thing, or of a part of it."""
    if isinstance(thing, Case) and isinstance(record.instance, ModelLetter):
        thing = record.instance.target  # whose page it is changed on
    return address("version", thing, record.instance._meta.model_name, record.history_id)


def restore(client, thing, record, **data):
    """Open the version and press the button, if there is one."""
    url = version_url(thing, record)
    page = client.get(url)
    seen = page.context["seen"] if page.status_code == 200 else ""
    return client.post(url, {"seen": seen} | data, follow=True)


def change(row, **fields):
    """Change a row by hand; the version before."""
    before = row.history.latest()
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return before


# Every model with a history, how a row of it is changed, and who may bring it back.
EDITORS, BOTH, SAFETY = {"editor"}, {"editor", "safety"}, {"safety"}
PARTS = {
    Case: ({"headline": "After"}, BOTH),
    Portrait: ({"alt": "After"}, EDITORS),
    Quote: ({"text": "After"}, BOTH),
    Demand: ({"text": "After"}, EDITORS),
    Target: ({"close": "After"}, BOTH),
    ModelLetter: ({"subject": "After"}, EDITORS),
    Petition: ({"title": "After"}, BOTH),
    SolidarityAction: ({"note": "After"}, BOTH),
    SocialPost: ({"text": "After"}, EDITORS),
    SafetyRule: ({"why": "After"}, BOTH),
    Outcome: ({"headline": "After"}, EDITORS),
    Consent: ({"scope": "After"}, SAFETY),
}


def make_whole_case(model: type[models.Model]) -> Case:
    """A published case with a part of this kind, and many others."""
    case = make_full_case()
    make = {
        Portrait: make_portrait,
        Petition: make_petition,
        Consent: make_consent,
        SocialPost: lambda case: SocialPost.objects.create(case=case, text="Write for a test."),
    }
    if model in make:
        make[model](case)
    return case


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def row_of(case: Case, model: type[models.Model]):
    if model is ModelLetter:
        return model.objects.get(target__case=case)
    return case if model is Case else model.objects.filter(case=case).first()


def test_every_part_with_a_history_is_in_the_table_above():
    parts = {
        relation.related_model
        for relation in Case._meta.related_objects
        if hasattr(relation.related_model, "history")
        and relation.related_model._meta.app_label == "cases"
    }

    assert parts | {Case, ModelLetter} == set(PARTS)


@pytest.mark.slow
@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.PUBLISHED, Stage.CLOSED])
@pytest.mark.parametrize("model", PARTS)
def test_only_who_may_change_a_thing_today_brings_an_old_version_back(media, model, stage):
    case = make_whole_case(model)
    Case.objects.update(stage=stage)
    row = row_of(case, model)
    row.refresh_from_db()
    fields, allowed = PARTS[model]
    (name,) = fields
    old = getattr(row, name)
    for role in [*ROLES, "nobody"]:
        record = change(row, **fields)
        client = signed_in(role)
        url = version_url(case, record)

        page = client.get(url)
        response = client.post(url, {"seen": row.history.latest().pk, name: "HACKED"})
        row.refresh_from_db()

        if role in allowed:
            assert "Restore this version" in text(page), role
            assert (response.status_code, getattr(row, name)) == (302, old), role
            reason = row.history.latest().history_change_reason
            assert reason.startswith("Restored the version of")
        else:
            assert (response.status_code, getattr(row, name)) == (403, "After"), role
            assert "Restore this version" not in text(page), role
            may_look = role in BOTH and model is not Consent
            assert page.status_code == (200 if may_look else 403), role
            change(row, **{name: old})


@pytest.mark.parametrize(
    ("make", "fields", "allowed"),
    [
        (make_edition, {"title": "After"}, EDITORS),
        (
            lambda: WordList.objects.create(kind="insult", language="en", words=["before"]),
            {"words": ["after"]},
            {"editor", "safety", "moderator"},
        ),
        (lambda: make_outcome(), {"headline": "After"}, EDITORS),
        (
            lambda: ModelLetter.objects.create(
                target=make_target(), language="en", subject="Before", body="Words"
            ),
            {"subject": "After"},
            EDITORS,
        ),
    ],
)
@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_a_thing_with_a_page_of_its_own_is_brought_back_there_by_who_may_change_it(
    role, make, fields, allowed
):
    thing = make()
    (name,) = fields
    old = getattr(thing, name)
    record = change(thing, **fields)

    response = restore(signed_in(role), thing, record, **{name: "HACKED"})

    thing.refresh_from_db()
    assert getattr(thing, name) == (old if role in allowed else fields[name])
    assert response.status_code == (200 if role in allowed else 403)


def test_restoring_brings_the_words_back_and_nothing_that_only_a_button_changes():
    case = make_case(headline="Before", stage=Stage.DRAFT, listed=True, headline_fr="Avant")
    record = case.history.latest()
    case.headline, case.headline_fr, case.stage, case.slug = "After", "Après", "published", "after"
    case.freeze, case.freeze_reason = Freeze.HIDDEN, "Threats."
    case.save()

    response = restore(signed_in("editor"), case, record)

    case.refresh_from_db()
    assert (case.headline, case.headline_fr, case.listed) == ("Before", "Avant", True)
    assert (case.freeze, case.freeze_reason) == ("hidden", "Threats.")
    assert (case.stage, case.slug) == ("published", "after")
    assert said(response) == ["Restored: it is as it was then."]
    assert "Restored the version of" in text(response)


def test_what_would_change_leaves_out_what_a_restore_leaves_as_it_is():
    case = make_case(headline="Before", stage=Stage.DRAFT)
    record = change(
        case, headline="After", stage=Stage.PUBLISHED, freeze="paused", freeze_reason="A"
    )

    page = signed_in("safety").get(version_url(case, record))

    assert [one.field for one in page.context["changes"]] == ["headline"]


@pytest.mark.slow
def test_the_link_beside_a_change_opens_how_it_was_before():
    case = make_case(headline="A herder of reindeer")
    client = signed_in("editor")
    client.post(
        address("change", case),
        form_data(client.get(address("change", case))) | {"headline": "A keeper of reindeer"},
    )
    before = case.history.earliest()

    history = text(client.get(address("history", case)))
    version = text(client.get(version_url(case, before)))

    assert f'href="{version_url(case, before)}">see it as it was before</a>' in history
    assert "A <del>keeper</del> <ins>herder</ins> of reindeer" in version


def test_a_demand_that_was_deleted_is_added_again():
    case = make_case()
    demand = Demand.objects.create(case=case, text="Stop building.", text_fr="Arrêtez.")
    other = Demand.objects.create(case=case, text="Talk to the herders.")
    demand.delete()
    record = Demand.history.get(history_type="-")
    client = signed_in("editor")
    assert version_url(case, record) in text(client.get(address("history", case)))

    response = restore(client, case, record)

    assert {(one.text, one.text_fr) for one in case.demands.all()} == {
        ("Stop building.", "Arrêtez."),
        (other.text, None),
    }
    assert said(response) == ["Restored: it is as it was then."]


def test_who_may_only_change_a_part_does_not_add_one_that_was_deleted():
    case = make_case()
    target = make_target(case)
    target.delete()
    record = Target.history.get(history_type="-")
    person = signed_in("safety")
    person.person.groups.get().permissions.remove(
        *person.person.groups.get().permissions.filter(codename="add_target")
    )

    response = restore(person, case, record)

    assert response.status_code == 403
    assert not Target.objects.exists()


def test_pressing_restore_twice_changes_once():
    case = make_case(headline="Before")
    record = change(case, headline="After")
    client = signed_in("editor")
    restore(client, case, record)

    response = restore(client, case, record)

    assert said(response) == ["It is already as it was then: nothing was changed."]
    assert case.history.count() == 3


@pytest.mark.parametrize("model", [Demand, ModelLetter, Outcome, Petition, Quote, SocialPost])
def test_a_part_that_was_deleted_is_restored_once_though_the_button_is_pressed_twice(model):
    case = make_whole_case(model)
    row_of(case, model).delete()
    record = model.history.get(history_type="-")
    client = signed_in(is_superuser=True)
    seen = client.get(version_url(case, record)).context["seen"]

    first, second = (
        client.post(version_url(case, record), {"seen": seen}, follow=True) for _press in range(2)
    )

    assert said(first) == ["Restored: it is as it was then."]
    assert said(second) == ["It was changed since you opened this page: please compare again."]
    assert "Nothing would change." in text(second)
    assert len(model.objects.all()) == 1


def test_whoever_restores_a_model_letter_reads_before_that_its_points_are_gone():
    case = make_case_to_write_for()
    row_of(case, ModelLetter).delete()
    record = ModelLetter.history.get(history_type="-")

    page = text(signed_in("editor").get(version_url(case, record)))

    assert "Its points were deleted too and do not come back" in page


def test_the_model_letters_of_a_target_are_restored_after_it():
    case = make_case_to_write_for()
    case.targets.get().delete()
    record = Target.history.get(history_type="-")
    client = signed_in("editor")
    page = text(client.get(version_url(case, record)))
    assert "restore each of them afterwards" in page

    restore(client, case, record)
    restore(client, case, ModelLetter.history.get(history_type="-"))

    assert row_of(case, ModelLetter).target == case.targets.get()


def test_who_compared_with_an_older_text_compares_again_first():
    case = make_case(headline="Before")
    record = change(case, headline="After")
    client = signed_in("editor")
    seen = client.get(version_url(case, record)).context["seen"]
    change(case, headline="Corrected meanwhile")

    response = client.post(version_url(case, record), {"seen": seen})

    case.refresh_from_db()
    assert case.headline == "Corrected meanwhile"
    assert "It was changed since you opened this page" in text(response)


def test_a_version_that_today_s_form_does_not_take_is_a_sentence_and_changes_nothing():
    case = make_case()
    target = make_target(case)
    Target.history.update(salutation="")
    record = change(target, close="After")

    response = restore(signed_in("editor"), case, record)

    target.refresh_from_db()
    assert target.close == "After"
    assert "This version can’t be restored as it is." in text(response)
    assert "salutation: This field is required." in text(response).replace(
        "Salutation", "salutation"
    )


def test_a_picture_stays_and_its_words_come_back(media):
    portrait = make_portrait(make_case())
    image = portrait.image.name
    record = change(portrait, alt="After", focal_x=0.2)

    restore(signed_in("editor"), portrait.case, record)

    portrait.refresh_from_db()
    assert (portrait.alt, portrait.focal_x, portrait.image.name) == (
        "A shore in a test.",
        0.5,
        image,
    )


def test_a_consent_that_ends_by_a_restore_freezes_its_case_as_by_a_save():
    case = make_case()
    consent = make_consent(case, withdrawn_on=datetime.date(2025, 11, 20))
    record = change(consent, withdrawn_on=None)

    restore(signed_in("safety"), case, record)

    case.refresh_from_db()
    assert case.consents.get().withdrawn_on == datetime.date(2025, 11, 20)
    assert case.freeze == Freeze.HIDDEN


@pytest.mark.parametrize("is_gone", [False, True])
def test_an_address_of_a_published_case_comes_back_by_two_people(is_gone):
    case = make_case()
    target = make_target(case, postal="1 Former Street")
    record = change(target, postal="2 Present Street", close="Respectfully,")
    if is_gone:
        target.delete()

    response = restore(signed_in("editor"), case, record)

    found = list(Target.objects.values_list("postal", "close"))
    assert found == [("" if is_gone else "2 Present Street", "Yours faithfully,")]
    (said_once,) = said(response)
    assert "waits for a second person" in said_once
    assert PendingChange.objects.get().after["postal"] == "1 Former Street"


def test_no_count_on_paper_is_changed_from_the_history_of_its_case():
    paper = make_paper_count()
    record = change(paper, number=4)
    client = signed_in(is_superuser=True)

    response = restore(client, paper.case, record)

    paper.refresh_from_db()
    assert (response.status_code, paper.number) == (403, 4)


@pytest.mark.parametrize("part", ["user", "letter", "case", "no-such-part", "tally"])
def test_a_version_is_found_only_below_its_own_thing(part):
    case, other = make_case(), make_case(headline="Of another")
    record = other.history.latest()

    url = f"{address('history', case)}{part}/{record.history_id}/"

    assert signed_in(is_superuser=True).get(url).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_restoring_works_outside_the_transaction_of_a_test(site):
    case = make_case(headline="Before")
    record = change(case, headline="After")

    restore(signed_in("editor"), case, record)

    case.refresh_from_db()
    assert case.headline == "Before"


# --- what a role sees of a history


@pytest.mark.slow
def test_why_a_case_is_frozen_is_for_the_safety_role():
    case = make_case()
    first = case.history.latest()
    change(case, freeze=Freeze.PAUSED, freeze_reason="SECRET family in danger")
    second = case.history.latest()
    change(case, headline="Later")
    pages = ["change", "history", "preview"]

    for role, sees in [("editor", False), ("safety", True)]:
        client = signed_in(role)
        urls = [address(page, case) for page in pages]
        found = [
            "SECRET" in text(client.get(url))
            for url in [*urls, version_url(case, first), version_url(case, second)]
        ]
        assert found == [sees, sees, False, False, sees]
    assert "The reason is for the safety role." in text(
        signed_in("editor").get(address("change", case))
    )


@pytest.mark.slow
def test_each_look_at_consents_is_noted_and_shown_to_who_may_see_them():
    case, without = make_case(), make_case()
    consent = make_consent(case)
    record = change(consent, scope="After")
    sue = signed_in("safety", username="sue")
    editor = signed_in("editor", username="edith")
    for client in [sue, editor]:
        for one in [case, without]:
            client.get(address("change", one))

    sue.get(version_url(case, record))
    page = text(sue.get(address("history", case)))

    looks = LogEntry.objects.filter(content_type__model="consent")
    assert [(look.user, look.object_id) for look in looks] == [(sue.person, str(case.pk))] * 3
    assert "Who looked at the consents" in page
    assert page.count("</time> sue</li>") == 3
    assert "Who looked" not in text(editor.get(address("history", case)))


@pytest.mark.slow
def test_history_is_in_pages_and_comparing_waits_for_its_page():
    case = make_case(headline="Version 0")
    for number in range(1, 41):
        change(case, headline=f"Version {number}")
    client = signed_in("editor")

    first, second = (text(client.get(address("history", case), {"page": page})) for page in [1, 2])

    assert "<ins>40</ins>" in first
    assert "<ins>5</ins>" not in first
    assert "<ins>5</ins>" in second
    assert "Page 2 of 2" in second
    assert client.get(address("history", case), {"page": "x"}).status_code == 200


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (" ".join(["a", "b"] * 1500), " ".join(["b", "a", "c"] * 700)),
        (" ".join(["w"] * 3000), " ".join(["w", "x"] * 1500)),
        ("\n".join(["w", "x"] * 3000), "\n".join(["w", "y"] * 3000)),
        ("a " * 90_000, "b a " * 45_000),
    ],
)
def test_texts_made_to_be_slow_are_compared_in_bounded_time(old, new):
    began = time.process_time()

    highlighted = highlight_changes(old, new)

    assert time.process_time() - began < 2
    assert " ".join(piece.text for piece in highlighted if piece.kind == "ins")


def test_a_long_text_of_which_a_line_changed_shows_that_line():
    lines = [f"Line {number} of a long text that goes on and on." for number in range(900)]
    changed = [*lines]
    changed[10], changed[890] = "Another line.", "And another."

    highlighted = highlight_changes("\n".join(lines), "\n".join(changed))

    assert [piece.text for piece in highlighted if piece.kind == "ins"] == [
        "Another line.",
        "And another.",
    ]


# --- removing words for good

HOME = "Hidden Lane 5, Testville"


def remove(client, thing, words=HOME, reason="A home address.", **data):
    """Ask for the words, and confirm what is shown."""
    url = address("remove_words", thing)
    data = {"words": words, "reason": reason} | data
    page = client.post(url, data)
    confirm = page.context["shown"]
    return page, client.post(url, data | {"confirm": confirm}, follow=True)


def everything() -> str:
    """All that is stored of histories and in the log of staff."""
    from django.apps import apps

    kept = [model for model in apps.get_models() if model.__name__.startswith("Historical")] + [
        LogEntry
    ]
    return "\n".join(str(list(model.objects.values())) for model in kept)


def test_words_are_removed_from_all_versions_with_a_mark():
    case = make_case(story=f"She lives at {HOME}. She herds.", headline_fr=f"Au {HOME}")
    demand = Demand.objects.create(case=case, text=f"Leave\n{HOME.upper()} alone.")
    gone = Quote.objects.create(case=case, text=f"I am at {HOME}", speaker="Test")
    gone.delete()
    make_paper_count(case, source=f"A school near {HOME}")
    change(case, story="She lives at Hidden Lane 5,\nTestville again.")
    change(case, story="She herds.", headline_fr="En français")
    change(demand, text="Leave it alone.")
    paper = case.paper_counts.get()
    change(paper, source="A school")
    client = signed_in("safety", username="sue")

    page, done = remove(client, case)

    assert "Found in" in text(page)
    assert "Words removed from 6 earlier versions and notes: A home address." in said(done)
    assert "hidden lane" not in everything().lower()
    first = case.history.earliest()
    assert first.story.startswith("She lives at ⟦removed by sue on ")
    assert first.story.endswith(": A home address.⟧. She herds.")
    case.refresh_from_db()
    assert case.story == "She herds."


@pytest.mark.slow
def test_words_of_the_log_and_of_a_clone_are_removed_too():
    case = make_case()
    client = signed_in(is_superuser=True)
    data = form_data(client.get(address("change", case))) | {
        "demands-TOTAL_FORMS": 1,
        "demands-0-text": HOME,
        "demands-0-position": 0,
    }
    client.post(address("change", case), data)
    later = make_case(edition=make_edition(2026), earlier=case, story=HOME)
    change(later, story="No more.")
    change(case.demands.get(), text="No more.")
    assert HOME in str(list(LogEntry.objects.values_list("change_message", flat=True)))

    remove(signed_in("safety"), case)

    assert HOME not in everything()


def test_words_of_a_text_that_was_signed_are_removed_too(client):
    petition = make_petition(text=f"Let her go back to {HOME}.")
    sign(client, petition)
    change(petition, text="Let her go back.")

    page, done = remove(signed_in("safety"), petition.case)

    assert "Text that was signed: text" in text(page)
    assert "Words removed from 2 earlier versions" in said(done)[0]
    assert Signature.objects.get().text.text == "Let her go back to […]."
    noted = ErasureEntry.objects.filter(act=ErasureAct.FROZEN)
    assert [entry.keys for entry in noted] == [[petition.case.pk]]  # a restored backup hides it


def test_a_mark_fits_where_the_database_takes_few_signs():
    case = make_case(content_note=HOME, short_name=HOME[:12])
    change(case, content_note="", short_name="")

    remove(signed_in("safety"), case, words="Hidden Lane", reason="An address. " * 15)

    first = case.history.earliest()
    assert (len(first.short_name), first.short_name[0]) == (60, "⟦")
    assert len(first.content_note) <= 200


def test_what_stands_there_today_is_changed_first():
    case = make_case(story=f"Before. {HOME}")
    change(case, headline="Another")

    page, done = remove(signed_in("safety"), case)

    case.refresh_from_db()
    assert HOME in case.story
    assert HOME in case.history.earliest().story
    assert "The current text still has these words" in text(page)
    assert "The current text still has these words" in text(done)


def test_nothing_is_removed_that_was_not_shown_first():
    case = make_case(story=HOME)
    change(case, story="Before")
    change(case, story="After")
    client = signed_in("safety")
    url = address("remove_words", case)
    shown = client.post(url, {"words": HOME, "reason": "Why"}).context["shown"]

    client.post(url, {"words": "Before", "reason": "Why", "confirm": shown})
    client.post(url, {"words": "Before", "reason": "Why", "confirm": "1"})
    client.get(url, {"words": "Before", "reason": "Why", "confirm": shown})

    assert {record.story for record in case.history.all()} == {HOME, "Before", "After"}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"words": ""}, "Say which words are to be removed."),
        ({"words": "  a "}, "at least 3 characters"),
        ({"reason": ""}, "Say why"),
        ({"reason": f"It said {HOME}"}, "Do not repeat the words here"),
    ],
)
def test_removing_asks_for_words_and_a_reason(data, sentence):
    case = make_case(story=HOME)
    change(case, story="After")
    data = {"words": HOME, "reason": "Why"} | data

    response = signed_in("safety").post(address("remove_words", case), data)

    assert sentence in text(response)
    assert case.history.earliest().story == HOME


@pytest.mark.parametrize("role", ["editor", "moderator", "counter", "nobody"])
def test_only_the_safety_role_removes_words(role):
    case = make_case(story=HOME)
    change(case, story="After")
    client = signed_in(role)

    for method in [client.get, client.post]:
        response = method(address("remove_words", case), {"words": HOME, "reason": "Why"})
        assert response.status_code == 403

    assert "Remove words" not in text(signed_in("editor").get(address("history", case)))


def test_words_of_an_edition_and_of_a_word_list_are_removed_on_their_own_page():
    words = WordList.objects.create(kind="insult", language="en", words=["one", HOME.lower()])
    edition: Edition = make_edition(introduction=HOME)
    change(words, words=["one"])
    change(edition, introduction="After")
    client = signed_in("safety")

    for thing in [words, edition]:
        remove(client, thing)

    assert "hidden lane" not in everything().lower()


def test_a_mark_is_not_brought_back_into_the_text_of_today():
    case = make_case(headline="Before", story=HOME)
    record = case.history.latest()
    change(case, headline="After", story="A story of today.")
    remove(signed_in("safety"), case)

    restore(signed_in("editor"), case, record)

    case.refresh_from_db()
    assert (case.headline, case.story) == ("Before", "A story of today.")


def test_a_part_leads_to_the_page_of_its_case():
    outcome = make_outcome()

    response = signed_in("safety").get(address("remove_words", outcome))

    assert response.url == address("remove_words", outcome.case)
