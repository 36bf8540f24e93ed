"""`make bench-openstack`: the same work on Berthline and on the real Neutron and Nova, by turns, and the ratios."""

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

from bench import boots, machine, ports
from bench.cloud import Berthline
from bench.endpoint import Endpoint, Target, lift_quotas
from bench.openstack.target import OpenStack
from bench.results import Recorder

LISTED = 1000
WORK_SECONDS = 10.0


def measure_beside(cache: Path, recorder: Recorder, rounds: int, seconds: float) -> None:
    """Both clouds are up all the time; in each round each of them has each kind of work once, one after the other."""
    real = OpenStack(cache / "openstack")
    targets: tuple[Target, ...] = (Berthline(cache / "data"), real)
    with contextlib.ExitStack() as stack:
        clouds = [(target.name, stack.enter_context(target.opened())) for target in targets]
        bodies = {}
        for name, endpoint in clouds:
            lift_quotas(endpoint)
            bodies[name] = boots.prepare(endpoint)
        for number in range(1, rounds + 1):
            for work in (_create, _bulk_and_show, _delete_and_list):
                _each(clouds, recorder, number, work, seconds)
            for name, endpoint in clouds:
                recorder.endpoint = name
                print(f"bench: {name}, round {number} of {rounds}: boots", file=sys.stderr, flush=True)
                boots.boot_one_by_one(endpoint, recorder, max(seconds, WORK_SECONDS), bodies[name], 1)
                boots.boot_one_by_one(endpoint, recorder, max(seconds, 3 * WORK_SECONDS), bodies[name], 50)
        _memory(clouds[0][1], real, recorder)


def _each(
    clouds: list[tuple[str, Endpoint]],
    recorder: Recorder,
    number: int,
    work: Callable[[Endpoint, Recorder, float], None],
    seconds: float,
) -> None:
    for name, endpoint in clouds:
        recorder.endpoint = name
        print(f"bench: {name}, round {number}: {work.__name__.strip('_')}", file=sys.stderr, flush=True)
        work(endpoint, recorder, seconds)


def _create(endpoint: Endpoint, recorder: Recorder, seconds: float) -> None:
    ports.create_ports(endpoint, recorder, seconds)


def _bulk_and_show(endpoint: Endpoint, recorder: Recorder, seconds: float) -> None:
    ports.create_bulk(endpoint, recorder, max(seconds, WORK_SECONDS))
    ports.show_ports(endpoint, recorder, seconds, present=100)


def _delete_and_list(endpoint: Endpoint, recorder: Recorder, _seconds: float) -> None:
    ports.delete_ports(endpoint, recorder, 100)
    ports.list_ports(endpoint, recorder, (LISTED,), times=3)


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
