"""A consent that is withdrawn or runs out takes the case down, whoever or whatever notes it."""

import datetime

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, ConsentBasis, Freeze, Stage
from cases.publishing import acts, cloning, consents, gate
from tests.cases.publishing.test_publishing import make_ready_case
from tests.factories import make_case, make_consent, make_edition
from tests.staff import form_data, make_staff, said, signed_in, text

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def make_told_case(**consent) -> Case:
    """A published case, told by one consent that was noted as staff note it."""
    case = make_ready_case()
    case.consents.update(**consent)
    consents.freeze_if_ended(case)
    acts.publish(case)
    return case


def save(client, case: Case, **changed):
    url = reverse("admin:cases_case_change", args=[case.pk])
    return client.post(url, form_data(client.get(url)) | changed, follow=True)


def today() -> datetime.date:
    return timezone.localdate()


def now(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def lines(client) -> list[str]:
    return [str(line.text) for line in client.get("/admin/").context["today"]]


# --- withdrawn


@pytest.mark.slow
def test_a_consent_that_is_withdrawn_hides_its_case_at_once_and_says_so(client):
    case = make_told_case()
    safety = signed_in("safety")

    answer = save(safety, case, **{"consents-0-withdrawn_on": today().isoformat()})

    assert now(case).freeze == Freeze.HIDDEN
    assert "A consent has ended." in " ".join(said(answer))
    page = client.get(case.get_absolute_url())
    assert case.display_name not in text(page)
    assert client.get(reverse("letters:letter-write", args=[case.slug])).status_code == 404
    history = text(safety.get(reverse("admin:cases_case_history", args=[case.pk])))
    assert "the site itself" in history
    assert "A consent was withdrawn, and none is in force." in history
    first_page = safety.get("/admin/")
    assert "1 case with no consent in force: the site froze it by itself" in lines(safety)
    assert case.display_name in text(first_page)
    assert case.display_name in text(safety.get("/admin/cases/case/?left=consent-ended"))


def test_where_the_person_is_still_told_of_in_another_year_is_said_with_it():
    case = make_told_case()
    make_case(earlier=case, display_name="Ana Test", edition=make_edition(2026))

    answer = save(signed_in("safety"), case, **{"consents-0-withdrawn_on": today().isoformat()})

    sentence = f"{case}: The same person is not taken down in Ana Test (2026). Freeze that too?"
    assert sentence in said(answer)


def test_only_the_safety_role_hears_of_consents():
    case = make_told_case(expires_on=today() + DAY)
    editor = signed_in("editor")

    assert not [line for line in lines(editor) if "consent" in line]
    shown = text(editor.get("/admin/cases/case/?left=consent-ending"))
    assert "ask for a consent" not in shown
    assert case.consents.exists()


@pytest.mark.slow
def test_a_consent_that_is_deleted_hides_its_case():
    case = make_told_case()
    root = signed_in(is_superuser=True)

    save(root, case, **{"consents-0-DELETE": "on"})

    assert (now(case).freeze, case.consents.count()) == (Freeze.HIDDEN, 0)


def test_another_consent_in_force_keeps_the_page_up():
    case = make_told_case()
    make_consent(case, given_by="the lawyer")
    case.consents.filter(given_by="the person").update(withdrawn_on=today())

    assert consents.freeze_if_ended(case) is None
    assert now(case).freeze == Freeze.NONE


def test_who_took_their_consent_back_is_not_told_on_the_organisers_word():
    case = make_told_case()
    make_consent(
        case, basis=ConsentBasis.ORGANISER, given_by="", page="https://organiser.example/x"
    )
    case.consents.filter(basis=ConsentBasis.GIVEN).update(withdrawn_on=today())

    assert list(consents.ended(Case.objects.all())) == [case]
    assert consents.freeze_if_ended(case) == Freeze.HIDDEN
    assert "No consent is in force." in gate.problems(now(case))


def test_a_case_frozen_further_stays_so_and_nobodys_wish_to_unfreeze_outlives_it():
    staff = make_staff("safety")
    paused, withdrawn = make_told_case(), make_told_case()
    acts.freeze(paused, Freeze.PAUSED, "a test", staff)
    acts.freeze(withdrawn, Freeze.WITHDRAWN, "a test", staff)
    acts.ask_to_unfreeze(paused, staff)
    for case in (paused, withdrawn):
        case.consents.update(withdrawn_on=today())
        consents.freeze_if_ended(case)

    assert (now(paused).freeze, now(paused).unfreeze_asked_by) == (Freeze.HIDDEN, None)
    assert (now(withdrawn).freeze, now(withdrawn).freeze_reason) == (Freeze.WITHDRAWN, "a test")


def test_it_takes_two_people_and_a_consent_to_show_it_again():
    case = make_told_case()
    one, other = make_staff("safety"), make_staff("safety")
    case.consents.update(withdrawn_on=today())
    consents.freeze_if_ended(case)

    acts.ask_to_unfreeze(case, one)
    with pytest.raises(acts.NotReady, match="No consent is in force"):
        acts.confirm_unfreeze(case, other)
    make_consent(case)
    with pytest.raises(acts.Refused, match="Somebody other than"):
        acts.confirm_unfreeze(case, one)
    acts.confirm_unfreeze(case, other)

    assert now(case).freeze == Freeze.NONE


def test_drafts_and_cases_that_never_had_one_are_left_alone():
    draft, never = make_ready_case(), make_case()
    draft.consents.update(withdrawn_on=today())

    assert [consents.freeze_if_ended(case) for case in (draft, never)] == [None, None]
    assert consents.freeze_all_ended() == 0


# --- run out


def test_on_its_last_day_a_case_takes_letters_and_on_the_next_none_though_no_worker_runs(client):
    case = make_told_case(expires_on=today())
    other = make_case()
    write = reverse("letters:letter-write", args=[case.slug])
    assert client.get(write).status_code == 200
    assert case in Case.objects.taking_actions()

    Case.objects.update(consent_ends_on=today() - DAY)
    Case.objects.filter(pk=other.pk).update(consent_ends_on=None)

    assert client.get(write).status_code == 302
    page = client.get(case.get_absolute_url())
    assert (page.status_code, page.context["takes_actions"], page.context["is_paused"]) == (
        200,
        False,
        True,
    )
    assert list(Case.objects.taking_actions()) == [other]
    assert not now(case).takes_actions


@pytest.mark.usefixtures("still_clock")
def test_prepared_statements_know_that_a_day_is_over(client, still_clock):
    case, other = make_told_case(expires_on=today()), make_case()
    assert case in client.get(other.get_absolute_url()).context["others"]

    still_clock.shift(DAY)

    assert case not in client.get(other.get_absolute_url()).context["others"]
    assert client.get(reverse("letters:letter-write", args=[case.slug])).status_code == 302


def test_the_worker_pauses_what_ran_out_and_hides_what_was_withdrawn_past_our_pages():
    ran_out, withdrawn, fine = make_told_case(), make_told_case(), make_told_case()
    ran_out.consents.update(expires_on=today() - DAY)
    withdrawn.consents.update(withdrawn_on=today())

    call_command("work", "--once")
    call_command("work", "--once")

    assert [now(case).freeze for case in (ran_out, withdrawn, fine)] == [
        Freeze.PAUSED,
        Freeze.HIDDEN,
        Freeze.NONE,
    ]
    frozen = Case.history.filter(history_change_reason=consents.CHANGE_REASON)
    assert sorted(frozen.values_list("id", "history_user")) == sorted(
        [(ran_out.pk, None), (withdrawn.pk, None)]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "is_visible"), [(0, True), (14, True), (15, False)], ids=["today", "14", "15"]
)
def test_the_first_page_says_two_weeks_before_that_a_consent_runs_out(days, is_visible):
    case = make_told_case()
    safety = signed_in("safety")

    save(
        safety, case, **{"consents-0-expires_on": (today() + datetime.timedelta(days)).isoformat()}
    )

    line = "1 case whose consent runs out in the next two weeks"
    assert (line in lines(safety)) is is_visible


def test_a_consent_renewed_too_late_opens_nothing_by_itself():
    case = make_told_case(expires_on=today())
    Case.objects.filter(pk=case.pk).update(consent_ends_on=today() - DAY)
    assert now(case).is_paused

    make_consent(case)

    assert consents.freeze_if_ended(case) == Freeze.PAUSED
    assert now(case).freeze_reason == "The last consent has run out."
    assert consents.freeze_if_ended(case) is None


def test_a_longer_consent_counts_before_a_shorter_one():
    case = make_told_case(expires_on=today() + DAY)
    make_consent(case, expires_on=today() + 30 * DAY)

    before = now(case).content_version
    consents.freeze_if_ended(case)
    assert now(case).consent_ends_on == today() + 30 * DAY
    assert now(case).content_version > before

    make_consent(case)
    consents.freeze_if_ended(case)
    assert now(case).consent_ends_on is None


def test_how_many_cases_were_frozen_is_said_once():
    for case in [make_told_case(), make_told_case(), make_told_case()][:2]:
        case.consents.update(withdrawn_on=today())

    assert [consents.freeze_all_ended() for _again in range(2)] == [2, 0]


def test_a_consent_ends_soon_from_two_weeks_before_to_its_last_day():
    cases = {days: make_told_case(expires_on=today() + days * DAY) for days in [0, 14, 15]}
    make_ready_case(consent_ends_on=today())  # a draft

    found = consents.ending_soon(Case.objects.all())

    assert {*found} == {cases[0], cases[14]}


def restore(client, case: Case, record):
    """Bring an old version of the case, or of a part of it, back."""
    part = record.instance._meta.model_name
    url = reverse("admin:cases_case_version", args=[case.pk, part, record.history_id])
    seen = client.get(url).context["seen"]
    return client.post(url, {"seen": seen}, follow=True)


def test_an_old_version_of_a_case_brings_no_ended_consent_back():
    case = make_told_case(expires_on=today() + DAY)
    old = case.history.latest()
    case.headline = "Another headline"
    case.save()
    Case.objects.filter(pk=case.pk).update(consent_ends_on=today() - DAY)

    restore(signed_in("safety"), case, old)

    assert now(case).headline == old.headline
    assert not now(case).takes_actions


@pytest.mark.slow
def test_an_old_version_of_a_consent_shows_nothing_by_itself_and_may_hide_the_case():
    case = make_told_case()
    safety = signed_in("safety")
    consent = case.consents.get()
    in_force = consent.history.latest()
    save(safety, case, **{"consents-0-withdrawn_on": today().isoformat()})
    withdrawn = consent.history.latest()

    restore(safety, case, in_force)
    assert case.consents.get().is_in_force
    assert now(case).freeze == Freeze.HIDDEN

    Case.objects.filter(pk=case.pk).update(freeze=Freeze.NONE, freeze_reason="")
    restore(safety, case, withdrawn)
    assert now(case).freeze == Freeze.HIDDEN


def test_a_clone_begins_without_a_consent_and_without_its_last_day():
    case = make_told_case(expires_on=today() + DAY)

    draft = cloning.clone(case, case.edition)

    assert (draft.consent_ends_on, draft.stage) == (None, Stage.DRAFT)


def test_a_list_of_ended_consents_asks_once_for_any_number(django_assert_num_queries):
    for _number in range(3):
        case = make_told_case()
        case.consents.update(withdrawn_on=today())

    with django_assert_num_queries(1):
        assert len(consents.ended(Case.objects.all())) == 3
