"""`make bench-openstack`: the same work on Berthline and on the real Neutron and Nova, by turns, and the ratios."""

import contextlib
import statistics
import sys
import time
from pathlib import Path

import msgspec

from bench import boots, machine, ports
from bench.cloud import Berthline
from bench.endpoint import Endpoint, Target, api_of, lift_quotas, make_network
from bench.openstack.target import OpenStack
from bench.results import Recorder

LISTED = 1000
BULKS = 3
WORK_SECONDS = 10.0


def measure_beside(cache: Path, recorder: Recorder, rounds: int, seconds: float, *, quick: bool = False) -> None:
    """Both clouds are up all the time; in each round each of them has each kind of work once, one after the other.

    ``quick`` leaves out what takes the real cloud minutes: many clients, deletes, lists.
    """
    real = OpenStack(cache / "openstack")
    targets: tuple[Target, ...] = (Berthline(cache / "data"), real)
    with contextlib.ExitStack() as stack:
        clouds = [stack.enter_context(target.opened()) for target in targets]
        for endpoint in clouds:
            lift_quotas(endpoint)
            endpoint.kept["server"] = [msgspec.json.encode(boots.prepare(endpoint)).decode()]
        for number in range(1, rounds + 1):
            for work in QUICK if quick else WHOLE:
                for endpoint in clouds:
                    recorder.endpoint = endpoint.name
                    said = f"bench: {endpoint.name}, round {number} of {rounds}: {work.__name__.strip('_')}"
                    print(said, file=sys.stderr, flush=True)
                    work(endpoint, recorder, seconds if endpoint.process else max(seconds, WORK_SECONDS))
        _memory(clouds[0], real, recorder)


def _create(endpoint: Endpoint, recorder: Recorder, seconds: float) -> None:
    ports.create_ports(endpoint, recorder, seconds)


def _create_by_few(endpoint: Endpoint, recorder: Recorder, seconds: float) -> None:
    ports.create_ports(endpoint, recorder, seconds, clients=(1, 8))


def _bulk(endpoint: Endpoint, recorder: Recorder, _seconds: float) -> None:
    """By single requests: one takes the real cloud so long that hardly any would end within a run under load."""
    network = make_network(endpoint, "bulk", "10.0.0.0/10")
    with api_of(endpoint, endpoint.network) as api:
        taken = []
        for _ in range(BULKS):
            begun = time.perf_counter()
            api.call("POST", "/v2.0/ports", {"ports": [{"network_id": network}] * ports.BULK})
            taken.append((time.perf_counter() - begun) * 1000)
    recorder.add(f"POST {ports.BULK} ports in bulk", "1 client", "p50 ms", statistics.median(taken))


def _show(endpoint: Endpoint, recorder: Recorder, seconds: float) -> None:
    ports.show_ports(endpoint, recorder, min(seconds, 5), present=100)


def _delete_and_list(endpoint: Endpoint, recorder: Recorder, _seconds: float) -> None:
    ports.delete_ports(endpoint, recorder, 100)
    ports.list_ports(endpoint, recorder, (LISTED,), times=3)


def _boot(endpoint: Endpoint, recorder: Recorder, seconds: float) -> None:
    body = msgspec.json.decode(endpoint.kept["server"][0])
    boots.boot_one_by_one(endpoint, recorder, max(2 * seconds, 4), body, 1)


def _boot_at_once(endpoint: Endpoint, recorder: Recorder, seconds: float) -> None:
    body = msgspec.json.decode(endpoint.kept["server"][0])
    boots.boot_one_by_one(endpoint, recorder, max(6 * seconds, 10), body, 50)


QUICK = (_create_by_few, _bulk, _show, _boot)
WHOLE = (_create, _bulk, _show, _delete_and_list, _boot, _boot_at_once)


def _memory(ours: Endpoint, real: OpenStack, recorder: Recorder) -> None:
    """What both hold after all that."""
    recorder.add("memory", "after the same work", "PSS MiB", machine.pss_mib(ours.process), "berthline")
    if real.stack is not None:
        every = [each for root in real.stack.process_ids() for each in machine.tree(root)]
        total = sum(machine.pss_of(each) for each in set(every))
        recorder.add("memory", "after the same work", "PSS MiB", total, "openstack")
        recorder.add("processes", "after the same work", "processes", len(set(every)), "openstack")
        recorder.add("processes", "after the same work", "processes", 1, "berthline")
        recorder.add("start to ready", "empty", "s", real.ready[-1], "openstack")
