"""The first page of the admin: what is to do today, and what this person did last."""

from __future__ import annotations

import datetime
from typing import NamedTuple

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from cases.models import Case, Freeze, PendingChange
from cases.permissions import may_see
from cases.publishing import second_look
from cases.publishing.todo import TODO
from letters.delivery import deliveries
from letters.mail import year_letters
from letters.models import (
    Alarm,
    Announcement,
    HandIn,
    HandInState,
    Letter,
    OutgoingMail,
    PaperCount,
    PaperState,
    Pledge,
    Post,
    Reply,
    Signature,
    Undeliverable,
    YearLetter,
)
from letters.privacy import retention
from write4rights.health import checks as health
from write4rights.health.results import Result
from write4rights.models import SecondFactorReset

COUNT_UP_TO = 50  # "more than 50": enough to know the day is full, and no table is counted
UNFINISHED_AFTER = datetime.timedelta(days=14)  # paper that lies there is forgotten, or lost
A_DAY = datetime.timedelta(days=1)
MANY_BOUNCES = 20  # in two days; a few are typing errors
NAMED = 4  # cases named in a line
RETENTION_LINES = 10  # of what has to be kept on or let go; the rest stands on its page


class Task(NamedTuple):
    """A line of what is to do: `Case`s are named, other rows only counted."""

    permission: str
    rows: QuerySet
    one_or_many: str | Promise  # with %(count)s
    query: str = ""  # of the list that shows them
    order: str = "-pk"
    of: type[Model] | None = None  # whose list it is, if not their own
    page: str = "changelist"  # of their admin
    least: int = 1  # so many are worth a line

    @property
    def names_them(self) -> bool:
        return self.rows.model is Case

    @property
    def url(self) -> str:
        opts = (self.of or self.rows.model)._meta
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_{self.page}") + self.query


def _cases(permission: str, left: str, one_or_many: Promise, order: str = "-pk") -> Task:
    """Cases of which something is left to do, as their list shows them too."""
    return Task(permission, TODO[left](Case.objects.all()), one_or_many, f"?left={left}", order)


class Line(NamedTuple):
    text: str | Promise
    more_than: bool
    url: str
    named: list
    has_more: bool


def tasks() -> list[Task]:
    return [*_for_safety(), *_to_review(), *_to_hand_in(), *_to_edit(), *_of_mail()]


def _for_safety() -> list[Task]:
    return [
        Task(
            "letters.view_alarm",
            Alarm.objects.open(),
            ngettext_lazy(
                "%(count)s alarm: too much came too fast, and what comes now needs review",
                "%(count)s alarms: too much came too fast, and what comes now needs review",
                "count",
            ),
            "?state=open",
        ),
        _cases(
            "cases.freeze_case",
            "unfreezing",
            ngettext_lazy(
                "%(count)s case whose unfreezing waits for a second person",
                "%(count)s cases whose unfreezing waits for a second person",
                "count",
            ),
        ),
        _cases(
            "cases.view_consent",
            "consent-ended",
            ngettext_lazy(
                "%(count)s case with no consent in force: the site froze it by itself",
                "%(count)s cases with no consent in force: the site froze them by itself",
                "count",
            ),
        ),
        _cases(
            "cases.view_consent",
            "consent-ending",
            ngettext_lazy(
                "%(count)s case whose consent runs out in the next two weeks",
                "%(count)s cases whose consent runs out in the next two weeks",
                "count",
            ),
        ),
        Task(
            "cases.freeze_case",
            PendingChange.objects.filter(model=second_look.STAGE),
            ngettext_lazy(
                "%(count)s case to publish waits for a second person",
                "%(count)s cases to publish wait for a second person",
                "count",
            ),
        ),
        Task(
            "cases.change_target",
            PendingChange.objects.exclude(model__in=[second_look.STAGE, "cases.wordlist"]),
            ngettext_lazy(
                "%(count)s change to a published case waits for a second person",
                "%(count)s changes to published cases wait for a second person",
                "count",
            ),
        ),
        Task(
            "cases.change_wordlist",
            PendingChange.objects.filter(model="cases.wordlist"),
            ngettext_lazy(
                "%(count)s word list waits for a second person",
                "%(count)s word lists wait for a second person",
                "count",
            ),
        ),
        _cases(
            "cases.change_case",
            "frozen",
            ngettext_lazy("%(count)s frozen case", "%(count)s frozen cases", "count"),
        ),
    ]


def _to_review() -> list[Task]:
    return [
        Task(
            "letters.approve_announcement",
            Announcement.objects.awaiting_approval(),
            ngettext_lazy(
                "%(count)s piece of news that waits for a second person",
                "%(count)s pieces of news that wait for a second person",
                "count",
            ),
            "?state=waiting",
        ),
        Task(
            "letters.approve_yearletter",
            YearLetter.objects.awaiting_approval(),
            ngettext_lazy(
                "%(count)s letter about a year that waits for a second person",
                "%(count)s letters about a year that wait for a second person",
                "count",
            ),
        ),
        Task(
            "letters.approve_yearletter",
            year_letters.to_ask(),
            ngettext_lazy(
                "%(count)s campaign is over, and people wait for the letter about its year",
                "%(count)s campaigns are over, and people wait for the letters about their years",
                "count",
            ),
            of=YearLetter,
        ),
        Task(
            "write4rights.approve_secondfactorreset",
            SecondFactorReset.objects.all(),
            ngettext_lazy(
                "%(count)s second factor to take away waits for a second person",
                "%(count)s second factors to take away wait for a second person",
                "count",
            ),
            of=User,
        ),
        Task(
            "letters.moderate_letter",
            Letter.objects.queued(),
            ngettext_lazy("%(count)s letter to read", "%(count)s letters to read", "count"),
            page="desk",
        ),
        Task(
            "letters.moderate_letter",
            Pledge.objects.waiting_for_look(),
            ngettext_lazy(
                "%(count)s big pledge waits for a friendly look, and an answer",
                "%(count)s big pledges wait for a friendly look, and an answer",
                "count",
            ),
            "?look=waiting",
        ),
        Task(
            "letters.moderate_letter",
            Pledge.objects.needing_review(),
            ngettext_lazy(
                "%(count)s pledge with letters written by hand to look at",
                "%(count)s pledges with letters written by hand to look at",
                "count",
            ),
            "?by-hand=waiting",
        ),
        Task(
            "letters.moderate_signature",
            Signature.objects.needing_review(),
            ngettext_lazy(
                "%(count)s signature to look at", "%(count)s signatures to look at", "count"
            ),
            page="desk",
        ),
        Task(
            "letters.moderate_letter",
            Post.objects.needing_review(),
            ngettext_lazy("%(count)s post to look at", "%(count)s posts to look at", "count"),
            page="desk",
        ),
        Task(
            "letters.handle_reply",
            Reply.objects.unread(),
            ngettext_lazy("%(count)s reply to read", "%(count)s replies to read", "count"),
            page="desk",
        ),
        Task(
            "letters.review_papercount",
            PaperCount.objects.filter(state=PaperState.NEEDS_REVIEW),
            ngettext_lazy(
                "%(count)s count on paper waits for a second person",
                "%(count)s counts on paper wait for a second person",
                "count",
            ),
            "?state__exact=held",
        ),
    ]


def _to_hand_in() -> list[Task]:
    return [
        Task(
            "letters.make_handin",
            Letter.objects.to_hand_in().filter(case__freeze=Freeze.NONE),
            ngettext_lazy(
                "%(count)s letter that was read, to be put in a hand-in",
                "%(count)s letters that were read, to be put in hand-ins",
                "count",
            ),
            of=HandIn,
            page="add",
        ),
        Task(
            "letters.fetch_handin",
            HandIn.objects.filter(state=HandInState.READY, case__freeze=Freeze.NONE),
            ngettext_lazy(
                "%(count)s hand-in is ready to print",
                "%(count)s hand-ins are ready to print",
                "count",
            ),
            "?state=ready",
        ),
        Task(
            "letters.deliver_handin",
            deliveries.unfinished(timezone.now() - UNFINISHED_AFTER),
            ngettext_lazy(
                "%(count)s hand-in was printed two weeks ago and is not handed in",
                "%(count)s hand-ins were printed two weeks ago and are not handed in",
                "count",
            ),
        ),
    ]


def _to_edit() -> list[Task]:
    return [
        _cases(
            "cases.publish_case",
            "in-review",
            ngettext_lazy("%(count)s case in review", "%(count)s cases in review", "count"),
        ),
        _cases(
            "cases.publish_case",
            "may-be-over",
            ngettext_lazy(
                "%(count)s case that may be over: close it?",
                "%(count)s cases that may be over: close them?",
                "count",
            ),
        ),
        _cases(
            "cases.change_case",
            "review-due",
            ngettext_lazy(
                "%(count)s case to check again", "%(count)s cases to check again", "count"
            ),
            order="review_by",
        ),
        _cases(
            "cases.change_case",
            "unchecked",
            ngettext_lazy(
                "%(count)s published case whose facts none of us has checked",
                "%(count)s published cases whose facts none of us has checked",
                "count",
            ),
        ),
        _cases(
            "cases.change_case",
            "draft",
            ngettext_lazy("%(count)s draft", "%(count)s drafts", "count"),
        ),
    ]


def _of_mail() -> list[Task]:
    return [
        Task(
            "letters.change_outgoingmail",
            OutgoingMail.objects.held_up(),
            ngettext_lazy(
                "%(count)s mail waits: more is asked for than may leave in an hour. Is it a flood?",
                "%(count)s mails wait: more is asked for than may leave in an hour. Is it a flood?",
                "count",
            ),
            "?state=held-up",
        ),
        Task(
            "letters.change_outgoingmail",
            OutgoingMail.objects.exclude(given_up_at=None),
            ngettext_lazy(
                "%(count)s mail that could not be sent",
                "%(count)s mails that could not be sent",
                "count",
            ),
            "?state=given-up",
        ),
        Task(
            "letters.change_outgoingmail",
            Undeliverable.objects.filter(last_on__gte=timezone.localdate() - A_DAY),
            ngettext_lazy(
                "%(count)s address to which mails came back since yesterday",
                "%(count)s addresses to which mails came back since yesterday",
                "count",
            ),
            least=MANY_BOUNCES,
        ),
    ]


def last_done(user) -> list[LogEntry]:
    """What this person did last, of what their role may see today."""
    entries = LogEntry.objects.filter(user=user).select_related("content_type")
    newest = list(entries.order_by("-pk")[:40])
    models = {entry.content_type: entry.content_type.model_class() for entry in newest}
    seen = {kind for kind, model in models.items() if model and may_see(user, model)}
    return [entry for entry in newest if entry.content_type in seen][:8]


def wrong_with_site(user) -> list[Result]:
    """Of the worker, the mail, the disk: for who may call somebody to mend it."""
    may_know = user.is_superuser or user.has_perm("letters.change_outgoingmail")
    return health.for_staff() if may_know else []


def to_do(user) -> list[Line]:
    """What waits for this person: one query a line, and only what their role may see."""
    lines = []
    for task in tasks():
        if not user.has_perm(task.permission):
            continue
        rows = task.rows.order_by(task.order, "-pk")
        found = (
            list(rows.only("pk", "display_name")[: COUNT_UP_TO + 1])
            if task.names_them
            else list(rows.values_list("pk", flat=True)[: COUNT_UP_TO + 1])
        )
        if len(found) >= task.least:
            count = min(len(found), COUNT_UP_TO)
            lines.append(
                Line(
                    text=task.one_or_many % {"count": count},
                    more_than=len(found) > COUNT_UP_TO,
                    url=task.url,
                    named=found[:NAMED] if task.names_them else [],
                    has_more=len(found) > NAMED,
                )
            )
    if user.has_perm("letters.decide_retentiondecision"):
        lines += _retention_lines()
    return lines


def _retention_lines() -> list[Line]:
    """What was handed to us for whom, how much of it, and by when somebody has to decide."""
    rows = retention.to_decide()
    url = reverse("admin:letters_retentiondecision_changelist")
    lines = []
    for row in rows[:RETENTION_LINES]:
        words: dict[str, object] = {"case": row.case, "number": intcomma(row.number)}
        words |= {"kind": row.kind.label, "day": date_format(row.due_on)}
        if row.decision.asked_by_id:
            text = _("%(case)s: somebody asks to let go %(number)s %(kind)s. Approve it, or not?")
        elif row.is_at_its_end:
            text = _(
                "%(case)s: of %(number)s %(kind)s that were handed to us, the first are erased on "
                "%(last_day)s. Hand them in before."
            )
            words["last_day"] = date_format(row.last_on)
        else:
            text = _(
                "%(case)s: %(number)s %(kind)s were handed to us and not delivered. Decide by "
                "%(day)s whether they are kept."
            )
        lines.append(Line(text % words, more_than=False, url=url, named=[], has_more=False))
    if more := len(rows) - len(lines):
        rest = _("%(count)s more lines of what was handed to us") % {"count": more}
        lines.append(Line(rest, more_than=False, url=url, named=[], has_more=False))
    return lines
