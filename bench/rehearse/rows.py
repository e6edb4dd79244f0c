"""What of all that the site said it has is really there.

Read from standard input: a list, and for each of it what was acknowledged, by kind.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
django.setup()

from letters.models import (  # noqa: E402
    EmailAddress,
    Letter,
    LetterState,
    OutgoingMail,
    Post,
    Signature,
    SignatureState,
)
from letters.models.email_spelling import email_hash  # noqa: E402

A_QUERY = 1_000


def lost(acknowledged: dict[str, list]) -> dict[str, int]:
    def missing(given: list, found) -> int:
        parts = [given[at : at + A_QUERY] for at in range(0, len(given), A_QUERY)]
        return len(given) - sum(found(part) for part in parts)

    hashes = {email: email_hash(email) for email, _case in acknowledged.get("signatures", [])}
    signed = set(
        Signature.objects.filter(email_address__email_hash__in=list(hashes.values())).values_list(
            "email_address__email_hash", "petition__case__slug"
        )
    )
    confirmed = set(
        EmailAddress.objects.filter(signatures__state=SignatureState.CONFIRMED).values_list(
            "email_hash", flat=True
        )
    )
    letters = Letter.objects
    return {
        "letters": missing(
            acknowledged.get("letters", []), lambda keys: letters.by_keys(keys).count()
        ),
        "posted": missing(
            acknowledged.get("posted", []),
            lambda keys: letters.by_keys(keys).filter(state=LetterState.POSTED).count(),
        ),
        "signatures": sum(
            (hashes[email], case) not in signed
            for email, case in acknowledged.get("signatures", [])
        ),
        "confirmed": sum(
            email_hash(email) not in confirmed for email in acknowledged.get("confirmed", [])
        ),
        "posts": missing(
            acknowledged.get("posts", []), lambda keys: Post.objects.by_keys(keys).count()
        ),
    }


def main() -> None:
    waiting = OutgoingMail.objects.waiting()
    told = {
        "lost": [lost(acknowledged) for acknowledged in json.load(sys.stdin)],
        "mails that wait": waiting.count(),
        "news that waits": waiting.filter(is_news=True).count(),
        "mails given up": OutgoingMail.objects.exclude(given_up_at=None).count(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
