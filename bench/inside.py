"""In process, on a durable store: NICs allocated and freed, and steps of a saga."""

import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

import msgspec
import uvloop

from bench import cloud
from bench.endpoint import lift_quotas, make_network
from bench.fill import ports as fill
from bench.full.ports import template
from bench.results import Recorder
from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.auth import Caller
from berthline.domain.clock import SystemClock
from berthline.domain.compute import RequestedNetwork
from berthline.domain.ids import DomainId, HostName, NetworkId, ProjectId, ServerId, UserId, new_id, new_request_id
from berthline.network.nics.in_store import StoreNetworkService
from berthline.network.service import Instance
from berthline.saga import Definition, Effect, Engine, Worker
from berthline.store import Connection, Store
from berthline.store.control.sagas import StoredSagaLog, insert_saga
from berthline.store.control.workers import StoredWorkers

NICS = (1, 2, 10)
STEPS = 20
HOST = HostName("simulated-1")
CLOCK = SystemClock()


def measure_inside(cache: Path, recorder: Recorder, repeats: int) -> None:
    """Each kind of work so many times, one after the other; the middle of them is one round."""
    place = cache / "data"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as held:
        folder = Path(held) / "data"
        shutil.copytree(template(cache, 0), folder)
        started = cloud.start(folder)
        endpoint = cloud.endpoint_of(started)
        lift_quotas(endpoint)
        networks = [NetworkId(make_network(endpoint, f"inside-{n}", f"10.{n}.0.0/16")) for n in range(max(NICS))]
        started.end()
        store = Store(folder / "berthline.db")
        try:
            uvloop.run(_measure(store, folder, recorder, ProjectId(endpoint.project_id), networks, repeats))
        finally:
            store.close()


async def _measure(
    store: Store, folder: Path, recorder: Recorder, project_id: ProjectId, networks: list[NetworkId], repeats: int
) -> None:
    service = StoreNetworkService(store, CLOCK, SimulatedDataplane())
    caller = Caller(
        user_id=UserId("bench"),
        user_name="bench",
        project_id=project_id,
        project_name="admin",
        domain_id=DomainId("default"),
        roles=frozenset({"member", "reader"}),
        request_id=new_request_id(),
    )
    for count in NICS:
        asked = tuple(RequestedNetwork(network_id=network) for network in networks[:count])
        given, freed = [], []
        ids = fill.add_servers(folder / "berthline.db", repeats, project_id)
        for server_id in map(ServerId, ids):
            server = Instance(server_id=server_id, project_id=project_id, hostname="bench", availability_zone="nova")
            given.append(await _timed(service.allocate_for_instance(caller, server, asked, bind_host=HOST)))
            freed.append(await _timed(service.deallocate_for_instance(server_id)))
        where = "1 NIC" if count == 1 else f"{count} NICs"
        recorder.add("allocate, in process", where, "p50 ms", statistics.median(given) * 1000)
        recorder.add("deallocate, in process", where, "p50 ms", statistics.median(freed) * 1000)
    await _measure_saga(store, recorder, project_id, repeats)


class _Nothing(msgspec.Struct, frozen=True):
    """Input of a saga that does nothing, durably."""


async def _measure_saga(store: Store, recorder: Recorder, project_id: ProjectId, repeats: int) -> None:
    """A saga of steps that have no effect: what is left is the record of each."""

    async def nothing(_input: _Nothing) -> None:
        return

    steps = tuple(Effect(f"step {number}", nothing, nothing) for number in range(STEPS))
    definition: Definition[_Nothing, Connection] = Definition("bench", _Nothing, steps, lambda *_: None)
    worker = Worker(StoredWorkers(store), new_id())
    await worker.join()
    engine: Engine[Connection] = Engine(StoredSagaLog(store), (definition,), CLOCK, worker=worker)
    taken = []
    for _ in range(max(5, repeats // STEPS)):
        record = await store.write(
            lambda connection: insert_saga(
                connection,
                kind="bench",
                subject_id=new_id(),
                project_id=project_id,
                saga_input=_Nothing(),
                holder=worker.holder,
                at=CLOCK.now(),
            )
        )
        begun = time.perf_counter()
        engine.adopt(record)
        await engine.driven(record.id)
        taken.append((time.perf_counter() - begun) / STEPS)
    recorder.add("saga", "one durable step", "p50 ms", statistics.median(taken) * 1000)


async def _timed(work: Awaitable[object]) -> float:
    begun = time.perf_counter()
    await work
    return time.perf_counter() - begun
