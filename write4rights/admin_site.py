"""The admin's own pages: the way in, and its lists."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from write4rights.admin_lists import OfferedFiltersMixin
from write4rights.today import last_done, to_do, wrong_with_site

# The order on the first page: what a campaigner looks for, then what a deployer does.
APPS = ["cases", "letters", "auth"]
# Who has one of these rights finds the page of the exports on the first one.
EXPORTS = [f"letters.export_{what}" for what in ("counts", "signatures", "letters")]


class StaffSite(admin.AdminSite):
    site_header = _("Write for Rights: staff")
    site_title = _("Write for Rights: staff")
    index_title = _("Today")
    index_template = "admin/today.html"
    enable_nav_sidebar = False

    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        return redirect("admin:index")

    def password_change(self, request: HttpRequest, extra_context=None):
        return redirect("account_change_password")

    def get_urls(self) -> list:
        """Without Django's way from the number of any row to its page on the site.

        It asks for no permission, and the page of a letter, a pledge, a post or an address is
        known to its writer alone.
        """
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def register(self, model_or_iterable, admin_class=None, **options) -> None:
        """With lists that answer only what they offer, whoever writes the admin of a model."""
        usual = admin_class or admin.ModelAdmin
        offering = type(usual.__name__, (OfferedFiltersMixin, usual), {"__doc__": usual.__doc__})
        super().register(model_or_iterable, offering, **options)

    def index(self, request: HttpRequest, extra_context=None):
        context = {
            "wrong_with_site": wrong_with_site(request.user),
            "today": to_do(request.user),
            "done": last_done(request.user),
            "may_export": any(map(request.user.has_perm, EXPORTS)),
        }
        return super().index(request, context | (extra_context or {}))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict]:
        """In the order of work, each app's models in the order their admin was registered."""
        found = super().get_app_list(request, app_label)
        order = {model: place for place, model in enumerate(self._registry)}
        for app in found:
            app["models"].sort(key=lambda entry: order[entry["model"]])
        return sorted(
            found,
            key=lambda app: APPS.index(app["app_label"]) if app["app_label"] in APPS else 99,
        )
