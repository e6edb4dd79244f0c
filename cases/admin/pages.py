from collections.abc import Callable
from functools import wraps
from inspect import getmembers

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path


def extra_page(route: str, *, permission: str = "", methods: tuple[str, ...] = ()) -> Callable:
    """A method `<name>_view` that answers at `route` below its list: admin:<app>_<model>_<name>.

    As with @admin.action `permission="moderate"` asks the admin's `has_moderate_permission`.
    """

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def page(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if methods and request.method not in methods:
                return HttpResponseNotAllowed(methods)
            if permission and not getattr(self, f"has_{permission}_permission")(request):
                raise PermissionDenied
            return view(self, request, *args, **kwargs)

        page.route = route  # type: ignore[attr-defined]  # a function takes any
        return page

    return decorate


class ExtraPagesMixin(admin.ModelAdmin):
    """For a model with pages besides the usual: templates/admin/<app>/<model>/<name>.html.

    Several models share a page whose name has its folder: “history/version”.
    """

    def get_urls(self) -> list[URLPattern]:
        model = f"{self.opts.app_label}_{self.opts.model_name}"
        views = getmembers(type(self), lambda member: hasattr(member, "route"))
        pages = [
            path(
                view.route,
                self.admin_site.admin_view(getattr(self, name)),
                name=f"{model}_{name.removesuffix('_view')}",
            )
            for name, view in views
        ]
        return pages + super().get_urls()

    def _page(self, request: HttpRequest, name: str, title: str, **context) -> HttpResponse:
        context |= self.admin_site.each_context(request) | {"title": title, "opts": self.opts}
        folder = f"{self.opts.app_label}/{self.opts.model_name}"
        place = name if "/" in name else f"{folder}/{name}"
        return TemplateResponse(request, f"admin/{place}.html", context)


class PartOfCaseMixin(admin.ModelAdmin):
    """For what is reached from the page of its case: not on the first page, and without a list."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return redirect("admin:cases_case_changelist")
