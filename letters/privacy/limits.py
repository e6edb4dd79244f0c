"""How long what is kept, each with its reason; the privacy page shows these very lines.

`letters/privacy/erasure.py` erases by them. What a text says of them in words is compared with them
in `tests/letters/privacy/test_limits.py`.
"""

import datetime
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KEEP_DRAFTS_FOR = datetime.timedelta(days=30)
KEEP_ON_DEVICE_FOR = datetime.timedelta(days=14)  # static/js/draft.js
KEEP_SENT_LETTERS_FOR = datetime.timedelta(days=90)
KEEP_PLEDGES_FOR = datetime.timedelta(days=90)
KEEP_UNCONFIRMED_FOR = datetime.timedelta(days=15)
KEEP_TAKEN_BACK_FOR = datetime.timedelta(days=30)
KEEP_INVALID_FOR = datetime.timedelta(days=365)
KEEP_YEAR_LETTER_WISHES_FOR = datetime.timedelta(days=60)
KEEP_BLOCKS_FOR = datetime.timedelta(days=730)
KEEP_UNDELIVERABLE_FOR = datetime.timedelta(days=365)
KEEP_POSTS_FOR = datetime.timedelta(days=90)
KEEP_DECISIONS_FOR = datetime.timedelta(days=365)  # of staff; no words of anybody
KEEP_DATA_LINKS_FOR = datetime.timedelta(days=7)  # from the last time it was used
KEEP_DATA_LINKS_AT_MOST_FOR = datetime.timedelta(days=30)
KEEP_ON_MINE_FOR = datetime.timedelta(days=180)  # from the last time it was used
KEEP_LIST_LINKS_FOR = datetime.timedelta(days=30)  # the list that stands in the link itself
KEEP_REPLIES_FOR = datetime.timedelta(days=730)
KEEP_MAIL_FOR = datetime.timedelta(days=7)
KEEP_WAITING_NEWS_FOR = datetime.timedelta(days=90)
# What was handed to us to deliver: letters/privacy/retention.py
KEEP_FOR = datetime.timedelta(days=365)  # then staff decide
KEEP_DELIVERED_FOR = datetime.timedelta(days=180)  # from the day that staff say it was handed in
KEEP_PROOF_FOR = datetime.timedelta(days=730)
KEEP_SIGNATURES_AFTER_CLOSING_FOR = datetime.timedelta(days=90)
KEEP_AT_MOST_FOR = datetime.timedelta(days=730)  # two winters: who has not handed it in will not
KEEP_HAND_IN_FILES_FOR = datetime.timedelta(days=30)
# No copy of the database is older; what was erased is on the erasure list for as long.
KEEP_BACKUPS_FOR = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Limit:
    """A line of the privacy page: what is erased after how many days, and why then."""

    what: str | Promise
    keep_for: datetime.timedelta
    why: str | Promise
    of_delivery: bool = False  # of what is handed to us to hand in

    @property
    def days(self) -> int:
        return self.keep_for.days


LIMITS = [
    Limit(
        _("A draft that you did not send, on your own device"),
        KEEP_ON_DEVICE_FOR,
        _(
            "So that nothing is lost if you reload the page. The next writing page that you "
            "open deletes it."
        ),
    ),
    Limit(
        _("Letters and messages that were started, rejected or withdrawn"),
        KEEP_DRAFTS_FOR,
        _(
            "So that you can come back to a letter; counted from your last change, or from the day "
            "it was rejected."
        ),
    ),
    Limit(
        _("Letters and messages that you posted or e-mailed yourself"),
        KEEP_SENT_LETTERS_FOR,
        _(
            "So that you can print them again. Then only the number stays, and your pledge still "
            "counts them."
        ),
    ),
    Limit(
        _(
            "Letters and messages that you handed to us, with their drawings, at the "
            "latest, counted from your last change"
        ),
        KEEP_AT_MOST_FOR,
        _(
            "They wait for a day when they can be handed in. After a year we decide "
            "whether to keep them longer; two of us together can decide to erase them "
            "then."
        ),
        of_delivery=True,
    ),
    Limit(
        _("Letters and messages that we have handed in, unless they came back"),
        KEEP_DELIVERED_FOR,
        _(
            "So that you can see what happened to yours, and a reply can reach you. "
            "Never longer than the line above says."
        ),
        of_delivery=True,
    ),
    Limit(
        _("Who took what we handed in, and a photo or receipt of it"),
        KEEP_PROOF_FOR,
        _("So that we can show what we did with what people gave us. Only staff see it."),
        of_delivery=True,
    ),
    Limit(
        _("Replies, as they came and as we passed them on, at the latest"),
        KEEP_REPLIES_FOR,
        _(
            "So that the next letters can build on them. What you told us about a reply "
            "is erased with your letter."
        ),
    ),
    Limit(
        _("The files from which letters, messages and signatures are printed to be handed in"),
        KEEP_HAND_IN_FILES_FOR,
        _("So that they can be printed again if something goes wrong. They are stored encrypted."),
    ),
    Limit(
        _("Pledges"),
        KEEP_PLEDGES_FOR,
        _("Counted from the day your pledge was due."),
    ),
    Limit(
        _("Signatures and requests for news that nobody confirmed"),
        KEEP_UNCONFIRMED_FOR,
        _(
            "So that there is time to open our mail. Counted from the first request, or from one "
            "in the last two days of that time."
        ),
    ),
    Limit(
        _("Signatures that you withdrew, and news that you stopped"),
        KEEP_TAKEN_BACK_FOR,
        _("So that you can change your mind."),
    ),
    Limit(
        _("Your request for one letter about the year, counted from the day it was sent"),
        KEEP_YEAR_LETTER_WISHES_FOR,
        _(
            "So that a letter that has to wait can still be sent. Without a letter: after "
            "two years."
        ),
    ),
    Limit(
        _("Name and address of a signature at the latest, counted from your last change"),
        KEEP_AT_MOST_FOR,
        _(
            "So that all of them can be handed over together. After a year, or 90 days "
            "after the petition closes, we decide whether to keep them longer. After "
            "that only the number and country stay."
        ),
    ),
    Limit(
        _("A letter, message or signature that we found to be invalid"),
        KEEP_INVALID_FOR,
        _("So that you can tell us that it is yours."),
    ),
    Limit(
        _("The link with which you can take back that you posted"),
        KEEP_POSTS_FOR,
        _("By then people have read your post. We never know who you are, only that you posted."),
    ),
    Limit(
        _("The fact that an address wants no mail from us, or reported one as spam"),
        KEEP_BLOCKS_FOR,
        _(
            "So that nobody can type it again. The address itself is deleted at once: we "
            "keep only a code."
        ),
    ),
    Limit(
        _("The fact that mails to an address came back, at the latest"),
        KEEP_UNDELIVERABLE_FOR,
        _(
            "So that we do not write to a mailbox that does not exist. We keep a code, not "
            "the address."
        ),
    ),
    Limit(
        _("The link to everything we hold under your address, from the last time you used it"),
        KEEP_DATA_LINKS_FOR,
        _(
            "Anyone who has it can read and erase everything, so it does not last long: "
            "30 days at most. Your address is stored with it, encrypted."
        ),
    ),
    Limit(
        _("The list of what you did, on your own device, from the last time you used it"),
        KEEP_ON_MINE_FOR,
        _("So that you find it again without an account. You can delete it at any time."),
    ),
    Limit(
        _("Mails that we sent you, and your address in them"),
        KEEP_MAIL_FOR,
        _("So that we can find out why one did not arrive."),
    ),
    Limit(
        _("News that had to wait, and your address in it"),
        KEEP_WAITING_NEWS_FOR,
        _(
            "While a page is taken down to keep somebody safe, we send nothing. Afterwards "
            "it would no longer be news."
        ),
    ),
    Limit(
        _("Backups, encrypted; and the fact that something was erased or stopped"),
        KEEP_BACKUPS_FOR,
        _(
            "So that a restored backup brings back nothing that was erased. We keep numbers and "
            "codes for this, no words and no addresses."
        ),
    ),
]
