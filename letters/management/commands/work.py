"""The worker: tells the news, reminds of pledges, sends the outbox, makes the paper of hand-ins,
erases once an hour what is past its limit, freezes cases whose consents have ended, publishes
figures once a day, puts letters that are alike together, reads which mails came back."""

import datetime
import logging
import signal
import time
from collections.abc import Callable

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, InterfaceError, OperationalError, connection

from cases import pictures
from cases.printing import stored as rendered
from cases.publishing import consents
from letters.delivery import parts, requeue, similar_texts
from letters.mail import (
    announcements,
    bounce_mailbox,
    deliveries,
    outbox,
    reminders,
    replies,
    year_letters,
)
from letters.models import WorkerPulse
from letters.privacy import erasure
from letters.statistics import published

logger = logging.getLogger(__name__)

ERASE_EVERY = 60 * 60  # seconds; so often, too, it looks whether reminders are due sooner
# At consents that ended, whether the day has its figures, and which letters are alike.
LOOK_EVERY = 60
# It says that it lives: `manage.py doctor` calls it dead after some minutes.
BEAT_EVERY = 30
AFTER_AN_ERROR = 3  # seconds until the database is asked again
BREATH = 0.2  # seconds: how soon it notices that it is to stop


class Command(BaseCommand):
    help = (
        "Put news that was approved, and reminders, into the outbox, send the mails that wait "
        "there, make the paper of hand-ins, and erase once an hour what is past its limit. "
        "Freeze cases whose consents have ended, publish once a day the figures that are broken "
        "down, put letters that say the same together for moderators, and read in BOUNCE_MAILBOX "
        "which mails came back. Runs until it is stopped; several may run side by side."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then end")
        parser.add_argument(
            "--every", type=float, default=2, metavar="SECONDS", help="how often to look (2)"
        )
        parser.add_argument(
            "--lease",
            type=float,
            default=outbox.USUAL.lease.total_seconds(),
            metavar="SECONDS",
            help="after how long a mail whose worker died is tried again (300)",
        )
        parser.add_argument(
            "--task-lease",
            type=float,
            default=requeue.LEASE.total_seconds(),
            metavar="SECONDS",
            help="after how long a part of a hand-in whose worker died is made by another (900)",
        )
        parser.add_argument(
            "--first-wait",
            type=float,
            default=outbox.USUAL.first_wait.total_seconds(),
            metavar="SECONDS",
            help="after how long a mail that failed is tried again, doubled each time (300)",
        )
        parser.add_argument(
            "--most-an-hour",
            type=int,
            default=outbox.USUAL.most_an_hour,
            metavar="MAILS",
            help="for the whole site, but for news; the log tells when it is reached (2000)",
        )
        parser.add_argument(
            "--most-news-an-hour",
            type=int,
            default=outbox.USUAL.most_news_an_hour,
            metavar="MAILS",
            help="what is more waits for the next hour (5000)",
        )

    def handle(self, *, once: bool, every: float, **options) -> None:
        self.pace = outbox.MailPace(
            lease=datetime.timedelta(seconds=options["lease"]),
            first_wait=datetime.timedelta(seconds=options["first_wait"]),
            most_an_hour=options["most_an_hour"],
            most_news_an_hour=options["most_news_an_hour"],
        )
        self.task_lease = datetime.timedelta(seconds=options["task_lease"])
        self.each_minute: list[Callable[[], object]] = [
            freeze_ended,
            published.publish_once_a_day,
            parts.erase_files,
            parts.renew_outdated,
            parts.enqueue_missing,
            self.requeue,
            similar_texts.group_waiting,
            bounce_mailbox.read_reports,
            copy_erasure_list,
        ]
        self.each_hour: list[Callable[[], object]] = [
            erasure.erase_expired,
            requeue.prune,
            parts.erase_unnamed_files,
            pictures.erase_unnamed_files,
            rendered.delete_old,
            clear_sessions,
            reminders.look_again,
        ]
        self.is_stopping = False
        self.beat_at = time.monotonic()
        if once:
            self.beat()
            for chore in [*self.each_minute, *self.each_hour]:
                chore()
            self.send_all()
            while requeue.run_one():
                self.send_all()
            copy_erasure_list()
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        logger.info("The worker looks for mail every %g s.", every)
        self.run(every)
        logger.info("The worker has stopped.")

    def run(self, every: float) -> None:
        erase_at = look_at = time.monotonic()
        while not self.is_stopping:
            pause = every
            try:
                self.beat()
                if time.monotonic() >= look_at:
                    self.do_each(self.each_minute)
                    look_at = time.monotonic() + LOOK_EVERY
                if time.monotonic() >= erase_at:
                    self.do_each(self.each_hour)
                    erase_at = time.monotonic() + ERASE_EVERY
                self.send_all()
                parts.enqueue_missing()
                if not self.is_stopping and requeue.run_one():
                    pause = 0  # mails first, then the next
            except Error as error:
                # Its text may hold a row; a new connection is made the next time.
                logger.error("The database failed: %s", type(error).__name__)
                connection.close()
                pause = AFTER_AN_ERROR
            self.rest(pause)

    def do_each(self, chores: list[Callable[[], object]]) -> None:
        """If one fails, because a store or a mailbox does, the mails leave all the same."""
        for chore in chores:
            try:
                chore()
            except (OperationalError, InterfaceError):  # the database itself
                raise
            except Exception as error:  # its text may hold an address
                name = f"{chore.__module__}.{chore.__name__}"
                logger.error("%s failed: %s", name, type(error).__name__)

    def requeue(self) -> None:
        requeue.requeue(self.task_lease)

    def send_all(self) -> None:
        """What is due. Batches take turns: nobody waits for a mail until all news is queued."""
        queued = sent = 1
        while queued or sent:
            queued = 0
            for room in (announcements, deliveries, replies, reminders, year_letters):
                queued += 0 if self.is_stopping else room.queue_batch()
            sent = outbox.send_due(self.pace, stopping=self.is_to_stop)

    def is_to_stop(self) -> bool:
        """Asked before each mail, so that it says that it lives, however slow the server is."""
        self.beat()
        return self.is_stopping

    def beat(self) -> None:
        if time.monotonic() >= self.beat_at:
            WorkerPulse.objects.beat()
            self.beat_at = time.monotonic() + BEAT_EVERY

    def rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.is_stopping and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, BREATH))

    def stop(self, number: int, frame) -> None:
        self.is_stopping = True


def freeze_ended() -> None:
    if number := consents.freeze_all_ended():
        logger.warning("Cases frozen, because no consent is in force any more: %d.", number)


def copy_erasure_list() -> None:
    call_command("copy_erasure_list")


def clear_sessions() -> None:
    call_command("clearsessions")  # of staff
