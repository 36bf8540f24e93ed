"""What each layout is asked to do: ports, boots, lists, and to go on without a worker."""

import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from bench import boots, wrk
from bench.api import Failed
from bench.endpoint import Endpoint, api_of, make_network
from bench.ports import add_ports
from bench.results import Recorder
from bench.scale.layouts import LAYOUTS, Layout, Running, running
from bench.scale.projects import Project, lines_of, make_projects
from berthline.bootstrap import clouds_file

WORK = "scale"
PROJECTS = (1, 32)
PORT_CLIENTS = 32
BOOT_CLIENTS = 50
LISTED = 1000
WARMING_SECONDS = 1.0
"""Before what is measured of ports: each process opens its connections and prepares its statements at first use."""
TIMES = 5
LEFT = 100
KILLED_AFTER_SECONDS = 0.1
"""After the request for many servers was answered: their sagas are under way."""


def measure(cache: Path, recorder: Recorder, seconds: float, *, quick: bool) -> None:
    """Every layout once, one after the other; one that fails is told and left out, for the others say something too."""
    for layout in LAYOUTS:
        try:
            measure_layout(layout, cache, recorder, seconds, quick=quick)
        except Failed as failed:
            print(f"bench: {layout.name} was not measured: {failed}", file=sys.stderr, flush=True)


def measure_layout(layout: Layout, cache: Path, recorder: Recorder, seconds: float, *, quick: bool) -> None:
    """One round of one layout. Raises Failed."""
    with running(layout, cache / "data") as cloud:
        clouds = clouds_file.read(cloud.folder / "clouds.yaml")
        body = boots.prepare(cloud.endpoints[0])
        for count in PROJECTS:
            projects = make_projects(cloud.endpoints[0], clouds, count, "10.0.0.0/12")
            _measure_ports(cloud, recorder, seconds, projects)
            _measure_boots(cloud, recorder, max(seconds, 4), projects, body)
        _measure_many(cloud, recorder, body, 100 if quick else boots.MANY)
        _measure_list(cloud, recorder, LISTED)
        for kind, size in cloud.memory().items():
            recorder.add(f"{WORK}, memory", layout.name, f"PSS MiB, {kind}", size)
        if layout.roles.count("worker") > 1:
            _measure_take_over(cloud, recorder, body)


def _measure_ports(cloud: Running, recorder: Recorder, seconds: float, projects: Sequence[Project]) -> None:
    where = f"{cloud.layout.name}, {PORT_CLIENTS} clients, {_of(projects)}"
    with lines_of(projects, {"port": {"network_id": "NETWORK"}}) as file:
        parameters = {"method": "POST", "file": file}
        _at_once(cloud, "turns", PORT_CLIENTS, WARMING_SECONDS, parameters, "/v2.0/ports")
        before = cloud.cpu_seconds()
        runs = _at_once(cloud, "turns", PORT_CLIENTS, seconds, parameters, "/v2.0/ports")
    used = cloud.cpu_seconds() - before
    recorder.add(f"{WORK}, POST port", where, "requests/s", sum(run.rate for run in runs))
    recorder.add(f"{WORK}, POST port", where, "p50 ms", statistics.mean(run.p50_ms for run in runs))
    recorder.add(f"{WORK}, POST port", where, "Berthline's CPU ms", used * 1000 / sum(run.requests for run in runs))


def _measure_boots(
    cloud: Running, recorder: Recorder, seconds: float, projects: Sequence[Project], body: dict[str, object]
) -> None:
    where = f"{cloud.layout.name}, {BOOT_CLIENTS} clients, {_of(projects)}"
    path = f"{urlsplit(cloud.endpoints[0].compute).path}/servers"
    poll = str(boots.POLL_MS[BOOT_CLIENTS])
    with lines_of(projects, {"server": boots.server_of(body) | {"networks": [{"uuid": "NETWORK"}]}}) as file:
        parameters = {"method": "POST", "path": path, "poll": poll, "file": file}
        runs = _at_once(cloud, "boots", BOOT_CLIENTS, seconds, parameters)
    taken = sorted(milliseconds for run in runs for milliseconds in run.numbers)
    if not taken:
        raise Failed(f"no server became ACTIVE within {seconds:g} s")
    recorder.add(f"{WORK}, boot", where, "boots/min", len(taken) * 60 / max(run.seconds for run in runs))
    recorder.add(f"{WORK}, boot", where, "p50 ms", statistics.median(taken))


def _measure_many(cloud: Running, recorder: Recorder, body: dict[str, object], count: int) -> None:
    alone = Recorder()
    boots.boot_many(cloud.endpoints[0], alone, body, count)
    for series in alone.results().series:
        recorder.add(f"{WORK}, {series.where}", cloud.layout.name, series.quantity, series.values[-1])


def _measure_list(cloud: Running, recorder: Recorder, count: int) -> None:
    """Every port of a network of so many, asked of the last process that answers."""
    network = make_network(cloud.endpoints[0], "listed", "10.0.0.0/12")
    add_ports(cloud.endpoints[0], network, count)
    with api_of(cloud.endpoints[-1], cloud.endpoints[-1].network) as api:
        taken = sorted(api.timed_get(f"/v2.0/ports?network_id={network}") for _ in range(TIMES))
    first, total, _ = taken[TIMES // 2]
    recorder.add(f"{WORK}, GET ports", f"{cloud.layout.name}, {count:,} ports", "first byte ms", first * 1000)
    recorder.add(f"{WORK}, GET ports", f"{cloud.layout.name}, {count:,} ports", "total ms", total * 1000)


def _measure_take_over(cloud: Running, recorder: Recorder, body: dict[str, object], count: int = LEFT) -> None:
    """Kill a worker in the middle of many boots: how long until all of them are ACTIVE."""
    name = f"left-{time.time_ns()}"
    server = boots.server_of(body) | {"name": name, "min_count": count, "max_count": count}
    with api_of(cloud.endpoints[0], cloud.endpoints[0].compute) as compute:
        compute.call("POST", "/servers", {"server": server})
        time.sleep(KILLED_AFTER_SECONDS)
        cloud.kill_worker()
        begun = time.perf_counter()
        boots.until_none(compute, name, "BUILD", cloud.endpoints[0])
        taken = time.perf_counter() - begun
        failed = boots.number_of(compute, name, "ERROR")
    if failed:
        raise Failed(f"{failed} of {count} servers are in ERROR after a worker was killed")
    where = f"{cloud.layout.name}, {count:,} boots under way"
    recorder.add(f"{WORK}, kill -9 of a worker", where, "all ACTIVE s", taken)


def _at_once(
    cloud: Running, script: str, clients: int, seconds: float, parameters: Mapping[str, str], path: str = ""
) -> list[wrk.Run]:
    """The clients shared out among the processes that answer, a load generator for each. Raises Failed."""
    share = clients // len(cloud.endpoints)

    def load(endpoint: Endpoint) -> wrk.Run:
        threads = share if script == "boots" else 1
        url = f"{endpoint.network}{path}"
        return wrk.run(url, clients=share, threads=threads, seconds=seconds, script=script, parameters=parameters)

    with ThreadPoolExecutor(len(cloud.endpoints)) as generators:
        return list(generators.map(load, cloud.endpoints))


def _of(projects: Sequence[Project]) -> str:
    return "1 project" if len(projects) == 1 else f"{len(projects)} projects"
