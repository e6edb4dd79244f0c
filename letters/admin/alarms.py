"""Alarms: actions that came too fast. Staff let count what waits, or mark it as not valid."""

import datetime

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.pages import ExtraPagesMixin, extra_page
from cases.admin.readonly import ReadOnlyAdmin
from cases.admin.row_numbers import row_number
from cases.permissions import staff
from letters.admin.access_log import access_log_for
from letters.admin.filters import OptionsFilter
from letters.admin.forms import ExpectForm, SettleForm
from letters.admin.keyset import KeysetAdmin
from letters.admin.validity import judge
from letters.delivery import alarms, moderation
from letters.models import ActionKind, Alarm, Pace
from letters.statistics import surges


class AlarmStateFilter(OptionsFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    options = {
        "open": (gettext_lazy("open"), Alarm.objects.open),
        "settled": (gettext_lazy("settled"), lambda: Alarm.objects.exclude(settled_at=None)),
    }


@admin.register(Alarm)
class AlarmAdmin(ExtraPagesMixin, KeysetAdmin, ReadOnlyAdmin):
    change_list_template = "admin/letters/alarm/change_list.html"
    list_display = ["what", "raised_at", "number", "status", "settled_by", "settled_at"]
    list_filter = [AlarmStateFilter]
    empty_value_display = ""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("case", "settled_by")

    @admin.display(description=gettext_lazy("alarm"))
    def what(self, alarm: Alarm) -> str:
        return str(alarm)

    @admin.display(description=gettext_lazy("state"))
    def status(self, alarm: Alarm) -> str:
        if alarm.settled_at is None:
            return _("open")
        if alarm.is_genuine is None:
            return _("settled")
        return _("real people") if alarm.is_genuine else _("not real")

    # --- an alarm

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("letters.change_alarm")

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None):
        """What came, what waits, and what to do about it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = Alarm.objects.select_related("case", "settled_by")
        alarm = get_object_or_404(found, pk=row_number(object_id))
        waiting = alarms.waiting(alarm)
        number = (
            moderation.reviewable(waiting)[: moderation.MAX_ROWS_AT_ONCE + 1].count()
            if waiting is not None
            else 0
        )
        now = Pace.objects.filter(case=alarm.case_id, kind=alarm.kind).first()
        form = SettleForm(
            request.POST if request.method == "POST" else None, initial=_initial(alarm, now)
        )
        if alarm.case_id is None:
            del form.fields["raised_to"], form.fields["is_genuine"]
        if request.method == "POST":
            if not self.has_settle_permission(request):
                raise PermissionDenied
            if form.is_valid():
                self._settle(request, alarm, form)
                return redirect("admin:letters_alarm_change", alarm.pk)
        return self._page(
            request,
            "read",
            str(alarm),
            alarm=alarm,
            form=form,
            pace=now,
            ordinary=surges.ordinary_day(alarm.case_id, alarm.kind) if alarm.case_id else None,
            waiting=min(number, moderation.MAX_ROWS_AT_ONCE),
            has_more=number > moderation.MAX_ROWS_AT_ONCE,
            may_settle=self.has_settle_permission(request) and (alarm.settled_at is None or number),
            before=_before(alarm),
            access_log=access_log_for(alarm),
        )

    def _settle(self, request: HttpRequest, alarm: Alarm, form: SettleForm) -> None:
        """Settle it if it is open, and then do with what waits as was decided: by this person for
        an open one, by whoever settled it for the rest of it."""
        is_genuine = form.cleaned_data.get("is_genuine")
        reason = form.cleaned_data["reason"]
        raised_to = form.cleaned_data.get("raised_to", 0)
        if alarms.settle(alarm, is_genuine=is_genuine, by=staff(request), raised_to=raised_to):
            self.log_change(request, alarm, f"Settled. {reason}")
        else:
            alarm.refresh_from_db()
            messages.info(request, _("It is settled already: what still waits follows that."))
            is_genuine = alarm.is_genuine
        waiting = alarms.waiting(alarm)
        if waiting is not None:
            judge(request, waiting, "clear_review" if is_genuine else "invalidate", reason)

    @extra_page("expect/", permission="settle")
    def expect_view(self, request: HttpRequest) -> HttpResponse:
        """Many are expected, as on Human Rights Day: so many are no alarm."""
        initial = {"raised_to": 10 * surges.ALWAYS_A_DAY, "until": timezone.localdate()}
        form = ExpectForm(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid():
            wanted = form.cleaned_data
            alarms.expect(wanted["cases"], raised_to=wanted["raised_to"], until=wanted["until"])
            for case in wanted["cases"]:
                words = (
                    f"{wanted['raised_to']} a day are no alarm until {wanted['until']:%d.%m.%Y}."
                )
                self.log_change(request, case, words)
            messages.success(request, _("So many are no alarm for these cases."))
            return redirect("admin:letters_alarm_changelist")
        return self._page(request, "expect", _("Many are expected"), form=form)


def _initial(alarm: Alarm, now: Pace | None) -> dict:
    return {"raised_to": 5 * now.most_a_day} if now else {}


def _before(alarm: Alarm) -> str:
    """The page on which what had counted before the alarm can be taken out too."""
    if alarm.case_id is None or alarm.kind == ActionKind.SIGNATURE:
        return ""
    query = QueryDict(mutable=True)
    raised = timezone.localtime(alarm.raised_at)
    query.update(
        {
            "case": str(alarm.case_id),
            "kind": alarm.kind,
            "since": (raised - datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
            "until": (raised + datetime.timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M"),
            "act": "invalidate",
        }
    )
    name = alarms.MODELS[alarm.kind]._meta.model_name
    return f"{reverse(f'admin:letters_{name}_between')}?{query.urlencode()}"
