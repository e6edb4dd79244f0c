"""What a page says to machines that read it: schema.org as JSON-LD."""

import json

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from cases.models import Case, CaseKind

# As django.utils.html.json_script writes them: the end of the script element can't be spelt.
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def article(case: Case) -> SafeString:
    """The case as an article about a person or a group, for a `<script>` that holds data."""
    is_person = case.kind in (CaseKind.PERSON, CaseKind.IN_MEMORY)
    said = {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": f"{case.display_name}: {case.current_headline}",
        "description": case.summary_i18n,
        "inLanguage": case.language,
        "url": settings.SITE_URL + case.get_absolute_url(),
        "dateModified": case.updated_at.isoformat(timespec="seconds"),
        "about": {"@type": "Person" if is_person else "Thing", "name": case.display_name},
        "author": {"@type": "Organization", "name": settings.ORGANISATION},
        "publisher": {"@type": "Organization", "name": settings.ORGANISATION},
        "citation": [source.link or source.host for source in case.sources.all()],
    }
    if first_told_at := getattr(case, "first_told_at", None):
        first_read_at = max(first_told_at, case.edition.opens_at)
        said["datePublished"] = first_read_at.isoformat(timespec="seconds")
    if case.sharing_allowed:
        said["image"] = settings.SITE_URL + reverse("cases:card", args=[case.slug])
    text = json.dumps(said, ensure_ascii=False).translate(ESCAPES)
    return mark_safe(text)  # noqa: S308 - nothing in it can end the element
