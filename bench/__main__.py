"""`python -m bench`: run the work round by round, keep the results, write docs/reference/performance.md."""

import argparse
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench import beside, boots, echo, images, inside, installed, machine, page, ports, profiling, real, results
from bench.actions import real as real_actions
from bench.actions import simulated as simulated_actions
from bench.cloud import LOGGED, Berthline
from bench.endpoint import make_network
from bench.full import ports as full
from bench.full import servers as full_cloud
from bench.ovsdb import compare
from bench.real_host import obstacles
from bench.results import Recorder, Results
from bench.scale import work as scale
from berthline.localhost.postgresql import missing_programs

ROOT = Path(__file__).resolve().parents[1]
ENOUGH_IDLE = 90.0
KEPT = ROOT / "bench" / "results" / "results.json"
BESIDE = ROOT / "bench" / "results" / "beside.json"
PICTURES = (
    ("performance-clients.png", "Throughput and latency by clients"),
    ("performance-present.png", "Cost against what is present"),
    ("performance-waterfall.png", "The waterfall of a boot"),
    ("performance-ovsdb.png", "OVSDB clients"),
    ("performance-beside.png", "How many times better than the real thing"),
)
FULL = (0, 10_000, 1_000_000)
"""How many ports are present, last the one that takes long."""


@dataclass(frozen=True)
class Plan:
    """How much is done: ``seconds`` of each run under load, ``rounds`` of everything, where things are kept."""

    rounds: int
    seconds: float
    quick: bool
    cache: Path

    @property
    def clouds(self) -> Berthline:
        """New, empty clouds."""
        return Berthline(self.cache / "data")


def measure_ports(plan: Plan, recorder: Recorder) -> None:
    """Ports over HTTP, on a new cloud each round."""
    with plan.clouds.opened() as endpoint:
        ports.create_ports(endpoint, recorder, plan.seconds)
        ports.create_bulk(endpoint, recorder, plan.seconds)
        ports.show_ports(endpoint, recorder, plan.seconds)
        ports.delete_ports(endpoint, recorder, 500 if plan.quick else 2000)
        ports.list_ports(endpoint, recorder, (1000,) if plan.quick else (1000, 10_000))


def measure_logged(plan: Plan, recorder: Recorder) -> None:
    """POST port on a cloud that logs each request, as it does unless it is told otherwise."""
    with Berthline(plan.cache / "data", settings=LOGGED).opened() as endpoint:
        for clients in (1, 32):
            network = make_network(endpoint, f"logged-{clients}", "10.0.0.0/10")
            ports.measure_create(endpoint, recorder, network, plan.seconds, clients, "POST port, unbound, logged")


def measure_boots(plan: Plan, recorder: Recorder) -> None:
    """Servers over HTTP, on a new cloud each round."""
    with plan.clouds.opened() as endpoint:
        body = boots.prepare(endpoint)
        boots.boot_one_by_one(endpoint, recorder, plan.seconds, body, 1)
        boots.keep_waterfall(endpoint, recorder)
        boots.boot_one_by_one(endpoint, recorder, max(plan.seconds, 4), body, 50)
        boots.boot_many(endpoint, recorder, body, 100 if plan.quick else boots.MANY)
        recorder.add("memory", "after load", "PSS MiB", machine.pss_mib(endpoint.process))
        recorder.add("processes", "after load", "processes", len(tuple(machine.tree(endpoint.process))))
        network = make_network(endpoint, "after-boots", "10.0.0.0/10")
        ports.measure_create(endpoint, Recorder(), network, plan.seconds, 32, "POST port after boots")
        recorder.add("memory", "after boots and ports", "PSS MiB", machine.pss_mib(endpoint.process))


def measure_actions(plan: Plan, recorder: Recorder) -> None:
    """What a server can be made to do, on a new cloud each round."""
    with plan.clouds.opened() as endpoint:
        simulated_actions.measure_simulated(endpoint, recorder, 5 if plan.quick else 30)


def measure_full(plan: Plan, recorder: Recorder) -> None:
    """Ports beside none, ten thousand and a million others, by turns; a quick run does without the million."""
    counts = FULL[:-1] if plan.quick else FULL
    full.measure_turns(plan.cache, recorder, counts, recorder.rounds("machine before a round", "full"), plan.seconds)


def measure_full_cloud(plan: Plan, recorder: Recorder) -> None:
    """A thousand hosts and a hundred thousand servers; a quick run has a tenth of them."""
    full_cloud.measure(plan.cache, recorder, plan.seconds, quick=plan.quick)


def measure_scale(plan: Plan, recorder: Recorder) -> None:
    """Both databases, in one process and in several."""
    scale.measure(plan.cache, recorder, plan.seconds, quick=plan.quick)


def measure_wide(plan: Plan, recorder: Recorder) -> None:
    """Ports in a nearly full network."""
    full.measure_wide(plan.cache, recorder, plan.seconds)


def measure_rest(plan: Plan, recorder: Recorder) -> None:
    """An empty cloud of which nothing is asked."""
    full.measure_rest(plan.cache, recorder, plan.seconds)


def measure_inside(plan: Plan, recorder: Recorder) -> None:
    """The allocation and the saga, in process."""
    inside.measure_inside(plan.cache, recorder, 20 if plan.quick else 200)


def measure_real(plan: Plan, recorder: Recorder) -> None:
    """Real guests beside the same by libvirt alone, on a new host each round."""
    real.measure_real(recorder, 1 if plan.quick else real.PAIRS)


def measure_real_actions(plan: Plan, recorder: Recorder) -> None:
    """What a real server can be made to do, on a new host each round."""
    real_actions.measure_real_actions(recorder, 1 if plan.quick else 2)


def measure_ovsdb(plan: Plan, recorder: Recorder) -> None:
    """Our OVSDB client beside ovsdbapp."""
    compare.measure_ovsdb(plan.cache, recorder, plan.seconds, (0, 1000) if plan.quick else (0, 10_000))
    compare.show_descriptors(plan.cache, recorder)


def measure_images(plan: Plan, recorder: Recorder) -> None:
    """A large image in and out, on a new cloud each round."""
    with plan.clouds.opened() as endpoint:
        images.measure_images(endpoint, plan.clouds.scratch, recorder, 64 if plan.quick else 2048)


def measure_installed(plan: Plan, recorder: Recorder) -> None:
    """What an installation takes."""
    installed.measure_installed(plan.cache, recorder)


def measure_sql(_plan: Plan, recorder: Recorder) -> None:
    """What tests/growth counts and holds equal with 10 and with 10,000 ports present."""
    record = tomllib.loads((ROOT / "tests" / "growth" / "record.toml").read_text(encoding="utf-8"))
    for work, name in {"post_port": "a port", "post_50_ports": "50 ports in bulk", "boot": "a boot"}.items():
        for quantity in ("statements", "commits"):
            recorder.add(f"SQL {name}", "10 and 10,000 ports present", quantity, record[work][quantity])


def measure_echo(plan: Plan, recorder: Recorder) -> None:
    """The load generator itself."""
    echo.measure_client(recorder, plan.seconds)


WORK: dict[str, Callable[[Plan, Recorder], None]] = {
    "echo": measure_echo,
    "ports": measure_ports,
    "logged": measure_logged,
    "boots": measure_boots,
    "actions": measure_actions,
    "rest": measure_rest,
    "wide": measure_wide,
    "full": measure_full,
    "full-cloud": measure_full_cloud,
    "scale": measure_scale,
    "inside": measure_inside,
    "images": measure_images,
    "real": measure_real,
    "real-actions": measure_real_actions,
    "ovsdb": measure_ovsdb,
    "sql": measure_sql,
    "installed": measure_installed,
}
"""One round of each kind of work, by the name that `--only` takes."""

OBSTACLES: dict[str, Callable[[], tuple[str, ...]]] = {
    "real": obstacles,
    "real-actions": obstacles,
    "scale": missing_programs,
}
"""What not every machine can do: why this one cannot, in words, or nothing."""


def main() -> int:
    """Run what was asked for; say each number, and write results and page."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended too
    arguments = _arguments()
    wrong = 0
    plan = Plan(arguments.rounds, arguments.seconds, arguments.quick, arguments.cache.absolute())
    if arguments.profile:
        recorder = Recorder()
        profiling.profile(plan.cache, page.PAGE.parent, recorder)
        results.save(arguments.results, results.load(arguments.results).merged(recorder.results()))
    if arguments.openstack:
        wrong = _measure_beside(plan, arguments.beside, arguments.minutes)
    for name in arguments.only:
        if why := OBSTACLES.get(name, tuple)():
            print(f"bench: {name} is left out: {'; '.join(why)}", file=sys.stderr, flush=True)
            continue
        recorder = Recorder()
        for number in range(1, plan.rounds + 1):
            idle = _wait_for_rest(arguments.patience)
            print(f"bench: {name}, round {number} of {plan.rounds}, {idle:.0f} % idle", file=sys.stderr, flush=True)
            recorder.add("machine before a round", name, "% idle", idle)
            WORK[name](plan, recorder)
        said = f"commit {machine.commit()}, {plan.rounds} rounds, runs of {plan.seconds:g} s"
        facts = machine.facts() | {f"Measured: {name}": said}
        newer = msgspec.structs.replace(recorder.results(), machine=facts)
        for series in newer.series:
            print(f"{series.work}; {series.where}; {series.median:,.4g} {series.quantity}; {series.spread}")
        results.save(arguments.results, results.load(arguments.results).merged(newer))
    if arguments.page:
        # A quick run never takes the place of a whole one.
        shown, both = (KEPT, BESIDE) if arguments.quick else (arguments.results, arguments.beside)
        _draw(plan, shown, both)
        page.write(results.with_growth(results.load(shown)), results.load(both), PICTURES)
    return 1 if wrong else 0


def _measure_beside(plan: Plan, kept: Path, minutes: float) -> int:
    """Both clouds by turns, kept after each round; how much of Berthline's work was answered by an error."""
    facts = machine.facts() | {"Berthline's commit": machine.commit()}

    def keep(newer: Results) -> None:
        results.save(kept, msgspec.structs.replace(newer, machine=facts, command=_command()))

    wrong = beside.measure_beside(
        plan.cache, Recorder(), plan.rounds, plan.seconds, quick=plan.quick, minutes=minutes, keep=keep
    )
    print(page.ratios(results.load(kept)))
    return wrong


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measure Berthline.")
    parser.add_argument("--only", nargs="*", choices=WORK, metavar="WORK", help=", ".join(WORK))
    parser.add_argument("--rounds", type=int, help="5 unless quick")
    parser.add_argument("--seconds", type=float, help="length of each run under load: 5 unless quick")
    parser.add_argument("--profile", action="store_true", help="look where the time goes, by py-spy")
    parser.add_argument("--openstack", action="store_true", help="run the work on the real Neutron and Nova too")
    parser.add_argument("--minutes", type=float, default=0, help="with --openstack: no round begins later than that")
    parser.add_argument("--patience", type=float, default=0, help="seconds to wait for an idle machine before a round")
    parser.add_argument("--quick", action="store_true", help="one short round of everything, kept apart")
    parser.add_argument("--cache", type=Path, default=ROOT / "build" / "bench", help="where data and tools are kept")
    parser.add_argument("--results", type=Path, default=KEPT)
    parser.add_argument("--beside", type=Path, default=BESIDE, help="where the results of --openstack are kept")
    parser.add_argument("--page", action="store_true", help="write docs/reference/performance.md too")
    arguments = parser.parse_args()
    if arguments.only is None:
        arguments.only = [] if arguments.openstack or arguments.profile else list(WORK)
    arguments.rounds = arguments.rounds or (1 if arguments.quick else 5)
    arguments.seconds = arguments.seconds or (1 if arguments.quick else 5)
    if arguments.quick:
        arguments.results = arguments.cache / "quick.json"
        arguments.beside = arguments.cache / "beside-quick.json"
    return arguments


def _wait_for_rest(patience: float) -> float:
    """How idle the machine is; others who use it are waited for, up to so many seconds."""
    deadline = time.monotonic() + patience
    while (idle := machine.idle_percent()) < ENOUGH_IDLE and time.monotonic() < deadline:
        pass
    return idle


def _draw(plan: Plan, kept: Path, both: Path) -> None:
    """Pictures beside the page, by the tools' own interpreter."""
    words = [
        str(plan.cache / "tools" / "bin" / "python"),
        "-m",
        "bench.plots",
        str(kept),
        str(page.PAGE.parent),
        str(both),
    ]
    subprocess.run(words, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})


def _command() -> str:
    return " ".join(["scripts/bench", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
