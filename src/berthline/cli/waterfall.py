"""How a server's boot went, step by step, as bars of text."""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from berthline.cli.client import Client

WIDTH: Final = 32


class Step(msgspec.Struct, frozen=True):
    """One step; offset and duration in milliseconds."""

    name: str
    direction: Literal["do", "undo"]
    offset_ms: float
    duration_ms: float
    outcome: str


class Waterfall(msgspec.Struct, frozen=True):
    """The newest boot of one server."""

    server_id: str
    state: str
    total_ms: float
    steps: tuple[Step, ...]


def of_server(admin: Client, server_id: str) -> Waterfall:
    """Ask the cloud for it."""
    return admin.show("berthline", f"/servers/{server_id}/waterfall", "waterfall", Waterfall)


def lines(waterfall: Waterfall) -> Iterator[str]:
    """One line for each step: its name, when it began, how long it took, and a bar in scale."""
    total = max(waterfall.total_ms, 0.001)
    for step in waterfall.steps:
        start = min(int(step.offset_ms / total * WIDTH), WIDTH - 1)
        length = max(1, round(step.duration_ms / total * WIDTH))
        bar = (" " * start + "█" * length)[:WIDTH]
        name = step.name if step.direction == "do" else f"undo {step.name}"
        said = "" if step.outcome == "done" else f" {step.outcome}"
        yield f"  {name:<16} {step.offset_ms:9.1f} ms + {step.duration_ms:9.1f} ms  {bar}{said}".rstrip()
