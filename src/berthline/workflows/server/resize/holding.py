"""What a move of a server holds beside the server's own row: its place at the other end, and quota, until it ends."""

from berthline.domain.compute import Flavor, Migration, MigrationStatus, Server
from berthline.domain.ids import HostName
from berthline.store import Connection
from berthline.store.compute import hosts, migrations
from berthline.store.control import quotas
from berthline.workflows.server.placing import claim_host


def more(old: Flavor, new: Flavor) -> dict[str, int]:
    """What of each counted resource the new flavor takes more than the old one."""
    return {"cores": max(new.vcpus - old.vcpus, 0), "ram": max(new.ram - old.ram, 0)}


def claim(
    connection: Connection, server: Server, flavor: Flavor, source: HostName, wanted: HostName | None, at: int
) -> HostName:
    """Take the flavor's room where the server goes, beside its own: on ``wanted``, or on the best host but its own.

    A server that stays on its host is one guest there, whatever it holds. Raises NoValidHost.
    """
    if wanted == source:
        host = claim_host(
            connection, server, at, flavor=flavor, wanted_host=source, there_gb=server.flavor.claimed_disk
        )
        hosts.release(connection, host, 0, 0, 0, at)
        return host
    return claim_host(connection, server, at, flavor=flavor, wanted_host=wanted, excluded=frozenset({source}))


def end(connection: Connection, migration: Migration, status: MigrationStatus, at: int, *, moved: bool) -> bool:
    """The move ends: give back the place that the server has not, and the quota that it does not use.

    ``moved``: the server is at the destination, of the new flavor; else at the source, of the old one. False, with
    nothing changed, where it was ended before.
    """
    if not migrations.set_status(connection, migration.id, status, at, held=False):
        return False
    old, new = migration.old_flavor, migration.new_flavor
    host, flavor = (migration.source, old) if moved else (migration.destination, new)
    guests = 0 if migration.stays else 1
    hosts.release(connection, host, flavor.vcpus, flavor.ram, flavor.claimed_disk, at, guests)
    unused = {name: amount for name, amount in (more(new, old) if moved else more(old, new)).items() if amount}
    if unused:
        quotas.give_back(connection, migration.project_id, unused)
    return True
