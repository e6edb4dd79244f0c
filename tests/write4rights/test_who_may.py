"""Who of the staff may open and send what: every address below the admin's path, every role.

The addresses come from the URL conf: a new one has to stand in the table below. In it,

    r   may look (GET, HEAD),        w   may send (POST),
    -   is refused: 403, 404, 405, or the way to the sign-in page.
"""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from cases.models import (
    ActionCount,
    ModelLetter,
    PendingChange,
    Postage,
    PostalNote,
    WordList,
    YearlyFigure,
)
from letters.models import (
    Alarm,
    Announcement,
    DataRequest,
    Decision,
    MailKind,
    MailText,
    OutgoingMail,
    RetentionDecision,
    Tally,
    Undeliverable,
    YearLetter,
)
from tests.factories import (
    make_case_to_write_for,
    make_embassy,
    make_follow,
    make_hand_in,
    make_letter,
    make_outcome,
    make_paper_count,
    make_petition,
    make_pledge,
    make_post,
    make_reply,
    make_signature,
    make_theme,
)
from tests.staff import make_staff
from write4rights import staff_urls

pytestmark = pytest.mark.django_db

ROLES = [
    "anonymous",
    "nobody",
    "editor",
    "moderator",
    "lead",
    "counter",
    "delivery",
    "safety",
    "superuser",
]
TABLE = """
#                                     anon. nob.  edit. mod.  lead  count deliv safe  super
app_list                              -     -     rw    rw    rw    rw    rw    rw    rw
auth_group_add                        -     -     -     -     -     -     -     -     rw
auth_group_change                     -     -     -     -     -     -     -     -     rw
auth_group_changelist                 -     -     -     -     -     -     -     -     rw
auth_group_delete                     -     -     -     -     -     -     -     -     rw
auth_group_history                    -     -     -     -     -     -     -     -     rw
auth_user_add                         -     -     -     -     -     -     -     -     rw
auth_user_change                      -     -     -     -     -     -     -     r     rw
auth_user_changelist                  -     -     -     -     -     -     -     rw    rw
auth_user_delete                      -     -     -     -     -     -     -     -     rw
auth_user_history                     -     -     -     -     -     -     -     rw    rw
auth_user_password_change             -     -     -     -     -     -     -     -     rw
autocomplete                          -     -     r     r     r     r     r     r     r
cases_actioncount_add                 -     -     -     -     -     -     -     -     -
cases_actioncount_change              -     -     r     -     -     r     -     -     r
cases_actioncount_changelist          -     -     rw    -     -     rw    -     -     rw
cases_actioncount_delete              -     -     -     -     -     -     -     -     -
cases_actioncount_history             -     -     rw    -     -     rw    -     -     rw
cases_case_act                        -     -     w     -     -     -     -     -     w
cases_case_add                        -     -     rw    -     -     -     -     -     rw
cases_case_change                     -     -     rw    -     -     -     -     rw    rw
cases_case_changelist                 -     -     rw    rw    rw    rw    rw    rw    rw
cases_case_clone                      -     -     rw    -     -     -     -     -     rw
cases_case_delete                     -     -     -     -     -     -     -     -     rw
cases_case_freeze                     -     -     -     -     -     -     -     rw    rw
cases_case_history                    -     -     rw    -     -     -     -     rw    rw
cases_case_preview                    -     -     r     -     -     -     -     r     r
cases_case_remove_words               -     -     -     -     -     -     -     rw    rw
cases_case_version                    -     -     rw    -     -     -     -     rw    rw
cases_edition_add                     -     -     rw    -     -     -     -     -     rw
cases_edition_change                  -     -     rw    -     -     r     -     r     rw
cases_edition_changelist              -     -     rw    -     -     rw    -     rw    rw
cases_edition_delete                  -     -     -     -     -     -     -     -     rw
cases_edition_history                 -     -     rw    -     -     rw    -     rw    rw
cases_edition_remove_words            -     -     -     -     -     -     -     rw    rw
cases_edition_version                 -     -     rw    -     -     r     -     r     rw
cases_embassy_add                     -     -     rw    -     -     -     -     rw    rw
cases_embassy_change                  -     -     rw    -     -     -     -     rw    rw
cases_embassy_changelist              -     -     rw    -     -     -     -     rw    rw
cases_embassy_delete                  -     -     -     -     -     -     -     -     rw
cases_embassy_history                 -     -     rw    -     -     -     -     rw    rw
cases_embassy_remove_words            -     -     -     -     -     -     -     rw    rw
cases_embassy_version                 -     -     rw    -     -     -     -     rw    rw
cases_modelletter_add                 -     -     rw    -     -     -     -     -     rw
cases_modelletter_change              -     -     rw    -     -     -     -     r     rw
cases_modelletter_changelist          -     -     rw    -     -     -     -     rw    rw
cases_modelletter_delete              -     -     rw    -     -     -     -     -     rw
cases_modelletter_history             -     -     rw    -     -     -     -     rw    rw
cases_modelletter_remove_words        -     -     -     -     -     -     -     rw    rw
cases_modelletter_version             -     -     rw    -     -     -     -     r     rw
cases_outcome_add                     -     -     rw    -     -     -     -     -     rw
cases_outcome_change                  -     -     rw    -     -     -     -     r     rw
cases_outcome_changelist              -     -     rw    -     -     -     -     rw    rw
cases_outcome_delete                  -     -     -     -     -     -     -     -     rw
cases_outcome_history                 -     -     rw    -     -     -     -     rw    rw
cases_outcome_remove_words            -     -     -     -     -     -     -     rw    rw
cases_outcome_version                 -     -     rw    -     -     -     -     r     rw
cases_pendingchange_changelist        -     -     rw    rw    rw    -     -     rw    rw
cases_pendingchange_decide            -     -     w     -     -     -     -     w     w
cases_postage_add                     -     -     rw    -     -     -     -     -     rw
cases_postage_change                  -     -     rw    -     -     -     -     r     rw
cases_postage_changelist              -     -     rw    -     -     -     -     rw    rw
cases_postage_delete                  -     -     -     -     -     -     -     -     rw
cases_postage_history                 -     -     rw    -     -     -     -     rw    rw
cases_postage_remove_words            -     -     -     -     -     -     -     rw    rw
cases_postage_version                 -     -     rw    -     -     -     -     r     rw
cases_postalnote_add                  -     -     rw    -     -     -     -     -     rw
cases_postalnote_change               -     -     rw    -     -     -     -     r     rw
cases_postalnote_changelist           -     -     rw    -     -     -     -     rw    rw
cases_postalnote_delete               -     -     -     -     -     -     -     -     rw
cases_postalnote_history              -     -     rw    -     -     -     -     rw    rw
cases_postalnote_remove_words         -     -     -     -     -     -     -     rw    rw
cases_postalnote_version              -     -     rw    -     -     -     -     r     rw
cases_target_add                      -     -     -     -     -     -     -     -     -
cases_target_change                   -     -     rw    -     -     -     -     rw    rw
cases_target_changelist               -     -     rw    -     -     -     -     rw    rw
cases_target_delete                   -     -     rw    -     -     -     -     -     rw
cases_target_history                  -     -     rw    -     -     -     -     rw    rw
cases_target_remove_words             -     -     -     -     -     -     -     rw    rw
cases_target_version                  -     -     rw    -     -     -     -     rw    rw
cases_theme_add                       -     -     rw    -     -     -     -     -     rw
cases_theme_change                    -     -     rw    -     -     -     -     r     rw
cases_theme_changelist                -     -     rw    -     -     -     -     rw    rw
cases_theme_delete                    -     -     -     -     -     -     -     -     rw
cases_theme_history                   -     -     rw    -     -     -     -     rw    rw
cases_wordlist_add                    -     -     rw    rw    rw    -     -     rw    rw
cases_wordlist_change                 -     -     rw    rw    rw    -     -     rw    rw
cases_wordlist_changelist             -     -     rw    rw    rw    -     -     rw    rw
cases_wordlist_delete                 -     -     -     -     -     -     -     -     rw
cases_wordlist_history                -     -     rw    rw    rw    -     -     rw    rw
cases_wordlist_remove_words           -     -     -     -     -     -     -     rw    rw
cases_wordlist_version                -     -     rw    rw    rw    -     -     rw    rw
cases_yearlyfigure_add                -     -     rw    -     -     rw    -     -     rw
cases_yearlyfigure_change             -     -     rw    -     -     rw    -     r     rw
cases_yearlyfigure_changelist         -     -     rw    -     -     rw    -     rw    rw
cases_yearlyfigure_delete             -     -     -     -     -     -     -     -     rw
cases_yearlyfigure_history            -     -     rw    -     -     rw    -     rw    rw
index                                 -     rw    rw    rw    rw    rw    rw    rw    rw
jsi18n                                -     r     r     r     r     r     r     r     r
letters_alarm_add                     -     -     -     -     -     -     -     -     -
letters_alarm_change                  -     -     -     rw    rw    -     -     rw    rw
letters_alarm_changelist              -     -     -     rw    rw    -     -     rw    rw
letters_alarm_delete                  -     -     -     -     -     -     -     -     -
letters_alarm_expect                  -     -     -     rw    rw    -     -     rw    rw
letters_alarm_history                 -     -     -     rw    rw    -     -     rw    rw
letters_announcement_act              -     -     w     -     -     -     -     w     w
letters_announcement_add              -     -     -     -     -     -     -     -     -
letters_announcement_change           -     -     rw    -     -     -     -     rw    rw
letters_announcement_changelist       -     -     rw    -     -     -     -     rw    rw
letters_announcement_delete           -     -     -     -     -     -     -     -     -
letters_announcement_history          -     -     rw    -     -     -     -     rw    rw
letters_announcement_tell             -     -     rw    -     -     -     -     rw    rw
letters_datarequest_add               -     -     -     -     -     -     -     -     -
letters_datarequest_change            -     -     -     -     -     -     -     -     -
letters_datarequest_changelist        -     -     -     -     -     -     -     rw    rw
letters_datarequest_delete            -     -     -     -     -     -     -     -     -
letters_datarequest_erase             -     -     -     -     -     -     -     w     w
letters_datarequest_export            -     -     -     -     -     -     -     w     w
letters_datarequest_history           -     -     -     -     -     -     -     rw    rw
letters_datarequest_send_again        -     -     -     -     -     -     -     w     w
letters_follow_add                    -     -     -     -     -     -     -     -     -
letters_follow_change                 -     -     -     -     -     -     -     -     -
letters_follow_changelist             -     -     rw    -     -     -     -     rw    rw
letters_follow_delete                 -     -     -     -     -     -     -     -     -
letters_follow_history                -     -     -     -     -     -     -     -     -
letters_handin_add                    -     -     -     -     -     -     rw    -     rw
letters_handin_again                  -     -     -     -     -     -     w     -     w
letters_handin_cancel                 -     -     -     -     -     -     w     -     w
letters_handin_change                 -     -     -     -     -     -     rw    -     rw
letters_handin_changelist             -     -     -     -     -     -     rw    -     rw
letters_handin_correct                -     -     -     -     -     -     -     -     -
letters_handin_delete                 -     -     -     -     -     -     -     -     -
letters_handin_fetch                  -     -     -     -     -     -     w     -     w
letters_handin_hand_in_again          -     -     -     -     -     -     w     -     w
letters_handin_history                -     -     -     -     -     -     rw    -     rw
letters_handin_on_way                 -     -     -     -     -     -     w     -     w
letters_handin_printed                -     -     -     -     -     -     w     -     w
letters_handin_proof                  -     -     -     -     -     -     -     -     -
letters_handin_record                 -     -     -     -     -     -     rw    -     rw
letters_handin_returned               -     -     -     -     -     -     rw    -     rw
letters_handin_stop_offering          -     -     -     -     -     -     rw    -     rw
letters_handin_undo                   -     -     -     -     -     -     w     -     w
letters_handin_undo_on_way            -     -     -     -     -     -     w     -     w
letters_handin_undo_printed           -     -     -     -     -     -     w     -     w
letters_handin_undo_returned          -     -     -     -     -     -     w     -     w
letters_handin_zip                    -     -     -     -     -     -     w     -     w
letters_letter_act                    -     -     -     w     w     -     -     -     w
letters_letter_add                    -     -     -     -     -     -     -     -     -
letters_letter_between                -     -     -     rw    rw    -     -     -     rw
letters_letter_change                 -     -     -     rw    rw    -     -     -     rw
letters_letter_changelist             -     -     -     rw    rw    -     -     -     rw
letters_letter_delete                 -     -     -     -     -     -     -     -     -
letters_letter_desk                   -     -     -     rw    rw    -     -     -     rw
letters_letter_desk_act               -     -     -     w     w     -     -     -     w
letters_letter_desk_alike             -     -     -     rw    rw    -     -     -     rw
letters_letter_desk_decisions         -     -     -     rw    rw    -     -     -     rw
letters_letter_desk_languages         -     -     -     rw    rw    -     -     -     rw
letters_letter_desk_read              -     -     -     rw    rw    -     -     -     rw
letters_letter_desk_redact            -     -     -     w     w     -     -     -     w
letters_letter_desk_take              -     -     -     w     w     -     -     -     w
letters_letter_desk_undo              -     -     -     w     w     -     -     -     w
letters_letter_export                 -     -     -     -     -     r     r     r     r
letters_letter_export_counts          -     -     -     -     -     w     -     w     w
letters_letter_export_letters         -     -     -     -     -     -     w     -     w
letters_letter_export_signatures      -     -     -     -     -     -     w     -     w
letters_letter_find                   -     -     -     rw    rw    -     -     -     rw
letters_letter_history                -     -     -     rw    rw    -     -     -     rw
letters_letter_judge                  -     -     -     rw    rw    -     -     -     rw
letters_letter_picture                -     -     -     -     -     -     -     -     -
letters_mailtext_add                  -     -     rw    -     -     -     -     -     rw
letters_mailtext_change               -     -     rw    -     -     -     -     r     rw
letters_mailtext_changelist           -     -     rw    -     -     -     -     rw    rw
letters_mailtext_delete               -     -     rw    -     -     -     -     -     rw
letters_mailtext_history              -     -     rw    -     -     -     -     rw    rw
letters_mailtext_preview              -     -     w     -     -     -     -     -     w
letters_mailtext_remove_words         -     -     -     -     -     -     -     rw    rw
letters_mailtext_version              -     -     rw    -     -     -     -     r     rw
letters_outgoingmail_add              -     -     -     -     -     -     -     -     -
letters_outgoingmail_change           -     -     -     r     r     -     -     -     r
letters_outgoingmail_changelist       -     -     -     rw    rw    -     -     -     rw
letters_outgoingmail_delete           -     -     -     -     -     -     -     -     -
letters_outgoingmail_history          -     -     -     rw    rw    -     -     -     rw
letters_papercount_add                -     -     -     -     -     rw    -     -     rw
letters_papercount_change             -     -     -     -     -     rw    -     -     rw
letters_papercount_changelist         -     -     -     -     -     rw    -     -     rw
letters_papercount_clear_review       -     -     -     -     -     w     -     -     w
letters_papercount_correct            -     -     -     -     -     rw    -     -     rw
letters_papercount_delete             -     -     -     -     -     -     -     -     -
letters_papercount_history            -     -     -     -     -     rw    -     -     rw
letters_papercount_take_out           -     -     -     -     -     rw    -     -     rw
letters_pledge_add                    -     -     -     -     -     -     -     -     -
letters_pledge_change                 -     -     -     r     r     r     -     -     r
letters_pledge_changelist             -     -     -     rw    rw    rw    -     -     rw
letters_pledge_delete                 -     -     -     -     -     -     -     -     -
letters_pledge_history                -     -     -     rw    rw    rw    -     -     rw
letters_pledge_judge                  -     -     -     rw    rw    -     -     -     rw
letters_pledge_look                   -     -     -     rw    rw    -     -     -     rw
letters_post_add                      -     -     -     -     -     -     -     -     -
letters_post_between                  -     -     -     rw    rw    -     -     -     rw
letters_post_change                   -     -     -     r     r     -     -     -     r
letters_post_changelist               -     -     -     rw    rw    -     -     -     rw
letters_post_delete                   -     -     -     -     -     -     -     -     -
letters_post_desk                     -     -     -     rw    rw    -     -     -     rw
letters_post_desk_act                 -     -     -     w     w     -     -     -     w
letters_post_desk_decisions           -     -     -     rw    rw    -     -     -     rw
letters_post_desk_take                -     -     -     w     w     -     -     -     w
letters_post_desk_undo                -     -     -     w     w     -     -     -     w
letters_post_history                  -     -     -     rw    rw    -     -     -     rw
letters_post_judge                    -     -     -     rw    rw    -     -     -     rw
letters_reply_act                     -     -     -     w     w     -     w     -     w
letters_reply_add                     -     -     -     -     -     -     -     -     -
letters_reply_change                  -     -     -     rw    rw    -     rw    -     rw
letters_reply_changelist              -     -     -     rw    rw    -     rw    -     rw
letters_reply_delete                  -     -     -     -     -     -     -     -     -
letters_reply_desk                    -     -     -     rw    rw    -     rw    -     rw
letters_reply_desk_act                -     -     -     w     w     -     w     -     w
letters_reply_desk_decisions          -     -     -     rw    rw    -     rw    -     rw
letters_reply_desk_read               -     -     -     rw    rw    -     rw    -     rw
letters_reply_desk_take               -     -     -     w     w     -     w     -     w
letters_reply_desk_undo               -     -     -     w     w     -     w     -     w
letters_reply_enter                   -     -     -     rw    rw    -     rw    -     rw
letters_reply_history                 -     -     -     rw    rw    -     rw    -     rw
letters_reply_picture                 -     -     -     -     -     -     -     -     -
letters_retentiondecision_act         -     -     w     -     -     -     -     w     w
letters_retentiondecision_add         -     -     -     -     -     -     -     -     -
letters_retentiondecision_change      -     -     rw    -     -     -     -     rw    rw
letters_retentiondecision_changelist  -     -     rw    -     -     -     -     rw    rw
letters_retentiondecision_delete      -     -     -     -     -     -     -     -     -
letters_retentiondecision_history     -     -     rw    -     -     -     -     rw    rw
letters_signature_act                 -     -     -     w     w     -     -     -     w
letters_signature_add                 -     -     -     -     -     -     -     -     -
letters_signature_change              -     -     -     rw    rw    -     -     -     rw
letters_signature_changelist          -     -     -     rw    rw    -     -     -     rw
letters_signature_delete              -     -     -     -     -     -     -     -     -
letters_signature_desk                -     -     -     rw    rw    -     -     -     rw
letters_signature_desk_act            -     -     -     w     w     -     -     -     w
letters_signature_desk_decisions      -     -     -     rw    rw    -     -     -     rw
letters_signature_desk_take           -     -     -     w     w     -     -     -     w
letters_signature_desk_undo           -     -     -     w     w     -     -     -     w
letters_signature_history             -     -     -     rw    rw    -     -     -     rw
letters_signature_invalidate          -     -     -     rw    rw    -     -     -     rw
letters_tally_add                     -     -     -     -     -     -     -     -     -
letters_tally_change                  -     -     -     -     -     r     -     -     r
letters_tally_changelist              -     -     -     -     -     rw    -     -     rw
letters_tally_delete                  -     -     -     -     -     -     -     -     -
letters_tally_history                 -     -     -     -     -     rw    -     -     rw
letters_undeliverable_add             -     -     -     -     -     -     -     -     -
letters_undeliverable_change          -     -     -     -     -     -     -     -     -
letters_undeliverable_changelist      -     -     -     rw    rw    -     -     -     rw
letters_undeliverable_delete          -     -     -     -     -     -     -     -     -
letters_undeliverable_history         -     -     -     rw    rw    -     -     -     rw
letters_yearletter_act                -     -     w     -     -     -     -     w     w
letters_yearletter_add                -     -     -     -     -     -     -     -     -
letters_yearletter_change             -     -     rw    -     -     -     -     rw    rw
letters_yearletter_changelist         -     -     rw    -     -     -     -     rw    rw
letters_yearletter_delete             -     -     -     -     -     -     -     -     -
letters_yearletter_history            -     -     rw    -     -     -     -     rw    rw
letters_yearletter_year               -     -     rw    -     -     -     -     rw    rw
login                                 -     rw    rw    rw    rw    rw    rw    rw    rw
logout                                rw    w     w     w     w     w     w     w     w
password_change                       -     -     -     -     -     -     -     -     -
password_change_done                  -     -     -     -     -     -     -     -     -
staff-media                           -     -     -     -     -     -     -     -     -
"""


def addresses(patterns, arguments=()) -> dict[str, set[str]]:
    """The name of each address below these, with the names of what stands in it."""
    found = {}
    for one in patterns:
        names = {*arguments, *one.pattern.regex.groupindex}
        if isinstance(one, URLResolver):
            found |= addresses(one.url_patterns, names)
        elif isinstance(one, URLPattern) and one.name:
            found[one.name] = names
    return found


def make_rows() -> dict:
    """A row of each model that the admin shows, by its name."""
    case = make_case_to_write_for(themes=[make_theme()])
    outcome = make_outcome(case)
    rows = [
        case,
        case.edition,
        case.themes.get(),
        case.targets.get(),
        ModelLetter.objects.get(target__case=case),
        outcome,
        WordList.objects.create(kind="insult", language="en", words=["word"]),
        make_embassy(),
        PostalNote.objects.create(country="NO"),
        Postage.objects.create(country="GB", operator="Test Mail"),
        YearlyFigure.objects.create(year=2024, qualifier="over", actions=1),
        make_letter(case, state="submitted"),
        make_signature(make_petition(case), needs_review=True),
        make_post(case, needs_review=True),
        make_pledge(case),
        make_paper_count(case),
        make_follow(case),
        make_reply(case),
    ]
    now = timezone.now()
    colleague = make_staff("safety")
    rows += [
        ActionCount.objects.get(case=case),
        Tally.objects.first(),
        Announcement.objects.create(outcome=outcome, texts={}, asked_by=colleague),
        Alarm.objects.create(case=case, kind="appeal", raised_at=now, number=1),
        DataRequest.objects.create(key_hash="a", email_hash="b"),
        Undeliverable.objects.create(email_hash="b", kind="hard", first_on=now, last_on=now),
        RetentionDecision.objects.create(case=case, kind="appeal"),
        YearLetter.objects.create(edition=case.edition, asked_by=colleague),
        MailText.objects.create(kind="end", language="en", body="{organisation}"),
        PendingChange.objects.create(
            case=case, model="cases.target", row=case.targets.get().pk, asked_by=colleague
        ),
        OutgoingMail.objects.create(
            about="letter:1",
            kind=MailKind.LETTER_LINK,
            to="sam@example.org",
            to_hash="c",
            created_at=now,
            not_before=now,
            given_up_at=now,
        ),
        make_staff(),
        Group.objects.get(name="counter"),
        *[
            Decision.objects.create(thing=thing, row=0, act="approve", by=colleague)
            for thing in ["letter", "signature", "post", "reply"]
        ],
        make_hand_in(make_letter(case, state="approved")),
        Decision.objects.create(thing="letter", row=1, act="skip"),
    ]
    return {row._meta.model_name: row for row in rows}


def arguments_of(name: str, names: set[str], rows: dict) -> dict:
    """What stands in the address: the keys of rows."""
    model = name.split("_")[1] if name.count("_") > 1 else ""
    row = rows.get(model)
    known = {
        "part": model,
        "version": getattr(row, "history", None) and row.history.latest().pk,
        "outcome": rows["outcome"].pk,
        "app_label": "cases",
        "year": rows["yearletter"].edition.year,
        "index": 1,
        "kind": "confirm",
        "language": "en",
        "name": "portraits/none.png",
    }
    return {one: known[one] if one in known else row.pk for one in names}  # noqa: SIM401


def sent_to(name: str, rows: dict) -> dict:
    """What has to be sent so that it is the right that decides, not a form that is empty."""
    seen = {
        model: getattr(row, "changed_at", timezone.now()).isoformat() for model, row in rows.items()
    }
    return {
        "autocomplete": {"app_label": "cases", "model_name": "outcome", "field_name": "case"},
        "cases_case_act": {"act": "close"},
        "cases_pendingchange_decide": {"act": "take-back"},
        "letters_letter_act": {"act": "show", "seen": seen["letter"]},
        "letters_letter_desk_act": {"act": "skip"},
        "letters_reply_desk_act": {"act": "skip"},
        **{
            f"letters_{one.thing}_desk_undo": {"decision": one.pk} for one in Decision.objects.all()
        },
        "letters_signature_act": {"act": "clear_review", "seen": seen["signature"]},
        "letters_announcement_act": {"act": "take-back"},
        "letters_yearletter_act": {"act": "take-back"},
        "letters_reply_act": {"act": "stop-sharing", "seen": seen["reply"]},
    }.get(name, {})


def is_refused(response) -> bool:
    to_sign_in = response.status_code == 302 and "/account/sign-in/" in response.url
    to_login = response.status_code == 302 and response.url.startswith("/admin/login/")
    return response.status_code in (403, 404, 405) or to_sign_in or to_login


def rights(client: Client, name: str, names: set[str], rows: dict) -> str:
    """As in the table. What is sent is undone again, so that each role meets the same rows."""
    url = url_of(name, names, rows)
    found = ""
    for method, sign in [("get", "r"), ("head", ""), ("post", "w")]:
        if method == "head" and found:
            continue  # the view looks at it as at GET; what GET refuses it refuses too
        with transaction.atomic():
            data = sent_to(name, rows) if method == "post" or name == "autocomplete" else {}
            response = getattr(client, method)(url, data)
            transaction.set_rollback(True)
        assert response.status_code < 500, (method, url)
        assert method != "head" or is_refused(response), (method, url)
        found += "" if is_refused(response) else sign
    return found or "-"


def url_of(name: str, names: set[str], rows: dict) -> str:
    prefix = "" if name.startswith("staff-") else "admin:"
    return reverse(f"{prefix}{name}", kwargs=arguments_of(name, names, rows))


def site_addresses() -> dict[str, set[str]]:
    """All below the admin's path but the pages on which staff sign in and mind their account."""
    names = addresses(staff_urls.urlpatterns)
    own = ("account_", "mfa_", "usersessions_")
    return {name: names[name] for name in sorted(names) if not name.startswith(own)}


def somebody(role: str) -> Client:
    client = Client()
    if role == "superuser":
        client.force_login(make_staff(is_superuser=True))
    elif role != "anonymous":
        client.force_login(make_staff(role))
    return client


def table() -> dict[str, dict[str, str]]:
    """The rights of each role, by the name of the address."""
    lines = [line.split() for line in TABLE.strip().splitlines()[1:]]
    return {name: dict(zip(ROLES, cells, strict=True)) for name, *cells in lines}


def test_every_address_of_the_admin_stands_in_the_table():
    assert set(table()) == set(site_addresses())


@pytest.mark.slow
@pytest.mark.any_database
@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_and_sends_what_the_table_says(role):
    rows = make_rows()
    client = somebody(role)

    found = {name: rights(client, name, names, rows) for name, names in site_addresses().items()}

    assert found == {name: rights[role] for name, rights in table().items()}


@pytest.mark.slow
@pytest.mark.any_database
def test_nothing_of_the_admin_is_put_or_deleted_whoever_asks():
    rows = make_rows()
    client = somebody("superuser")

    for name, names in site_addresses().items():
        url = url_of(name, names, rows)
        for method in ["put", "delete"]:
            assert getattr(client, method)(url).status_code in (403, 405), (method, url)


def test_every_role_that_ships_is_in_the_table():
    assert set(Group.objects.values_list("name", flat=True)) <= set(ROLES)


def rights_of(role: str) -> set[str]:
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


def test_who_leads_the_moderators_may_all_that_they_may():
    assert rights_of("moderator")
    assert rights_of("moderator") <= rights_of("lead")


def test_a_right_that_moderators_are_given_later_is_given_to_who_leads_them_too():
    roles = import_module("letters.migrations.0002_roles")
    assert "view_tally" not in rights_of("moderator") | rights_of("lead")

    roles.give({"moderator": {"letters.tally": ["view"]}}, apps, connection.schema_editor())

    assert "view_tally" in rights_of("moderator")
    assert "view_tally" in rights_of("lead")
