"""Writes docs/reference/performance.md from the results."""

import re
from collections import defaultdict
from pathlib import Path

from bench.results import Results, Series, better
from bench.scale.table import table
from bench.targets import TARGETS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "performance.md"
REMARKS = Path(__file__).parent / "remarks.md"
"""What people say of the numbers: why a target is missed, and what was tried."""

HEAD = """# Performance

What Berthline does in what time, measured and written by `make bench`; this page is generated, do not edit it. Unless
it says otherwise the server is one process on SQLite with `synchronous=FULL` and simulated hosts, but for "boot, real";
the client is a process of its own on the same machine, so they share its CPUs. Each number is the median of its rounds,
with the least and the most beside it.
"""

BESIDE = """## Beside the real thing

Both clouds were up all the time and took turns, round by round, with the same client: the real thing ({versions})
with MariaDB, RabbitMQ and simulated hypervisors, and Berthline on simulated hosts. Measured by `{command}`{facts}.
"""


def write(results: Results, beside: Results, pictures: tuple[tuple[str, str], ...] = ()) -> None:
    """Write the page. ``beside`` has OpenStack's series too; ``pictures`` are file names beside it and their titles."""
    parts = [HEAD, _machine(results), _targets(results)]
    if beside.series:
        parts += [BESIDE.format(versions=_versions(), command=beside.command, facts=_facts(beside)), ratios(beside), ""]
    parts += [scale] if (scale := table(results)) else []
    parts += [f"![{title}]({name})\n" for name, title in pictures if (PAGE.parent / name).exists()]
    parts.append(_everything(results))
    if REMARKS.exists():
        parts.append(REMARKS.read_text(encoding="utf-8"))
    parts += [f"### {title}\n\n{text.rstrip()}\n" for title, text in sorted(results.notes.items())]
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _versions() -> str:
    """The releases of OpenStack's services that bench.openstack installs."""
    locked = (Path(__file__).parent / "openstack" / "nova.lock").read_text(encoding="utf-8")
    found = re.findall(r"^(neutron|nova|keystone|glance|openstack-placement)==(\S+)", locked, re.MULTILINE)
    return ", ".join(f"{name.capitalize()} {version}" for name, version in found)


def _facts(beside: Results) -> str:
    """What else there is to say of that run: the commit, the rounds, how idle the machine was before them."""
    facts = [f"; {name}: {value}" for name, value in beside.machine.items() if name == "Berthline's commit"]
    idle = beside.find("machine before a round", "beside", "% idle")
    return "".join(facts + ([f"; before its rounds the machine was {_value(idle)} % idle"] if idle else []))


def ratios(results: Results) -> str:
    """Each quantity that both were measured by: Berthline's median, OpenStack's, and how many times better."""
    lines = ["| Work | Under | Quantity | Berthline | OpenStack | Ratio |", "| --- | --- | --- | --- | --- | --- |"]
    for series in results.series:
        other = results.find(series.work, series.where, series.quantity, "openstack")
        if series.endpoint != "berthline" or other is None or (times := better(series, other)) is None:
            continue
        told = f"{_value(series)} | {_value(other)} | {times:,.1f}"
        lines.append(f"| {series.work} | {series.where} | {series.quantity} | {told} |")
    return "\n".join([*lines, *_errors(results)])


def _errors(results: Results) -> list[str]:
    """What went wrong beside the numbers: how many answers of each were errors, and the first that said why."""
    if not results.errors:
        return []
    lines = ["", "Answers that were errors are not in the rates:", ""]
    lines += [f"- {each.endpoint}: {each.work}, {each.where}: {sum(each.values):,.0f}" for each in results.errors]
    return [*lines, *(f"- {name}: {said}" for name, said in sorted(results.notes.items()))]


def _machine(results: Results) -> str:
    lines = ["| On | |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in results.machine.items()]
    return "\n".join(
        [*lines, "| Command | `make bench`; `scripts/bench --only ports` and the like for a part of it |", ""]
    )


def _targets(results: Results) -> str:
    """Each target beside what was measured, and OpenStack's number."""
    lines = [
        "## Targets\n",
        "In the last column what Neutron and Nova took for the same on such a machine.\n",
        "| Work | Under | Target | Measured | Kept | OpenStack |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for target in TARGETS:
        series = results.find(target.work, target.where, target.quantity)
        said = "not measured" if series is None else _value(series)
        kept = "" if series is None else "yes" if target.met(series.median) else f"no, {_missed(target.bound, series)}"
        wanted = f"{target.sense} {_number(target.bound)} {target.quantity}"
        lines.append(f"| {target.work} | {target.where} | {wanted} | {said} | {kept} | {target.real} |")
    return "\n".join([*lines, ""])


def _missed(bound: float, series: Series) -> str:
    ratio = max(series.median / bound, bound / series.median) if series.median else float("inf")
    return f"by {ratio:.1f} times"


def _everything(results: Results) -> str:
    """Every series, grouped by work."""
    by_work: dict[str, list[Series]] = defaultdict(list)
    for series in results.series:
        by_work[series.work].append(series)
    lines = ["## Everything measured\n", "| Work | Under | Quantity | By | Median | Least to most | Rounds |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    for work, found in by_work.items():
        for series in found:
            low, high = (_number(value) for value in series.spread)
            told = f"{_number(series.median)} | {low} to {high} | {len(series.values)}"
            lines.append(f"| {work} | {series.where} | {series.quantity} | {series.endpoint} | {told} |")
    return "\n".join([*lines, ""])


def _value(series: Series) -> str:
    low, high = (_number(value) for value in series.spread)
    return f"**{_number(series.median)}** ({low} to {high})"


def _number(value: float) -> str:
    if value >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"
