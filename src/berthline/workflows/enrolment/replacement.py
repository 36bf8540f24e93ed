"""A new machine takes the place of a host that has nothing left: its name, what it is used for, and its standing.

What is kept by name stays: aggregates and with them the zone, the role as a gateway, what is reserved and how much is
promised, traits. What is of the machine is looked at anew: its size, when it came up, what it can do.
"""

from collections.abc import Mapping

import msgspec

from berthline.domain.errors import Conflict, NotFound
from berthline.domain.hosts.enrolment import EnrolledHost
from berthline.domain.ids import HostName
from berthline.store import Connection
from berthline.store.compute import enrolled, hosts, left_guests
from berthline.workflows.enrolment.draining import REASON

NO_SAGA = ""


def successor(host: EnrolledHost | None, name: HostName, changes: Mapping[str, object], at: int) -> EnrolledHost:
    """The new machine as it would be enrolled. Raises NotFound; Conflict for a host that is being removed."""
    if host is None or host.removed_at is not None:
        raise NotFound(f"Host {name} could not be found.")
    if host.gone:
        raise Conflict(f"Host {name} is being removed.")
    options = msgspec.structs.replace(host.options, **changes)
    return msgspec.structs.replace(host, options=options, enrolled_at=at, updated_at=at)


def replace(connection: Connection, name: HostName, changes: Mapping[str, object], at: int) -> None:
    """Have the host be another machine from now on. A drain, and that it was forced down, were of the one before.

    Raises as ``successor``, and Conflict while servers, moves or other work are there: of those the new machine has
    nothing.
    """
    enrolled.lock(connection, [name])
    hosts.lock(connection, [name])  # nobody claims anything there until this is decided
    new = successor(enrolled.get(connection, name), name, changes, at)
    servers, moves = enrolled.count_on(connection, name)
    if servers or moves:
        raise Conflict(
            f"Host {name} has {servers} servers and {moves} moves that have not ended, and a new machine would have "
            "nothing of them. Drain the host; where it is lost, evacuate or delete its servers first."
        )
    if work := enrolled.work_at(connection, name, NO_SAGA):
        raise Conflict(f"Work is under way at host {name} ({work} sagas): wait until it has ended.")
    left = left_guests.of_host(connection, name)
    if waiting := sum(one.keeps_disks for one in left):
        raise Conflict(f"{waiting} servers are being evacuated from host {name}: wait until they are elsewhere.")
    for one in left:  # it is on the old machine, which never runs again
        left_guests.remove(connection, name, one.server_id, at)
    enrolled.replace(connection, name, new.options, at)
    known = hosts.get(connection, name)
    if known is None:
        return
    if known.forced_down:
        hosts.set_service(connection, name, at, forced_down=False)
    if not known.enabled and known.disabled_reason == REASON:
        hosts.set_service(connection, name, at, enabled=True)
