"""The site as it is, with the bare views beside it to compare with."""

from write4rights.settings import *  # noqa: F403
from write4rights.settings import env

ROOT_URLCONF = "bench.urls"
WHITENOISE_ROOT = env.str("BENCH_PAGES")  # the recorded pages, as files
