"""What staff took down after a backup was made stays down when it is restored."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse

from cases.admin import removal
from cases.models import Case, ErasureEntry, Portrait
from cases.publishing import acts, consents
from tests.factories import make_case, make_consent, make_portrait
from tests.staff import PASSWORD, form_data, make_staff, signed_in
from tests.write4rights.backup.restored import a_restored_backup
from tests.write4rights.test_staff_auth import give_app, sign_in
from write4rights import second_factors

pytestmark = pytest.mark.django_db


def test_a_case_that_was_taken_down_stays_down(client):
    case = make_case()
    assert client.get(case.get_absolute_url()).status_code == 200

    with a_restored_backup():
        acts.freeze(case, "withdrawn", "Her brother was threatened.", make_staff())

    assert client.get(case.get_absolute_url()).status_code == 410
    case.refresh_from_db()
    assert "after the backup" in case.freeze_reason


def test_what_was_only_paused_is_not_shown_less_than_the_backup_has_it():
    case = make_case(freeze="hidden", freeze_reason="A test.")

    with a_restored_backup():
        Case.objects.update(freeze="none", freeze_reason="")
        acts.freeze(case, "paused", "A test.", make_staff())

    case.refresh_from_db()
    assert case.freeze == "hidden"
    assert "after the backup" in case.freeze_reason
    assert "A test." in case.freeze_reason


def test_who_had_asked_to_unfreeze_a_case_asks_anew_if_it_was_frozen_once_more():
    case = make_case()
    make_consent(case)
    one, two, three = (make_staff(username=name) for name in ("one", "two", "three"))
    acts.freeze(case, "hidden", "His family asked for it.", one)
    acts.ask_to_unfreeze(case, one)

    with a_restored_backup():
        acts.freeze(case, "hidden", "Now his brother is threatened.", three)

    with pytest.raises(acts.Refused, match="Nobody has asked"):
        acts.confirm_unfreeze(case, two)
    case.refresh_from_db()
    assert case.freeze == "hidden"
    assert "after the backup" in case.freeze_reason


def test_a_consent_that_was_withdrawn_is_not_given_again(client):
    case = make_case()
    consent = case.consents.first() or make_consent(case)

    with a_restored_backup():
        consent.withdrawn_on = "2025-11-30"
        consent.save()
        consents.freeze_if_ended(case)

    consent.refresh_from_db()
    assert consent.withdrawn_on
    assert "noindex" in client.get(case.get_absolute_url()).content.decode()


def test_a_consent_is_noted_when_it_is_withdrawn_and_not_each_time_that_the_worker_looks():
    case = make_case()
    (case.consents.first() or make_consent(case)).save()
    case.consents.update(withdrawn_on="2025-11-30")
    consents.freeze_if_ended(case)
    noted = ErasureEntry.objects.count()

    for _minute in range(3):
        consents.freeze_all_ended()

    assert list(consents.ended(Case.objects.all())) == [case]
    assert ErasureEntry.objects.count() == noted == 2


@pytest.mark.usefixtures("_media")
def test_a_picture_in_new_sizes_is_not_taken_for_a_removed_one():
    portrait = make_portrait(make_case())

    with a_restored_backup():
        Portrait.objects.update(renditions={})
        call_command("render_pictures")

    assert Portrait.objects.get() == portrait


@pytest.mark.usefixtures("_media")
def test_a_picture_that_was_removed_is_not_shown_again(client):
    portrait = make_portrait(make_case())

    with a_restored_backup(), transaction.atomic():
        portrait.delete()

    assert not Portrait.objects.exists()


def test_words_that_were_removed_for_good_are_in_no_version():
    case = make_case(summary="She lives at Harbour Street.")
    case.summary = "She lives by the sea."
    case.save()

    with a_restored_backup(), transaction.atomic():
        assert removal.remove(case, "Harbour Street", make_staff(), "Unsafe.")

    assert "Harbour Street" not in str(list(Case.history.values_list("summary", flat=True)))
    case.refresh_from_db()
    assert case.freeze == "hidden"  # its page of then may still have had them


@pytest.mark.slow
def test_who_may_not_sign_in_any_more_or_lost_a_role_does_not_get_it_back():
    admin = signed_in(is_superuser=True)
    gone, changed = make_staff("editor"), make_staff("editor", "safety")
    mighty, deleted = make_staff(is_superuser=True), make_staff("editor")

    with a_restored_backup():
        url = reverse("admin:auth_user_delete", args=[deleted.pk])
        assert admin.post(url, {"post": "yes"}).status_code == 302
        taken = [(gone, {"is_active": ""}), (changed, {}), (mighty, {"is_superuser": ""})]
        for person, changes in taken:
            url = reverse("admin:auth_user_change", args=[person.pk])
            data = form_data(admin.get(url)) | changes
            if person == changed:
                data["groups"] = [changed.groups.get(name="editor").pk]
            data = {name: value for name, value in data.items() if value != ""}
            assert admin.post(url, data).status_code == 302

    for person in (gone, mighty, deleted):
        person.refresh_from_db()
    assert (gone.is_active, deleted.is_active) == (False, False)
    assert not mighty.is_superuser
    assert [group.name for group in changed.groups.all()] == ["editor"]


def test_a_role_does_not_get_back_a_right_that_was_taken_or_come_back_itself():
    admin = signed_in(is_superuser=True)
    editors, deleted = Group.objects.get(name="editor"), Group.objects.create(name="interns")
    [_taken, *others] = editors.permissions.values_list("pk", flat=True)

    with a_restored_backup():
        url = reverse("admin:auth_group_change", args=[editors.pk])
        data = form_data(admin.get(url)) | {"permissions": others}
        assert admin.post(url, data).status_code == 302
        url = reverse("admin:auth_group_delete", args=[deleted.pk])
        assert admin.post(url, {"post": "yes"}).status_code == 302

    assert set(editors.permissions.values_list("pk", flat=True)) == set(others)
    assert not Group.objects.filter(name="interns").exists()


@pytest.mark.slow
def test_a_password_or_key_that_was_given_up_since_opens_nothing(client):
    """Perhaps it was stolen: nobody is back with the one of before."""
    admin = signed_in(is_superuser=True)
    people = [make_staff("editor") for _number in range(5)]
    own, by_admin, without, lost_key, untouched = people
    for person in people:
        give_app(person)
        RecoveryCodes.activate(person)
    new = "another long password for tests"

    with a_restored_backup():
        client.force_login(own)
        passwords = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        assert client.post(reverse("account_change_password"), passwords).status_code == 302
        for person, data in [
            (by_admin, {"password1": new, "password2": new, "usable_password": "true"}),
            (without, {"usable_password": "false", "unset-password": ""}),
        ]:
            url = reverse("admin:auth_user_password_change", args=[person.pk])
            assert admin.post(url, data).status_code == 302
        second_factors.ask_for_reset(lost_key, own)
        second_factors.approve_reset(lost_key, by_admin)

    for person in people:
        person.refresh_from_db()
    assert {person for person in people if person.has_usable_password()} == {untouched}
    assert set(Authenticator.objects.values_list("user", flat=True)) == {untouched.pk}
    # By a link from whoever runs the server they are back.
    call_command("create_staff", own.username, role=["editor"], link=True)


def test_a_recovery_code_is_good_once_also_if_a_backup_has_it_unused(client):
    person = make_staff("editor")
    give_app(person)
    [code, *_others] = RecoveryCodes.activate(person).get_unused_codes()
    sign_in(client, person)

    with a_restored_backup():
        assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302

    kinds = Authenticator.objects.filter(user=person).values_list("type", flat=True)
    assert list(kinds) == [Authenticator.Type.TOTP]
    person.refresh_from_db()
    assert person.has_usable_password()


def test_an_app_that_its_owner_has_removed_signs_nobody_in(client):
    person = make_staff("editor")
    give_app(person)
    client.force_login(person)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    with a_restored_backup():
        assert client.post(reverse("mfa_deactivate_totp")).url == reverse("mfa_index")
        assert not Authenticator.objects.exists()

    assert not Authenticator.objects.exists()
    person.refresh_from_db()
    assert not person.has_usable_password()


@pytest.fixture
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
