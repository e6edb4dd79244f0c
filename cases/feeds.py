import re

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext_lazy as _

from cases.caching import reader_page, told_or_gone
from cases.models import Case, Outcome

ENTRIES = 40
# XML has no way to write these, and Django refuses the whole feed over one of them.
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class OutcomeFeed(Feed):
    feed_type = Atom1Feed
    author_name = settings.ORGANISATION

    def item_guid(self, outcome: Outcome) -> str:
        return f"{settings.SITE_URL}/outcomes/{outcome.pk}"

    item_guid_is_permalink = False

    def item_title(self, outcome: Outcome) -> str:
        return _clean(f"{outcome.case.display_name}: {outcome.headline_i18n}")

    def item_description(self, outcome: Outcome) -> str:
        return _clean(" ".join(part for part in [outcome.date_text, outcome.text_i18n] if part))

    def item_link(self, outcome: Outcome) -> str:
        return settings.SITE_URL + outcome.case.get_absolute_url()

    def item_pubdate(self, outcome: Outcome):
        return outcome.recorded_at

    def item_updateddate(self, outcome: Outcome):
        return outcome.recorded_at


class GoodNewsFeed(OutcomeFeed):
    """Good news as it is recorded, the newest first, for feed readers."""

    title = _("Write for Rights: good news")
    subtitle = _("What became of the people letters were written for.")

    def link(self) -> str:
        return settings.SITE_URL + reverse("cases:good-news")

    def feed_url(self) -> str:
        return settings.SITE_URL + reverse("cases:good-news-feed")

    def items(self):
        return Outcome.objects.good_news().select_related("case")[:ENTRIES]


class CaseFeed(OutcomeFeed):
    """What became of one case, good or not, the newest first."""

    def get_object(self, request: HttpRequest, case: Case) -> Case:
        return case

    def title(self, case: Case) -> str:
        return _clean(_("Write for Rights: news of %(case)s") % {"case": case.display_name})

    def subtitle(self, case: Case) -> str:
        return _clean(case.headline_i18n)

    def link(self, case: Case) -> str:
        return settings.SITE_URL + case.get_absolute_url()

    def feed_url(self, case: Case) -> str:
        return settings.SITE_URL + reverse("cases:feed", args=[case.slug])

    def items(self, case: Case):
        return case.outcomes.newest_first()[:ENTRIES]


@reader_page()
def case(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Case.objects.open_to_readers(), slug=slug)
    return CaseFeed()(request, case=told_or_gone(found))


@reader_page()
def good_news(request: HttpRequest) -> HttpResponse:
    return GoodNewsFeed()(request)


def _clean(text: str) -> str:
    return NOT_IN_XML.sub("", text)
