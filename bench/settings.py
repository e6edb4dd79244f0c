"""The site as it is deployed, its static files collected in a folder of the run."""

from write4rights.settings import *  # noqa: F403
from write4rights.settings import CACHES, env

STATIC_ROOT = env.str("BENCH_STATIC")
if env.bool("BENCH_CACHES_NO_FRAGMENTS", default=False):
    CACHES["fragments"] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
