"""Host aggregates: what may change of them while servers are on their hosts, and the zones that hosts have by them.

A host is in one zone: that of the aggregates it is in which name one, else Nova's default. Whoever changes what may
change a host's zone has the aggregate and the host locked, and a claim on a host is for the zone that was read; so a
server never is in another zone than it was placed in. Rules and words are Nova's (``nova.compute.api.AggregateAPI``).
"""

from collections.abc import Collection, Mapping
from typing import Final

from berthline.domain.compute import DEFAULT_ZONE
from berthline.domain.errors import BadRequest, Conflict, NotFound
from berthline.domain.ids import HostName, new_id
from berthline.domain.placing import Aggregate
from berthline.store import Connection
from berthline.store.compute import aggregates, hosts

ZONE: Final = "availability_zone"
"""The key of an aggregate's metadata that names its zone."""


def create(connection: Connection, name: str, zone: str | None, at: int) -> Aggregate:
    """Make an aggregate without hosts. Raises Conflict when the name is taken."""
    if aggregates.has_name(connection, name):
        raise Conflict(f"Aggregate {name} already exists.")
    return known(connection, aggregates.add(connection, new_id(), name, zone, at))


def known(connection: Connection, aggregate_id: int) -> Aggregate:
    """The aggregate. Raises NotFound."""
    found = aggregates.get(connection, aggregate_id)
    if found is None:
        raise NotFound(f"Aggregate {aggregate_id} could not be found.")
    return found


def update(connection: Connection, aggregate_id: int, name: str | None, zone: str | None, at: int) -> Aggregate:
    """Give an aggregate another name or another zone; None: the same.

    Raises NotFound, Conflict for a name that is taken, and BadRequest where hosts stand against the zone.
    """
    aggregates.lock(connection, aggregate_id)
    before = known(connection, aggregate_id)
    if name is not None and name != before.name and aggregates.has_name(connection, name):
        raise Conflict(f"Aggregate {name} already exists.")
    if zone is not None:
        _change_zone(connection, before, zone, f"Cannot update aggregate {aggregate_id}. Reason: ", at)
    wanted = before.availability_zone if zone is None else zone
    aggregates.save(connection, aggregate_id, name or before.name, wanted, before.metadata, at)
    return known(connection, aggregate_id)


def set_metadata(connection: Connection, aggregate_id: int, changes: Mapping[str, str | None], at: int) -> Aggregate:
    """Add to an aggregate's metadata, change it, and take away what is None; the key of the zone changes that.

    A zone cannot be taken away. Raises NotFound, and BadRequest where hosts stand against the zone.
    """
    aggregates.lock(connection, aggregate_id)
    before = known(connection, aggregate_id)
    zone = before.availability_zone
    if ZONE in changes:
        zone = changes[ZONE] or ""
        _change_zone(connection, before, zone, f"Cannot update metadata of aggregate {aggregate_id}. Reason: ", at)
    merged = {**before.metadata, **changes}
    kept = {key: value for key, value in merged.items() if value is not None and key != ZONE}
    aggregates.save(connection, aggregate_id, before.name, zone, kept, at)
    return known(connection, aggregate_id)


def delete(connection: Connection, aggregate_id: int) -> None:
    """Delete an aggregate. Raises NotFound, and BadRequest while it has hosts."""
    aggregates.lock(connection, aggregate_id)
    if known(connection, aggregate_id).hosts:
        raise BadRequest(f"Cannot remove host from aggregate {aggregate_id}. Reason: Host aggregate is not empty.")
    aggregates.remove(connection, aggregate_id)


def add_host(connection: Connection, aggregate_id: int, host: HostName, at: int) -> Aggregate:
    """Put a host into an aggregate, and thereby into its zone.

    Raises NotFound for either; Conflict when the host is in it, is in another zone, or has servers that would change
    theirs.
    """
    aggregates.lock(connection, aggregate_id)
    hosts.lock(connection, [host])
    if hosts.get(connection, host) is None:
        raise NotFound(f"Compute host {host} could not be found.")
    aggregate = known(connection, aggregate_id)
    if host in aggregate.hosts:
        raise Conflict(f"Aggregate {aggregate_id} already has host {host}.")
    if aggregate.availability_zone is not None:
        why = f"Cannot add host to aggregate {aggregate_id}. Reason: "
        others = aggregates.other_zones(connection, aggregate_id, [host])
        _check_one_zone(others, aggregate.availability_zone, Conflict, why)
        _check_empty(
            connection, host, others.get(host), aggregate.availability_zone, f"{why}The host cannot be added to"
        )
        hosts.set_zone(connection, [host], aggregate.availability_zone, at)
    aggregates.add_host(connection, aggregate_id, host)
    return known(connection, aggregate_id)


def remove_host(connection: Connection, aggregate_id: int, host: HostName, at: int) -> Aggregate:
    """Take a host out of an aggregate, and out of its zone unless another one has it there.

    Raises NotFound where it is not in it; Conflict when it has servers that would change their zone.
    """
    aggregates.lock(connection, aggregate_id)
    hosts.lock(connection, [host])
    aggregate = aggregates.get(connection, aggregate_id)
    if aggregate is None or host not in aggregate.hosts:
        raise NotFound(f"Cannot remove host {host} in aggregate {aggregate_id}")
    if aggregate.availability_zone is not None:
        why = f"Cannot remove host from aggregate {aggregate_id}. Reason: The host cannot be removed from"
        zone = aggregates.other_zones(connection, aggregate_id, [host]).get(host)
        _check_empty(connection, host, aggregate.availability_zone, zone, why)
        hosts.set_zone(connection, [host], zone or DEFAULT_ZONE, at)
    aggregates.remove_host(connection, aggregate_id, host)
    return known(connection, aggregate_id)


def _change_zone(connection: Connection, aggregate: Aggregate, zone: str, why: str, at: int) -> None:
    """Move the hosts of an aggregate, which is locked, to its new zone.

    Raises BadRequest for an empty name, for hosts that are in another zone, and while servers are on any of them.
    """
    if not zone:
        raise BadRequest(f"{why}Aggregate {aggregate.name} does not support empty named availability zone.")
    if zone == aggregate.availability_zone or not aggregate.hosts:
        return
    hosts.lock(connection, aggregate.hosts)
    _check_one_zone(aggregates.other_zones(connection, aggregate.id, aggregate.hosts), zone, BadRequest, why)
    if any(host.running_vms for host in hosts.these(connection, aggregate.hosts)):
        raise BadRequest(f"{why}One or more hosts contain instances in this zone.")
    hosts.set_zone(connection, aggregate.hosts, zone, at)


def _check_one_zone(
    others: Mapping[HostName, str], zone: str, error: type[BadRequest] | type[Conflict], why: str
) -> None:
    conflicting = sorted({other for other in others.values() if other != zone})
    if conflicting:
        raise error(f"{why}One or more hosts already in availability zone(s) {conflicting}.")


def _check_empty(connection: Connection, name: HostName, old: str | None, new: str | None, why: str) -> None:
    """Raise Conflict when the host, which is locked, has servers whose zone would change."""
    held: Collection[int] = [host.running_vms for host in hosts.these(connection, [name])]
    if old != new and any(held):
        raise Conflict(
            f"{why} the aggregate as the availability zone of the host would change from '{old}' to '{new}' but the "
            f"host already has {sum(held)} instance(s). Move them to another host first, and then try again."
        )
