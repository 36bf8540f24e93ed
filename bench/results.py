"""What was measured: numbers by round, and what they were measured on. Kept as JSON beside the code."""

import statistics
from pathlib import Path

import msgspec

ERRORS = "errors"
"""The quantity that counts answers that were errors, in a run that goes on in spite of them."""


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity of one piece of work, round by round.

    ``work`` says what was done ("POST port, unbound"), ``where`` under what ("32 clients"), ``quantity`` what was
    counted ("requests/s", "p50 ms"). ``endpoint`` is who did it.
    """

    work: str
    where: str
    quantity: str
    endpoint: str = "berthline"
    values: tuple[float, ...]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names it: measured again, it takes the place of the one before."""
        return (self.work, self.where, self.quantity, self.endpoint)

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the most of the rounds."""
        return (min(self.values), max(self.values))


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a boot's waterfall, in milliseconds after the request."""

    name: str
    offset_ms: float
    duration_ms: float


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was measured."""

    machine: dict[str, str] = {}
    command: str = ""
    series: tuple[Series, ...] = ()
    waterfall: tuple[Step, ...] = ()
    notes: dict[str, str] = {}

    def find(self, work: str, where: str, quantity: str, endpoint: str = "berthline") -> Series | None:
        """The series of this name, or None when it was not measured."""
        key = (work, where, quantity, endpoint)
        return next((series for series in self.series if series.key == key), None)

    @property
    def errors(self) -> tuple[Series, ...]:
        """The series that count answers that were errors, those of them that counted any."""
        return tuple(each for each in self.series if each.quantity == ERRORS and any(each.values))

    def merged(self, newer: "Results") -> "Results":
        """These results with those of ``newer`` in the place of what was measured again."""
        series = {each.key: each for each in self.series} | {each.key: each for each in newer.series}
        return Results(
            machine=self.machine | newer.machine,
            command=newer.command or self.command,
            series=tuple(series.values()),
            waterfall=newer.waterfall or self.waterfall,
            notes=self.notes | newer.notes,
        )


def better(ours: Series, other: Series) -> float | None:
    """How many times better the median of ``ours`` is; None where that cannot be said."""
    if not ours.median or not other.median or ours.quantity in ("bytes", ERRORS):
        return None
    more_is_better = ours.quantity.endswith(("/s", "/min"))
    return ours.median / other.median if more_is_better else other.median / ours.median


def with_growth(results: Results) -> Results:
    """The results and, worked out of them, how many times the p50 beside a million ports is that beside none.

    Round by round, because each round has both; by the median beside none, where they were not measured together.
    """
    found: list[Series] = []
    for kind in ("unbound", "bound"):
        base = results.find(f"POST port beside others, {kind}", "0 ports present, 1", "p50 ms")
        grown = results.find(f"POST port beside others, {kind}", "1,000,000 ports present, 1", "p50 ms")
        if base is None or grown is None:
            continue
        together = len(base.values) == len(grown.values)
        bases = base.values if together else (base.median,) * len(grown.values)
        times = tuple(value / beside for value, beside in zip(grown.values, bases, strict=True))
        work, where = f"growth of POST port, {kind}", "1,000,000 ports present"
        found.append(Series(work=work, where=where, quantity="times p50", values=times))
    return results.merged(Results(series=tuple(found)))


class Recorder:
    """Collects values while the work runs; rounds of one series follow each other."""

    def __init__(self, endpoint: str = "berthline") -> None:
        self.endpoint = endpoint
        self.waterfall: tuple[Step, ...] = ()
        self.notes: dict[str, str] = {}
        self._values: dict[tuple[str, str, str, str], list[float]] = {}

    def add(self, work: str, where: str, quantity: str, value: float, endpoint: str | None = None) -> None:
        """One more round of a series."""
        self._values.setdefault((work, where, quantity, endpoint or self.endpoint), []).append(value)

    def rounds(self, work: str, where: str) -> int:
        """How many rounds there are of the longest series of some work."""
        return max((len(values) for key, values in self._values.items() if key[:2] == (work, where)), default=0)

    def results(self) -> Results:
        """What was recorded."""
        series = tuple(
            Series(work=work, where=where, quantity=quantity, endpoint=endpoint, values=tuple(values))
            for (work, where, quantity, endpoint), values in self._values.items()
        )
        return Results(series=series, waterfall=self.waterfall, notes=self.notes)


def load(path: Path) -> Results:
    """The results in a file; none when there is no file."""
    return msgspec.json.decode(path.read_bytes(), type=Results) if path.exists() else Results()


def save(path: Path, results: Results) -> None:
    """Write results for people and programs to read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rounded = msgspec.structs.replace(results, series=tuple(_rounded(series) for series in results.series))
    path.write_bytes(msgspec.json.format(msgspec.json.encode(rounded), indent=1) + b"\n")


def _rounded(series: Series) -> Series:
    return msgspec.structs.replace(series, values=tuple(float(f"{value:.5g}") for value in series.values))
