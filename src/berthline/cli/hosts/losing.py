"""`berthline host lost`: a host has no power any more, and its servers are made anew on others."""

import time
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from cyclopts import Parameter, validators

from berthline.bootstrap.clouds_file import ADMIN_CLOUD
from berthline.cli.columns import print_columns
from berthline.cli.doctor import clouds_of
from berthline.cli.errors import CommandFailed

LOSS_SECONDS: Final = 86_400.0
LOOK_SECONDS: Final = 0.2
MOST_AT_ONCE: Final = 1000


class Server(msgspec.Struct, frozen=True):
    """One of the host's, where it is by now, or why it is not elsewhere."""

    id: str
    name: str
    host: str | None = None
    reason: str | None = None


class Progress(msgspec.Struct, frozen=True):
    """How far a loss is."""

    state: str
    fence: str
    reason: str | None
    moved: tuple[Server, ...]
    under_way: tuple[Server, ...]
    waiting: tuple[Server, ...]
    left: tuple[Server, ...]


def lost(
    name: str,
    /,
    *,
    confirm: Annotated[bool, Parameter(negative=())] = False,
    at_once: Annotated[int | None, Parameter(validator=validators.Number(gte=1, lte=MOST_AT_ONCE))] = None,
    data: Path | None = None,
) -> None:
    """Say that a host is lost: its power is taken away, its servers are made anew on others, and what is not is told.

    It goes on when this command is ended. The host is the cloud's again once it is there, has none of those guests any
    more, and is enabled.

    Parameters
    ----------
    name
        Name of the host.
    confirm
        The host has no power: you have seen to that yourself. While it may run, its guests would run twice.
    at_once
        So many servers are made anew at a time; as the settings say unless given.
    data
        Data folder of the cloud.
    """
    from berthline.cli.client import open_cloud

    wanted: dict[str, Any] = {"confirmed": confirm} | ({} if at_once is None else {"at_once": at_once})
    path = f"/hosts/{name}/loss"
    with open_cloud(clouds_of(data), ADMIN_CLOUD) as admin:
        progress = admin.create("berthline", path, "loss", wanted, Progress)
        said, deadline = "", time.monotonic() + LOSS_SECONDS
        while progress.state in {"fencing", "moving"}:
            if said != (said := _counts(progress)):
                print(f"{name}: {said}", flush=True)
            if time.monotonic() > deadline:
                raise CommandFailed(f"it is not over: {said}")
            time.sleep(LOOK_SECONDS)
            progress = admin.show("berthline", path, "loss", Progress)
    _print(name, progress)


def _print(name: str, progress: Progress) -> None:
    """What came of it. Raises CommandFailed where the host was not fenced, or servers are left."""
    rows = [("elsewhere", one.name, one.id, f"on {one.host}") for one in progress.moved]
    rows += [("under way", one.name, one.id, f"on {one.host}") for one in progress.under_way]
    rows += [("left", one.name, one.id, one.reason or "") for one in progress.left]
    if rows:
        print_columns(("WHAT", "SERVER", "ID", "WHERE OR WHY"), rows)
    if progress.state == "failed":
        raise CommandFailed(
            f"host {name} was not fenced, and nothing was started elsewhere: {progress.reason}. Take its power away, "
            f"and say so: berthline host lost {name} --confirm"
        )
    if progress.reason:
        print(f"{name}: {progress.reason}")
    if progress.left:
        raise CommandFailed(f"{len(progress.left)} servers of host {name} are left")
    print(f"{name} is lost, and has no servers any more")


def _counts(progress: Progress) -> str:
    if progress.state == "fencing":
        return f"its power is taken away ({progress.fence})" + (f"; {progress.reason}" if progress.reason else "")
    counts = {
        "elsewhere": progress.moved,
        "under way": progress.under_way,
        "waiting": progress.waiting,
        "left": progress.left,
    }
    return ", ".join(f"{len(servers)} {what}" for what, servers in counts.items())
