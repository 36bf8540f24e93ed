"""Clouds with ports in them: data folders that are filled once, kept in the cache, and copied for each round."""

import hashlib
import itertools
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from bench import ports
from bench.cloud import Berthline, endpoint_of, start
from bench.endpoint import api_of, make_network
from bench.fill import ports as fill
from bench.machine import cpu_seconds, pss_mib
from bench.results import Recorder
from berthline.store.engine.migrate import migrate

BESIDE = "POST port beside others"
WIDE = 60_000
RECIPE = b"1"
"""Changed when the fill changes, so that what is in the cache is made anew."""


def template(cache: Path, count: int, *, wide: bool = False) -> Path:
    """A data folder of a cloud with so many ports; with ``wide`` they are all in one /16 of the admin's project."""
    kept = cache / "templates" / f"{count}{'-wide' if wide else ''}-{recipe(cache)}"
    if kept.exists():
        return kept
    new = kept.with_name(kept.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.parent.mkdir(parents=True, exist_ok=True)
    started = start(new)
    project_id = endpoint_of(started).project_id
    started.end()
    if wide:
        fill.fill_wide_network(new / "berthline.db", count, project_id)
    elif count:
        fill.fill(new / "berthline.db", count)
    return new.rename(kept)


def measure_turns(cache: Path, recorder: Recorder, counts: Sequence[int], number: int, seconds: float) -> None:
    """One round of clouds with so many ports, one after the other, so that they are compared within some minutes.

    Each round begins with another of them.
    """
    for count in counts:
        template(cache, count)  # made before, so that no cloud is measured while the disk still writes
    for count in in_turn(counts, number):
        measure_full(cache, recorder, count, seconds)


def in_turn(counts: Sequence[int], number: int) -> tuple[int, ...]:
    """The counts as a round takes them, rounds numbered from 1."""
    first = (number - 1) % len(counts)
    return (*counts[first:], *counts[:first])


def measure_full(cache: Path, recorder: Recorder, count: int, seconds: float) -> None:
    """Start with so many ports there; POST and list beside them; what the process takes then."""
    where = f"{count:,} ports present"
    cloud = Berthline(cache / "data", template(cache, count))
    with cloud.opened() as endpoint:
        if count:
            recorder.add("start to ready", f"{count:,} ports", "s", cloud.ready[-1])
        recorder.add("memory", f"at rest, {where}", "PSS MiB", pss_mib(endpoint.process))
        for kind, binding in ports.kinds_of(endpoint):
            network = make_network(endpoint, f"growth-{kind}", "10.0.0.0/10")
            for clients in ports.CLIENTS:
                work, here = f"{BESIDE}, {kind}", f"{where}, {clients}"
                ports.measure_create(endpoint, recorder, network, seconds, clients, work, where=here, binding=binding)
        with api_of(endpoint, endpoint.network) as api:
            taken = sorted(api.timed_get("/v2.0/ports?limit=1000") for _ in range(5))
        recorder.add("GET 1,000 ports of all", where, "total ms", taken[2][1] * 1000)
        recorder.add("memory", f"after load, {where}", "PSS MiB", pss_mib(endpoint.process))


def measure_wide(cache: Path, recorder: Recorder, seconds: float) -> None:
    """POST port into a /16 with 60,000 of its 65,533 addresses in use, and into an empty one beside it.

    For each kind of port and number of clients on a new copy, and shortly, or the addresses would be used up.
    """
    for turn, clients in itertools.product((0, 1), ports.CLIENTS):
        with Berthline(cache / "data", template(cache, WIDE, wide=True)).opened() as endpoint:
            kind, binding = ports.kinds_of(endpoint)[turn]
            work = f"POST port into one /16, {kind}"
            empty = make_network(endpoint, "empty", "10.0.0.0/16")
            for network, used in ((empty, "empty"), (fill.WIDE_NETWORK, f"{WIDE:,} addresses in use")):
                where, time_of = f"{used}, {ports.clients_of(clients)}", min(seconds, 2)
                ports.measure_create(endpoint, recorder, network, time_of, clients, work, where=where, binding=binding)


def measure_rest(cache: Path, recorder: Recorder, seconds: float) -> None:
    """An empty cloud at rest: its processes, what memory they take, and what CPU they use while nothing is asked."""
    cloud = Berthline(cache / "data")
    with cloud.opened() as endpoint:
        recorder.add("start to ready", "empty", "s", cloud.ready[-1])
        recorder.add("memory", "at rest", "PSS MiB", pss_mib(endpoint.process))
        used = cpu_seconds(endpoint.process)
        time.sleep(seconds)
        recorder.add(
            "CPU at rest", "one process", "% of one CPU", (cpu_seconds(endpoint.process) - used) / seconds * 100
        )


def recipe(cache: Path) -> str:
    """Names the schema and the fill."""
    probe = cache / "schema.db"
    for path in cache.glob("schema.db*"):
        path.unlink()
    probe.parent.mkdir(parents=True, exist_ok=True)
    migrate(probe)
    return hashlib.sha256(RECIPE + fill.schema(probe)).hexdigest()[:10]
