from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict:
    """What every template may name: who runs the site, and its address."""
    return {
        "organisation": settings.ORGANISATION,
        "contact_email": settings.CONTACT_EMAIL,
        "site_url": settings.SITE_URL,
        "delivery_offered": settings.DELIVERY_OFFERED,
        "content_language": settings.LANGUAGE_CODE,  # of texts that nobody can translate
        "page_language": getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE),
    }
