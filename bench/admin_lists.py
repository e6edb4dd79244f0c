"""Every filter of the admin's long lists, asked as a superuser: `python -m bench.admin_lists`.

Prints a line of JSON, [[milliseconds, address], …]: the median of three requests for each link that
a list's filters offer, the whole answer of Django and its database counted.
"""

import json
import os
import re
import statistics
import time
from html import unescape

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "write4rights.settings")

import django

LISTS = ["letter", "signature", "post", "pledge"]
RARE = ["?state=all&country=IS", "?state=all&needs_review__exact=1", "?state=rejected&country=ZA"]


def main() -> None:
    django.setup()
    from django.contrib.auth import get_user_model
    from django.test import Client
    from django.urls import reverse

    rights = {"is_staff": True, "is_superuser": True}
    who, _ = get_user_model().objects.get_or_create(username="bench-of-lists", defaults=rights)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(who)
    took = []
    for name in LISTS:
        start = reverse(f"admin:letters_{name}_changelist")
        page = client.get(start).content.decode()
        links = {unescape(link) for link in re.findall(r'<a href="(\?[^"]*)"', page)}
        for link in ["", *sorted(links | set(RARE if name == "letter" else []))]:
            took.append((_milliseconds(client, start + link), f"{name}{link}"))
    who.delete()
    print(json.dumps(sorted(took, reverse=True)))


def _milliseconds(client, url: str) -> float:
    tries = []
    for _ in range(3):
        began = time.perf_counter()
        client.get(url)
        tries.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(tries), 1)


if __name__ == "__main__":
    main()
