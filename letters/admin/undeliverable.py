"""How many mails came back, day by day and by mail provider; no addresses."""

import datetime

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.admin.pages import ExtraPagesMixin
from cases.admin.readonly import ReadOnlyAdmin
from letters.models import BounceKind, Undeliverable

DAYS = 30


@admin.register(Undeliverable)
class UndeliverableAdmin(ExtraPagesMixin, ReadOnlyAdmin):
    permission = "letters.view_outgoingmail"

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        since = timezone.localdate() - datetime.timedelta(days=DAYS)
        of_kind = {kind.value: Count("pk", filter=Q(kind=kind)) for kind in BounceKind}
        rows = Undeliverable.objects.filter(last_on__gt=since)
        return self._page(
            request,
            "numbers",
            _("Mails that came back"),
            days=rows.values("last_on").annotate(**of_kind).order_by("-last_on"),
            domains=rows.values("domain")
            .annotate(number=Count("pk"), **of_kind)
            .order_by("-number", "domain"),
            number_of_days=DAYS,
            stopped=Undeliverable.objects.stopped().count(),
        )

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None):
        raise Http404
