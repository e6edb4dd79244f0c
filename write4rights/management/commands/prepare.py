from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from write4rights import translations
from write4rights.health.installed import static_files_are_old


class Command(BaseCommand):
    help = (
        "Bring the database, the translations, the static files and the sizes of pictures in step "
        "with the code. "
        "Safe to repeat; run it after each deployment."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo",
            action="store_true",
            help="also load the campaign that ships and make a staff login, once",
        )

    def handle(self, *, demo: bool, verbosity: int, **options) -> None:
        if demo and settings.HTTPS and not settings.DEBUG:
            raise CommandError(
                "With HTTPS on, this is a real site: load its campaign with `load_campaign`, and "
                "make a login with `create_staff`."
            )
        var = settings.BASE_DIR / "var"
        var.mkdir(exist_ok=True)
        var.chmod(0o700)  # the database, mails and pictures are nobody else's on this machine
        translations.compile_all()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        if static_files_are_old():
            call_command("collectstatic", verbosity=0, interactive=False)
        call_command("render_pictures", stdout=self.stdout, stderr=self.stderr)
        if demo:
            call_command("load_campaign", verbosity=verbosity)
            login = settings.BASE_DIR / "var/staff-login.txt"
            call_command("create_staff", "staff", superuser=True, password_file=login)
