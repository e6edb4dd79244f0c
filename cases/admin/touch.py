from django.contrib import admin
from django.db import models, transaction
from django.http import HttpRequest

from cases.publishing.content_version import cases_showing, touch


class TouchesCasesMixin(admin.ModelAdmin):
    """For the admin of what pages of cases show: readers find at once what is saved here."""

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        """The last that is saved; a restore ends with it too."""
        super().save_related(request, form, formsets, change)
        touch(cases_showing(form.instance))

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        touch(cases_showing(obj))  # what links a theme to its cases goes with it
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        with transaction.atomic():
            for row in queryset:
                touch(cases_showing(row))
            super().delete_queryset(request, queryset)
