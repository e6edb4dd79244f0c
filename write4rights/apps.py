from django.apps import AppConfig


class Write4RightsConfig(AppConfig):
    name = "write4rights"
    verbose_name = "Write for Rights"
