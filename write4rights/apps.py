from django.apps import AppConfig
from django.conf import settings
from django.db.backends.sqlite3.base import DatabaseWrapper


class Write4RightsConfig(AppConfig):
    name = "write4rights"
    verbose_name = "Write for Rights"

    def ready(self) -> None:
        from write4rights import checks, second_factors  # noqa: F401 - registers them

        second_factors.note_what_allauth_does()

        if settings.SENTRY_DSN:
            from write4rights import error_reports

            error_reports.start(settings.SENTRY_DSN)

        # Django asks each new SQLite connection by a write transaction, and takes "locked" for
        # "cannot". Every Python we run on brings an SQLite that can.
        DatabaseWrapper.features_class.supports_json_field = True
