"""Every filter of the admin's long lists and of the desks, and the pages where staff read and
choose, asked as a superuser: `python -m bench.admin_lists`.

Prints a line of JSON, [[milliseconds, address], …]: the median of three requests for each link that
a list's filters offer, the whole answer of Django and its database counted.
"""

import json
import os
import re
import statistics
import time
from collections.abc import Iterator
from html import unescape

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "write4rights.settings")

import django

LISTS = ["letter", "signature", "post", "pledge", "reply", "handin"]
RARE = ["?state=all&country=IS", "?state=all&needs_review__exact=1", "?state=rejected&country=ZA"]
DESKS = ["letter_desk_decisions", "reply_desk", "signature_desk", "post_desk"]


def main() -> None:
    django.setup()
    from django.contrib.auth import get_user_model
    from django.test import Client

    from bench.desks import WHO

    rights = {"is_staff": True, "is_superuser": True}
    who, is_new = get_user_model().objects.get_or_create(username=WHO, defaults=rights)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(who)
    asked = [*lists(client), *desks(client), *hand_ins(client)]
    took = [(_milliseconds(client, address), name) for name, address in asked]
    if is_new:
        who.delete()
    print(json.dumps(sorted(took, reverse=True)))


def lists(client) -> Iterator[tuple[str, str]]:
    for name in LISTS:
        start = _address(f"{name}_changelist")
        links = _links(client, start, r'<a href="(\?[^"]*)"')
        for link in ["", *sorted(links | set(RARE if name == "letter" else []))]:
            yield f"{name}{link}", start + link


def desks(client) -> Iterator[tuple[str, str]]:
    """The queue with each of its filters, and the letter and the answer that come first."""
    from letters.admin.desk_forms import QueueForm

    queue = _address("letter_desk")
    yield "letter_desk", queue
    for name, field in QueueForm().fields.items():
        for value, _label in field.choices:
            if str(value):
                yield f"letter_desk?{name}={value}", f"{queue}?{name}={value}"
    for name in DESKS:
        yield name, _address(name)
    for desk in ["letter_desk", "reply_desk"]:
        on_desk = client.post(_address(f"{desk}_take"))["Location"]
        yield f"{desk}: the first that is free", on_desk
        if desk == "letter_desk":
            yield f"{desk}: with those that say the same", f"{on_desk}alike/"


def hand_ins(client) -> Iterator[tuple[str, str]]:
    """What waits for one, and the page on which one is made."""
    waiting = _address("handin_add")
    yield "handin_add", waiting
    for link in sorted(_links(client, waiting, r'<a href="[^"?]*(\?case=[^"]*)"')):
        yield f"handin_add{link}", waiting + link


def _address(name: str) -> str:
    from django.urls import reverse

    return reverse(f"admin:letters_{name}")


def _links(client, address: str, pattern: str) -> set[str]:
    page = client.get(address).content.decode()
    return {unescape(link) for link in re.findall(pattern, page)}


def _milliseconds(client, url: str) -> float:
    tries = []
    for _ in range(3):
        began = time.perf_counter()
        client.get(url)
        tries.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(tries), 1)


if __name__ == "__main__":
    main()
