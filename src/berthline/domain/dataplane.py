"""The seam to what makes ports real. OVN is one implementation, the simulated dataplane the other."""

from collections.abc import Callable, Collection, Mapping
from typing import Literal, NamedTuple, Protocol

import msgspec

from berthline.domain.ids import PortId

UnitKind = Literal["network", "port", "security_group", "router"]


class Unit(NamedTuple):
    """What is projected as a whole: a network with its subnets, a port, a group with its rules, a router with its
    interfaces, gateway, routes, NAT and floating IPs.
    """

    kind: UnitKind
    id: str


class PortState(msgspec.Struct, frozen=True, kw_only=True):
    """What the dataplane says of one port now.

    ``present``: it knows the port; ``up``: traffic passes on ``chassis``.
    """

    present: bool
    up: bool
    chassis: str | None = None


Cell = str | int | bool | frozenset[str] | tuple[tuple[str, str], ...]
"""A column value: scalar, set of strings, or map as sorted pairs. All are hashable and compare by value."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One northbound row that a unit should have.

    ``table`` and ``key`` name it within the cloud; ``columns`` are the ones Berthline owns; a reference to another row
    is that row's key (the implementation knows which columns are references).
    """

    table: str
    key: str
    columns: dict[str, Cell]


class Applied(msgspec.Struct, frozen=True):
    """How many rows one apply inserted, changed and deleted."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    @property
    def total(self) -> int:
        return self.inserted + self.updated + self.deleted


class Silence(msgspec.Struct, frozen=True):
    """What of OVN does not work now, and why; None and nothing: all that could be seen does. ``chassis`` by name."""

    northbound: str | None = None
    southbound: str | None = None
    northd: str | None = None
    chassis: Mapping[str, str] = {}


class Dataplane(Protocol):
    """Every verb may be repeated; raises Transient when the backend cannot be reached, Refused when it said no."""

    async def apply(self, desired: Mapping[Unit, Collection[Row]], epoch: int = 0) -> Applied:
        """Make each unit have exactly these rows (none: the unit is gone), all in one transaction.

        ``epoch`` is the projector's. The same transaction keeps the newest that there was; in an older one it changes
        nothing and raises LeaseLost. 0, for who has none, is not looked at.
        """
        ...

    async def observe(self) -> Mapping[Unit, frozenset[str]]:
        """Every unit that the backend holds rows of, with the keys (``table/key``) of its rows."""
        ...

    async def port_states(self, ports: Collection[PortId]) -> Mapping[PortId, PortState]:
        """The state of each port asked for, from the source of truth, now."""
        ...

    def on_change(self, callback: Callable[[PortId], None]) -> None:
        """Call back, on the event loop, when a port's state may have changed. A hint: it may be lost or repeated."""
        ...

    async def close(self) -> None:
        """Release connections. The dataplane's content stays."""
        ...
