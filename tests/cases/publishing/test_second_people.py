"""What takes two people takes two on every way around: clone, import, typing anew, restore."""

from pathlib import Path

import pytest
from django.urls import reverse

from cases.content_files import importing
from cases.content_files.parsing import ContentError
from cases.models import Case, Freeze, PendingChange, Stage, Topic
from cases.publishing import acts, cloning, second_look
from tests.cases.content_files.test_load_campaign import CASE, EDITION, RULES, THEMES
from tests.cases.publishing.test_publishing import make_ready_case
from tests.factories import answer_all_rules, make_consent, make_edition
from tests.staff import form_data, make_staff, said, signed_in, text

pytestmark = pytest.mark.django_db


ALL_RULES = RULES + "".join(
    f'\n[[rules]]\ntopic = "{topic}"\napplies_to = "appeal"\nanswer = "no"\n'
    for topic in Topic.values
    if topic not in ("religion", "charges")
)


def content(folder: Path, case: str) -> Path:
    """A folder of content files with one case."""
    (folder / "2025").mkdir(exist_ok=True)
    (folder / "themes.toml").write_text(THEMES)
    (folder / "2025" / "edition.toml").write_text(EDITION)
    (folder / "2025" / "ellen-test.toml").write_text(case)
    return folder


def act(client, case: Case, name: str):
    url = reverse("admin:cases_case_act", args=[case.pk])
    return client.post(url, {"act": name}, follow=True)


def decide(client, change: PendingChange, how: str = "approve", follow: bool = True):
    url = reverse("admin:cases_pendingchange_decide", args=[change.pk])
    return client.post(url, {"act": how}, follow=follow)


def take_down(case: Case, how: str = Freeze.WITHDRAWN) -> None:
    acts.freeze(case, how, "a test", make_staff("safety"))


def make_down(how: str = Freeze.WITHDRAWN, **fields) -> Case:
    case = make_ready_case(stage=Stage.PUBLISHED, **fields)
    take_down(case, how)
    return case


def make_clone(case: Case) -> Case:
    """Ready in all but the second person."""
    draft = cloning.clone(case, make_edition(2030 + Case.objects.count()))
    make_consent(draft)
    if not draft.safety_rules.exists():
        answer_all_rules(draft)
    Case.objects.filter(pk=draft.pk).update(facts_as_of="2025-12", facts_checked_on="2026-01-01")
    return Case.objects.get(pk=draft.pk)


def stage(case: Case) -> str:
    return Case.objects.get(pk=case.pk).stage


@pytest.mark.slow
@pytest.mark.parametrize("how", [Freeze.HIDDEN, Freeze.WITHDRAWN])
@pytest.mark.parametrize(("name", "wanted"), [("publish", "published"), ("close", "closed")])
def test_a_clone_of_a_case_that_was_taken_down_takes_a_second_person(how, name, wanted):
    draft = make_clone(make_down(how))
    one, other = signed_in("editor", "safety"), signed_in("safety")

    answer = act(one, draft, name)

    assert stage(draft) == Stage.DRAFT
    assert "is hidden or withdrawn elsewhere" in said(answer)[0]
    change = PendingChange.objects.get()
    decide(one, change)
    assert stage(draft) == Stage.DRAFT
    page = text(other.get(reverse("admin:cases_case_change", args=[draft.pk])))
    assert "Waits for a second person" in page
    assert "1 case to publish waits for a second person" in text(other.get("/admin/"))
    decide(other, change)
    assert stage(draft) == wanted
    assert not PendingChange.objects.exists()
    version = draft.history.latest()
    assert (version.history_user, version.history_change_reason) == (
        other.person,
        f"asked for by {one.person.username}",
    )


@pytest.mark.slow
def test_a_superuser_never_passes_alone_and_an_editor_is_no_second_person():
    draft = make_clone(make_down())
    root = signed_in(is_superuser=True)

    act(root, draft, "publish")
    act(root, draft, "publish")
    change = PendingChange.objects.get()
    assert "Somebody other than the person who asked" in said(decide(root, change))[0]
    assert "another role" in said(decide(signed_in("editor"), change))[0]
    assert decide(signed_in("moderator"), change, follow=False).status_code == 403
    assert decide(signed_in("counter"), change, follow=False).status_code == 403

    assert stage(draft) == Stage.DRAFT


def ways_around() -> dict:
    def chain(case):
        return make_clone(make_clone(make_clone(case)))

    def chain_without_its_middle(case):
        middle = make_clone(case)
        last = make_clone(middle)
        middle.delete()
        return last

    def unlinked(case):
        draft = make_clone(case)
        Case.objects.filter(pk=draft.pk).update(earlier=None, display_name="Somebody Else")
        return draft

    def linked_by_hand(case):
        return make_ready_case(earlier=case)

    def typed_anew(case):
        return make_ready_case(display_name="  éLLEN   test ")

    def under_another_spelling(case):
        return make_ready_case(display_name="Someone", other_names=["Ellen Test"])

    def after_the_original_was_renamed(case):
        case.display_name = "Nobody"
        case.save()
        return make_ready_case(display_name="Ellen Test")

    def earlier_one_opened_again(case):
        old = make_ready_case(stage=Stage.CLOSED)
        Case.objects.filter(pk=case.pk).update(earlier=old)
        return old

    return {name: way for name, way in locals().items() if callable(way)}


@pytest.mark.parametrize("way", ways_around())
def test_no_way_around_shows_a_withdrawn_person_with_one_alone(way):
    case = make_down(display_name="Ellen Test")
    around = ways_around()[way](case)
    before = stage(around)
    around = Case.objects.get(pk=around.pk)

    assert acts.publish(around, make_staff("editor")) is False
    assert stage(around) == before


def test_a_clone_made_before_its_original_was_taken_down_takes_two_all_the_same():
    case = make_ready_case(stage=Stage.PUBLISHED)
    draft = make_clone(case)
    take_down(case)

    assert acts.publish(draft, make_staff("editor")) is False


@pytest.mark.parametrize("in_file", ["published", "closed"])
def test_a_file_brings_nobody_back_who_was_taken_down(tmp_path, in_file):
    case = make_down(Freeze.HIDDEN, display_name="Ellen Test")
    words = CASE.replace('stage = "draft"', f'stage = "{in_file}"') + ALL_RULES
    folder = content(tmp_path, words)

    with pytest.raises(ContentError, match=f"is the same person as {case.slug}"):
        importing.load([folder])

    assert list(Case.objects.all()) == [case]


def test_a_file_of_a_case_that_was_up_before_is_loaded_all_the_same(tmp_path):
    words = CASE.replace('stage = "draft"', 'stage = "published"') + ALL_RULES
    importing.load([content(tmp_path, words)])
    make_down(display_name="Ellen Test")

    report = importing.load([content(tmp_path, words.replace("invented pastures", "her pastures"))])

    assert report.updated == 1


def test_a_file_does_not_make_of_a_published_case_who_was_taken_down(tmp_path):
    words = CASE.replace('stage = "draft"', 'stage = "published"') + ALL_RULES
    importing.load([content(tmp_path, words)])
    make_down(display_name="Ana Invented")
    name = 'display_name = "Ana Invented"\nrenamed_from = "Ellen Test"'
    renamed = words.replace('display_name = "Ellen Test"', name)

    with pytest.raises(ContentError, match="it takes two people"):
        importing.load([content(tmp_path, renamed)])

    assert Case.objects.get(slug="ellen-test").display_name == "Ellen Test"


@pytest.mark.slow
@pytest.mark.parametrize("field", ["display_name", "other_names", "earlier"])
def test_a_published_case_does_not_become_who_was_taken_down(field):
    gone = make_down(display_name="Ana Invented")
    case = make_ready_case(stage=Stage.PUBLISHED, display_name="Bea Other", slug="bea-other")
    client = signed_in("editor", "safety")
    url = reverse("admin:cases_case_change", args=[case.pk])
    sent = {"display_name": "ana  INVENTED", "other_names": "Ana Invented", "earlier": gone.pk}

    page = client.post(url, form_data(client.get(url)) | {field: sent[field]})

    errors = page.context["adminform"].form.errors[field]
    assert "would be the same person" in errors[0]
    case.refresh_from_db()
    assert (case.display_name, case.other_names, case.earlier) == ("Bea Other", [], None)


def test_a_published_case_does_not_become_who_was_taken_down_by_an_older_version_either():
    case = make_ready_case(stage=Stage.PUBLISHED, display_name="Ana Invented", slug="bea-other")
    case.display_name = "Bea Other"
    case.save()
    make_down(display_name="Ana Invented")
    url = reverse("admin:cases_case_version", args=[case.pk, "case", case.history.last().pk])
    client = signed_in("editor")

    page = client.post(url, {"seen": client.get(url).context["seen"]})

    assert "would be the same person" in page.content.decode()
    assert Case.objects.get(pk=case.pk).display_name == "Bea Other"


@pytest.mark.slow
def test_a_case_that_two_people_published_is_edited_by_one():
    gone = make_down(display_name="Ana Invented")
    case = make_ready_case(
        stage=Stage.PUBLISHED, display_name="Ana Invented", slug="ana-2", earlier=gone
    )
    client = signed_in("editor")
    url = reverse("admin:cases_case_change", args=[case.pk])

    client.post(url, form_data(client.get(url)) | {"display_name": "Ana Invented-Doe"})

    assert Case.objects.get(pk=case.pk).display_name == "Ana Invented-Doe"


def test_others_are_published_by_one():
    make_down(display_name="Ellen Test")
    make_down(Freeze.PAUSED, display_name="Paul Test")
    other, paused = make_ready_case(), make_ready_case(display_name="Paul Test")

    assert acts.publish(other) is True
    assert acts.publish(paused) is True


def test_the_second_person_meets_what_is_missing_by_then_and_a_freeze():
    draft = make_clone(make_down())
    other = make_staff("safety")
    acts.publish(draft, make_staff("editor"))
    draft.consents.all().delete()

    with pytest.raises(acts.NotReady, match="No consent is in force"):
        acts.approve(PendingChange.objects.get(), other)
    make_consent(draft)
    take_down(draft, Freeze.PAUSED)
    with pytest.raises(acts.NotReady, match="frozen"):
        acts.approve(PendingChange.objects.get(), other)

    assert stage(draft) == Stage.DRAFT


def test_the_history_names_who_approved_and_who_asked():
    draft, editor, safety = make_clone(make_down()), make_staff("editor"), make_staff("safety")
    acts.publish(draft, editor)

    acts.approve(PendingChange.objects.get(), safety)

    version = draft.history.latest()
    assert (version.stage, version.history_user) == (Stage.PUBLISHED, safety)
    assert version.history_change_reason == f"asked for by {editor.username}"


def test_once_the_original_is_shown_again_one_is_enough_and_nothing_waits_any_more():
    case = make_down()
    draft = make_clone(case)
    acts.publish(draft, make_staff("editor"))
    acts.ask_to_unfreeze(case, make_staff("safety"))
    acts.confirm_unfreeze(case, make_staff("safety"))

    assert acts.publish(draft) is True
    assert not PendingChange.objects.exists()


def test_a_request_can_be_taken_back_and_an_old_page_decides_nothing():
    draft = make_clone(make_down())
    safety = signed_in("safety")
    acts.publish(draft, make_staff("editor"))
    old = PendingChange.objects.get()

    assert "Nothing was changed" in said(decide(safety, old, "take-back"))[0]
    assert "Somebody else has decided on it" in said(decide(safety, old))[0]

    assert stage(draft) == Stage.DRAFT


def test_who_asked_and_is_deleted_takes_the_request_along():
    draft = make_clone(make_down())
    staff = make_staff("editor")
    acts.publish(draft, staff)

    staff.delete()

    assert not PendingChange.objects.exists()


def test_a_frozen_case_is_not_deleted():
    case, free = make_down(), make_ready_case()
    root = signed_in(is_superuser=True)

    answers = [
        root.post(reverse("admin:cases_case_delete", args=[one.pk]), {"post": "yes"}).status_code
        for one in (case, free)
    ]
    root.post(
        "/admin/cases/case/",
        {"action": "delete_selected", "_selected_action": [case.pk], "post": "yes"},
    )

    assert answers == [403, 302]
    assert list(Case.objects.all()) == [case]


@pytest.mark.slow
def test_the_page_of_what_waits_is_for_who_may_decide():
    draft = make_clone(make_down())
    page = text(signed_in("editor").get(reverse("admin:cases_case_change", args=[draft.pk])))
    assert "is the same person: to publish this takes two people" in page
    acts.publish(draft, make_staff("editor"))
    url = reverse("admin:cases_pendingchange_changelist")

    assert draft.display_name in text(signed_in("safety").get(url))
    assert "Nothing waits." in text(signed_in("moderator").get(url))
    assert signed_in("counter").get(url).status_code == 403


def test_the_list_of_what_waits_names_who_asked_and_both_states():
    draft = make_clone(make_down())
    staff = make_staff("editor")
    acts.publish(draft, staff)

    (difference,) = second_look.differences(PendingChange.objects.get())
    assert (difference.before, difference.after) == ("draft", "published, taking letters")
    assert staff.username in text(
        signed_in("safety").get(reverse("admin:cases_pendingchange_changelist"))
    )
