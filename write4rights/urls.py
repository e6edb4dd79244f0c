"""Addresses. The default language has no prefix, the others do: /fr/…"""

from django.urls import path

from write4rights import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
]
