"""Who read or changed a row, for the page on which staff read it."""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet

MOST = 50


def looks(thing: Model) -> QuerySet[LogEntry]:
    """The newest first."""
    kind = ContentType.objects.get_for_model(thing)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(thing.pk))
    return entries.select_related("user").order_by("-pk")[:MOST]
