"""Ends the cloud's process at a chosen moment of a server's life, by what the database and the host then show.

A saga may record several steps at once, so where it is shows in what it did: files, libvirt's own records, OVN.
"""

import contextlib
import os
import random
import re
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import msgspec

from berthline.bootstrap.data_folder import DataFolder
from berthline.cli.errors import CommandFailed
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt.xml import domain_name
from berthline.localhost import Endpoints

from .cloud import PATIENCE, RealCloud

SEED: Final = int(os.environ.get("BERTHLINE_KILL_SEED") or random.SystemRandom().randrange(2**31))
LATEST_SECONDS: Final = 0.03
"""A kill comes at once when the moment is seen, or up to this much later."""

STATE: Final = re.compile(r"<domstatus state='(\w+)'")


class Saga(msgspec.Struct, frozen=True):
    """A saga as it is recorded."""

    id: str
    server_id: str
    state: str
    position: int

    @property
    def ended(self) -> bool:
        """Whether it was done or undone."""
        return self.state in {"done", "undone"}


class Traces:
    """What a host has of a server, looked at by its files: fast enough to see a guest between two steps."""

    def __init__(self, host: Endpoints, server_id: str) -> None:
        self._host, self._server_id = host, server_id
        private, name = host.instances.parent / "private", domain_name(ServerId(server_id))
        self._definition = private / "etc/libvirt/qemu" / f"{name}.xml"
        self._status = private / "run/libvirt/qemu" / f"{name}.xml"

    def has_disks(self, name: str = "") -> bool:
        """Whether a file of its is there, of a name that begins so."""
        return any(True for _ in self._host.instances.rglob(f"{self._server_id}.{name}*"))

    def is_defined(self) -> bool:
        """Whether libvirt knows a guest of its."""
        return self._definition.exists()

    def state(self) -> str:
        """What libvirt wrote of the guest as it runs: ``paused``, ``running``; "" when it is off."""
        found = STATE.search(self._read())
        return found[1] if found else ""

    def interfaces(self) -> int:
        """How many NICs the guest has that runs."""
        return self._read().count("<interface type=")

    def _read(self) -> str:
        try:
            return self._status.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""


class Victim(Protocol):
    """A process that can be ended, and started again as it was."""

    def kill(self) -> None: ...

    def start(self) -> None: ...


Moment = Callable[[Traces], bool]
BOOT: Final[dict[str, Moment]] = {
    "claimed": lambda _: True,
    "disks made": lambda traces: traces.has_disks(),
    "guest defined": lambda traces: traces.is_defined(),
    "guest paused": lambda traces: traces.state() == "paused",
    "guest resumed": lambda traces: traces.state() == "running",
    "active": lambda _: False,
}
ATTACH: Final[dict[str, Moment]] = {
    "claimed": lambda _: True,
    "plugged": lambda traces: traces.interfaces() == 2,
    "attached": lambda _: False,
}
DELETE: Final[dict[str, Moment]] = {
    "asked": lambda _: True,
    "guest off": lambda traces: not traces.state(),
    "guest undefined": lambda traces: not traces.is_defined(),
    "disks gone": lambda traces: not traces.has_disks(),
    "deleted": lambda _: False,
}
"""Moments in their order. The last of each is the end of the saga."""


class Sagas:
    """The sagas of a cloud, read from its database while it runs and after it died."""

    def __init__(self, data: Path) -> None:
        self._connection = sqlite3.connect(f"file:{DataFolder(data).database}?mode=ro", uri=True, isolation_level=None)

    def newest(self, kind: str) -> Saga | None:
        """The newest saga of the kind."""
        columns = "id, subject_id, state, position"
        asked = f"SELECT {columns} FROM sagas WHERE kind = ? ORDER BY created_at DESC, id DESC LIMIT 1"  # noqa: S608
        row = self._connection.execute(asked, (kind,)).fetchone()
        return None if row is None else Saga(*row)

    def close(self) -> None:
        """Read no more."""
        self._connection.close()


def killed(
    cloud: RealCloud,
    kind: str,
    moment: Moment,
    request: Callable[[], object],
    label: str,
    victim: "Victim | None" = None,
) -> Saga:
    """Ask for something, end the process at the moment, or at the end of the new saga, and start it again.

    Returns the saga as it stood when the process was gone; that is the cloud's, unless another ``victim`` is named.
    """
    dying: Victim = victim or cloud
    dice = random.Random(f"{SEED} {label}")
    delay = dice.choice((0.0, dice.uniform(0.0, LATEST_SECONDS)))
    sagas = Sagas(cloud.data)
    try:
        before = sagas.newest(kind)
        asking = threading.Thread(target=_ask, args=(request,))
        asking.start()
        limit = time.monotonic() + PATIENCE
        while True:
            found = sagas.newest(kind)
            is_new = found is not None and (before is None or found.id != before.id)
            if found is not None and is_new and (found.ended or moment(Traces(cloud.host, found.server_id))):
                break
            assert time.monotonic() < limit, f"{kind} never came to {label}: {found}"
        time.sleep(delay)
        dying.kill()
        asking.join()
        left = sagas.newest(kind)
    finally:
        sagas.close()
    assert left is not None
    print(f"seed {SEED}: killed {delay * 1000:.1f} ms after {label}; left {left}")
    dying.start()
    return left


def _ask(request: Callable[[], object]) -> None:
    """Nobody hears the answer of a process that dies."""
    with contextlib.suppress(CommandFailed):
        request()
