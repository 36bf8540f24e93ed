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

UNSOUND = 1


class Leak(msgspec.Struct, frozen=True):
    """One thing that is where nothing says it should be, or is missing where something does."""

    kind: str
    object_id: str
    why: str


class Silent(msgspec.Struct, frozen=True):
    """A host, the data plane, or a guest's hypervisor, that did not answer."""

    kind: str
    name: str
    why: str


class Report(msgspec.Struct, frozen=True):
    """What the cloud found, and where it could not look. ``settled``: what is outside was compared."""

    leaks: tuple[Leak, ...]
    silent: tuple[Silent, ...] = ()
    settled: bool = True


def examine(admin: "Client") -> Report:
    """Have the cloud look."""
    return admin.read("berthline", "/leaks", Report)


def leaks(admin: "Client") -> tuple[Leak, ...]:
    """Every leak the cloud finds."""
    return examine(admin).leaks


def doctor(*, data: Path | None = None) -> int:
    """Look for leaks: ports without owner, addresses without port, guests or logical ports without row, or the reverse.

    Exit status 1 when there are any, or when a host, the data plane or a guest's hypervisor does not answer, which is
    named. What a running boot or delete is about to bring or take is no leak; while there are such, what is outside is
    not compared.

    Parameters
    ----------
    data
        Data folder of the cloud.
    """
    from berthline.cli.client import open_cloud

    with open_cloud(clouds_of(data), ADMIN_CLOUD) as admin:
        report = examine(admin)
    if report.silent:
        print_columns(("SILENT", "WHICH", "WHY"), ((one.kind, one.name, one.why) for one in report.silent))
    if report.leaks:
        print_columns(("WHAT", "OF WHAT", "WHY"), ((leak.kind, leak.object_id, leak.why) for leak in report.leaks))
    if not report.settled:
        print("work is under way: hosts and the data plane were not compared with the database")
    print(f"{len(report.leaks)} leaks" + (f", {len(report.silent)} do not answer" if report.silent else ""))
    return UNSOUND if report.leaks or report.silent else 0


def clouds_of(data: Path | None) -> Path:
    """clouds.yaml of a data folder: the one named, else $BERTHLINE_DATA, else the default one."""
    named = data or Path(os.environ.get("BERTHLINE_DATA") or default_data())
    return DataFolder(named.expanduser().absolute()).clouds
