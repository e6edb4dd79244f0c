from django.urls import path

from bare import views

urlpatterns = [
    path("cases/<slug:slug>/", views.case_page, name="case"),
    path("cases/<slug:slug>/write/", views.write, name="write"),
]
