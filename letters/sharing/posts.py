"""What can be posted about a case, with plain links that open it in a network; and what other
sites can put into their pages.

A link asks a network for nothing before somebody presses it.
"""

from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from cases.countries import language_name
from cases.models import Case
from letters.models import Network
from letters.text import composing

# X takes 280, and counts the link as 23 and the break before it as one.
MAX_POST_CHARACTERS = 256
OWN_LANGUAGES = {code for code, _name in settings.LANGUAGES}


class ShareLink(NamedTuple):
    """A link that opens a post in a network."""

    name: str
    url: str
    leads_away: bool = True


@dataclass(frozen=True)
class SuggestedPost:
    number: int
    case: Case
    language: str
    message: str

    @property
    def language_name(self) -> str:
        return capfirst(language_name(self.language))

    @property
    def direction(self) -> str:
        return composing.direction(self.language)

    @property
    def link(self) -> str:
        """The page of the case in the language of the post, if the site speaks it."""
        with override(self.language if self.language in OWN_LANGUAGES else settings.LANGUAGE_CODE):
            return settings.SITE_URL + self.case.get_absolute_url()

    @property
    def text(self) -> str:
        return f"{self.message}\n{self.link}"

    @property
    def is_long(self) -> bool:
        return len(self.message) > MAX_POST_CHARACTERS

    @property
    def links(self) -> list[ShareLink]:
        text, link, message = quote(self.text), quote(self.link, safe=""), quote(self.message)
        mail = f"subject={quote(self.case.display_name)}&body={quote(self.text, safe='')}"
        return [
            ShareLink("Bluesky", f"https://bsky.app/intent/compose?text={text}"),
            ShareLink("Mastodon", self._mastodon, leads_away=False),
            ShareLink("X", f"https://x.com/intent/post?text={text}"),
            ShareLink("Facebook", f"https://www.facebook.com/sharer/sharer.php?u={link}"),
            ShareLink("WhatsApp", f"https://wa.me/?text={text}"),
            ShareLink("Telegram", f"https://t.me/share/url?url={link}&text={message}"),
            ShareLink(str(Network.EMAIL.label), f"mailto:?{mail}".replace("%0A", "%0D%0A"), False),
        ]

    @property
    def _mastodon(self) -> str:
        page = reverse("letters:share-mastodon", args=[self.case.slug])
        return f"{page}?post={self.number}"

    def on_mastodon(self, server: str) -> str:
        return f"https://{server}/share?{urlencode({'text': self.text})}"


def posts(case: Case) -> list[SuggestedPost]:
    """What can be posted about a case, in the page's language first; there is always one."""
    suggested = [(post.language, post.text.strip()) for post in case.social_posts.all()]
    if not suggested:
        message = _("Write for %(name)s: %(headline)s")
        said = {"name": case.short_name_or_full, "headline": case.headline_i18n}
        suggested = [(get_language() or "en", message % said)]
    suggested.sort(key=lambda one: one[0] != get_language())
    return [SuggestedPost(number, case, *one) for number, one in enumerate(suggested, 1)]


# In CSS pixels: the style sheet of the card puts picture and words side by side if there is room.
CARD_WIDTH, CARD_HEIGHT = 480, 240
WIDEST_CARD = 600
NARROW_BELOW, NARROW_HEIGHT = 400, 440
COUNTER_WIDTH, COUNTER_HEIGHT = 320, 200
# Of the picture that networks show for a link to a case: `cases.printing.sheets.card`.
PICTURE_WIDTH, PICTURE_HEIGHT = 1200, 630


def card_frame(
    case: Case, width: int = WIDEST_CARD, height: int = CARD_HEIGHT, *, fluid: bool = True
) -> SafeString:
    """What another site puts into its page to show the card of a case: as wide as there is room."""
    url = reverse("letters:embed-card", args=[case.slug])
    return _frame(url, case.display_name, width, height, fluid=fluid)


def card_height(width: int) -> int:
    return NARROW_HEIGHT if width < NARROW_BELOW else CARD_HEIGHT


def counter_frame() -> SafeString:
    url = reverse("letters:embed-counter")
    return _frame(url, _("Write for Rights"), COUNTER_WIDTH, COUNTER_HEIGHT)


def _frame(url: str, title: str, width: int, height: int, *, fluid: bool = True) -> SafeString:
    """An iframe that runs no script, and does not tell us on which page it stands.

    Without allow-same-origin it could not load its own style sheet and picture.
    """
    return format_html(
        '<iframe src="{}" title="{}" width="{}" height="{}" style="border:0;max-width:{}" '
        'loading="lazy" '
        'referrerpolicy="no-referrer" '
        'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"></iframe>',
        settings.SITE_URL + url,
        title,
        "100%" if fluid else width,
        height,
        f"{width}px" if fluid else "100%",
    )
