"""The Open vSwitch beside this process: which of our interfaces are in its integration bridge."""

from collections.abc import Mapping
from typing import Any, Final

from berthline.dataplane.ovsdb import Record, Replica, Tls
from berthline.domain.errors import Transient
from berthline.domain.ids import PortId

MARK: Final = "berthline:metadata"
"""Key of external_ids that tells our ports in the switch from others'; its value is the port's id."""


class LocalSwitch:
    """Plugs interfaces into a bridge, by its database. Every verb may be repeated; all raise Transient and Refused."""

    def __init__(self, remote: str, *, bridge: str = "br-int", tls: Tls | None = None) -> None:
        tables = {
            "Bridge": ("name", "ports"),
            "Port": ("name", "external_ids", "interfaces"),
            "Interface": ("name", "external_ids"),
            "Open_vSwitch": ("external_ids",),
        }
        places = {("Bridge", "ports"), ("Port", "interfaces")}
        self._replica = Replica(remote, "Open_vSwitch", tables, reverse=places, tls=tls)
        self._bridge = bridge

    async def chassis(self) -> str:
        """The switch's name as an OVN chassis."""
        await self._replica.fresh()
        for row in self._replica.rows["Open_vSwitch"].values():
            ids = row["external_ids"]
            assert isinstance(ids, dict)
            if ids.get("system-id"):
                return str(ids["system-id"])
        raise Transient("the switch has no external_ids:system-id, which is its name as an OVN chassis")

    async def plug(self, interface: str, port: PortId) -> None:
        """Have the network interface in the bridge, known to OVN as this port."""
        await self._replica.fresh()
        if self._plugged().get(interface) == port:
            return
        await self.unplug(interface)
        bridge = next((uuid for uuid, row in self._replica.rows["Bridge"].items() if row["name"] == self._bridge), None)
        if bridge is None:
            raise Transient(f"the switch has no bridge {self._bridge} yet: ovn-controller makes it when it runs")
        ids = ["map", [["iface-id", port]]]
        ours = ["map", [[MARK, port]]]
        await self._replica.transact(
            [
                _insert("Interface", "interface", {"name": interface, "external_ids": ids}),
                _insert(
                    "Port",
                    "port",
                    {"name": interface, "external_ids": ours, "interfaces": ["named-uuid", "interface"]},
                ),
                _mutate(bridge, "insert", ["named-uuid", "port"]),
            ]
        )

    async def unplug(self, interface: str) -> None:
        """Have no such interface in any bridge."""
        await self._replica.fresh()
        held = [uuid for uuid, row in self._replica.rows["Port"].items() if row["name"] == interface]
        removals = [
            _mutate(bridge, "delete", ["uuid", port])
            for port in held
            for bridge in self._replica.referrers("Bridge", "ports", port)
        ]
        if removals:
            await self._replica.transact(removals)

    async def plugged(self) -> Mapping[str, PortId]:
        """Our interfaces in the switch and the ports that they are."""
        await self._replica.fresh()
        return self._plugged()

    async def close(self) -> None:
        """Disconnect. What is plugged stays."""
        await self._replica.close()

    def _plugged(self) -> dict[str, PortId]:
        found: dict[str, PortId] = {}
        for row in self._replica.rows["Port"].values():
            port = _ours(row)
            if port is not None:
                found[str(row["name"])] = port
        return found


def _ours(row: Record) -> PortId | None:
    ids = row["external_ids"]
    assert isinstance(ids, dict)
    return PortId(str(ids[MARK])) if MARK in ids else None


def _insert(table: str, name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"op": "insert", "table": table, "uuid-name": name, "row": row}


def _mutate(bridge: str, mutator: str, port: list[str]) -> dict[str, Any]:
    where = [["_uuid", "==", ["uuid", bridge]]]
    return {"op": "mutate", "table": "Bridge", "where": where, "mutations": [["ports", mutator, ["set", [port]]]]}
