"""The texts of mails, in each language: the original, or as staff changed it."""

from __future__ import annotations

import logging
from typing import NamedTuple

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from cases.admin.history_admin import HistoryAdmin
from cases.admin.inlines import BesideFieldForm, WideFieldsMixin
from cases.admin.pages import extra_page
from cases.admin.versions import VersionCheckMixin
from cases.countries import language_name
from cases.permissions import staff
from letters.mail import texts, writing
from letters.mail.texts import TEXTS, TOKENS, Words
from letters.models import MailText, MailTextKind
from letters.privacy import throttle

logger = logging.getLogger(__name__)

LANGUAGES = [language for language, _name in settings.LANGUAGES]
TESTS_AN_HOUR = 60  # of one person


class MailTextForm(BesideFieldForm):
    """`of` is the kind and language of one that is new."""

    of: tuple[str, str] | None = None

    class Meta:
        model = MailText
        fields = ["subject", "body"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.of:
            self.instance.kind, self.instance.language = self.of
        if "subject" in self.fields:
            self.fields["subject"].required = True

    def clean(self) -> None:
        super().clean()
        row = self.instance
        others = MailText.objects.filter(kind=row.kind, language=row.language)
        if others.exclude(pk=row.pk).exists():
            self.add_error(
                "body", _("Somebody else has just changed this text. Look at theirs in the list.")
            )
        for field, sentences in texts.problems(row.kind, _words(self)).items():
            for sentence in sentences if field in self.cleaned_data else []:
                self.add_error(field, sentence)


def _words(form: forms.ModelForm) -> Words:
    return Words(form.cleaned_data.get("subject", ""), form.cleaned_data.get("body", ""))


class Entry(NamedTuple):
    """A text in one language, as it stands in the list."""

    language: str
    url: str
    is_changed: bool
    is_unusable: bool


@admin.register(MailText)
class MailTextAdmin(VersionCheckMixin, WideFieldsMixin, HistoryAdmin):
    form = MailTextForm
    rows = {"body": 22}

    # --- the list: every text, whether it was changed or not

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            return super().changelist_view(request, extra_context)
        rows = {(row.kind, row.language): row for row in MailText.objects.all()}
        listed = [
            (
                MailTextKind(kind).label,
                [self._entry(kind, each, rows.get((kind, each))) for each in LANGUAGES],
            )
            for kind in TEXTS
        ]
        names = [_language_name(language) for language in LANGUAGES]
        title = str(self.opts.verbose_name_plural).capitalize()
        return self._page(request, "list", title, texts=listed, languages=names)

    def _entry(self, kind: str, language: str, row: MailText | None) -> Entry:
        if row is None:
            return Entry(language, self._add_url(kind, language), False, False)
        problems = texts.problems(kind, Words(row.subject, row.body))
        return Entry(language, self._address("change", row), True, any(problems.values()))

    def _add_url(self, kind: str, language: str) -> str:
        return f"{reverse('admin:letters_mailtext_add')}?kind={kind}&language={language}"

    # --- the form

    def add_view(self, request: HttpRequest, form_url="", extra_context=None) -> HttpResponse:
        """Of a text that nobody has changed: it begins with its original words."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if not (of := _asked_for(request)):
            return redirect("admin:letters_mailtext_changelist")
        row = MailText.objects.filter(kind=of[0], language=of[1]).first()
        if row and request.method != "POST":
            return redirect("admin:letters_mailtext_change", row.pk)
        try:
            return super().add_view(request, form_url, extra_context)
        except IntegrityError:  # somebody else saved it in the same instant: its form says so now
            return super().add_view(request, form_url, extra_context)

    def get_form(self, request, obj=None, change=False, **kwargs) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
        return form if obj else type("NewMailTextForm", (form,), {"of": _asked_for(request)})

    def get_fields(self, request: HttpRequest, obj: MailText | None = None) -> list:
        kind = obj.kind if obj else request.GET.get("kind")
        has_subject = kind not in TEXTS or bool(TEXTS[kind].subject)
        return ["subject", "body"] if has_subject else ["body"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict:
        if not (of := _asked_for(request)):
            return {}
        with override(of[1]):
            return texts.shipped(of[0])._asdict()

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        of = (obj.kind, obj.language) if obj else context["adminform"].form.of
        kind, language = of
        with override(language):
            shipped = texts.shipped(kind)
        text = TEXTS[kind]
        context |= {
            "title": str(MailText(kind=kind, language=language)),
            "subtitle": None,
            "show_delete": False,  # a button that says what it does stands beside the preview
            "show_save_and_add_another": False,
            "of": {"kind": kind, "language": language},
            "shipped": shipped,
            "tokens": [(token, TOKENS[token], text.example(token)) for token in text.allowed],
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    # --- how it looks

    @extra_page("<slug:kind>/<slug:language>/preview/", permission="change", methods=("POST",))
    def preview_view(self, request: HttpRequest, kind: str, language: str) -> HttpResponse:
        """The mail with what was typed, which need not be saved; a button sends it to oneself."""
        if not _is_text(kind, language):
            raise Http404
        row = MailText.objects.filter(kind=kind, language=language).first()
        row = row or MailText(kind=kind, language=language)
        form = self.get_form(request, row, change=True)(request.POST, instance=row)
        mail = None
        if form.is_valid():
            with override(language):
                mail = writing.example(kind, _words(form))
            if request.POST.get("act") == "send":
                _send_test(request, mail, language)
        return self._page(
            request,
            "preview",
            _("As it is sent: %(text)s") % {"text": row},
            form=form,
            mail=mail,
            language=language,
            address=staff(request).email,
        )

    # --- the original text, again

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        messages.success(request, _("Mails have the original text again."))
        return redirect("admin:letters_mailtext_changelist")


def _asked_for(request: HttpRequest) -> tuple[str, str] | None:
    """The text and language in the address, if there is such a text."""
    of = request.GET.get("kind", ""), request.GET.get("language", "")
    return of if _is_text(*of) else None


def _is_text(kind: str, language: str) -> bool:
    return kind in TEXTS and language in LANGUAGES


def _language_name(language: str) -> str:
    return language_name(language, get_language() or "en")


def _send_test(request: HttpRequest, mail: Words, language: str) -> None:
    """To the address in one's own account, and at once: it says what failed."""
    person = staff(request)
    if not person.email:
        messages.warning(request, _("Your account has no e-mail address to send it to."))
        return
    headers = {"Auto-Submitted": "auto-generated", "Content-Language": language}
    subject = _("Test: %(subject)s") % {"subject": mail.subject}
    try:
        throttle.take(f"test-mail|{person.pk}", most=TESTS_AN_HOUR, every=throttle.HOUR)
        EmailMessage(subject, mail.body, to=[person.email], headers=headers).send()
    except throttle.TooOften:
        messages.warning(request, _("You have sent many tests in the last hour. Try again later."))
    except OSError as error:
        logger.warning("A test mail was not sent: %s", type(error).__name__)
        messages.error(request, _("The mail server did not take it. Try again later."))
    else:
        messages.success(request, _("It is on its way to you."))
