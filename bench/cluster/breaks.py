"""What is broken, one after the other, and how it heals: by itself, or by what an operator does."""

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPSConnection

from bench.cluster.site import NAME, WEB, Site, ask, is_soon

CALM = 8  # seconds before each
SETTLE = 6  # after it has healed
PATIENCE = 60  # seconds until it is not waited for any more
SHOWN_WITHIN = 30  # seconds at most until a freeze is looked for no more; promised are 13
SHOWN_AGAIN = 6  # seconds in which nobody saw it: each process keeps pages of its own for 4
ANY_CERTIFICATE = ssl._create_unverified_context()
FREEZE = """
import time
from django.contrib.auth.models import User
from cases import standby
from cases.models import Case
from cases.publishing import acts
with standby.waiting_for_none():
    by, _is_new = User.objects.get_or_create(username="operator")
acts.freeze(Case.objects.get(slug="{case}"), "hidden", "A rehearsal.", by)
print(time.time())
"""


@dataclass
class Break:
    """`heal` is what makes it good again, `is_well` when it is, `mend` what is done afterwards."""

    what: str
    do: Callable[[], object]
    how: str
    heal: Callable[[], object] = lambda: None
    is_well: Callable[[], bool] = lambda: True
    mend: Callable[[], object] = lambda: None
    meanwhile: Callable[[], str] = lambda: ""
    seconds: float = 16  # until it is healed
    began = healing = healed = ended = 0.0
    remark = ""

    def play(self) -> None:
        time.sleep(CALM)
        self.began = time.time()
        self.do()
        self.remark = self.meanwhile()
        time.sleep(max(0.0, self.began + self.seconds - time.time()))
        self.healing = time.time()
        self.heal()
        if not is_soon(self.is_well, PATIENCE):
            self.remark = f"{self.remark}; NOT WELL after {PATIENCE} s".strip("; ")
        self.healed = time.time()
        time.sleep(SETTLE)
        self.ended = time.time()
        self.mend()


def breaks(site: Site, frozen: list[str]) -> list[Break]:
    hosts = site.hosts

    def all_ready() -> bool:
        return all(map(site.is_ready, WEB))

    def taking_letters() -> bool:
        page = f"/cases/{site.cases[0]}/write/"
        return all_ready() and all(site.get(web, page)[0] == 200 for web in WEB)

    def let_writes_go_on() -> None:
        site.primary.wait_for_replica(False)

    def promote() -> None:
        site.replica.promote()
        site.primary, site.replica = site.replica, site.primary

    def new_replica() -> None:
        site.replica.kill()
        site.replica.make_replica_of(site.primary)
        site.primary.wait_for_replica()

    def shut_down_old_primary() -> None:
        site.replica.kill()
        site.replica.machine.connect()

    def restart_replica() -> None:
        site.replica.start()
        site.primary.wait_for_replica()

    def freeze_and_let_writes_go_on() -> str:
        found = freeze(site, frozen[1])
        let_writes_go_on()
        return found

    def reconnect_replica() -> None:
        site.replica.machine.connect()
        site.primary.wait_for_replica()

    def two_workers() -> None:
        site.start_worker("work-2")
        site.make_hand_ins()

    def look_at_cut_off_primary() -> str:
        if site.primary.acknowledges():
            return "the primary that was cut off TOOK A WRITE"
        return "the primary that was cut off took no write"

    no_wait = "`ALTER SYSTEM SET synchronous_standby_names = ''`, `SELECT pg_reload_conf()`"
    restarted = "by itself: the service is started again"
    promoted = f"`pg_ctl promote` on the replica, {no_wait}"
    return [
        Break("nothing", list, "", seconds=30),
        Break(
            "a web host: its processes killed",
            hosts["web-1"].kill,
            "by itself: nginx asks the other host; the service is started again",
            lambda: site.start_web("web-1"),
            all_ready,
        ),
        Break(
            "a web host: cut off the network",
            hosts["web-1"].cut_off,
            "by itself: nginx asks the other host",
            hosts["web-1"].connect,
            all_ready,
        ),
        Break(
            "the worker: killed",
            hosts["work-1"].kill,
            restarted,
            lambda: site.start_worker("work-1"),
            site.sends_mail,
        ),
        Break(
            "nothing: a second worker beside the first",
            two_workers,
            "",
            is_well=site.hand_ins_are_ready,
            mend=hosts["work-2"].kill,
        ),
        Break("Redis: killed", hosts["redis"].kill, restarted, site.start_redis, taking_letters),
        Break(
            "the store: killed",
            hosts["store"].kill,
            restarted,
            site.store.start,
            site.store.is_well,
        ),
        Break(
            "the store: cut off the network",
            hosts["store"].cut_off,
            "by itself",
            hosts["store"].connect,
            site.store.is_well,
        ),
        Break(
            "the replica: stands still; a case is frozen",
            lambda: site.replica.ask("SELECT pg_wal_replay_pause()::text"),
            "by itself",
            lambda: site.replica.ask("SELECT pg_wal_replay_resume()::text"),
            site.primary.has_replica,
            meanwhile=lambda: freeze(site, frozen[0]),
        ),
        Break(
            "the replica: killed",
            lambda: site.replica.kill(),
            f"writes wait for {no_wait}; started again, it catches up",
            let_writes_go_on,
            lambda: site.primary.acknowledges() and taking_letters(),
            restart_replica,
        ),
        Break(
            "the replica: cut off the network; a case is frozen",
            lambda: site.replica.machine.cut_off(),
            f"writes wait for {no_wait} (once the case is gone); it catches up",
            meanwhile=freeze_and_let_writes_go_on,
            is_well=taking_letters,
            mend=reconnect_replica,
        ),
        Break(
            "the primary: killed",
            lambda: site.primary.kill(),
            promoted,
            promote,
            taking_letters,
            seconds=12,
        ),
        Break("nothing: a new replica", list, "`pg_basebackup`", new_replica, seconds=0),
        Break(
            "the primary: cut off the network",
            lambda: site.primary.machine.cut_off(),
            f"{promoted}; the old one is shut down before it is connected again",
            promote,
            taking_letters,
            shut_down_old_primary,
            look_at_cut_off_primary,
            seconds=12,
        ),
        Break("nothing: a new replica, again", list, "`pg_basebackup`", new_replica, seconds=0),
    ]


def freeze(site: Site, case: str) -> str:
    """Freeze it while people look at it on each web host and through the proxy; for how long
    after that the last of them still saw it."""
    path = f"/cases/{case}/"
    seen_at: dict[str, float] = {}
    is_over = threading.Event()

    def look(place: str) -> None:
        while not is_over.wait(0.2):
            _status, page = site.get(place, path) if place in WEB else through_proxy(path)
            if f"{path}write/" in page:
                seen_at[place] = time.time()

    places = [*WEB, "the proxy"]
    for place in places:
        threading.Thread(target=look, args=[place], daemon=True).start()
    time.sleep(2)
    done = site.manage("shell", "-c", FREEZE.format(case=case))
    if done.returncode or len(seen_at) < len(places):
        raise SystemExit(f"The case was not shown, or not frozen:\n{done.stderr[-2_000:]}")
    frozen_at = float(done.stdout.splitlines()[-1])
    while time.time() < max(frozen_at, *seen_at.values()) + SHOWN_AGAIN:
        if time.time() > frozen_at + SHOWN_WITHIN:
            return f"the case was STILL SHOWN after {SHOWN_WITHIN} s"
        time.sleep(0.2)
    is_over.set()
    return f"the case was seen until {max(seen_at.values()) - frozen_at:.1f} s after that"


def through_proxy(path: str) -> tuple[int, str]:
    return ask(HTTPSConnection(NAME, context=ANY_CERTIFICATE, timeout=5), path, {})
