"""`make bench-openstack`: the same work on Berthline and on the real Neutron and Nova, by turns, and the ratios."""

import contextlib
import dataclasses
import http.client
import statistics
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from bench import boots, installed, machine, ports
from bench.api import Failed
from bench.cloud import LOGGED, Berthline
from bench.endpoint import Endpoint, api_of, lift_quotas, make_network
from bench.openstack.packages import prepare
from bench.openstack.processes import StackFailed
from bench.openstack.rows import fill_network
from bench.openstack.stack import Stack
from bench.openstack.statements import statements_a_port
from bench.openstack.target import OpenStack
from bench.results import ERRORS, Recorder, Results

ROOT = Path(__file__).resolve().parents[1]
LISTED = (1_000, 10_000)
BULKS = 2
SHOWN = 100
DELETED = 100
DELETED_BY_ONE = 20
MANY = 20
"""Servers of one request: as many on both sides."""
MOST_SECONDS = 3.0
"""Berthline's runs are not longer: it answers thousands in that time, and the real cloud needs what is left."""
SLOW_SECONDS = {1: 6.0, 8: 8.0, 32: 12.0}
"""How long a run on the real cloud takes, by clients: long enough for each of them to be answered some times."""
SLOW_SHOW_SECONDS = 4.0
SLOW_BOOT_SECONDS = {1: 12.0, 50: 45.0}
WARMING = 8
"""Clients that boot servers before the first round: each process of Nova takes seconds for the first one it has."""
WARMING_SECONDS = 5.0
SETTLED = 4
"""So many small requests are answered before the other cloud has its turn: they wait behind what was cut off."""

Keep = Callable[[Results], None]


@dataclasses.dataclass(frozen=True)
class Turn:
    """One cloud's turn at one kind of work. ``seconds`` is how long a run takes where the cloud is not slow."""

    endpoint: Endpoint
    recorder: Recorder
    seconds: float
    stack: Stack | None = None


def measure_beside(
    cache: Path,
    recorder: Recorder,
    rounds: int,
    seconds: float,
    *,
    quick: bool = False,
    minutes: float = 0,
    keep: Keep = lambda _: None,
) -> int:
    """Both clouds are up all the time; in each round each of them has each kind of work once, one after the other.

    ``keep`` is given what there is after each round, and at the end, however that comes. With ``minutes`` no round
    begins later than that. ``quick`` leaves out what takes the real cloud longest. How many of Berthline's answers
    were errors, or of its pieces of work did not end.
    """
    begun = time.monotonic()
    real = OpenStack(cache / "openstack")
    ours = Berthline(cache / "data", settings=LOGGED)  # as the programs of the other cloud
    try:
        with contextlib.ExitStack() as stack:
            clouds = [
                dataclasses.replace(stack.enter_context(target.opened()), tolerant=True) for target in (ours, real)
            ]
            assert real.stack is not None
            _at_rest(clouds[0], ours, real, recorder)
            short = min(seconds, MOST_SECONDS)
            turns = [Turn(clouds[0], recorder, short), Turn(clouds[1], recorder, short, real.stack)]
            _prepare(turns, quick=quick)
            for number in range(1, rounds + 1):
                if minutes and time.monotonic() - begun > minutes * 60:
                    _say(f"no round after {minutes:g} minutes")
                    break
                recorder.add("machine before a round", "beside", "% idle", machine.idle_percent(), "berthline")
                run_round(
                    f"round {number} of {rounds}", turns if number % 2 else turns[::-1], QUICK if quick else WHOLE
                )
                _footprints(clouds[0], real.stack, recorder, "after the same work")
                keep(recorder.results())
    finally:
        if recorder.results().series:
            keep(recorder.results())
    return int(sum(sum(each.values) for each in recorder.results().errors if each.endpoint == "berthline"))


def run_round(title: str, turns: Sequence[Turn], works: Iterable[Callable[[Turn], None]]) -> None:
    """Each kind of work on each cloud; one that fails is noted, and the others go on."""
    begun = time.perf_counter()
    for work in works:
        name = work.__name__.strip("_").replace("_", " ")
        taken = []
        for turn in turns:
            turn.recorder.endpoint = turn.endpoint.name
            since = time.perf_counter()
            try:
                work(turn)
            except (Failed, StackFailed, OSError, http.client.HTTPException) as error:
                turn.recorder.add(name, "work that did not end", ERRORS, 1)
                turn.recorder.notes[f"{turn.endpoint.name}: {name}"] = str(error)[:500]
                _say(f"{title}: {name}: {turn.endpoint.name} failed: {str(error)[:300]}")
            _settle(turn.endpoint)
            taken.append(f"{turn.endpoint.name} {time.perf_counter() - since:.1f} s")
        _say(f"{title}: {name}: {', '.join(taken)}")
    _say(f"{title} took {(time.perf_counter() - begun) / 60:.1f} minutes")


def _say(what: str) -> None:
    print(f"bench: {time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def _settle(endpoint: Endpoint) -> None:
    """Wait until what the clients cut off is answered, so that it takes nothing from the other cloud."""
    for url, path in ((endpoint.network, "/v2.0/networks?limit=1"), (endpoint.compute, "/servers?limit=1")):
        with contextlib.suppress(OSError, http.client.HTTPException), api_of(endpoint, url) as api:
            for _ in range(SETTLED):
                api.exchange("GET", path)


def _prepare(turns: Sequence[Turn], *, quick: bool) -> None:
    """What the rounds use: no quotas, something to boot, programs that are warm, networks full of ports for lists."""
    for turn in turns:
        endpoint = turn.endpoint
        lift_quotas(endpoint)
        endpoint.kept["server"] = [msgspec.json.encode(boots.prepare(endpoint)).decode()]
        boots.boot_one_by_one(endpoint, Recorder(), WARMING_SECONDS, _server(endpoint), WARMING)
        if turn.stack is not None and not quick:
            for size in LISTED:
                endpoint.kept[f"list-{size}"] = [fill_network(endpoint, turn.stack, f"list-{size}", size)]
                _say(f"{endpoint.name} has a network of {size:,} ports")


def _create(turn: Turn) -> None:
    _create_by(turn, ports.CLIENTS)


def _create_by_few(turn: Turn) -> None:
    _create_by(turn, ports.CLIENTS[:2])


def _create_by(turn: Turn, clients: Sequence[int]) -> None:
    for count in clients:
        seconds = SLOW_SECONDS[count] if turn.endpoint.slow else turn.seconds
        ports.create_ports(turn.endpoint, turn.recorder, seconds, clients=(count,))


def _bulk(turn: Turn) -> None:
    """By single requests: one takes the real cloud so long that hardly any would end within a run under load."""
    network = make_network(turn.endpoint, "bulk", "10.0.0.0/10")
    with api_of(turn.endpoint, turn.endpoint.network) as api:
        taken = []
        for _ in range(BULKS):
            begun = time.perf_counter()
            api.call("POST", "/v2.0/ports", {"ports": [{"network_id": network}] * ports.BULK})
            taken.append((time.perf_counter() - begun) * 1000)
    turn.recorder.add(f"POST {ports.BULK} ports in bulk", "1 client", "p50 ms", statistics.median(taken))


def _show(turn: Turn) -> None:
    seconds = SLOW_SHOW_SECONDS if turn.endpoint.slow else turn.seconds
    ports.show_ports(turn.endpoint, turn.recorder, seconds, present=SHOWN)


def _delete(turn: Turn) -> None:
    ports.delete_ports(turn.endpoint, turn.recorder, DELETED, least=DELETED_BY_ONE)


def _list(turn: Turn) -> None:
    ports.list_ports(turn.endpoint, turn.recorder, LISTED, times=1 if turn.endpoint.slow else 3)


def _boot(turn: Turn) -> None:
    seconds = SLOW_BOOT_SECONDS[1] if turn.endpoint.slow else turn.seconds
    boots.boot_one_by_one(turn.endpoint, turn.recorder, seconds, _server(turn.endpoint), 1)


def _boot_by_fifty(turn: Turn) -> None:
    seconds = SLOW_BOOT_SECONDS[50] if turn.endpoint.slow else max(turn.seconds, 5)
    boots.boot_one_by_one(turn.endpoint, turn.recorder, seconds, _server(turn.endpoint), 50)


def _boot_many(turn: Turn) -> None:
    boots.boot_many(turn.endpoint, turn.recorder, _server(turn.endpoint), MANY)


def _server(endpoint: Endpoint) -> dict[str, object]:
    return msgspec.json.decode(endpoint.kept["server"][0], type=dict[str, object])


def _count_statements(turn: Turn) -> None:
    """The real cloud's by MariaDB's counters; ours as tests/growth counts them and holds them."""
    where = "at rest"
    if turn.stack is None:
        record = tomllib.loads((ROOT / "tests" / "growth" / "record.toml").read_text(encoding="utf-8"))
        turn.recorder.add("SQL a port", where, "statements", record["post_port"]["statements"])
        return
    network = make_network(turn.endpoint, "statements", "10.0.0.0/12")
    plain, everything = statements_a_port(turn.endpoint, turn.stack, network)
    turn.recorder.add("SQL a port", where, "statements", plain)
    turn.recorder.add("SQL a port", where, "statements, transaction control too", everything)


QUICK = (_create_by_few, _bulk, _show, _boot)
WHOLE = (_count_statements, _create, _bulk, _show, _list, _delete, _boot, _boot_by_fifty, _boot_many)


def _at_rest(endpoint: Endpoint, ours: Berthline, real: OpenStack, recorder: Recorder) -> None:
    """What an installation takes of the disk, how long a start takes, and what both hold before any work."""
    assert real.stack is not None
    recorder.endpoint = "berthline"
    installed.measure_installed(ours.scratch.parent, recorder)
    installed.measure_openstack(prepare(nova=True), recorder)
    for name, seconds in (("berthline", ours.ready[-1]), ("openstack", real.ready[-1])):
        recorder.add("start to ready", "empty", "s", seconds, name)
    _footprints(endpoint, real.stack, recorder, "at rest")


def _footprints(ours: Endpoint, stack: Stack, recorder: Recorder, when: str) -> None:
    """Memory and processes of both, MariaDB, RabbitMQ and memcached among the real cloud's."""
    for name, roots in (("berthline", [ours.process]), ("openstack", stack.process_ids())):
        found = machine.footprint(roots)
        recorder.add("memory", when, "PSS MiB", found.pss_mib, name)
        recorder.add("processes", when, "processes", found.processes, name)
