"""Pictures of the results, by matplotlib: `python -m bench.plots RESULTS FOLDER BESIDE`, in the tools' environment."""

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

from bench.results import Results, Series, better, load

mpl.use("Agg")
CLIENTS = {"1 client": 1, "8 clients": 8, "32 clients": 32}
SIZE = (9.0, 3.6)


def by_clients(results: Results, path: Path) -> None:
    """Throughput and latency of POST and GET port by the number of clients."""
    figure, (rate, latency) = plt.subplots(1, 2, figsize=SIZE)
    for work in ("POST port, unbound", "POST port, bound", "GET port", "DELETE port"):
        for endpoint in sorted({series.endpoint for series in results.series if series.work == work}):
            for axes, quantity in ((rate, "requests/s"), (latency, "p50 ms")):
                _line(axes, _points(results, work, quantity, endpoint, CLIENTS), f"{work} ({endpoint})")
    _finish(rate, "Requests a second", "clients", "requests/s")
    _finish(latency, "Latency, p50", "clients", "ms")
    rate.legend(fontsize=7)
    _save(figure, path)


def by_present(results: Results, path: Path) -> None:
    """What POST port costs against how many ports there are already."""
    figure, (rate, latency) = plt.subplots(1, 2, figsize=SIZE)
    for clients in (1, 8, 32):
        places = {f"{count:,} ports present, {clients}": max(count, 1) for count in (0, 10_000, 1_000_000)}
        label = "1 client" if clients == 1 else f"{clients} clients"
        for kind in ("unbound", "bound"):
            for axes, quantity in ((rate, "requests/s"), (latency, "p50 ms")):
                points = _points(results, f"POST port beside others, {kind}", quantity, "berthline", places)
                _line(axes, points, f"{label}, {kind}")
    for axes in (rate, latency):
        axes.set_xscale("log")
        axes.set_xticks([1, 10_000, 1_000_000], ["0", "10,000", "1,000,000"])
    _finish(rate, "POST port, requests a second", "ports present", "requests/s")
    _finish(latency, "POST port, p50", "ports present", "ms")
    rate.legend(fontsize=7)
    _save(figure, path)


def waterfall(results: Results, path: Path) -> None:
    """When each step of one boot began, and how long it took."""
    figure, axes = plt.subplots(figsize=(9.0, 3.0))
    steps = results.waterfall
    axes.barh(
        range(len(steps)), [max(step.duration_ms, 0.05) for step in steps], left=[step.offset_ms for step in steps]
    )
    axes.set_yticks(range(len(steps)), [step.name for step in steps])
    axes.invert_yaxis()
    axes.set_title("One boot on a simulated host, from POST to ACTIVE", fontsize=9)
    axes.set_xlabel("ms after the request", fontsize=8)
    axes.grid(axis="x", alpha=0.3)
    _save(figure, path)


def ovsdb(results: Results, path: Path) -> None:
    """Ports a second of each OVSDB client, beside none and beside many ports."""
    figure, axes = plt.subplots(figsize=(9.0, 3.4))
    found = [series for series in results.series if series.quantity == "ports/s" and series.work.startswith("OVSDB")]
    places = sorted({(series.work, series.where) for series in found})
    names = list(dict.fromkeys(series.endpoint for series in found))
    for number, name in enumerate(names):
        mine = {(series.work, series.where): series for series in found if series.endpoint == name}
        heights = [mine[place].median if place in mine else 0 for place in places]
        axes.bar([spot + number * 0.27 for spot in range(len(places))], heights, 0.27, label=name)
    labels = [f"{work.removeprefix('OVSDB: ports, ')}\n{where}" for work, where in places]
    axes.set_xticks([spot + 0.27 for spot in range(len(places))], labels, fontsize=7)
    axes.legend(fontsize=7)
    _finish(axes, "Logical ports written a second, by OVSDB client", "", "ports/s")
    _save(figure, path)


def beside(results: Results, path: Path) -> None:
    """How many times better Berthline is than the real thing, one bar for each quantity of both."""
    rows = []
    for series in results.series:
        other = results.find(series.work, series.where, series.quantity, "openstack")
        times = better(series, other) if other is not None and series.endpoint == "berthline" else None
        if times is not None and series.quantity not in LEFT_OUT:
            rows.append((f"{series.work}, {series.where}: {series.quantity}", times))
    figure, axes = plt.subplots(figsize=(9.0, 1.0 + 0.19 * len(rows)))
    axes.barh(range(len(rows)), [times for _, times in rows], height=0.7)
    for place, (_, times) in enumerate(rows):
        axes.text(times * 1.05, place, f"{times:,.0f}" if times >= 10 else f"{times:.1f}", va="center", fontsize=6)
    axes.set_yticks(range(len(rows)), [label for label, _ in rows], fontsize=6)
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.set_xscale("log")
    axes.set_xlim(left=min([1.0, *(times for _, times in rows)]), right=3 * max([100.0, *(times for _, times in rows)]))
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.axvline(100, color="black", linewidth=0.8, linestyle="--")
    axes.set_xlabel("times better than the real thing, medians of the rounds", fontsize=8)
    axes.grid(axis="x", alpha=0.3)
    _save(figure, path)


LEFT_OUT = ("p99 ms",)
BESIDE_PICTURE = "performance-beside.png"
PICTURES = {
    "performance-clients.png": by_clients,
    "performance-present.png": by_present,
    "performance-waterfall.png": waterfall,
    "performance-ovsdb.png": ovsdb,
}


def _points(
    results: Results, work: str, quantity: str, endpoint: str, places: dict[str, int]
) -> list[tuple[int, Series]]:
    found = [(place, results.find(work, where, quantity, endpoint)) for where, place in places.items()]
    return [(place, series) for place, series in found if series is not None]


def _line(axes: Any, points: list[tuple[int, Series]], label: str) -> None:
    """The medians, with a bar from the least to the most round."""
    if points:
        middles = [series.median for _, series in points]
        below = [series.median - series.spread[0] for _, series in points]
        above = [series.spread[1] - series.median for _, series in points]
        axes.errorbar([place for place, _ in points], middles, [below, above], marker="o", capsize=2, label=label)


def _finish(axes: Any, title: str, across: str, up: str) -> None:
    axes.set_title(title, fontsize=9)
    axes.set_xlabel(across, fontsize=8)
    axes.set_ylabel(up, fontsize=8)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    kept = load(Path(sys.argv[1]))
    for file_name, draw in PICTURES.items():
        draw(kept, Path(sys.argv[2]) / file_name)
    both = load(Path(sys.argv[3]))
    if both.series:
        beside(both, Path(sys.argv[2]) / BESIDE_PICTURE)
