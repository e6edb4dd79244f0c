from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


class ExtraPagesMixin(admin.ModelAdmin):
    """For a model with pages besides the usual: templates/admin/<app>/<model>/<name>.html."""

    def _page(self, request: HttpRequest, name: str, title: str, **context) -> HttpResponse:
        context |= self.admin_site.each_context(request) | {"title": title, "opts": self.opts}
        template = f"admin/{self.opts.app_label}/{self.opts.model_name}/{name}.html"
        return TemplateResponse(request, template, context)
