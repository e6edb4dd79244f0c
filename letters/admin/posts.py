"""Posts that people say they made. One that looked like a robot's counts once reviewed."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.readonly import ReadOnlyAdmin
from cases.countries import country_name
from letters.admin.access_log import access_log_for
from letters.admin.filters import CaseFilter, OptionsFilter
from letters.admin.flagged import FlaggedDeskMixin
from letters.admin.keyset import KeysetAdmin
from letters.admin.validity import MomentFilter, ValidityMixin
from letters.models import Post


class ValidFilter(OptionsFilter):
    title = gettext_lazy("valid")
    parameter_name = "valid"
    options = {
        "yes": (gettext_lazy("valid"), lambda: Post.objects.filter(invalid_on=None)),
        "no": (gettext_lazy("not valid"), lambda: Post.objects.exclude(invalid_on=None)),
    }


@admin.register(Post)
class PostAdmin(FlaggedDeskMixin, ValidityMixin, KeysetAdmin, ReadOnlyAdmin):
    desk_permission = "letters.moderate_letter"
    list_display = ["number", "case", "network", "state", "review", "from_where", "created_at"]
    list_filter = ["needs_review", ValidFilter, "state", CaseFilter, MomentFilter, "network"]
    readonly_fields = [
        "case",
        "network",
        "state",
        "review",
        "from_where",
        "counted_on",
        "created_at",
        "what_staff_did",
    ]
    fields = [*readonly_fields]
    empty_value_display = ""
    actions = ["clear_review", "invalidate", "revalidate"]
    change_list_template = "admin/letters/post/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("case").defer("key")

    @admin.display(description=gettext_lazy("post"))
    def number(self, post: Post) -> str:
        return str(post.pk)

    @admin.display(description=gettext_lazy("needs review"))
    def review(self, post: Post) -> str:
        if post.invalid_on:
            return _("not valid")
        return _("needs review") if post.needs_review else ""

    @admin.display(description=gettext_lazy("What staff did"))
    def what_staff_did(self, post: Post) -> str:
        return render_to_string(
            "admin/letters/_access_log.html", {"access_log": access_log_for(post)}
        )

    @admin.display(description=gettext_lazy("country"))
    def from_where(self, post: Post) -> str:
        return country_name(post.country) if post.country else ""

    @admin.action(description=gettext_lazy("Not spam: let it count"), permissions=["moderate"])
    def clear_review(self, request: HttpRequest, queryset: QuerySet) -> None:
        keys = list(queryset.values_list("pk", flat=True))
        self.judge(request, Post.objects.filter(pk__in=keys), "clear_review", "")
