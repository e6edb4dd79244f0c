"""What the web server runs: Django behind the page cache."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "write4rights.settings")
application = get_wsgi_application()
