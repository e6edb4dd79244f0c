"""Taking letters and posts out of the count, one or many, and putting them back if that was wrong.

For a ModelAdmin of either. What is chosen stands in the address, what is done comes by POST.
"""

import datetime

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.admin.pages import ExtraPagesMixin, extra_page
from cases.admin.row_numbers import row_number
from cases.permissions import staff
from letters.admin.forms import BetweenForm, JudgeForm
from letters.delivery import moderation

ACTS = {
    "invalidate": moderation.invalidate,
    "revalidate": moderation.revalidate,
    "clear_review": moderation.clear_review,
}


class MomentFilter(admin.SimpleListFilter):
    """When it was sent to us, as finely as a wave of forged ones comes."""

    title = gettext_lazy("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [
            ("hour", _("this hour")),
            ("hour-before", _("the hour before")),
            ("day", _("today")),
            ("day-before", _("yesterday")),
            ("week", _("in the last seven days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        now = timezone.localtime()
        hour = now.replace(minute=0, second=0, microsecond=0)
        day = hour.replace(hour=0)
        one_hour, one_day = datetime.timedelta(hours=1), datetime.timedelta(days=1)
        spans = {
            "hour": (hour, hour + one_hour),
            "hour-before": (hour - one_hour, hour),
            "day": (day, day + one_day),
            "day-before": (day - one_day, day),
            "week": (day - 7 * one_day, day + one_day),
        }
        if span := spans.get(self.value() or ""):
            return queryset.filter(created_at__gte=span[0], created_at__lt=span[1])
        return queryset


def judge(request: HttpRequest, rows: QuerySet, act: str, reason: str) -> list[int]:
    """Do it, log it at each row with who and why, and return the keys of those that changed."""
    done = ACTS[act](rows)
    log = {
        "invalidate": "Not valid, taken out of the count.",
        "revalidate": "Valid after all.",
        "clear_review": "Reviewed: it counts.",
    }[act]
    LogEntry.objects.log_actions(
        staff(request).pk,
        rows.model.objects.filter(pk__in=done).only("pk", *_naming(rows.model)),
        CHANGE,
        f"{log} {reason}".strip(),
    )
    message = {
        "invalidate": ngettext(
            "%(number)s was taken out of the count.",
            "%(number)s were taken out of the count.",
            len(done),
        ),
        "revalidate": ngettext(
            "%(number)s is valid again.", "%(number)s are valid again.", len(done)
        ),
        "clear_review": ngettext(
            "%(number)s no longer needs review.", "%(number)s no longer need review.", len(done)
        ),
    }[act]
    messages.success(request, message % {"number": len(done)})
    return done


class JudgedMixin(ExtraPagesMixin):
    """Actions for what is ticked in the list. What is judged are those rows, or what is theirs."""

    def judged(self, chosen: QuerySet) -> QuerySet:
        """The letters or posts that the rows of the list stand for."""
        return chosen

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("letters.moderate_letter")

    @admin.action(description=gettext_lazy("Not valid: take it out…"), permissions=["moderate"])
    def invalidate(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._to_judge(queryset, "invalidate")

    @admin.action(description=gettext_lazy("Valid after all…"), permissions=["moderate"])
    def revalidate(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._to_judge(queryset, "revalidate")

    def _to_judge(self, queryset: QuerySet, act: str) -> HttpResponse:
        keys = "&".join(f"row={pk}" for pk in queryset.values_list("pk", flat=True))
        url = reverse(f"admin:letters_{self.opts.model_name}_judge")
        return redirect(f"{url}?act={act}&{keys}")

    @extra_page("judge/", permission="moderate")
    def judge_view(self, request: HttpRequest) -> HttpResponse:
        """Those that were ticked: why they are not valid, or are after all."""
        keys = filter(None, (row_number(key) for key in request.GET.getlist("row")[:100]))
        act = request.GET.get("act")
        chosen = self.model.objects.filter(pk__in=list(keys))
        if act not in ("invalidate", "revalidate") or not chosen:
            return self._to_list()
        form = JudgeForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            self.judge(request, self.judged(chosen), act, form.cleaned_data["reason"])
            return self._to_list()
        named = chosen.select_related("case").only("pk", "case__display_name", *_naming(self.model))
        return self._validity_page(request, form=form, act=act, chosen=named)

    def judge(self, request: HttpRequest, rows: QuerySet, act: str, reason: str) -> list[int]:
        return judge(request, rows, act, reason)

    def _to_list(self) -> HttpResponse:
        return redirect(f"admin:letters_{self.opts.model_name}_changelist")

    def _validity_page(self, request: HttpRequest, **context) -> HttpResponse:
        title = _("What counts of the %(things)s") % {"things": self.opts.verbose_name_plural}
        return self._page(request, "letters/validity", title, **context)


class ValidityMixin(JudgedMixin):
    """For letters or posts themselves: with a page for all of a case between two times too."""

    @extra_page("between/", permission="moderate")
    def between_view(self, request: HttpRequest) -> HttpResponse:
        """All of a case between two times: how many, and then why."""
        asked = BetweenForm(request.GET if "case" in request.GET else None, model=self.model)
        context: dict[str, object] = {"asked": asked, "form": JudgeForm()}
        if asked.is_valid():
            act, rows = asked.cleaned_data["act"], asked.rows()
            if request.method == "POST":
                context["form"] = form = JudgeForm(request.POST)
                if form.is_valid():
                    self.judge(request, rows, act, form.cleaned_data["reason"])
                    return redirect(request.get_full_path())
            found = _those(rows, act)[: moderation.MAX_ROWS_AT_ONCE + 1].count()
            context |= {
                "act": act,
                "found": min(found, moderation.MAX_ROWS_AT_ONCE),
                "has_more": found > moderation.MAX_ROWS_AT_ONCE,
            }
        return self._validity_page(request, **context)


def _naming(model: type[Model]) -> list[str]:
    """The fields that the name of a row is made of."""
    return [field.name for field in model._meta.fields if field.name in ("kind", "number")]


def _those(rows: QuerySet, act: str) -> QuerySet:
    """Of the rows, those that the act would change."""
    match act:
        case "invalidate":
            return moderation.may_be_invalidated(rows)
        case "revalidate":
            return rows.exclude(invalid_on=None)
    return moderation.reviewable(rows)
