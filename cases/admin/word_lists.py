"""Insults and threats that no letter of any case should have, a list a language."""

from __future__ import annotations

from django.contrib import admin
from django.core.validators import RegexValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.admin.histories import HistoryAdmin
from cases.admin.inlines import RoomyMixin
from cases.countries import language_name
from cases.models import WordList

LANGUAGE_CODE = RegexValidator(
    r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", _("Write the code of a language: en, es, fr …")
)


@admin.register(WordList)
class WordListAdmin(RoomyMixin, HistoryAdmin):
    list_display = ["kind", "in_language", "number", "stopping"]
    list_display_links = ["kind", "in_language"]
    sortable_by = []
    fields = [("kind", "language"), "stops", "words"]
    rows = {"words": 28}

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "language":
            field.validators.append(LANGUAGE_CODE)
        return field

    @admin.display(description=_("language"), ordering="language")
    def in_language(self, words: WordList) -> str:
        return language_name(words.language, get_language() or "en")

    @admin.display(description=_("words"))
    def number(self, words: WordList) -> int:
        return len(words.words)

    @admin.display(description=_("stops the letter"))
    def stopping(self, words: WordList) -> str:
        return _("yes") if words.stops else _("no")
