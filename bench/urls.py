import os

from django.urls import path

from bench import views
from cases.templatetags import kept
from write4rights.urls import urlpatterns as site

if "BENCH_KEEPS_NOTHING" in os.environ:
    kept.MOST_KEPT = 0

urlpatterns = [
    path("bench/case/<slug:slug>/", views.bare_case),
    path("bench/letter/", views.bare_letter),
    *site,
]
handler404 = handler500 = None
