from django.urls import path

from bench import views
from write4rights.urls import urlpatterns as site

urlpatterns = [
    path("bench/case/<slug:slug>/", views.bare_case),
    path("bench/letter/", views.bare_letter),
    *site,
]
handler404 = handler500 = None
