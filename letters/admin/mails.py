"""The outbox, without its addresses and words: what waits, what was sent, what could not be."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.admin.readonly import ReadOnlyAdmin
from letters.admin.keyset import KeysetAdmin
from letters.models import OutgoingMail

UNSEEN = ["to", "subject", "body", "unsubscribe_url"]


class MailStateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [
            ("waiting", _("waiting")),
            ("held-up", _("waiting for the next hour")),
            ("sent", _("sent")),
            ("given-up", _("given up")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "waiting":
                return queryset & OutgoingMail.objects.waiting()
            case "held-up":
                return queryset & OutgoingMail.objects.held_up()
            case "sent":
                return queryset.exclude(sent_at=None)
            case "given-up":
                return queryset.exclude(given_up_at=None)
        return queryset


@admin.register(OutgoingMail)
class OutgoingMailAdmin(KeysetAdmin, ReadOnlyAdmin):
    list_display = ["about", "kind", "status", "attempts", "created_at", "not_before", "sent_at"]
    list_filter = [MailStateFilter, "kind"]
    readonly_fields = [
        *("about", "kind", "status", "attempts", "created_at", "not_before", "sent_at"),
        *("given_up_at", "language"),
    ]
    fields = [*readonly_fields]
    actions = ["send_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer(*UNSEEN)

    @admin.display(description=gettext_lazy("state"))
    def status(self, mail: OutgoingMail) -> str:
        if mail.sent_at:
            return _("sent")
        return _("given up") if mail.given_up_at else _("waiting")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("letters.change_outgoingmail")

    @admin.action(description=gettext_lazy("Send again what was given up"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet) -> None:
        keys = queryset.exclude(given_up_at=None).filter(sent_at=None).values("pk")
        number = OutgoingMail.objects.filter(pk__in=list(keys.values_list("pk", flat=True))).update(
            given_up_at=None, attempts=0, batch=None, not_before=timezone.now()
        )
        message = ngettext(
            "%(number)s mail is tried again.", "%(number)s mails are tried again.", number
        )
        messages.success(request, message % {"number": number})
