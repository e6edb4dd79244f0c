"""People, not requests: who arrives when, and how long they waited for each page.

Run by `python -m bench.rehearse` in a process of its own, as locust makes all of Python's sockets
cooperative. They arrive when they arrive, however slow the site is: each is a locust user of their
own, with a connection, cookies, files and an address of their own.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import gevent
import gevent.event
import gevent.pool
import gevent.ssl
from locust import FastHttpUser, task
from locust.env import Environment
from locust.exception import StopUser

from bench.rehearse.plan import Plan, address_of
from bench.rehearse.visits import Answer, Tally, Visit

SITE = os.environ["REHEARSE_SITE"]
MAILS = Path(os.environ["REHEARSE_MAILS"])
CASES = os.environ["REHEARSE_CASES"].split()
CONTEXT = gevent.ssl.SSLContext(gevent.ssl.PROTOCOL_TLS_CLIENT)
CONTEXT.check_hostname, CONTEXT.verify_mode = False, gevent.ssl.CERT_NONE
TEXTS = ("text/html", "text/css")

tally = Tally()
requests: list[tuple[float, str, float, int]] = []  # second, kind, ms, status


class LocustVisit(Visit):
    def __init__(self, person: "Person", number: int) -> None:
        super().__init__(number, CASES, tally)
        self.client = person.client
        # The next one is of another network. It is what the CDN in front saw, and nginx believes.
        self.headers = {"X-Forwarded-For": address_of(number)}

    def fetch(self, method: str, path: str, kind: str, data: str | None) -> Answer:
        headers = dict(self.headers)
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers |= {"Origin": SITE, "Referer": SITE + path}
        got = self.client.request(
            method, path, name=kind, data=data, headers=headers, allow_redirects=False
        )
        headers = got.headers or {}
        is_text = headers.get("Content-Type", "").startswith(TEXTS)
        location = headers.get("Location", "").partition("#")[0]
        return Answer(got.status_code or 0, got.text or "" if is_text else "", location)

    def pause(self, seconds: float) -> None:
        gevent.sleep(seconds)

    def link_in_mail(self, patience: float) -> str:
        box = MAILS / "boxes" / self.email.partition("@")[0]
        until = time.monotonic() + patience
        while not box.exists():
            if time.monotonic() > until:
                return ""
            gevent.sleep(1)
        return box.read_text().split()[0]


class Person(FastHttpUser):
    host = SITE
    network_timeout = connection_timeout = 30.0
    default_headers = {
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Encoding": "gzip",
    }
    # For all: a factory that takes no `cafile` would be given all authorities, for each anew.
    ssl_context_factory = staticmethod(lambda cafile: CONTEXT)
    number = 0

    @task
    def visit(self) -> None:
        Person.number += 1
        try:
            LocustVisit(self, Person.number).visit()
        finally:
            self.client.client.close()
        raise StopUser


def main() -> None:
    plan = Plan(**json.loads(sys.argv[1]))
    environment = Environment(user_classes=[Person])
    environment.create_local_runner()
    began = time.time()

    @environment.events.request.add_listener
    def note(name, response_time, response, start_time, **_more) -> None:
        status = getattr(response, "status_code", 0) or 0
        requests.append((start_time - began, name, response_time, status))

    is_over = gevent.event.Event()
    gevent.signal_handler(signal.SIGTERM, is_over.set)
    dice, group, late, now = random.Random(1012), gevent.pool.Group(), [], 0.0
    while now < plan.seconds and not is_over.is_set():
        is_over.wait(max(0.0, began + now - time.time()))
        late.append(time.time() - began - now)
        Person(environment).start(group)
        now += dice.expovariate(plan.visitors_a_second(now))
    arrived = time.time() - began
    group.join(timeout=plan.patience)
    tally.done["still there at the end"] = len(group)
    late.sort()
    told = {
        "began": began,
        "arrived": arrived,
        "late": late[int(len(late) * 0.99)],
        "requests": requests,
        "done": tally.done,
        "wrong": tally.wrong.most_common(15),
        "acknowledged": tally.acknowledged,
        "acknowledged_at": tally.acknowledged_at,
        "sent": tally.sent,
        "cpu_of_people": time.process_time(),
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
