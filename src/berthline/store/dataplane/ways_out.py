"""Which hosts may carry routers' ways out: those whose bridges lead to the network that a router's gateway is in."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection

from berthline.domain.compute import EVERY_NETWORK
from berthline.store.engine.changes import OUTBOX_TOPIC
from berthline.store.engine.database import notify
from berthline.store.engine.prepared import Prepared

_CANDIDATES: Final = Prepared(
    "SELECT DISTINCT chassis, physical_networks FROM hosts WHERE gateway AND physical_networks IS NOT NULL "
    "ORDER BY chassis"
)
_KNOWN: Final = Prepared("SELECT name, chassis, physical_networks FROM hosts ORDER BY name")
_RECORD: Final = Prepared("UPDATE hosts SET physical_networks = ?2, updated_at = ?3 WHERE name = ?1")
_SET_ROLE: Final = Prepared("UPDATE hosts SET gateway = ?2, updated_at = ?3 WHERE name = ?1 AND gateway <> ?2")
_ROUTERS: Final = Prepared(
    "INSERT INTO outbox (kind, object_id, revision, at) "
    "SELECT 'router', id, revision, CAST(?1 AS BIGINT) FROM routers WHERE gateway_port_id IS NOT NULL"
)


class WayOut(NamedTuple):
    """A chassis, and the physical networks that its bridges lead to."""

    chassis: str
    networks: tuple[str, ...]

    def leads_to(self, network: str | None) -> bool:
        """Whether a gateway in this physical network may be here. None: the network is virtual, and everywhere."""
        return network is None or self.networks == EVERY_NETWORK or network in self.networks


def candidates(connection: Connection) -> tuple[WayOut, ...]:
    """The chassis of hosts that nobody keeps from it and that were looked at, by name."""
    return tuple(WayOut(chassis, tuple(networks.split())) for chassis, networks in _CANDIDATES.all(connection))


def record(connection: Connection, seen: Mapping[str, Collection[str]], at: int) -> int:
    """Note to which networks each chassis leads, and have routers' ways out follow; how many hosts changed.

    A host whose chassis nobody sees now keeps what it had: its controller may only be down.
    """
    changed = 0
    for name, chassis, before in _KNOWN.all(connection):
        networks = seen.get(chassis)
        if networks is None:
            continue
        words = " ".join(sorted(networks))
        if words != before:
            changed += _RECORD.run(connection, name, words, at)
    if changed:
        follow(connection, at)
    return changed


def set_role(connection: Connection, name: str, gateway: bool, at: int) -> bool:
    """Let a host carry ways out, or not; whether that is new."""
    changed = _SET_ROLE.run(connection, name, gateway, at) == 1
    if changed:
        follow(connection, at)
    return changed


def follow(connection: Connection, at: int) -> None:
    """Have every router with a way out projected anew: where it may be has changed."""
    _ROUTERS.run(connection, at)
    notify(connection, OUTBOX_TOPIC)
