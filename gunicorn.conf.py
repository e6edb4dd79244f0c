"""How gunicorn serves the site; it reads this file in the folder where it is started.

Options on its command line count more: --bind, --workers, --threads.
"""

import os
import sys
from importlib import import_module

from django.core.exceptions import ImproperlyConfigured

sys.path.insert(0, os.path.dirname(__file__))
try:  # what is missing in the environment is said in one sentence
    import_module(os.environ.setdefault("DJANGO_SETTINGS_MODULE", "write4rights.settings"))
except ImproperlyConfigured as error:
    sys.exit(str(error))


def on_starting(server) -> None:
    from django.conf import settings

    if settings.METRICS_TOKEN:
        from write4rights import metrics

        metrics.forget_the_dead()


wsgi_app = "write4rights.wsgi"
worker_class = "gthread"
workers = 4
threads = 8
# Started once and then forked: the first reader waits one second, not two, and each worker takes
# 25 MB less.
preload_app = True

# No header of a request tells gunicorn where the site lies or how it was asked. By itself it
# believes SCRIPT_NAME and PATH_INFO from a proxy on the same machine or a socket, and proxies pass
# them on from whoever asks: then every link on a page leads where a stranger says. The site reads
# X-Forwarded-Proto and X-Forwarded-For itself, if TRUSTED_PROXIES says so.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
forwarded_allow_ips = ""
header_map = "drop"  # a name with an underscore could stand for another: X_Forwarded_For

control_socket_disable = True  # nobody steers it by a file in a home folder

# What it says goes through the filter of private addresses, as all else. It writes no list of
# requests: a private link is a path.
accesslog = None
logconfig_dict = {
    "formatters": {"json": {"()": "write4rights.logs.JSONFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"gunicorn.error": {"handlers": ["stderr"], "propagate": False}},
}
