"""`berthline waterfall`: how an action on a server went, step by step, as bars of text."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from berthline.bootstrap.clouds_file import ADMIN_CLOUD
from berthline.cli.doctor import clouds_of

if TYPE_CHECKING:
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
    """One action; ``unaccounted_ms`` is what of its total no step took."""

    server_id: str
    state: str
    total_ms: float
    steps: tuple[Step, ...]
    action: str = "create"
    unaccounted_ms: float = 0.0


def waterfall(server_id: str, action: str = "", /, *, request: str = "", data: Path | None = None) -> None:
    """Show where the time of an action on a server went, and how much of it no step took.

    Parameters
    ----------
    server_id
        Id of the server.
    action
        The newest action of this name, such as resize; the newest boot unless given.
    request
        The action of this request id, as `openstack server event list` shows it.
    data
        Data folder of the cloud.
    """
    from berthline.cli.client import open_cloud

    with open_cloud(clouds_of(data), ADMIN_CLOUD) as admin:
        found = of_server(admin, server_id, action=action, request_id=request)
    print(f"{found.action} of {found.server_id}: {found.state}, {found.total_ms:.1f} ms")
    for line in lines(found):
        print(line)
    print(unaccounted(found))


def of_server(admin: "Client", server_id: str, *, action: str = "", request_id: str = "") -> Waterfall:
    """Ask the cloud for that of the server's newest boot, or of the action chosen."""
    chosen = {"action": action} if action else {}
    chosen |= {"request_id": request_id} if request_id else {}
    return admin.show("berthline", f"/servers/{server_id}/waterfall", "waterfall", Waterfall, **chosen)


def unaccounted(waterfall: Waterfall) -> str:
    """One line: what no step took, and its share of all."""
    share = waterfall.unaccounted_ms / max(waterfall.total_ms, 0.001)
    return f"  {'unaccounted':<16} {'':12}   {waterfall.unaccounted_ms:9.1f} ms  {share:.0%} of all"


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
