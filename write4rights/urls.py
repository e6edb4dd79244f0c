"""Addresses. The default language has no prefix, the others do: /fr/…"""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from cases.views import media
from letters.views.mail_events import mail_events
from write4rights import views

handler400 = views.bad_request
handler403 = views.forbidden
handler500 = views.server_error
urlpatterns = [
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
    path(".well-known/security.txt", views.security_txt, name="security-txt"),
    path("media/<path:name>", media, name="media"),
    path("webhooks/mail/", mail_events, name="mail-events"),
    *i18n_patterns(
        path("", include("cases.urls")),
        path("", include("letters.urls")),
        path("", include("write4rights.staff_urls")),
        prefix_default_language=False,
    ),
]
