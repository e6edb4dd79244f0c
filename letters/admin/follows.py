"""How many want news of whom. Who they are is nobody's to see."""

from typing import NamedTuple

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from cases.admin.pages import ExtraPagesMixin
from cases.admin.readonly import ReadOnlyAdmin
from cases.models import Case
from letters.models import Follow
from letters.statistics.disclosure import SMALLEST_SHOWN


class Followed(NamedTuple):
    case: Case | None  # None: all good news
    number: int | None  # None: fewer than are told


@admin.register(Follow)
class FollowAdmin(ExtraPagesMixin, ReadOnlyAdmin):
    """One page of numbers, for those who may tell; no list, no rows."""

    permission = "letters.view_announcement"

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        title = _("How many people follow each case")
        return self._page(request, "numbers", title, followed=_followed(), fewest=SMALLEST_SHOWN)

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None):
        raise Http404

    def history_view(self, request: HttpRequest, object_id: str, extra_context=None):
        raise Http404


def _followed() -> list[Followed]:
    """The most followed first, then those of whom no number is told, by name."""
    rows = (
        Follow.objects.confirmed()
        .filter(edition=None)
        .order_by()
        .values_list("case")
        .annotate(number=Count("pk"))
    )
    numbers = dict(rows)
    cases = Case.objects.select_related("edition").in_bulk([key for key in numbers if key])
    followed = [
        Followed(cases.get(key), number if number >= SMALLEST_SHOWN else None)
        for key, number in numbers.items()
    ]
    return sorted(followed, key=lambda one: (-(one.number or 0), str(one.case or "")))
