"""The outbox, without its addresses and words: what waits, what was sent, what could not be."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.admin.readonly import ReadOnlyAdmin
from letters.admin.filters import OptionsFilter
from letters.admin.keyset import KeysetAdmin
from letters.models import OutgoingMail

UNSEEN = ["to", "subject", "body", "unsubscribe_url"]


class MailStateFilter(OptionsFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    options = {
        "waiting": (gettext_lazy("waiting"), OutgoingMail.objects.waiting),
        "held-up": (gettext_lazy("waiting for the next hour"), OutgoingMail.objects.held_up),
        "sent": (gettext_lazy("sent"), lambda: OutgoingMail.objects.exclude(sent_at=None)),
        "given-up": (
            gettext_lazy("given up"),
            lambda: OutgoingMail.objects.exclude(given_up_at=None),
        ),
    }


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
