"""Whether this copy of the site shows activity that nobody did."""

from django.core.cache import caches

from letters.models.letters import Letter
from letters.models.pledges import Pledge
from letters.models.posts import Post
from letters.models.signatures import Signature


def demo_data_exists() -> bool:
    """Whether invented activity is in the database, asked every few seconds."""
    return bool(caches["fragments"].get_or_set("demo-data-exists", _ask, 4))  # seconds


def _ask() -> bool:
    found = [model.objects.filter(is_sample=True) for model in (Letter, Pledge, Signature, Post)]
    return found[0].union(*found[1:], all=True).exists()
