"""A cloud of a thousand simulated hosts and a hundred thousand servers: what it takes, at rest and at work.

The servers are filled in by rows, once, and kept in the cache; each round starts a cloud on a copy.
"""

import dataclasses
import shutil
import statistics
import time
from pathlib import Path
from urllib.parse import urlsplit

from bench import boots
from bench.api import Api, Failed
from bench.cloud import Berthline, Started, endpoint_of, start
from bench.endpoint import Endpoint, api_of
from bench.fill.servers import fill_servers
from bench.full.ports import recipe
from bench.machine import cpu_seconds, pss_mib
from bench.results import Recorder

WORK = "full cloud"
HOSTS = 1000
SERVERS = 100_000
SETTLED_SECONDS = 40.0
"""After it is ready it fills what nothing uses and takes its first look at everything."""
REST_SECONDS = 120.0
"""Every look that is taken once a minute is taken twice."""
DELETED = 100
PAGE = 1000
FILTERS = {
    "status": "status=ERROR&limit=100",
    "several statuses": "status=ACTIVE&status=SHUTOFF&limit=100",
    "a status that none has": "status=BUILD",
    "exact name": "name=^present-004711$",
    "name": "name=present-004711",
    "address": "ip=10.0.0.77&limit=100",
    "beginning of addresses": "ip=^10.0.0.&limit=100",
    "host": "host=simulated-7",
}


def template(cache: Path, hosts: int, servers: int) -> Path:
    """A data folder with so many servers on so many hosts."""
    kept = cache / "templates" / f"servers-{servers}-on-{hosts}-{recipe(cache)}"
    if kept.exists():
        return kept
    new = kept.with_name(kept.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.parent.mkdir(parents=True, exist_ok=True)
    started = start(new, simulated=hosts)
    image = _image(started)
    started.end()
    fill_servers(new / "berthline.db", servers, hosts, image)
    return new.rename(kept)


def measure(cache: Path, recorder: Recorder, seconds: float, *, quick: bool) -> None:
    """One round: start, memory, rest, filters, a walk of all, boots and deletes beside them, doctor."""
    hosts, servers = (100, 10_000) if quick else (HOSTS, SERVERS)
    where = f"{hosts:,} hosts, {servers:,} servers"
    cloud = Berthline(cache / "data", template(cache, hosts, servers), hosts=hosts)
    with cloud.opened() as endpoint:
        recorder.add(WORK, where, "start to ready s", cloud.ready[-1])
        _measure_rest(endpoint, recorder, where)
        with api_of(endpoint, endpoint.compute) as compute:
            _measure_filters(compute, recorder, where)
            _measure_walk(endpoint, compute, recorder, where, servers)
        _measure_boots(endpoint, recorder, where, seconds)
        _measure_doctor(endpoint, recorder, where)
        recorder.add(WORK, where, "PSS MiB after all", pss_mib(endpoint.process))


def _measure_rest(endpoint: Endpoint, recorder: Recorder, where: str) -> None:
    time.sleep(SETTLED_SECONDS)
    recorder.add(WORK, where, "PSS MiB at rest", pss_mib(endpoint.process))
    used = cpu_seconds(endpoint.process)
    time.sleep(REST_SECONDS)
    recorder.add(WORK, where, "CPU s a minute at rest", (cpu_seconds(endpoint.process) - used) / REST_SECONDS * 60)


def _measure_filters(compute: Api, recorder: Recorder, where: str) -> None:
    """The middle of five looks each, of all projects' servers."""
    taken = {}
    for name, query in FILTERS.items():
        path = f"/servers/detail?all_tenants=1&{query}"
        taken[name] = statistics.median(compute.timed_get(path)[1] * 1000 for _ in range(5))
        recorder.add(f"{WORK}, GET servers by {name}", where, "total ms", taken[name])
    recorder.add(WORK, where, "slowest filter ms", max(taken.values()))


def _measure_walk(endpoint: Endpoint, compute: Api, recorder: Recorder, where: str, servers: int) -> None:
    begun, used = time.perf_counter(), cpu_seconds(endpoint.process)
    seen, marker = 0, ""
    while page := compute.call("GET", f"/servers/detail?all_tenants=1&limit={PAGE}{marker}")["servers"]:
        seen += len(page)
        marker = f"&marker={page[-1]['id']}"
    if seen < servers:
        raise Failed(f"a walk saw {seen} servers of {servers}")
    recorder.add(WORK, where, "walk of all s", time.perf_counter() - begun)
    recorder.add(WORK, where, "walk, CPU ms a server", (cpu_seconds(endpoint.process) - used) / seen * 1000)


def _measure_boots(endpoint: Endpoint, recorder: Recorder, where: str, seconds: float) -> None:
    """Boots one by one and by many clients, and deletes, as in a cloud that is empty."""
    with api_of(endpoint, endpoint.image) as images:
        image = images.call("GET", "/v2/images?name=bench")["images"][0]["id"]
    endpoint = dataclasses.replace(endpoint, ids={"image": image, "flavor": "bench"})
    body = boots.prepare(endpoint)
    alone = Recorder()
    boots.boot_one_by_one(endpoint, alone, seconds, body, 1)
    boots.boot_one_by_one(endpoint, alone, max(seconds, 4), body, 50)
    boots.boot_many(endpoint, alone, body, DELETED)
    for series in alone.results().series:
        recorder.add(f"{WORK}, {series.work}, {series.where}", where, series.quantity, series.values[-1])


def _measure_doctor(endpoint: Endpoint, recorder: Recorder, where: str) -> None:
    """`berthline doctor` from its start to its end, which finds nothing."""
    root = endpoint.network.removesuffix(urlsplit(endpoint.network).path)
    begun = time.perf_counter()
    with api_of(endpoint, f"{root}/berthline/v1") as own:
        leaks = own.call("GET", "/leaks")["leaks"]
    recorder.add(WORK, where, "doctor s", time.perf_counter() - begun)
    if leaks:
        raise Failed(f"doctor finds {len(leaks)} leaks, the first: {leaks[0]}")


def _image(started: Started) -> str:
    """An image that servers were made from, and the flavor they have."""
    endpoint = endpoint_of(started)
    body = boots.prepare(endpoint)
    server = body["server"]
    assert isinstance(server, dict)
    return str(server["imageRef"])
