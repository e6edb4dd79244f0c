import datetime
import re

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cases.dates import Precision
from cases.http_caching import public_page, visible_or_410
from cases.models import Case, Outcome, OutcomeQuerySet
from cases.models.outcomes import with_later

ENTRIES = 40
# XML has no way to write these, and Django refuses the whole feed over one of them.
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class OutcomeFeed(Feed):
    """Outcomes as entries, whose two dates readers sort by and print beside the title.

    RFC 4287 has `published` for a moment early in the life of an entry, and lets it be left out;
    `updated` is when it last changed in a way that matters, and must be there. What happened years
    ago and was entered today is no news of today, so `published` is the day on which it happened.
    Atom has no words for "February 2025", and no date is shown finer than it is known: so an entry
    of which only the month or the year is known has no `published`. Then readers fall back on
    `updated`, which some of them show anyway: therefore each title says when it happened, and each
    text when it was added.
    """

    feed_type = Atom1Feed
    author_name = settings.ORGANISATION

    def item_guid(self, outcome: Outcome) -> str:
        return f"{settings.FEED_TAG}:outcome/{outcome.pk}"

    item_guid_is_permalink = False

    def item_title(self, outcome: Outcome) -> str:
        name = outcome.case.display_name
        return _clean(f"{name}: {outcome.headline_i18n} ({_when(outcome)})")

    def item_description(self, outcome: Outcome) -> str:
        parts = [f"{capfirst(outcome.kind_text)}.", outcome.text_i18n]
        for later, is_later in outcome.later:
            label = _("Later:") if is_later else _("In the same case:")
            parts.append(f"{label} {later.headline_i18n} ({_when(later)}).")
        day = date_format(timezone.localdate(outcome.recorded_at), "DATE_FORMAT")
        parts.append(_("Added on %(day)s.") % {"day": day})
        return _clean(escape(" ".join(part for part in parts if part)))  # Atom1Feed calls it HTML

    def item_link(self, outcome: Outcome) -> str:
        return settings.SITE_URL + outcome.case.get_absolute_url()

    def item_pubdate(self, outcome: Outcome) -> datetime.datetime | None:
        """Noon, so that it is the same day for nearly all who read it."""
        if outcome.date is None or outcome.date_precision != Precision.DAY:
            return None
        noon = datetime.datetime.combine(outcome.date, datetime.time(12), datetime.UTC)
        return min(noon, outcome.recorded_at)

    def item_updateddate(self, outcome: Outcome) -> datetime.datetime:
        """A correction moves it, and so does what came later, with the Last-Modified of the feed:
        who has read "released" is to read "on bail only"."""
        rows = [outcome, *(row for row, _is_later in outcome.later)]
        return max(moment for row in rows for moment in (row.recorded_at, row.changed_at))


class GoodNewsFeed(OutcomeFeed):
    """Good news for feed readers, what happened last first, with what came later."""

    title = gettext_lazy("Write for Rights: good news")
    subtitle = gettext_lazy("What happened to the people that letters were written for.")

    def feed_guid(self) -> str:
        return f"{settings.FEED_TAG}:good-news/{get_language()}"

    def link(self) -> str:
        return settings.SITE_URL + reverse("cases:good-news")

    def feed_url(self) -> str:
        return settings.SITE_URL + reverse("cases:good-news-feed")

    def items(self):
        return _with_later(Outcome.objects.good_news())


class CaseFeed(OutcomeFeed):
    """What became of one case, good or not, the newest first."""

    def get_object(self, request: HttpRequest, case: Case) -> Case:
        return case

    def title(self, case: Case) -> str:
        return _clean(_("Write for Rights: news of %(case)s") % {"case": case.display_name})

    def subtitle(self, case: Case) -> str:
        return _clean(case.current_headline)

    def feed_guid(self, case: Case) -> str:
        return f"{settings.FEED_TAG}:case/{case.pk}/{get_language()}"

    def link(self, case: Case) -> str:
        return settings.SITE_URL + case.get_absolute_url()

    def feed_url(self, case: Case) -> str:
        return settings.SITE_URL + reverse("cases:feed", args=[case.slug])

    def items(self, case: Case):
        return _with_later(case.outcomes.newest_first())


@public_page()
def case(request: HttpRequest, slug: str) -> HttpResponse:
    cases = Case.objects.open_to_readers().select_related("edition")
    found = get_object_or_404(cases, slug=slug)
    return CaseFeed()(request, case=visible_or_410(found))


@public_page()
def good_news(request: HttpRequest) -> HttpResponse:
    return GoodNewsFeed()(request)


def _with_later(outcomes: OutcomeQuerySet) -> list[Outcome]:
    newest = outcomes.with_changed_at().select_related("case")[:ENTRIES]
    return with_later(newest, Outcome.objects.with_changed_at())


def _when(outcome: Outcome) -> str:
    return outcome.date_text or _("date not known")


def _clean(text: str) -> str:
    return NOT_IN_XML.sub("", text)
