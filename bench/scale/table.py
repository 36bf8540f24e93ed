"""The table of both databases for the page: each kind of work by each layout, beside the first."""

from bench.results import Results, Series, better
from bench.scale.layouts import FIRST, LAYOUTS

HEAD = """## Both databases, one process and several

The same cloud on SQLite and on PostgreSQL (`fsync` and `synchronous_commit` on, its server on the same machine), in
one process (`berthline up`) and in several, one layout after the other in one run; the simulated hosts are a process of
their own in each. In brackets how many times better than the first.
"""
SOFT = "scale, "


def table(results: Results) -> str:
    """Rows by work, columns by layout; nothing when it was not measured."""
    found: dict[tuple[str, str, str], dict[str, Series]] = {}
    for series in results.series:
        layout = next((each.name for each in reversed(LAYOUTS) if _is_of(series, each.name)), None)
        if layout is not None:
            under = series.where.removeprefix(layout).removeprefix(", ")
            found.setdefault((series.work.removeprefix(SOFT), under, series.quantity), {})[layout] = series
    if not found:
        return ""
    measured = [each.name for each in LAYOUTS if any(each.name in row for row in found.values())]
    lines = [HEAD, f"| Work | Under | Quantity | {' | '.join(measured)} |", "| --- " * (3 + len(measured)) + "|"]
    for (work, under, quantity), row in found.items():
        cells = [_cell(row.get(layout), row.get(FIRST), layout) for layout in measured]
        lines.append(f"| {work} | {under} | {quantity} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _is_of(series: Series, layout: str) -> bool:
    return series.work.startswith(SOFT) and (series.where == layout or series.where.startswith(f"{layout}, "))


def _cell(series: Series | None, first: Series | None, layout: str) -> str:
    if series is None:
        return ""
    told = f"**{_number(series.median)}**"
    times = None if first is None or layout == FIRST else better(series, first)
    return told if times is None else f"{told} ({times:.2f})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
