"""What is known of embassies and of the post: by which way a letter can travel."""

from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.admin import second_looks
from cases.admin.filters import CountryFilter
from cases.admin.history_admin import HistoryAdmin
from cases.admin.inlines import WideFieldsMixin
from cases.admin.touch import TouchesCasesMixin
from cases.admin.versions import VersionCheckMixin
from cases.dates import partial_date_text
from cases.models import Embassy, EmbassyUse, Postage, PostalNote
from cases.models.translation import translations_of
from cases.permissions import staff
from cases.printing import fonts
from cases.publishing import second_look

OLD_AFTER_YEARS = 2  # embassies move, and nobody tells us
EVIDENCE: list[str | tuple[str, ...]] = [("as_of", "confidence"), "sources", "staff_note"]


class OfCountryFilter(CountryFilter):
    title = _("embassy of")
    parameter_name = field = "of_country"


class InCountryFilter(CountryFilter):
    title = _("in")
    parameter_name = field = "in_country"


class AgeFilter(admin.SimpleListFilter):
    title = _("how old")
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [("old", _("older than two years")), ("unknown", _("no date known"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "old":
                year = timezone.localdate().year - OLD_AFTER_YEARS
                return queryset.exclude(as_of="").filter(as_of__lt=str(year))
            case "unknown":
                return queryset.filter(as_of="")
        return queryset


class PostAdmin(VersionCheckMixin, WideFieldsMixin, HistoryAdmin):
    """For what has a date and says how sure it is."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, models.JSONField):
            field.help_text = db_field.help_text  # it says what a line is
        return field

    def save_model(self, request: HttpRequest, obj, form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if lacking := fonts.missing(form.cleaned_data.get("postal", "")):
            boxes = _("We cannot print some characters; on paper each becomes a box: %(signs)s")
            messages.warning(request, boxes % {"signs": fonts.in_words(lacking)})

    @admin.display(description=_("as of"), ordering="as_of")
    def dated(self, row: Embassy | Postage | PostalNote) -> str:
        return partial_date_text(row.as_of)


@admin.register(Embassy)
class EmbassyAdmin(TouchesCasesMixin, PostAdmin):
    list_display = ["of_country", "in_country", "city", "offered", "why", "dated", "confidence"]
    list_display_links = ["of_country", "in_country"]
    list_filter = [OfCountryFilter, InCountryFilter, "use", AgeFilter]
    search_fields = ["city", "postal"]
    rows = {"postal": 6, "sources": 4}
    fields = [
        ("of_country", "in_country"),
        ("kind", "city"),
        "postal",
        ("use", "why"),
        "covers",
        *EVIDENCE,
    ]

    def save_model(self, request: HttpRequest, obj: Embassy, form, change: bool) -> None:
        if second_look.hold_back(obj, staff(request)):
            second_looks.say_that_it_waits(request, Embassy)
        super().save_model(request, obj, form, change)

    @admin.display(description=_("offered"), ordering="use", boolean=True)
    def offered(self, embassy: Embassy) -> bool:
        return embassy.use == EmbassyUse.YES


@admin.register(PostalNote)
class PostalNoteAdmin(PostAdmin):
    list_display = ["country", "letters_accepted", "reliability", "embassy_first", "dated"]
    list_filter = ["embassy_first", AgeFilter]
    fields = [
        "country",
        ("letters_accepted", "reliability"),
        "embassy_first",
        "advice",
        *translations_of("advice"),
        ("delivery_days", "delivery_as_of"),
        *EVIDENCE,
    ]


@admin.register(Postage)
class PostageAdmin(PostAdmin):
    list_display = ["country", "zone", "price", "currency", "current", "dated", "operator"]
    list_display_links = ["country", "zone"]
    list_filter = [CountryFilter, "current", AgeFilter]
    fields = [
        ("country", "operator"),
        ("zone", "destinations"),
        ("price", "currency", "max_weight_g"),
        "current",
        "check_url",
        *EVIDENCE,
    ]
