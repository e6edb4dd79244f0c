"""The admin of letters. The order of registration is the order on its first page."""

from letters.admin import (  # noqa: I001
    letters,
    signatures,
    replies,
    hand_ins,
    posts,
    pledges,
    alarms,
    paper_counts,
    announcements,
    year_letters,
    retention,
    data_requests,
    follows,
    mails,
    mail_texts,
    undeliverable,
    tallies,
)
