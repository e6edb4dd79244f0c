"""Copies to the backups what was erased since the last time."""

import logging

from django.conf import settings
from django.core.management.base import BaseCommand

from cases import standby
from write4rights.backup import erasure_files

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Copy what is new in the erasure list to the backups. `work` does it every minute."

    def handle(self, **options) -> None:
        if not settings.BACKUP_KEY:
            return
        try:
            with standby.waiting_for_none():  # what was taken down without it is in no replica
                erasure_files.copy()
        except Exception as error:  # a full disk, a network: it is tried again in a minute
            logger.error("The erasure list can't be copied: %s", type(error).__name__)
