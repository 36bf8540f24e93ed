"""`berthline host drain`: everything on a host is moved to others, and what cannot be is told with its reason."""

import time
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from cyclopts import Parameter, validators

from berthline.bootstrap.clouds_file import ADMIN_CLOUD
from berthline.cli.columns import print_columns
from berthline.cli.doctor import clouds_of
from berthline.cli.errors import CommandFailed

DRAIN_SECONDS: Final = 7 * 86_400.0
LOOK_SECONDS: Final = 0.5
MOST_AT_ONCE: Final = 1000


class Server(msgspec.Struct, frozen=True):
    """One of the host's, where it is by now, or why it is not."""

    id: str
    name: str
    host: str | None = None
    reason: str = ""


class Progress(msgspec.Struct, frozen=True):
    """How far a drain is."""

    state: str
    host_answers: bool
    moved: tuple[Server, ...]
    under_way: tuple[Server, ...]
    waiting: tuple[Server, ...]
    left: tuple[Server, ...]
    shelved: tuple[Server, ...]


def drain(
    name: str,
    /,
    *,
    at_once: Annotated[int | None, Parameter(validator=validators.Number(gte=1, lte=MOST_AT_ONCE))] = None,
    data: Path | None = None,
) -> None:
    """Take no new guests on a host, move those that it has to others, and wait until that is done.

    It goes on when this command is ended, until the host is enabled. Asked for again it tries what was left.

    Parameters
    ----------
    name
        Name of the host.
    at_once
        So many servers are moved at a time; as the settings say unless given.
    data
        Data folder of the cloud.
    """
    from berthline.cli.client import open_cloud

    wanted: dict[str, Any] = {} if at_once is None else {"at_once": at_once}
    path = f"/hosts/{name}/drain"
    with open_cloud(clouds_of(data), ADMIN_CLOUD) as admin:
        progress = admin.create("berthline", path, "drain", wanted, Progress)
        said, deadline = "", time.monotonic() + DRAIN_SECONDS
        while progress.state == "draining":
            if said != (said := _counts(progress)):
                print(f"{name}: {said}", flush=True)
            if time.monotonic() > deadline:
                raise CommandFailed(f"host {name} is being drained still: {said}")
            time.sleep(LOOK_SECONDS)
            progress = admin.show("berthline", path, "drain", Progress)
    _print(name, progress)


def _print(name: str, progress: Progress) -> None:
    """What came of it. Raises CommandFailed unless the host has nothing more to lose."""
    rows = [("moved", one.name, one.id, f"to {one.host}") for one in progress.moved]
    rows += [("under way", one.name, one.id, "") for one in progress.under_way]
    rows += [("left", one.name, one.id, one.reason) for one in progress.left]
    rows += [("shelved", one.name, one.id, "its disk is in an image") for one in progress.shelved]
    if rows:
        print_columns(("WHAT", "SERVER", "ID", "WHERE OR WHY"), rows)
    if progress.state == "cancelled":
        raise CommandFailed(f"the drain of host {name} was cancelled: it takes guests again")
    if progress.left:
        raise CommandFailed(f"host {name} is drained but for {len(progress.left)} servers; it takes no new guests")
    print(f"{name} is drained and takes no new guests")


def _counts(progress: Progress) -> str:
    counts = {
        "moved": progress.moved,
        "under way": progress.under_way,
        "waiting": progress.waiting,
        "left": progress.left,
    }
    silent = "" if progress.host_answers else "; the host does not answer, which is waited for"
    return ", ".join(f"{len(servers)} {name}" for name, servers in counts.items()) + silent
