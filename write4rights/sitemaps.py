from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from cases.models import Case, Edition


class PageSitemap(Sitemap):
    """In every language, at the address the settings give: no table of sites is needed."""

    i18n = True
    alternates = True
    x_default = True

    def get_protocol(self, protocol=None) -> str:
        return urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site=None) -> str:
        return urlsplit(settings.SITE_URL).netloc


class Cases(PageSitemap):
    def items(self):
        return Case.objects.listed().only("slug", "updated_at").order_by("pk")

    def lastmod(self, case: Case):
        return case.updated_at


class Editions(PageSitemap):
    def items(self):
        return Edition.objects.opened().order_by("-year")

    def location(self, edition: Edition) -> str:
        return reverse("cases:edition", args=[edition.year])


class Pages(PageSitemap):
    def items(self) -> list[str]:
        names = ["home", "list", "good-news", "editions", "how-it-works"]
        names += ["writing-safely", "about"]
        others = ["letters:impact", "letters:how-we-count", "letters:privacy", "letters:api"]
        return [f"cases:{name}" for name in names] + others

    def location(self, name: str) -> str:
        return reverse(name)


SITEMAPS: dict[str, type[Sitemap] | Sitemap] = {
    "cases": Cases,
    "editions": Editions,
    "pages": Pages,
}
