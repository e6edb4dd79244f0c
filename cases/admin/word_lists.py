"""Insults and threats that no letter of any case should have, a list a language."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases import stop_words
from cases.admin import second_looks
from cases.admin.history_admin import HistoryAdmin
from cases.admin.inlines import BesideFieldForm, WideFieldsMixin
from cases.admin.versions import VersionCheckMixin
from cases.countries import language_name
from cases.models import WordList
from cases.permissions import staff
from cases.publishing import second_look


class WordListForm(BesideFieldForm):
    class Meta:
        model = WordList
        fields = ["kind", "language", "stops", "words"]

    def clean(self) -> None:
        super().clean()
        cleaned = self.cleaned_data
        if cleaned.get("stops"):
            asked = WordList(language=cleaned.get("language") or "")
            for sentence in stop_words.problems(
                cleaned.get("words") or [], stop_words.our_texts(asked)
            ):
                self.add_error("words", sentence)


@admin.register(WordList)
class WordListAdmin(VersionCheckMixin, WideFieldsMixin, HistoryAdmin):
    list_display = ["kind", "in_language", "number", "stopping"]
    list_display_links = ["kind", "in_language"]
    sortable_by = []
    fields = [("kind", "language"), "stops", "words"]
    rows = {"words": 28}
    form = WordListForm

    def save_model(self, request: HttpRequest, obj: WordList, form, change: bool) -> None:
        if second_look.hold_back(obj, staff(request)):
            second_looks.say_that_it_waits(request, WordList)
        super().save_model(request, obj, form, change)

    @admin.display(description=_("language"), ordering="language")
    def in_language(self, words: WordList) -> str:
        return language_name(words.language, get_language() or "en")

    @admin.display(description=_("words"))
    def number(self, words: WordList) -> int:
        return len(words.words)

    @admin.display(description=_("stops the letter"))
    def stopping(self, words: WordList) -> str | Promise:
        return _("yes") if words.stops else _("no")
