"""An address or a stopping word that readers meet is changed by two people, on every way to it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import stop_words
from cases.content_files import importing
from cases.content_files.parsing import ContentError
from cases.models import (
    AddressVisibility,
    Answer,
    AppliesTo,
    Case,
    EmbassyUse,
    PendingChange,
    SafetyRule,
    SolidarityAction,
    Stage,
    Target,
    Topic,
    WordList,
    WordListKind,
)
from cases.publishing import gate, second_look
from letters.text import checks
from tests.cases.content_files.test_load_campaign import CASE
from tests.cases.publishing.test_consents import restore
from tests.cases.publishing.test_publishing import make_ready_case
from tests.cases.publishing.test_second_people import ALL_RULES, content, decide
from tests.factories import (
    make_case,
    make_edition,
    make_embassy,
    make_letter,
    make_solidarity_action,
)
from tests.staff import form_data, make_staff, said, signed_in, text

pytestmark = pytest.mark.django_db

OLD = "Ministry of Tests\n1 Invented Street\n0001 Testville"
NEW = "PO Box 666\n0002 Elsewhere"


def make_public(**fields) -> Case:
    return make_ready_case(stage=Stage.PUBLISHED, **fields)


def save(client, thing, **changed):
    url = reverse(f"admin:cases_{thing._meta.model_name}_change", args=[thing.pk])
    return client.post(url, form_data(client.get(url)) | changed, follow=True)


def target(case: Case) -> Target:
    return Target.objects.get(case=case)


def waits(answer) -> bool:
    return any("waits for a second person" in sentence for sentence in said(answer))


def new_list(client, **fields):
    fields = {"kind": "insult", "language": "en", "stops": "on", "words": "rotter"} | fields
    return client.post(reverse("admin:cases_wordlist_add"), fields, follow=True)


# --- what waits, and what is done at once


def rule(case: Case) -> SafetyRule:
    return case.safety_rules.get(topic=Topic.RELIGION, applies_to=AppliesTo.APPEAL)


def new_target(case: Case) -> Target:
    return Target(case=case, key="firm", office="A firm")


@pytest.mark.parametrize(
    ("thing", "changed", "waiting"),
    [
        (target, {"postal": NEW}, True),
        (target, {"postal": ""}, False),
        (target, {"close": "Respectfully,"}, False),
        (target, {"address_for_staff_only": True}, False),
        (new_target, {"email": "x@example.org"}, True),
        (new_target, {}, False),
        (make_solidarity_action, {"address_visibility": "staff-only"}, False),
        (make_solidarity_action, {"address_visibility": "staff-only", "recipient": "Ana"}, True),
        (rule, {"words": ["halleluja"], "stops": True}, True),
        (rule, {"words": ["halleluja"], "stops": False}, False),
        (rule, {"words": ["halleluja"], "stops": True, "answer": Answer.YES}, False),
        (lambda case: make_embassy(), {"postal": NEW}, True),
        (lambda case: make_embassy(use=EmbassyUse.CHECK_FIRST), {"postal": NEW}, False),
    ],
)
def test_what_diverts_letters_waits_and_what_takes_away_does_not(thing, changed, waiting):
    row = thing(make_public())
    for name, value in changed.items():
        setattr(row, name, value)

    held_back = second_look.hold_back(row, make_staff("editor"))

    assert (held_back is not None) is waiting
    assert PendingChange.objects.count() == waiting


def test_an_address_that_staff_alone_see_is_opened_to_writers_by_two():
    row = target(make_public())
    Target.objects.update(address_for_staff_only=True)

    assert second_look.hold_back(row, None).after == {"address_for_staff_only": False}
    assert row.address_for_staff_only is True


def test_a_newer_request_for_a_row_takes_the_place_of_its_older_one_alone():
    case = make_public()
    make_solidarity_action(case, pk=target(case).pk)  # the numbers of both are one

    for model, postal in [(Target, NEW), (SolidarityAction, NEW), (Target, "1 Good Street")]:
        row = model.objects.get()
        row.postal = postal
        second_look.hold_back(row, None)

    waiting = PendingChange.objects.order_by("pk").values_list("model", "after")
    assert list(waiting) == [
        ("cases.solidarityaction", {"postal": NEW}),
        ("cases.target", {"postal": "1 Good Street"}),
    ]


@pytest.mark.parametrize(
    ("thing", "moved"), [(target, [True, False]), (lambda case: make_embassy(), [True, True])]
)
def test_what_was_approved_stands_on_the_pages_that_show_it(thing, moved):
    cases = [make_public(), make_case()]
    row = thing(cases[0])
    row.postal = NEW
    change = second_look.hold_back(row, None)

    second_look.approve(change, make_staff(is_superuser=True))

    now = [Case.objects.get(pk=case.pk).content_version for case in cases]
    assert [new > case.content_version for new, case in zip(now, cases, strict=True)] == moved
    row.refresh_from_db()
    assert row.postal == NEW


def test_who_lets_words_stop_letters_reads_them():
    row = rule(make_public())
    row.words = ["halleluja"]
    row.save()
    row.stops = True

    change = second_look.hold_back(row, None)

    found = [(one.before, one.after) for one in second_look.differences(change)]
    assert found == [("no", "yes"), ("halleluja", "halleluja")]


def test_who_decides_reads_all_of_what_is_new_and_also_what_no_list_offers():
    asked = SolidarityAction(
        case=make_public(), recipient="Test Person", postal=NEW, address_visibility="friends"
    )

    change = second_look.hold_back(asked, None)

    found = {one.after: one.before for one in second_look.differences(change) if one.after != "no"}
    assert found == {"the person": "", "Test Person": "", NEW: "", "friends": ""}


# --- addresses


@pytest.mark.slow
def test_a_new_address_of_a_published_case_waits_for_a_second_person(client):
    case = make_public()
    one, other = signed_in("editor"), signed_in("editor")

    answer = save(
        one,
        case,
        **{"targets-0-postal": NEW, "targets-0-email": "x@example.org", "headline": "New"},
    )

    assert waits(answer)
    assert (target(case).postal, target(case).email) == (OLD, "")
    assert Case.objects.get(pk=case.pk).headline == "New"
    sheet = text(client.get(reverse("letters:letter-write", args=[case.slug])))
    assert "Elsewhere" not in sheet
    assert "Invented Street" in sheet
    change = PendingChange.objects.get()
    page = text(other.get(reverse("admin:cases_case_change", args=[case.pk])))
    assert "PO Box 666<br>0002 Elsewhere" in page
    assert "1 change to a published case waits for a second person" in text(other.get("/admin/"))
    assert "Somebody other than the person who asked" in said(decide(one, change))[0]
    assert target(case).postal == OLD
    decide(other, change)
    assert (target(case).postal, target(case).email) == (NEW, "x@example.org")
    version = target(case).history.latest()
    assert (version.history_user, version.history_change_reason) == (
        other.person,
        f"asked for by {one.person.username}",
    )


@pytest.mark.slow
@pytest.mark.parametrize("role", ["moderator", "counter"])
def test_the_second_person_is_one_who_may_change_addresses(role):
    case = make_public()
    save(signed_in("editor"), case, **{"targets-0-postal": NEW})

    answer = decide(signed_in(role), PendingChange.objects.get(), follow=False)

    assert answer.status_code == 403
    assert target(case).postal == OLD


@pytest.mark.slow
def test_a_superuser_alone_changes_no_address_of_a_published_case():
    case = make_public()
    root = signed_in(is_superuser=True)

    save(root, case, **{"targets-0-postal": NEW})
    decide(root, PendingChange.objects.get())
    save(root, case, **{"targets-0-postal": NEW})
    decide(root, PendingChange.objects.get())

    assert target(case).postal == OLD


@pytest.mark.slow
@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.IN_REVIEW])
def test_addresses_of_drafts_are_free(stage):
    case = make_ready_case(stage=stage)

    save(signed_in("editor"), case, **{"targets-0-postal": NEW})

    assert target(case).postal == NEW


@pytest.mark.slow
def test_addresses_of_a_case_whose_edition_has_not_opened_take_two_people_as_well():
    case = make_public(edition=make_edition(2999))
    solidarity = make_solidarity_action(case, postal=OLD)

    answer = save(signed_in("editor"), case, **{"solidarity_action-0-postal": NEW})

    assert waits(answer)
    assert SolidarityAction.objects.get(pk=solidarity.pk).postal == OLD


@pytest.mark.slow
def test_a_new_target_abroad_is_sent_by_no_embassy_while_its_address_waits(client):
    case = make_public(country="PT")
    make_embassy("PT", "GB")
    firm = {
        "key": "firm", "office": "A firm abroad", "asked": "Stop it.", "salutation": "Dear all,",
        "close": "Yours,", "language": "en", "position": "9", "postal": "1 Firm Street",
        "postal_country": "GB",
    }  # fmt: skip
    rows = case.targets.count()
    form = {f"targets-{rows}-{name}": value for name, value in firm.items()}

    answer = save(signed_in("editor"), case, **{"targets-TOTAL_FORMS": rows + 1}, **form)

    firm = case.targets.get(key="firm")
    assert waits(answer)
    assert (firm.postal, case.state_of(firm)) == ("", "")
    letter = make_letter(case, target=firm)
    assert "By way of the embassy" not in text(
        client.get(letter.get_absolute_url(), {"posted_from": "GB"})
    )


@pytest.mark.slow
def test_all_that_does_not_divert_a_letter_is_free():
    case = make_public()

    answer = save(signed_in("editor"), case, **{"targets-0-close": "Respectfully,"})

    assert not waits(answer)
    assert target(case).close == "Respectfully,"


@pytest.mark.slow
def test_an_address_is_emptied_at_once_by_one_person():
    case = make_public()

    save(signed_in("editor"), case, **{"targets-0-postal": "", "targets-0-postal_country": ""})

    assert target(case).postal == ""


@pytest.mark.slow
def test_a_target_is_not_changed_by_deleting_it_and_adding_another():
    case = make_public()
    editor, other = signed_in("editor"), signed_in("safety")
    save(editor, case, **{"targets-0-DELETE": "on"})
    new = {
        "targets-0-office": "Minister of Elsewhere",
        "targets-0-salutation": "Dear Minister,",
        "targets-0-close": "Yours,",
        "targets-0-language": "en",
        "targets-0-postal": NEW,
        "targets-0-postal_country": "NO",
        "targets-0-checked_on": "2026-01-02",
    }

    answer = save(editor, case, **new)

    assert waits(answer)
    assert (target(case).office, target(case).postal) == ("Minister of Elsewhere", "")
    decide(other, PendingChange.objects.get())
    assert target(case).postal == NEW
    assert target(case).checked_on.isoformat() == "2026-01-02"


@pytest.mark.slow
def test_the_address_for_messages_is_shown_to_more_people_by_two_and_to_fewer_by_one():
    case = make_solidarity_action(
        case=make_public(), address_visibility=AddressVisibility.STAFF_ONLY, postal=OLD
    ).case
    editor = signed_in("editor")

    save(editor, case, **{"solidarity_action-0-address_visibility": "public"})
    assert SolidarityAction.objects.get().address_visibility == AddressVisibility.STAFF_ONLY
    assert PendingChange.objects.get().after == {"address_visibility": "public"}
    SolidarityAction.objects.update(address_visibility="public")
    save(editor, case, **{"solidarity_action-0-address_visibility": "on-request"})

    assert SolidarityAction.objects.get().address_visibility == AddressVisibility.ON_REQUEST


@pytest.mark.slow
def test_what_was_changed_meanwhile_is_asked_for_anew():
    case = make_public()
    editor, other = signed_in("editor"), signed_in("editor")
    save(editor, case, **{"targets-0-postal": NEW})
    first = PendingChange.objects.get()
    Target.objects.update(postal="")

    answer = decide(other, first)

    assert "It was changed in the meantime" in said(answer)[0]
    assert target(case).postal == ""


@pytest.mark.slow
def test_a_newer_request_takes_the_place_of_the_older_and_is_not_approved_by_an_old_page():
    case = make_public()
    editor, other = signed_in("editor"), signed_in("editor")
    save(editor, case, **{"targets-0-postal": "1 Good Street"})
    read = PendingChange.objects.get()
    save(editor, case, **{"targets-0-postal": NEW})

    answer = decide(other, read)

    assert "asked for something newer" in said(answer)[0]
    assert (target(case).postal, PendingChange.objects.count()) == (OLD, 1)


@pytest.mark.slow
def test_what_was_deleted_meanwhile_is_not_approved():
    case = make_public()
    save(signed_in("editor"), case, **{"targets-0-postal": NEW})
    change = PendingChange.objects.get()
    Target.objects.all().delete()

    answer = decide(signed_in("editor"), change)

    assert said(answer) == ["It was deleted in the meantime."]
    assert not Target.objects.exists()


def test_a_case_gets_no_second_address_for_messages_by_an_older_request():
    case, editor = make_public(), signed_in("editor")
    asked = SolidarityAction(case=case, recipient="Test Person", postal=NEW, postal_country="NO")
    second_look.hold_back(asked, editor.person)
    there = make_solidarity_action(case, postal=OLD)

    answer = decide(signed_in("editor"), PendingChange.objects.get())

    assert "already exists" in said(answer)[0]
    assert SolidarityAction.objects.get().postal == there.postal


@pytest.mark.slow
def test_who_decides_reads_how_each_field_is_and_would_be():
    case = make_public()
    Target.objects.update(address_for_staff_only=True)
    changed = {"postal": NEW, "email": "x@example.org", "address_for_staff_only": ""}

    save(
        signed_in("editor"), case, **{f"targets-0-{name}": value for name, value in changed.items()}
    )

    found = second_look.differences(PendingChange.objects.get())
    assert {(one.before, one.after) for one in found} == {
        (OLD, NEW),
        ("yes", "no"),
        ("", "x@example.org"),
    }


@pytest.mark.slow
def test_a_long_name_of_who_asked_stands_in_the_history_as_far_as_there_is_room():
    case = make_public()
    save(signed_in("editor", username="x" * 150), case, **{"targets-0-postal": NEW})

    decide(signed_in("editor"), PendingChange.objects.get())

    assert target(case).history.latest().history_change_reason == "asked for by " + "x" * 87


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "sentence", "logged"),
    [
        ("approve", "It is approved, and holds from now on.", "Approved: Target"),
        ("take-back", "It was taken back. Nothing was changed.", "Took back: Target"),
    ],
)
def test_what_was_decided_is_said_and_stands_in_the_log_of_the_case(how, sentence, logged):
    case, other = make_public(), signed_in("editor")
    save(signed_in("editor"), case, **{"targets-0-postal": NEW})

    answer = decide(other, PendingChange.objects.get(), how)

    assert said(answer) == [sentence]
    entry = LogEntry.objects.get(user=other.person)
    assert (entry.object_id, entry.change_message) == (str(case.pk), logged)


@pytest.mark.slow
def test_approving_twice_does_no_harm():
    case = make_public()
    save(signed_in("editor"), case, **{"targets-0-postal": NEW})
    change, other = PendingChange.objects.get(), signed_in("safety")

    answers = [decide(other, change), decide(other, change)]

    assert said(answers[0]) == ["It is approved, and holds from now on."]
    assert "Somebody else has decided on it" in said(answers[1])[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", ""]
)
def test_after_a_decision_the_page_comes_back_and_never_one_of_another_site(elsewhere):
    case, other = make_public(), signed_in("editor")
    save(signed_in("editor"), case, **{"targets-0-postal": NEW})
    url = reverse("admin:cases_pendingchange_decide", args=[PendingChange.objects.get().pk])
    there = reverse("admin:cases_case_change", args=[case.pk])

    away = other.post(url, {"act": "take-back", "next": elsewhere})
    back = other.post(url, {"act": "take-back", "next": there})

    assert away.url == reverse("admin:cases_pendingchange_changelist")
    assert back.url == there
    assert not PendingChange.objects.exists()


def test_an_old_address_is_brought_back_by_two():
    case = make_public()
    row = target(case)
    old = row.history.latest()
    row.postal = NEW
    row.save()
    editor = signed_in("editor")

    answer = restore(editor, case, old)

    assert waits(answer)
    assert "Restored: it is as it was then." not in said(answer)
    assert target(case).postal == NEW
    decide(signed_in("safety"), PendingChange.objects.get())
    assert target(case).postal == OLD


def test_words_that_stopped_once_are_brought_back_by_two():
    make_public()
    row = WordList.objects.create(kind="insult", language="en", words=["rotter"], stops=True)
    old = row.history.latest()
    row.words = []
    row.save()
    moderator = signed_in("moderator")
    url = reverse("admin:cases_wordlist_version", args=[row.pk, "wordlist", old.history_id])

    moderator.post(url, {"seen": moderator.get(url).context["seen"]})

    assert WordList.objects.get().words == []
    decide(signed_in("safety"), PendingChange.objects.get())
    assert WordList.objects.get().words == ["rotter"]


def test_a_file_changes_no_address_that_readers_see_alone(tmp_path):
    words = CASE.replace('stage = "draft"', 'stage = "published"') + ALL_RULES
    importing.load([content(tmp_path, words)])
    words = words.replace("1 Invented Street", "6 Other Street").replace("PO Box 1", "PO Box 2")

    report = importing.load([content(tmp_path, words)])

    assert "1 Invented Street" in Target.objects.get().postal
    assert SolidarityAction.objects.get().postal == "PO Box 1"
    assert len([line for line in report.left_alone if "waits for a second person" in line]) == 2
    for change in PendingChange.objects.all():
        decide(signed_in("editor"), change)
    assert "6 Other Street" in Target.objects.get().postal
    version = Target.objects.get().history.latest()
    assert version.history_change_reason == "asked for by a command"
    assert importing.load([content(tmp_path, words)]).unchanged == 1


def test_a_draft_that_a_file_publishes_comes_with_its_address(tmp_path):
    importing.load([content(tmp_path, CASE + ALL_RULES)])
    words = CASE.replace('stage = "draft"', 'stage = "published"') + ALL_RULES

    importing.load([content(tmp_path, words.replace("1 Invented Street", "6 Other Street"))])

    assert "6 Other Street" in Target.objects.get().postal
    assert not PendingChange.objects.exists()


# --- words that stop


def rule_form(case: Case, **changed) -> dict[str, str]:
    rows = list(case.safety_rules.order_by("applies_to", "pk"))
    place = next(n for n, rule in enumerate(rows) if rule.topic == Topic.RELIGION)
    return {f"safety_rules-{place}-{name}": value for name, value in changed.items()}


@pytest.mark.slow
def test_words_that_stop_letters_of_a_published_case_wait_for_a_second_person():
    case = make_public()
    editor, other = signed_in("editor"), signed_in("safety")

    answer = save(editor, case, **rule_form(case, words="halleluja", stops="on"))

    assert waits(answer)
    assert not checks.blocking_problems("Halleluja!", case)
    (change,) = PendingChange.objects.all()
    decide(other, change)
    assert SafetyRule.objects.filter(stops=True, words=["halleluja"]).count() == 1
    save(editor, case, **rule_form(case, words="halleluja\npraise", stops="on"))
    assert SafetyRule.objects.get(stops=True).words == ["halleluja"]


@pytest.mark.slow
def test_a_word_that_stops_is_taken_out_by_one():
    case = make_public()
    case.safety_rules.filter(topic="religion").update(words=["halleluja", "praise"], stops=True)

    save(signed_in("editor"), case, **rule_form(case, words="praise", stops="on"))

    assert not PendingChange.objects.exists()
    assert case.safety_rules.filter(words=["praise"]).exists()


@pytest.mark.parametrize("word", ["a*", "th*", "x", "ра*", "自"])
def test_a_word_that_would_stop_nearly_every_text_is_refused(word):
    make_public()

    page = text(new_list(signed_in("moderator"), words=f"rotter\n{word}"))

    assert "is too short: it would stop nearly every text" in page
    assert not WordList.objects.exists()


@pytest.mark.slow
def test_a_word_that_stands_in_our_own_texts_is_refused_for_rules_and_lists():
    case = make_public()  # its model letter is about the pastures

    page = text(new_list(signed_in("moderator"), words="past*"))
    rule = save(signed_in("editor"), case, **rule_form(case, words="pastures", stops="on"))

    assert "would stop a text that we propose ourselves" in page
    assert "would stop a text that we propose ourselves" in text(rule)
    assert not PendingChange.objects.exists()


def test_a_word_that_only_warns_may_be_any():
    make_public()

    new_list(signed_in("moderator"), words="past*\na*", stops="")

    assert WordList.objects.get().words == ["past*", "a*"]


def test_a_list_that_stops_is_made_by_two():
    case = make_public()
    moderator, other = signed_in("moderator"), signed_in("safety")

    assert waits(new_list(moderator))
    row = WordList.objects.get()
    assert (row.stops, row.words) == (False, ["rotter"])
    assert "1 word list waits for a second person" in text(other.get("/admin/"))
    decide(moderator, PendingChange.objects.get())
    assert not WordList.objects.get().stops
    decide(other, PendingChange.objects.get())

    assert WordList.objects.get().stops
    assert case.is_open_to_readers


@pytest.mark.slow
def test_more_words_of_a_list_that_stops_wait_and_fewer_do_not():
    make_public()
    row = WordList.objects.create(
        kind=WordListKind.INSULT, language="en", words=["rotter", "cad"], stops=True
    )
    moderator = signed_in("moderator")

    save(moderator, row, words="rotter\ncad\nbounder")
    assert WordList.objects.get().words == ["rotter", "cad"]
    save(moderator, row, words="rotter")

    assert WordList.objects.get().words == ["rotter"]


def test_a_list_that_stops_is_moved_to_another_language_by_two():
    make_public()
    row = WordList.objects.create(kind="insult", language="de", words=["die"], stops=True)

    save(signed_in("moderator"), row, language="en")

    assert WordList.objects.get().language == "de"
    assert PendingChange.objects.get().after == {"language": "en"}


def test_a_page_of_what_waits_asks_as_often_for_three_as_for_one(django_assert_num_queries):
    case, client = make_public(), signed_in("safety")
    url = reverse("admin:cases_pendingchange_changelist")
    for number in range(3):
        row = target(case)
        row.postal = f"{number} New Street"
        second_look.hold_back(row, client.person)
        if number == 0:
            client.get(url)
            with CaptureQueriesContext(connection) as asked:
                client.get(url)
        case = make_public()

    with django_assert_num_queries(len(asked)):
        page = text(client.get(url))
    assert page.count("New Street") == page.count(f"Target: {row}") == 3


def test_before_any_case_is_public_lists_are_free():
    make_case(stage=Stage.DRAFT)

    new_list(signed_in("moderator"))

    assert WordList.objects.get().stops


def test_a_file_makes_no_rule_stop_alone_and_none_that_stops_all(tmp_path):
    words = CASE.replace('stage = "draft"', 'stage = "published"') + ALL_RULES
    folder = content(tmp_path, words)
    importing.load([folder])
    stopping = '[[rules]]\ntopic = "charges"\napplies_to = "appeal"\nanswer = "no"\nstops = true\n'
    new = words.replace(
        '[[rules]]\ntopic = "charges"\napplies_to = "appeal"\nanswer = "unknown"',
        stopping + 'words = ["halleluja"]',
    )

    importing.load([content(tmp_path, new)])
    assert not SafetyRule.objects.filter(stops=True).exists()
    assert PendingChange.objects.get().after["stops"] is True
    with pytest.raises(ContentError, match="is too short"):
        importing.load([content(tmp_path, new.replace("halleluja", "a*"))])
    with pytest.raises(ContentError, match="propose ourselves"):
        importing.load([content(tmp_path, new.replace("halleluja", "build"))])


def test_a_file_makes_no_list_stop_alone_once_a_case_is_public(tmp_path):
    folder = content(tmp_path, CASE)
    (folder / "words.toml").write_text(
        '[[lists]]\nkind = "insult"\nlanguage = "en"\nstops = true\nwords = ["rotter"]\n'
    )
    make_public()

    importing.load([folder])

    assert list(WordList.objects.values_list("stops", "words")) == [(False, ["rotter"])]
    decide(signed_in("moderator"), PendingChange.objects.get())
    assert WordList.objects.get().stops


def test_problems_of_words_are_told_once_each():
    assert stop_words.problems(["good", "a*"], ["A good text"]) == [
        "“good” would stop a text that we propose ourselves: “… a good text …”.",
        "“a*” is too short: it would stop nearly every text.",
    ]


@pytest.mark.slow
def test_a_list_of_what_waits_shows_nothing_of_which_the_role_knows_nothing():
    case = make_public()
    save(signed_in("editor"), case, **{"targets-0-postal": NEW})
    url = reverse("admin:cases_pendingchange_changelist")

    assert "Elsewhere" in text(signed_in("safety").get(url))
    assert "Elsewhere" not in text(signed_in("moderator").get(url))
    assert second_look.differences(PendingChange.objects.get())[0].after == NEW
    assert gate.problems(case) == []


@pytest.mark.slow
def test_the_words_of_a_list_that_begins_to_stop_are_shown_and_no_others_are_approved():
    make_public()
    one, other = signed_in("editor"), signed_in("editor")
    new_list(one, words="rotter")
    change = PendingChange.objects.get()
    assert "rotter" in text(other.get(reverse("admin:cases_pendingchange_changelist")))

    save(one, WordList.objects.get(), words="freedom")

    assert "It was changed in the meantime" in said(decide(other, change))[0]
    assert WordList.objects.get().stops is False


@pytest.mark.slow
def test_the_words_of_a_rule_that_begins_to_stop_are_shown_and_no_others_are_approved():
    case = make_public()
    rule = case.safety_rules.first()
    SafetyRule.objects.filter(pk=rule.pk).update(words=["rotter"], stops=False, answer=Answer.NO)
    one, other = signed_in("editor"), signed_in("editor")
    save(one, case, **of_rule(one, rule, stops="on"))
    change = PendingChange.objects.get()
    assert "rotter" in text(other.get(reverse("admin:cases_case_change", args=[case.pk])))
    assert [one.after for one in second_look.differences(change)] == ["yes", "rotter"]

    save(one, case, **of_rule(one, rule, words="freedom"))

    assert "It was changed in the meantime" in said(decide(other, change))[0]
    assert SafetyRule.objects.get(pk=rule.pk).stops is False


def of_rule(client, rule: SafetyRule, **fields) -> dict:
    """What the form of its case sends of the rule."""
    data = form_data(client.get(reverse("admin:cases_case_change", args=[rule.case_id])))
    keys = (name for name in data if name.startswith("safety_rules-") and name.endswith("-id"))
    key = next(name for name in keys if str(data[name]) == str(rule.pk))
    return {key.removesuffix("id") + name: value for name, value in fields.items()}
