"""Staff change what mails say, look at it, and go back to the original."""

import threading

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.db import connection, transaction
from django.urls import reverse

from letters.mail import messages, outbox, writing
from letters.mail.texts import TEXTS
from letters.models import Letter, MailText, MailTextKind
from letters.models.email_spelling import email_hash
from tests.factories import make_case_to_write_for, make_letter
from tests.letters.mail.reading import unwrapped
from tests.staff import form_data, give_roles, said, signed_in, text

pytestmark = pytest.mark.django_db

SUBJECT = "{organisation}: here it is"
BODY = "Dear friend, this is the way to {what}:\n\n{link}"


def add_url(kind: str = "letter-link", language: str = "en") -> str:
    return reverse("admin:letters_mailtext_add") + f"?kind={kind}&language={language}"


def change_url(row: MailText) -> str:
    return reverse("admin:letters_mailtext_change", args=[row.pk])


def preview_url(kind: str = "letter-link", language: str = "en") -> str:
    return reverse("admin:letters_mailtext_preview", args=[kind, language])


def mailed(language: str = "en") -> tuple[str, str]:
    """Subject and body of the mail with the link to a letter."""
    address = f"sam-{Letter.objects.count()}@example.org"
    letter = make_letter(
        make_case_to_write_for(display_name="Ana Test"),
        email=address,
        email_hash=email_hash(address),
        page_language=language,
    )
    messages.queue_letter_link(letter)
    outbox.send_due()
    return mail.outbox[-1].subject, unwrapped(mail.outbox[-1].body)


@pytest.fixture
def editor():
    give_roles()
    return signed_in("editor", email="ed@example.org")


def errors_beside(response) -> dict[str, list[str]]:
    return response.context["adminform"].form.errors


def test_the_list_has_every_text_in_every_language(editor):
    row = MailText.objects.create(kind="letter-link", language="fr", subject=SUBJECT, body=BODY)

    page = text(editor.get(reverse("admin:letters_mailtext_changelist")))

    assert page.count(reverse("admin:letters_mailtext_add")) == 2 * len(TEXTS) - 1
    assert page.count(change_url(row)) == 1


def test_a_text_is_changed_in_one_language_and_mails_say_it(editor):
    before = mailed()
    french = mailed("fr")
    form = form_data(editor.get(add_url()))
    assert form["subject"] == "{organisation}: your link ({about})"

    editor.post(add_url(), form | {"subject": SUBJECT, "body": BODY.replace("\n", "\r\n")})

    subject, body = mailed()
    assert subject == "Write for Rights: here it is"
    assert "Dear friend, this is the way to your letter for Ana Test:\n\nhttp://" in body
    assert body.split("\n\n")[0] == before[1].split("\n\n")[0]
    assert mailed("fr")[0] == french[0]


def test_each_text_has_a_name_for_staff_which_its_history_tells(editor):
    editor.post(add_url(), form_data(editor.get(add_url())) | {"subject": SUBJECT, "body": BODY})
    row = MailText.objects.get()
    name = "Private link to a letter or message (English)"

    history = text(editor.get(reverse("admin:letters_mailtext_history", args=[row.pk])))

    assert f"History of {name}" in history
    assert "letter-link" not in history
    assert name in text(editor.get(reverse("admin:letters_mailtext_delete", args=[row.pk])))
    assert LogEntry.objects.get().object_repr == name
    assert set(MailTextKind.values) == set(TEXTS)


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"body": "Here it is: {linc}"}, "body", "{linc} can’t be filled in here."),
        ({"body": "Here is {what}."}, "body", "{link} is missing"),
        ({"body": BODY + " { what }"}, "body", "There is a single brace."),
        ({"body": BODY + " {what.case}"}, "body", "There is a single brace."),
        ({"body": ""}, "body", "This field is required."),
        ({"subject": "For {what} from {organisation}"}, "subject", "{what} can’t be filled in"),
        ({"subject": "Your link"}, "subject", "{organisation} is missing"),
        ({"subject": ""}, "subject", "This field is required."),
        ({"subject": "{organisation}: hi\nBcc: x@example.org"}, "subject", "has to be one line"),
        ({"subject": "{organisation}:\thi"}, "subject", "has to be one line"),
        ({"subject": "{organisation}:\u2028hi"}, "subject", "has to be one line"),
    ],
)
@pytest.mark.parametrize("is_new", [True, False])
def test_what_would_not_work_is_refused_beside_its_field(editor, is_new, typed, field, sentence):
    url = add_url()
    if not is_new:
        row = MailText.objects.create(kind="letter-link", language="en", subject=SUBJECT, body=BODY)
        url = change_url(row)
    form = form_data(editor.get(url)) | {"subject": SUBJECT, "body": BODY} | typed

    response = editor.post(url, form)

    errors = errors_beside(response)
    assert set(errors) == {field}
    assert str(errors[field]).replace("&#x27;", "'").find(sentence) > 0
    assert response.context["adminform"].form["body"].value() == form["body"]
    assert not MailText.objects.exclude(subject=SUBJECT, body=BODY).exists()


def test_an_opening_has_no_subject(editor):
    page = editor.get(add_url("opening-typed"))
    assert "subject" not in form_data(page)

    editor.post(add_url("opening-typed"), form_data(page) | {"body": "Dear friend of {site},"})

    assert mailed()[1].startswith("Dear friend of testserver,\n\nThis is the private link")


def test_two_who_change_the_same_original_do_not_overwrite_each_other(editor):
    form = form_data(editor.get(add_url())) | {"subject": SUBJECT, "body": BODY}
    editor.post(add_url(), form)

    late = editor.post(add_url(), form | {"body": "Mine: {link}"})

    assert "Somebody else has just changed this text." in str(errors_beside(late)["body"])
    assert MailText.objects.get().body == BODY
    again = editor.get(add_url())
    assert again.url == change_url(MailText.objects.get())


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_who_saves_the_same_original_in_the_same_instant_keeps_what_was_typed(editor):
    form = form_data(editor.get(add_url())) | {"subject": SUBJECT, "body": "Mine: {link}"}
    answers = []

    def save():
        answers.append(editor.post(add_url(), form))
        connection.close()

    saving = threading.Thread(target=save)
    with transaction.atomic():
        MailText.objects.create(kind="letter-link", language="en", subject=SUBJECT, body=BODY)
        saving.start()
        saving.join(1)
    saving.join()

    [late] = answers
    assert "Somebody else has just changed this text." in str(errors_beside(late)["body"])
    assert form_data(late)["body"] == form["body"]
    assert MailText.objects.get().body == BODY


@pytest.mark.parametrize("query", ["", "?kind=nothing&language=en", "?kind=end&language=xx"])
def test_there_is_nothing_to_add_but_what_mails_are_made_of(editor, query):
    response = editor.get(reverse("admin:letters_mailtext_add") + query)

    assert response.url == reverse("admin:letters_mailtext_changelist")
    assert editor.post(preview_url("nothing")).status_code == 404


def test_the_preview_shows_the_mail_in_short_lines_and_saves_nothing(editor):
    long = "This is a sentence that is long enough to be broken at the end of a line, and more. "

    page = text(editor.post(preview_url(), {"subject": SUBJECT, "body": long + "{what} {link}"}))

    assert "Write for Rights: here it is" in page
    assert "This is a sentence that is long enough to be broken at the end of a \n" in page
    assert "your letter for Ana Example" in page
    assert "With a private link you can" in page
    assert not MailText.objects.exists()


PROMISE = "your pledge to write for Ana Example"


@pytest.mark.parametrize(
    ("kind", "example", "said_in_mail"),
    [
        ("pledge-link", PROMISE, f"the private link to {PROMISE}:"),
        ("pledge-answered", PROMISE, f"a look at {PROMISE}."),
        ("remind-half", PROMISE, f"Half of the time for {PROMISE} is over"),
        ("remind-last", PROMISE, f"There is still time for {PROMISE}:"),
        ("remind-after", PROMISE, f"You wanted to keep {PROMISE} by"),
        ("letter-rejected", "30", "erased after 30 days."),
        ("data-link", "7", "works for 7 days"),
        ("year", "90", "erased 90 days after you sent it"),
        ("news-bad", "Ana Example is in prison again", "Ana Example is in prison again"),
        ("letter-link", "your letter for Ana Example", "link to your letter for Ana Example:"),
    ],
)
def test_the_examples_of_a_text_are_of_what_it_tells(editor, kind, example, said_in_mail):
    page = editor.get(add_url(kind))

    shown = text(editor.post(preview_url(kind), form_data(page)))

    assert f"For example: {example}" in text(page)
    assert said_in_mail in unwrapped(shown)


def test_the_preview_of_a_text_that_would_not_work_says_why(editor):
    page = text(editor.post(preview_url(), {"subject": SUBJECT, "body": "Nothing"}))

    assert "{link} is missing" in page
    assert "Send it to" not in page


def test_a_test_goes_to_ones_own_address_and_nowhere_else(editor):
    form = {"subject": SUBJECT, "body": BODY, "act": "send", "to": "pat@example.org"}

    response = editor.post(preview_url(language="fr"), form)

    [sent] = mail.outbox
    assert sent.to == ["ed@example.org"]
    assert sent.subject == "Test: Write for Rights: here it is"
    assert "votre lettre pour Ana Exemple" in unwrapped(sent.body)
    assert sent.extra_headers["Content-Language"] == "fr"
    assert said(response) == ["It is on its way to you."]
    assert not MailText.objects.exists()


def test_whoever_has_no_address_is_told_so():
    editor = signed_in("editor", email="")

    page = editor.post(preview_url(), {"subject": SUBJECT, "body": BODY, "act": "send"})

    assert mail.outbox == []
    assert "Your account has no e-mail address" in text(page)


def test_a_mail_server_that_is_down_is_told(editor, settings):
    settings.EMAIL_BACKEND = "tests.letters.mail.test_outbox.Refusing"

    response = editor.post(preview_url(), {"subject": SUBJECT, "body": BODY, "act": "send"})

    assert said(response) == ["The mail server did not take it. Try again later."]


def test_the_original_is_used_again_with_one_button(editor):
    row = MailText.objects.create(kind="letter-link", language="en", subject=SUBJECT, body=BODY)
    delete = reverse("admin:letters_mailtext_delete", args=[row.pk])
    assert delete in text(editor.get(change_url(row)))
    assert "mails have the original text again" in text(editor.get(delete))

    response = editor.post(delete, {"post": "yes"}, follow=True)

    assert said(response) == ["Mails have the original text again."]
    assert mailed()[0] == "Write for Rights: your link (Ana Test)"


def test_a_text_that_can_no_longer_be_filled_in_is_not_sent(editor):
    """A later version of the site may have other words to fill in."""
    MailText.objects.create(kind="letter-link", language="en", subject=SUBJECT, body="{gone}")

    assert mailed()[0] == "Write for Rights: your link (Ana Test)"
    page = text(editor.get(reverse("admin:letters_mailtext_changelist")))
    assert page.count("It has to be looked at") == 1


def test_a_subject_of_two_lines_that_is_stored_already_stops_no_mail(editor):
    MailText.objects.create(
        kind="letter-link",
        language="en",
        subject="{organisation}: hi\nBcc: x@example.org",
        body=BODY,
    )

    assert mailed()[0] == "Write for Rights: your link (Ana Test)"


def test_an_earlier_version_is_restored(editor):
    form = form_data(editor.get(add_url())) | {"subject": SUBJECT, "body": BODY}
    editor.post(add_url(), form)
    row = MailText.objects.get()
    editor.post(change_url(row), form_data(editor.get(change_url(row))) | {"body": "Ah: {link}"})
    first = row.history.earliest()
    version = reverse("admin:letters_mailtext_version", args=[row.pk, "mailtext", first.pk])

    seen = editor.get(version).context["seen"]
    editor.post(version, {"seen": seen})

    assert MailText.objects.get().body == BODY


def test_the_safety_role_reads_and_changes_nothing():
    row = MailText.objects.create(kind="letter-link", language="en", subject=SUBJECT, body=BODY)
    safety = signed_in("safety")

    page = text(safety.get(change_url(row)))

    assert "Dear friend" in page
    assert "See it as it is sent" not in page
    assert safety.post(preview_url(), {"subject": SUBJECT, "body": BODY}).status_code == 403


def test_one_query_reads_all_texts_of_a_mail(django_assert_num_queries):
    with django_assert_num_queries(1):
        writing.current(TEXTS)
