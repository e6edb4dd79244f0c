"""The pages of a history: what changed, how it was, the way back, and what is removed for good."""

import hashlib

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin import removal, restore
from cases.admin.access_log import consent_access_log, log_access
from cases.admin.forms import RemoveWordsForm
from cases.admin.history import changed, entries, historical_models, records_of, values
from cases.admin.pages import ExtraPagesMixin, extra_page
from cases.models import Case, Consent, ModelLetter, Target
from cases.permissions import may_see, staff

ENTRIES_A_PAGE = 30
REMOVE = "cases.purge_history"
# What went when a part was deleted, and does not come back with it.
DELETED_ALONG = {
    ModelLetter: gettext_lazy(
        "Its points were deleted too and do not come back: add them again on the page of the "
        "letter."
    ),
    Target: gettext_lazy(
        "Its model letters were deleted too and do not come back with it: restore each of them "
        "afterwards."
    ),
}


class HistoryAdmin(ExtraPagesMixin):
    """For a model with a history.

    Whoever may see a row sees its history, but for parts and fields that are not theirs to see. An
    earlier version is restored by who may change the row or part today, and nobody else. Words are
    removed from earlier versions by who has `cases.purge_history`.
    """

    only_by_act: list[str] = []  # fields that a restore leaves as they are

    def history_view(self, request: HttpRequest, object_id: str, extra_context=None):
        thing = self._seen(request, object_id)
        page = Paginator(entries(thing, request.user), ENTRIES_A_PAGE).get_page(
            request.GET.get("page")
        )
        case = thing if isinstance(thing, Case) and may_see(request.user, Consent) else None
        if case and any(entry.model == "consent" for entry in page):
            log_access(request, case)
        return self._history_page(
            request,
            thing,
            "history",
            _("History of %(thing)s") % {"thing": thing},
            entries=page,
            access_log=consent_access_log(case) if case else None,
            may_remove=request.user.has_perm(REMOVE),
        )

    @extra_page("<int:pk>/history/<str:part>/<str:version>/")
    def version_view(self, request: HttpRequest, pk: int, part: str, version: str):
        """How the thing, or a part of it, was; what is different today; and the way back."""
        if request.method != "POST":
            thing, record = self._version(request, pk, part, version)
            is_letter = isinstance(thing, Case) and isinstance(record.instance, ModelLetter)
            if is_letter and Target.objects.filter(pk=record.target_id):  # changed on its page
                return redirect("admin:cases_target_version", record.target_id, part, version)
            return self._version_page(request, thing, record)
        with transaction.atomic():
            # Whoever saves or restores it at the same moment comes after.
            list(self.model.objects.select_for_update(no_key=True).filter(pk=pk))
            thing, record = self._version(request, pk, part, version)
            if not restore.may_restore(request, self, thing, record):
                raise PermissionDenied
            if request.POST.get("seen") != _newest(thing, record):
                message = _("It was changed since you opened this page: please compare again.")
                messages.warning(request, message)
                return self._version_page(request, thing, record)
            try:
                restored = restore.restore(request, self, thing, record)
            except restore.NotRestored as refused:
                return self._version_page(request, thing, record, errors=refused.errors)
        if restored is restore.Restored.DONE:
            messages.success(request, _("Restored: it is as it was then."))
        elif restored is restore.Restored.NOT_NEEDED:
            messages.info(request, _("It is already as it was then: nothing was changed."))
        return redirect(self._address("history", thing))

    @extra_page("<int:pk>/history/remove/")
    def remove_words_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks for the words, shows where they stand, and removes them when that is confirmed."""
        thing = self._seen(request, str(pk))
        if not request.user.has_perm(REMOVE):
            raise PermissionDenied
        whole = getattr(thing, "case", thing)
        if whole is not thing:  # a part: its words may stand in the other parts too
            return redirect("admin:cases_case_remove_words", whole.pk)
        form = RemoveWordsForm(request.POST if request.method == "POST" else None)
        found, now, shown = [], [], ""
        if form.is_valid():
            words, reason = form.cleaned_data["words"], form.cleaned_data["reason"]
            with transaction.atomic():
                list(self.model.objects.select_for_update(no_key=True).filter(pk=pk))
                now, found = removal.find_now(thing, words), removal.find(thing, words)
                consents = {Consent, Consent.history.model} & {type(one.row) for one in found + now}
                if consents and isinstance(thing, Case):
                    log_access(request, thing)
                # What is confirmed is what was shown: these words, in these places.
                shown = hashlib.sha256(f"{len(found)} {words}".encode()).hexdigest()
                if found and not now and request.POST.get("confirm") == shown:
                    number = removal.remove(thing, words, staff(request), reason)
                    done = _("Words removed from %(number)s earlier versions and notes: %(reason)s")
                    done %= {"number": number, "reason": reason}
                    self.log_change(request, thing, done)
                    messages.success(request, done)
                    return redirect(self._address("history", thing))
        title = _("Remove words from the history of %(thing)s") % {"thing": thing}
        return self._history_page(
            request, thing, "remove_words", title, form=form, found=found, now=now, shown=shown
        )

    # --- of use to these

    def _seen(self, request: HttpRequest, object_id: str) -> models.Model:
        """The row, if there is one that this person may see."""
        if not may_see(request.user, self.model):
            raise PermissionDenied
        thing = self.get_object(request, object_id)
        if thing is None:
            raise Http404
        return thing

    def _version(self, request: HttpRequest, pk: int, part: str, version: str) -> tuple:
        thing = self._seen(request, str(pk))
        model = historical_models(thing).get(part)
        if model is None or not version.isdecimal():
            raise Http404
        if model is not type(thing) and not may_see(request.user, model):
            raise PermissionDenied
        return thing, get_object_or_404(records_of(thing, model), pk=version)

    def _version_page(self, request: HttpRequest, thing, record, errors=()) -> HttpResponse:
        model, now = type(record.instance), restore.row_now(thing, record)
        if model is Consent:
            log_access(request, thing)
        stands = model.history.filter(id=now.pk).first() if now else None
        changes = changed(model, stands, record, request.user) if stands else []
        if model is type(thing):
            fields = [one for one in self.opts.fields if one.attname in self.only_by_act]
            stays = {str(one.verbose_name) for one in fields}
            changes = [change for change in changes if change.field not in stays]
        named = capfirst(model._meta.verbose_name)
        words = {"what": named, "when": restore.said_when(record)}
        return self._history_page(
            request,
            thing,
            "version",
            _("%(what)s as it was on %(when)s") % words,
            record=record,
            errors=errors,
            is_gone=now is None,
            deleted_along=DELETED_ALONG.get(model, ""),
            changes=changes,
            values={
                name: value for name, value in values(model, record, request.user).items() if value
            },
            is_marked=removal.is_marked(list(values(model, record, request.user).values())),
            may_restore=restore.may_restore(request, self, thing, record),
            seen=_newest(thing, record),
        )

    def _history_page(self, request: HttpRequest, thing, name: str, title: str, **context):
        context |= {
            "thing": thing,
            "change_url": self._address("change", thing),
            "history_url": self._address("history", thing),
            "remove_url": self._address("remove_words", thing),
            "version_name": f"admin:{self.opts.app_label}_{self.opts.model_name}_version",
        }
        return self._page(request, f"history/{name}", title, **context)

    def _address(self, page: str, thing: models.Model) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name, args=[thing.pk])


def _newest(thing: models.Model, record) -> str:
    """The version that stands today, by its number."""
    now = restore.row_now(thing, record)
    rows = type(record.instance).history.filter(id=now.pk if now else record.id)
    return str(rows.order_by("-history_id").values_list("pk", flat=True).first())
