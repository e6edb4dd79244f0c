"""10,000 confirmations an hour, while news waits behind them: `make rehearse MAIL=1`.

The acts are the site's own: people sign petitions, at that rate, and an outcome that two of staff
approved is told to followers meanwhile. What is measured is the wait of somebody who signed.
"""

import json
import os
import subprocess
import sys
import time

AN_HOUR = 10_000
NEWS_A_MINUTE = 150
PATIENCE = 180  # seconds, until what was refused was tried again
GOAL = 60  # seconds until a confirmation has come, 99 of 100


def mail(stage, minutes: float) -> bool:
    """Play it and say what came of it; whether nobody waited for news, and nothing stayed."""
    from bench.rehearse.__main__ import checked, percentile
    from bench.rehearse.stage import Usage

    number = int(AN_HOUR / 60 * minutes)
    news = int(NEWS_A_MINUTE * minutes)
    print(f"{number:,} confirmations in {minutes:g} minutes, {news:,} mails of news", flush=True)
    usage = Usage(stage)
    process = subprocess.run(
        [sys.executable, "-m", "bench.rehearse.mails", str(number), str(news), str(minutes * 60)],
        env={**os.environ, **stage.environment},
        capture_output=True,
        text=True,
    )
    if process.returncode:
        raise SystemExit(process.stderr)
    asked: dict[str, float] = json.loads(process.stdout.splitlines()[-1])
    until = time.monotonic() + PATIENCE
    while (rows := checked(stage, {}))["mails that wait"] and time.monotonic() < until:
        time.sleep(2)
    cpu, _machine = usage.end()
    lines = [json.loads(one) for one in (stage.mails / "taken").read_text().splitlines()]
    came: dict[str, float] = {}
    for line in lines:
        if not line["news"]:
            came.setdefault(line["to"], line["at"])
    waits = sorted(came[to] - at for to, at in asked.items() if to in came)
    told = [line["at"] for line in lines if line["news"]]
    twice = len(lines) - len({(line["to"], line["news"]) for line in lines})
    if not came:
        print("No mail came.")
        return False
    began = min(asked.values())
    shown = [percentile(waits, part) for part in (0.5, 0.95, 0.99, 1)]
    print("a confirmation waited p50 {:.1f}, p95 {:.1f}, p99 {:.1f}, most {:.1f} s".format(*shown))
    print(f"confirmations: {len(waits):,} of {len(asked):,} came; news: {len(told):,} of {news:,}")
    print(f"the mail server refused {lines[-1]['refused']:,} tries; {twice} mails came twice")
    last = max(came.values()) - began
    print(
        f"last confirmation after {last:.0f} s"
        + (f", last news after {max(told) - began:.0f} s" if told else "")
    )
    print(
        f"CPU a mail: worker {1000 * cpu['worker'] / len(lines):.1f} ms, "
        f"database {1000 * cpu['database'] / len(lines):.1f} ms (with what was asked for)"
    )
    print(", ".join(f"{name}: {number}" for name, number in rows.items() if name != "lost"))
    return len(waits) == len(asked) and shown[2] <= GOAL and not rows["mails given up"]


def main(number: int, news: int, seconds: float) -> None:
    import django

    django.setup()
    from django.contrib.auth.models import User

    from cases.models import Outcome, Petition
    from letters.actions import signatures
    from letters.mail import announcements
    from letters.models import EmailAddress, Follow, FollowState
    from letters.privacy import consent

    petitions = list(Petition.objects.filter(case__in=_open_cases()))
    outcome = Outcome.objects.good_news().filter(announcement=None).first()
    followers = []
    for at in range(news):
        with_tag = f"follower-{at}@mail-{at % 500}.example"
        follower = EmailAddress(email=with_tag, language="en", **_hidden(with_tag))
        follower.set_key_hash()
        followers.append(follower)
    EmailAddress.objects.bulk_create(followers)
    wishes = [
        Follow(
            email_address=one,
            case=outcome.case,
            state=FollowState.CONFIRMED,
            consent_version=consent.VERSION,
        )
        for one in followers
    ]
    Follow.objects.bulk_create(wishes)
    two = [User.objects.create(username=f"rehearsal-{at}") for at in range(2)]
    announcements.approve(announcements.ask(outcome, two[0]), two[1])
    asked = {}
    began = time.time()
    for at in range(number):
        time.sleep(max(0.0, began + at * seconds / number - time.time()))
        email = f"signer-{at}@mail-{at % 500}.example"
        asked[email] = time.time()
        signatures.sign(
            petition=petitions[at % len(petitions)],
            email=email,
            follow=False,
            needs_review=False,
            sender="",
            name=f"Signer {at}",
            country="",
            shown_name="",
            wants_thanks=False,
            consent_version=consent.VERSION,
        )
    print(json.dumps(asked))


def _hidden(email: str) -> dict:
    import secrets

    from django.utils import timezone

    from letters.models.email_spelling import email_hash

    key, now = secrets.token_urlsafe(16), timezone.now()
    return {"email_hash": email_hash(email), "key": key, "created_at": now}


def _open_cases():
    from cases.models import Case, Edition

    return Case.objects.to_write_for(Edition.objects.current())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
