"""What a letter about the year tells: what its reader did, what all did, what came after."""

from __future__ import annotations

from typing import NamedTuple

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import ActionCount, Case, Edition, Outcome
from cases.models.outcomes import with_later
from letters.models import EmailAddress, Letter, LetterKind, Signature
from letters.privacy.limits import KEEP_SENT_LETTERS_FOR

MAX_OUTCOMES = 12  # what is more stands on the page of the year


class Done(NamedTuple):
    """How many of what."""

    letters: int
    messages: int
    signatures: int

    def told(self) -> str:
        """“3 letters, 1 message of support and 8 signatures”; nothing if there is nothing."""
        parts = [
            ngettext("%(number)s letter", "%(number)s letters", self.letters)
            % {"number": intcomma(self.letters)},
            ngettext("%(number)s message", "%(number)s messages", self.messages)
            % {"number": intcomma(self.messages)},
            ngettext("%(number)s signature", "%(number)s signatures", self.signatures)
            % {"number": intcomma(self.signatures)},
        ]
        shown = [part for part, number in zip(parts, self, strict=True) if number]
        if len(shown) < 2:
            return "".join(shown)
        return _("%(first)s and %(last)s") % {"first": ", ".join(shown[:-1]), "last": shown[-1]}


def done_by(email_address: EmailAddress, edition: Edition) -> Done:
    """What counts of what somebody did, as far as it still has their address and is theirs; and
    what was written, without an address, for their promises."""
    of_hash = email_address.email_hash
    is_own = Q(email_hash=of_hash, email_proven_on__isnull=False)
    is_for_own = Q(pledge__email_hash=of_hash, pledge__email_proven_on__isnull=False)
    # Whether one that was erased had an address of its own, nobody knows any more.
    is_for_own &= Q(email_hash="", erased_on=None)
    letters = Letter.objects.counted().filter(is_own | is_for_own, case__edition=edition)
    kinds = list(letters.values_list("kind", flat=True))
    signatures = Signature.objects.filter(
        email_address=email_address, counted_on__isnull=False, petition__case__edition=edition
    )
    return Done(
        letters=kinds.count(LetterKind.APPEAL),
        messages=kinds.count(LetterKind.SOLIDARITY),
        signatures=signatures.count(),
    )


def may_be_erased(edition: Edition) -> bool:
    """Whether some of what was done in it is old enough to have been erased."""
    return edition.opens_on < timezone.localdate() - KEEP_SENT_LETTERS_FOR


def done_by_all(edition: Edition) -> Done:
    """Of the cases that readers find in lists, as the front page adds them up."""
    listed = Case.objects.listed().filter(edition=edition).values("pk")
    sums = ActionCount.objects.filter(case__in=listed).aggregate(
        all_letters=Sum("letters"), all_messages=Sum("messages"), all_signatures=Sum("signatures")
    )
    return Done(*(number or 0 for number in sums.values()))


def outcomes_of(edition: Edition) -> list[Outcome]:
    """What came after the edition opened, good or not, of those whom readers find in lists: the
    newest first, each with what may not be left out of it."""
    listed = Case.objects.listed().filter(edition=edition).values("pk")
    found = Outcome.objects.filter(case__in=listed).newest_first().select_related("case")
    after = [row for row in found if row.last_day is None or row.last_day >= edition.opens_on]
    return with_later(after[:MAX_OUTCOMES])
