"""What was promised, without who promised it, and what was written by hand for it."""

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.readonly import ReadOnlyAdmin
from cases.countries import country_name
from cases.models import Case
from letters.actions import pledges as pledge_actions
from letters.admin.filters import OptionsFilter, VisibleCaseFilter
from letters.admin.keyset import KeysetAdmin
from letters.admin.validity import JudgedMixin, MomentFilter
from letters.models import Letter, Pledge
from letters.models.letters import LetterQuerySet
from letters.statistics.disclosure import SMALLEST_SHOWN

UNSEEN = ["key", "name", "group", "email"]


class ByHandFilter(OptionsFilter):
    title = gettext_lazy("written by hand")
    parameter_name = "by-hand"
    options = {"waiting": (gettext_lazy("waits for a look"), Pledge.objects.needing_review)}


@admin.register(Pledge)
class PledgeAdmin(JudgedMixin, KeysetAdmin, ReadOnlyAdmin):
    readonly_fields = [
        "number",
        "counted",
        "waiting",
        "what_for",
        "state",
        "review",
        "due_on",
        "from_where",
        "created_at",
    ]
    fields = [*readonly_fields]
    list_display = ["key_number", *readonly_fields]
    list_filter = [ByHandFilter, "state", "needs_review", VisibleCaseFilter, MomentFilter]
    actions = ["clear_review", "invalidate", "revalidate"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        pledges = super().get_queryset(request).select_related("case", "edition").defer(*UNSEEN)
        if not self.has_moderate_permission(request):
            pledges = pledges.exclude(case__in=Case.objects.hidden_from(request.user))
        letters = Letter.objects.filter(pledge=OuterRef("pk"))
        return pledges.annotate(
            counted_letters=_number_of(letters.counted()),
            waiting_letters=_number_of(letters.by_hand_needing_review()),
        )

    def judged(self, chosen: QuerySet) -> LetterQuerySet:
        return Letter.objects.filter(pledge__in=list(chosen.values_list("pk", flat=True)))

    def judge(self, request: HttpRequest, rows: QuerySet, act: str, reason: str) -> list[int]:
        """What is found of its letters is known of the pledge too, and of what comes for it."""
        done = super().judge(request, rows, act, reason)
        pledge_actions.flag_for_review(
            Pledge.objects.filter(letters__in=done), needs_review=act == "invalidate"
        )
        return done

    @admin.action(
        description=gettext_lazy("Written by hand: let it count"), permissions=["moderate"]
    )
    def clear_review(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.judge(request, self.judged(queryset).by_hand_needing_review(), "clear_review", "")

    @admin.display(description=gettext_lazy("pledge"))
    def key_number(self, pledge: Pledge) -> str:
        return str(pledge.pk)

    @admin.display(description=gettext_lazy("letters that count"))
    def counted(self, pledge: Pledge) -> int:
        return pledge.counted_letters

    @admin.display(description=gettext_lazy("by hand, waiting"))
    def waiting(self, pledge: Pledge) -> int:
        return pledge.waiting_letters

    @admin.display(description=gettext_lazy("needs review"))
    def review(self, pledge: Pledge) -> str:
        return _("needs review") if pledge.needs_review else ""

    @admin.display(description=gettext_lazy("for"))
    def what_for(self, pledge: Pledge) -> str:
        return str(pledge.case or _("any case of %(edition)s") % {"edition": pledge.edition})

    @admin.display(description=gettext_lazy("country"))
    def from_where(self, pledge: Pledge) -> str:
        if pledge.number < SMALLEST_SHOWN:
            return _("too few to tell")
        return country_name(pledge.country) if pledge.country else ""


def _number_of(letters: QuerySet) -> Coalesce:
    numbers = letters.order_by().values("pledge").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(numbers), 0)
