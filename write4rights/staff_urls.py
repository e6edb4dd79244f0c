"""All that staff see, below ADMIN_PATH. Of allauth only what is used: nobody signs up."""

from allauth.account import views as account
from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from cases.views import staff_media
from write4rights.first_passwords import first_password

account_urls = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path("welcome/<str:token>/", first_password, name="account_first_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("second-factor/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]

urlpatterns = [
    path(f"{settings.ADMIN_PATH}/account/", include(account_urls)),
    path(
        f"{settings.ADMIN_PATH}/media/<path:name>",
        admin.site.admin_view(staff_media),
        name="staff-media",
    ),
    path(f"{settings.ADMIN_PATH}/", admin.site.urls),
]
