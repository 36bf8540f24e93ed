"""One run of chaos, from a seed: a cloud, its clients, what disturbs them, and the verdict."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from berthline.bootstrap.clouds_file import ADMIN_CLOUD, USER_CLOUD
from tests.chaos.calls import NobodyThere, Session
from tests.chaos.checks import found_by, uses_of, violations
from tests.chaos.clients import Client, Ground
from tests.chaos.disturber import Disturber, told
from tests.chaos.parts import READY_SECONDS, Parts, Shape, running, until

CLIENTS: Final = 6
SETTLE_SECONDS: Final = 120.0
QUOTAS: Final = {"port": 60, "floatingip": 12}
INSTANCES: Final = 20


@dataclass
class Outcome:
    """What a run did and found."""

    seed: int
    shape: Shape
    seconds: float
    acknowledged: int
    unknown: int
    refused: dict[int, int]
    disturbed: Counter[str]
    settled_seconds: float
    statuses: Counter[str]
    violations: list[str]

    def told(self) -> str:
        """In lines for people."""
        kills = sum(count for what, count in self.disturbed.items() if what.startswith("kill"))
        stops = sum(count for what, count in self.disturbed.items() if what.startswith("SIGSTOP"))
        disturbed = ", ".join(f"{what} {count}" for what, count in sorted(self.disturbed.items()))
        lines = [
            f"seed {self.seed}, {self.shape}, {self.seconds:.0f} s",
            f"{self.acknowledged} operations acknowledged, {self.unknown} never answered, refused {self.refused}",
            f"{kills} kills, {stops} stops: {disturbed}",
            f"settled after {self.settled_seconds:.1f} s, servers {dict(self.statuses)}",
            *(f"VIOLATION {one}" for one in self.violations),
            f"{len(self.violations)} violations",
        ]
        return "\n".join(f"chaos: {line}" for line in lines)


def run(seed: int, shape: Shape, seconds: float, clients: int = CLIENTS, *, standby: bool = False) -> Outcome:
    """The run; with a ``standby`` the primary may be lost. Raises AssertionError when the cloud cannot be had."""
    chance = random.Random(seed)
    with running(shape, ("log.level=warning", "limits.body_bytes=200000"), standby=standby) as parts:
        admin = Session(parts.urls, parts.entry(ADMIN_CLOUD), random.Random(seed))
        people = [
            Session(parts.urls, parts.entry((USER_CLOUD, ADMIN_CLOUD)[number % 2]), random.Random(f"{seed} {number}"))
            for number in range(clients)
        ]
        grounds = _prepared(admin, people)
        made = [
            Client(f"c{number}", session, grounds[session.project], random.Random(f"{seed} client {number}"))
            for number, session in enumerate(people)
        ]
        disturber = Disturber(parts, chance, lambda: sum(client.journal.acknowledged for client in made))
        begun = time.monotonic()
        _disturbed([client.work for client in made], disturber, seconds)
        worked = time.monotonic() - begun
        begun = time.monotonic()
        for part in parts.serving:
            until(part.stands, READY_SECONDS, f"{part.name} ready again")
        doctor = _settle(parts, admin)
        settled = time.monotonic() - begun
        content = told(parts, ("content",))[0]
        journals = [client.journal for client in made]
        wrong = [*doctor, *violations(journals, found_by(admin), uses_of(set(grounds), admin), content)]
        wrong += [end for part in parts.serving for end in part.unexpected]
        shown = admin.get("/compute/v2.1/servers/detail?all_tenants=1")["servers"]
        statuses = Counter(one["status"] for one in shown)
        wrong += [
            f"server {one['id']} is in ERROR: {one.get('fault', {}).get('message')}"
            for one in shown
            if one["status"] == "ERROR"
        ]
        admin.close()
        wrong += [f"{part.name} ended with status {status}" for part in parts.serving if (status := part.end())]
        refused: Counter[int] = Counter()
        for journal in journals:
            refused.update(journal.refused)
        return Outcome(
            seed=seed,
            shape=shape,
            seconds=worked,
            acknowledged=sum(journal.acknowledged for journal in journals),
            unknown=sum(journal.unknown for journal in journals),
            refused=dict(refused),
            disturbed=disturber.done,
            settled_seconds=settled,
            statuses=statuses,
            violations=wrong,
        )


def _prepared(admin: Session, people: Sequence[Session]) -> dict[str, Ground]:
    """An outer network, an image and a flavor for all, and a network behind a router for each project."""
    outer = admin.made("/network/v2.0/networks", "network", {"name": "outer", "router:external": True})
    outside = {"network_id": outer["id"], "ip_version": 4, "cidr": "203.0.113.0/24"}
    admin.made("/network/v2.0/subnets", "subnet", outside)
    image = admin.made(
        "/image/v2/images", "", {"name": "i", "disk_format": "raw", "container_format": "bare", "visibility": "public"}
    )
    admin.ask("PUT", f"/image/v2/images/{image['id']}/file", content=bytes(65_536))
    flavor = {"name": "tiny", "ram": 64, "vcpus": 1, "disk": 1}
    flavor = admin.made("/compute/v2.1/flavors", "flavor", flavor)
    grounds: dict[str, Ground] = {}
    for one in people:
        one.get("/network/v2.0/networks")  # which logs it in
        if one.project in grounds:
            continue
        inner = one.made("/network/v2.0/networks", "network", {"name": "inner"})
        subnet = {"network_id": inner["id"], "ip_version": 4, "cidr": "10.0.0.0/24"}
        subnet = one.made("/network/v2.0/subnets", "subnet", subnet)
        router = {"name": "r", "external_gateway_info": {"network_id": outer["id"]}}
        router = one.made("/network/v2.0/routers", "router", router)
        joined = {"subnet_id": subnet["id"]}
        assert one.ask("PUT", f"/network/v2.0/routers/{router['id']}/add_router_interface", joined).is_success
        assert admin.ask("PUT", f"/network/v2.0/quotas/{one.project}", {"quota": QUOTAS}).is_success
        limits = {"quota_set": {"instances": INSTANCES, "cores": INSTANCES}}
        assert admin.ask("PUT", f"/compute/v2.1/os-quota-sets/{one.project}", limits).is_success
        grounds[one.project] = Ground(inner["id"], outer["id"], image["id"], str(flavor["id"]))
    return grounds


def _disturbed(work: Sequence[Callable[[threading.Event], None]], disturber: Disturber, seconds: float) -> None:
    """All of them work side by side for so long, or until one fails."""
    ended = threading.Event()

    def watched(one: Callable[[threading.Event], None]) -> None:
        try:
            one(ended)
        except BaseException:
            ended.set()
            raise

    # The disturber works in this thread: a database ends with the thread that started it.
    with ThreadPoolExecutor(len(work)) as pool:
        clients = [pool.submit(watched, one) for one in work]
        timer = threading.Timer(seconds, ended.set)
        timer.start()
        try:
            disturber.work(ended)
        finally:
            timer.cancel()
            ended.set()
        for one in clients:
            one.result()


def _settle(parts: Parts, admin: Session) -> list[str]:
    """Wait until nothing is under way; what doctor still finds when it finds no less."""
    found: list[str] = []

    def settled() -> bool:
        try:
            if admin.get("/berthline/v1/sagas?unfinished=true")["sagas"]:
                return False
            report = admin.get("/berthline/v1/leaks")
        except NobodyThere:
            return False
        found[:] = [f"doctor: {one['kind']} {one['object_id']}: {one['why']}" for one in report["leaks"]]
        found.extend(f"doctor: {one['kind']} {one['name']} is silent: {one['why']}" for one in report["silent"])
        return bool(report["settled"]) and not found

    try:
        until(settled, SETTLE_SECONDS, "an end of all work")
    except AssertionError:
        unfinished = admin.get("/berthline/v1/sagas?unfinished=true")["sagas"]
        return [*found, *(f"saga {one['id']} {one['kind']} is {one['state']} at {one['step']}" for one in unfinished)]
    return []
