"""What was promised, without who promised it, and what was written by hand for it."""

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.pages import extra_page
from cases.admin.readonly import ReadOnlyAdmin
from cases.admin.row_numbers import row_number
from cases.countries import country_name
from cases.models import Case
from letters.actions import pledges as pledge_actions
from letters.admin.filters import OptionsFilter, VisibleCaseFilter
from letters.admin.forms import PledgeAnswerForm
from letters.admin.keyset import KeysetAdmin
from letters.admin.validity import JudgedMixin, MomentFilter
from letters.delivery import pledges
from letters.models import Letter, Pledge
from letters.models.letters import LetterQuerySet
from letters.statistics.disclosure import SMALLEST_SHOWN

UNSEEN = ["key", "name", "group", "email"]


class ByHandFilter(OptionsFilter):
    title = gettext_lazy("written by hand")
    parameter_name = "by-hand"
    options = {"waiting": (gettext_lazy("waits for a look"), Pledge.objects.needing_review)}


class LookFilter(OptionsFilter):
    title = gettext_lazy("big pledges")
    parameter_name = "look"
    options = {
        "waiting": (gettext_lazy("wait for an answer"), Pledge.objects.waiting_for_look),
        "answered": (
            gettext_lazy("answered"),
            lambda: Pledge.objects.exclude(looked_at=None),
        ),
    }


@admin.register(Pledge)
class PledgeAdmin(JudgedMixin, KeysetAdmin, ReadOnlyAdmin):
    readonly_fields = [
        "number",
        "counted",
        "waiting",
        "what_for",
        "state",
        "review",
        "look",
        "due_on",
        "from_where",
        "created_at",
    ]
    fields = [*readonly_fields]
    list_display = ["key_number", *readonly_fields]
    list_filter = [
        LookFilter,
        ByHandFilter,
        "state",
        "needs_review",
        VisibleCaseFilter,
        MomentFilter,
    ]
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

    @extra_page("<int:pk>/look/", permission="moderate")
    def look_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A friendly look at who promised many letters: welcome it, or make it smaller."""
        pledge = get_object_or_404(self.get_queryset(request), pk=row_number(str(pk)))
        if not pledge.waits_for_look:
            messages.info(request, _("It waits for no answer."))
            return redirect("admin:letters_pledge_changelist")
        form = PledgeAnswerForm(
            request.POST if request.method == "POST" else None,
            pledge=pledge,
            fewest=pledges.fewest(pledge),
            waiting=pledge.waiting_letters,
        )
        if form.is_valid():
            self._answer(request, pledge, form)
            return redirect("admin:letters_pledge_changelist")
        title = _("%(pledge)s pledged") % {"pledge": pledge}
        context = {
            "pledge": pledge,
            "what_for": self.what_for(pledge),
            "from_where": self.from_where(pledge),
            "written": pledge.letters.count(),
        }
        return self._page(request, "look", title, form=form, **context)

    def _answer(self, request: HttpRequest, pledge: Pledge, form: PledgeAnswerForm) -> None:
        number, words = form.cleaned_data["number"], form.cleaned_data["words"]
        if not pledges.answer(pledge, number=number, words=words):
            messages.warning(request, _("It was changed in the meantime: please look again."))
            return
        # Without the words, which may name its writer: the log stays when they are erased.
        smaller = f"Made smaller: {pledge.number} → {number}."
        self.log_change(request, pledge, smaller if form.makes_smaller else "Welcomed.")
        messages.success(request, _("Its writer reads your answer."))
        if form.cleaned_data.get("by_hand"):
            chosen = Pledge.objects.filter(pk=pledge.pk)
            self.judge(request, self.judged(chosen).by_hand_needing_review(), "clear_review", "")

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

    @admin.display(description=gettext_lazy("big pledge"))
    def look(self, pledge: Pledge) -> str:
        if pledge.waits_for_look:
            url = reverse("admin:letters_pledge_look", args=[pledge.pk])
            return format_html('<a href="{}">{}</a>', url, _("waits for an answer"))
        return _("answered") if pledge.looked_at else ""

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
