from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = _("Cases and outcomes")

    def ready(self) -> None:
        from cases import pictures  # noqa: F401  whose files go with a deleted row
        from cases.publishing import shown_less  # noqa: F401  that is noted when a row is saved
