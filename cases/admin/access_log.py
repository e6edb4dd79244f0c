"""Looks at consents are noted, as looks at letters are."""

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest

from cases.models import Case, Consent
from cases.permissions import staff

MAX_ENTRIES = 50


def log_access(request: HttpRequest, case: Case) -> None:
    """Note that this person was shown what consents the case has, or had."""
    LogEntry.objects.create(
        user_id=staff(request).pk,
        content_type=ContentType.objects.get_for_model(Consent),
        object_id=str(case.pk),  # of the case: a consent may be deleted
        object_repr=str(case)[:200],
        action_flag=CHANGE,
        change_message="Read the consents.",
    )


def consent_access_log(case: Case) -> QuerySet[LogEntry]:
    """Who was shown them, the newest first."""
    kind = ContentType.objects.get_for_model(Consent)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(case.pk))
    return entries.select_related("user").order_by("-pk")[:MAX_ENTRIES]
