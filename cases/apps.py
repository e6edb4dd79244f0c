from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = _("Cases and outcomes")

    def ready(self) -> None:
        from cases import pictures  # noqa: F401  whose files go with a deleted row
