"""`berthline doctor`: what leaked, as a table, and as the exit status."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from berthline.bootstrap.clouds_file import ADMIN_CLOUD
from berthline.bootstrap.data_folder import DataFolder
from berthline.cli.columns import print_columns
from berthline.config.model import default_data

if TYPE_CHECKING:
    from berthline.cli.client import Client

LEAKED = 1


class Leak(msgspec.Struct, frozen=True):
    """One thing that is where nothing says it should be, or is missing where something does."""

    kind: str
    object_id: str
    why: str


def leaks(admin: "Client") -> tuple[Leak, ...]:
    """Every leak the cloud finds."""
    return admin.list("berthline", "/leaks", "leaks", Leak)


def doctor(*, data: Path | None = None) -> int:
    """Look for leaks: ports without owner, addresses without port, guests or logical ports without row, or the reverse.

    Exit status 1 when there are any. What a running boot or delete is about to bring or take is no leak.

    Parameters
    ----------
    data
        Data folder of the cloud.
    """
    from berthline.cli.client import open_cloud

    with open_cloud(clouds_of(data), ADMIN_CLOUD) as admin:
        found = leaks(admin)
    if not found:
        print("0 leaks")
        return 0

    print_columns(("WHAT", "OF WHAT", "WHY"), ((leak.kind, leak.object_id, leak.why) for leak in found))
    print(f"{len(found)} leaks")
    return LEAKED


def clouds_of(data: Path | None) -> Path:
    """clouds.yaml of a data folder: the one named, else $BERTHLINE_DATA, else the default one."""
    named = data or Path(os.environ.get("BERTHLINE_DATA") or default_data())
    return DataFolder(named.expanduser().absolute()).clouds
