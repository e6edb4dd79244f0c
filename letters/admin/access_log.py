"""Who read or changed a row, for the page on which staff read it."""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet

MAX_ENTRIES = 50


def access_log_for(thing: Model) -> QuerySet[LogEntry]:
    """The newest first."""
    kind = ContentType.objects.get_for_model(thing)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(thing.pk))
    return entries.select_related("user").order_by("-pk")[:MAX_ENTRIES]
