"""The proxy that ships, before the site while the store of its pictures fails."""

import threading
import time
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections

from cases import pictures
from tests.factories import make_case, make_portrait
from tests.nginx import open_folder, running


class Quiet(WSGIRequestHandler):
    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def site():
    """Where Django answers. Not `live_server`, which serves MEDIA_ROOT by itself."""

    def application(environ, start_response):
        try:
            return [b"".join(django(environ, start_response))]
        finally:
            connections.close_all()

    django = get_wsgi_application()
    with make_server("127.0.0.1", 0, application, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.slow
@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
def test_nginx_goes_on_showing_a_picture_whose_store_fails(site, settings, tmp_path):
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.MEDIA_ROOT, settings.PAGE_CACHE_SECONDS = tmp_path / "media", 1
    url = pictures.address(make_portrait(make_case()).renditions["avif"]["400"])
    with open_folder() as folder, running(folder, site) as proxy:

        def shown() -> tuple[int, str]:
            status, headers, _body = proxy.ask(url, "HEAD")
            return status, headers.get("X-Cache", "")

        assert shown() == (200, "MISS")
        settings.MEDIA_ROOT = tmp_path / "file"
        settings.MEDIA_ROOT.write_text("This is no folder.")
        time.sleep(2.01)  # nginx counts whole seconds
        assert shown() == (200, "REVALIDATED")
