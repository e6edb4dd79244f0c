"""The paper of hand-ins is made in the background, a task a part: see letters/delivery/requeue.py.

A task may run twice, or die half-way: it makes the version of a part that it was made for, if that
is still wanted when it begins and when it ends, and else nothing.
"""

from __future__ import annotations

import datetime
import re
from hashlib import sha256

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django_tasks import task

from cases.models import Target
from cases.models.cases import NOT_VISIBLE
from letters.delivery import cover, files
from letters.models import ActionKind, HandIn, HandInPart, HandInState
from letters.models.hand_ins import NOT_PRINTED
from letters.models.locks import lock
from letters.privacy.limits import KEEP_HAND_IN_FILES_FOR
from letters.text import hand_in_paper

PAGES = re.compile(rb"/Type\s*/Pages\b.{0,200}?/Count (\d+)", re.DOTALL)

# What stands of an official on each letter, and on the cover.
ON_PAPER = ["title", "name", "office", "language", "salutation", "close"]
ON_PAPER += ["local_language", "local_salutation", "local_close"]

# Longer than it takes a worker from the file of a part to the row that names it.
UNNAMED_FOR = datetime.timedelta(hours=1)


class NotMade(Exception):
    """Why, without a word of what somebody wrote: it is kept with the task."""


@task()
def make_part(key: int, version: int) -> None:
    begun_at = timezone.now()  # what is changed from now on may not stand on it
    wanted = HandInPart.objects.to_make().filter(pk=key, version=version)
    part = wanted.select_related("hand_in__case__edition", "hand_in__target").first()
    if part is None:
        _make_some_day(key, version)
        return
    try:
        pdf = cover.pdf(part) if part.is_cover else hand_in_paper.pdf(part)
    except Exception as error:
        raise NotMade(
            f"Part {part.index} of hand-in {part.hand_in_id}: {type(error).__name__}"
        ) from None
    path = files.save(part, pdf)
    made = wanted.update(
        path=path,
        sha256=sha256(pdf).hexdigest(),
        size=len(pdf),
        pages=_pages(pdf),
        made_at=begun_at,
        failed_at=None,
    )
    if made:
        if part.path:  # of an earlier version
            files.delete(part.path)
        _ready_if_complete(part.hand_in_id)
    else:
        files.delete(path)
        _make_some_day(key, version)


def _make_some_day(key: int, version: int) -> None:
    """If it is only that its case is frozen: see enqueue_missing."""
    HandInPart.objects.filter(pk=key, version=version, made_at=None).update(queued_version=0)


def _pages(pdf: bytes) -> int:
    """Typst writes one tree of pages, whose root has their number."""
    return max((int(number) for number in PAGES.findall(pdf)), default=0)


def _ready_if_complete(hand_in: int) -> None:
    to_make = HandInPart.objects.filter(hand_in=OuterRef("pk"), made_at=None)
    making = HandIn.objects.filter(~Exists(to_make), pk=hand_in, state=HandInState.MAKING)
    making.update(state=HandInState.READY, ready_at=timezone.now())


def give_up(key: int, version: int) -> None:
    """It failed again and again: its page says so, and lets staff ask for it once more."""
    wanted = HandInPart.objects.to_make().filter(pk=key, version=version, failed_at=None)
    wanted.update(failed_at=timezone.now())


def enqueue(parts: QuerySet[HandInPart]) -> int:
    """A task for each that has none for its version, with the row or not at all."""
    number = 0
    with transaction.atomic():
        waiting = parts.filter(queued_version__lt=F("version")).order_by("pk")
        for part in waiting.select_for_update(of=["self"]):
            make_part.enqueue(part.pk, part.version)
            HandInPart.objects.filter(pk=part.pk).update(queued_version=part.version)
            number += 1
    return number


def enqueue_missing() -> int:
    """Those that have to be made anew, or whose case is frozen no more."""
    to_make = HandInPart.objects.to_make()
    return enqueue(to_make) if to_make.filter(queued_version__lt=F("version")).exists() else 0


def renew_outdated() -> int:
    """What is not printed, and on which an official stands as staff have corrected since: it is
    made anew, and has to be fetched and printed once more."""
    newer = Target.history.filter(
        id=OuterRef("hand_in__target"), history_date__gt=OuterRef("made_at")
    )
    parts = HandInPart.objects.made().filter(
        Exists(newer),
        Q(index=0) | Q(hand_in__kind=ActionKind.APPEAL),
        hand_in__state__in=NOT_PRINTED,
    )
    outdated = [part.pk for part in parts.select_related("hand_in__target") if _is_outdated(part)]
    with transaction.atomic():
        chosen = lock(HandInPart.objects.filter(pk__in=outdated, hand_in__state__in=NOT_PRINTED))
        return HandInPart.objects.filter(pk__in=chosen).renew()


def _is_outdated(part: HandInPart) -> bool:
    if (target := part.hand_in.target) is None:
        return False
    before = Target.history.filter(id=target.pk, history_date__lte=part.made_at)
    was = before.order_by("-history_date", "-history_id").values_list(*ON_PAPER).first()
    return was != tuple(getattr(target, name) for name in ON_PAPER)


def erase_files() -> int:
    """The files of what was cancelled, taken down or made long ago, of what is made anew, and of
    what holds words that were erased.

    Called by the worker, again and again: what was done half is done the next time.
    """
    there = HandInPart.objects.exclude(path="")
    long_ago = timezone.now() - KEEP_HAND_IN_FILES_FOR
    taken_down = Q(hand_in__case__freeze__in=NOT_VISIBLE)
    over = Q(hand_in__state=HandInState.CANCELLED) | Q(made_at__lt=long_ago) | taken_down
    number = 0
    for part in there.filter(over).order_by("pk"):
        files.delete_all_of(part)
        number += _without_file(part, erased_at=timezone.now())
    for part in there.filter(Q(made_at=None) | Q(erased_at__isnull=False)).order_by("pk"):
        files.delete(part.path)  # the new one may be written in this moment
        number += _without_file(part)
    return number


def erase_unnamed_files() -> int:
    """Those that no part has: of a worker that was killed before it could say where its file is."""
    number = 0
    for paths in files.written_before(timezone.now() - UNNAMED_FOR):
        named = HandInPart.objects.filter(path__in=paths).values_list("path", flat=True)
        for path in set(paths).difference(named):
            files.delete(path)
            number += 1
    return number


def _without_file(part: HandInPart, **changes) -> int:
    return HandInPart.objects.filter(pk=part.pk, path=part.path).update(path="", **changes)
