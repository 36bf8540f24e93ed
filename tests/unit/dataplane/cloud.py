"""A store with networks in it, written row by row, so that tests of the data plane need nothing above the store."""

import itertools
from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, insert, select, update

from berthline.domain.dataplane import Unit, UnitKind
from berthline.domain.ids import new_id
from berthline.store import Connection, Store
from berthline.store.engine.changes import mark_for_projection
from berthline.store.tables import compute, network

STAMPS = {"created_at": 1, "updated_at": 1, "revision": 1}
PROJECT = "11111111-1111-4111-8111-111111111111"


class Cloud:
    """Writes networks, ports, groups and routers, each change marked for projection in its transaction."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._numbers = itertools.count(1)

    def _write(self, kind: UnitKind, unit: str, *statements: Any) -> None:
        def work(connection: Connection) -> None:
            for statement in statements:
                connection.execute(statement)
            mark_for_projection(connection, kind, unit, 1, 1)

        self.store.write_now(work)

    def host(self, name: str, chassis: str, physical_networks: str | None = "*") -> None:
        facts: dict[str, Any] = {"hypervisor_type": "simulated", "vcpus": 1, "memory_mb": 1, "disk_gb": 1}
        facts["physical_networks"] = physical_networks
        self.store.write_now(
            lambda c: c.execute(insert(compute.hosts).values(name=name, chassis=chassis, **facts)).close()
        )

    def network(self, **columns: Any) -> str:
        number = next(self._numbers)
        defaults = {"mtu": 1442, "network_type": "geneve", "segmentation_id": number}
        values = {"id": new_id(), "project_id": PROJECT, **defaults, **STAMPS, **columns}
        self._write("network", values["id"], insert(network.networks).values(**values))
        return str(values["id"])

    def subnet(self, network_id: str, cidr: str, gateway: str | None, **columns: Any) -> str:
        values = {
            "id": new_id(),
            "network_id": network_id,
            "project_id": PROJECT,
            "ip_version": 6 if ":" in cidr else 4,
            "cidr": cidr,
            "gateway_ip": gateway,
            "pools": [],
            **STAMPS,
            **columns,
        }
        self._write("network", network_id, insert(network.subnets).values(**values))
        return str(values["id"])

    def port(
        self,
        network_id: str,
        fixed_ips: Iterable[tuple[str, str]] = (),
        groups: Iterable[str] = (),
        **columns: Any,
    ) -> str:
        number = next(self._numbers)
        values = {
            "id": new_id(),
            "network_id": network_id,
            "project_id": PROJECT,
            "mac_address": f"fa:16:3e:00:{number >> 8:02x}:{number & 255:02x}",
            "status": "DOWN",
            **STAMPS,
            **columns,
        }
        port_id = str(values["id"])
        held = [
            insert(network.addresses).values(subnet_id=subnet, ip=ip, port_id=port_id, position=position)
            for position, (subnet, ip) in enumerate(fixed_ips)
        ]
        member = [
            insert(network.port_security_groups).values(port_id=port_id, security_group_id=group) for group in groups
        ]
        self._write("port", port_id, insert(network.ports).values(**values), *held, *member)
        return port_id

    def group(self, **columns: Any) -> str:
        values = {"id": new_id(), "project_id": PROJECT, "name": "web", **STAMPS, **columns}
        self._write("security_group", values["id"], insert(network.security_groups).values(**values))
        return str(values["id"])

    def rule(self, group: str, direction: str = "ingress", ethertype: str = "IPv4", **columns: Any) -> str:
        values = {
            "id": new_id(),
            "project_id": PROJECT,
            "security_group_id": group,
            "direction": direction,
            "ethertype": ethertype,
            **STAMPS,
            **columns,
        }
        self._write("security_group", group, insert(network.security_group_rules).values(**values))
        return str(values["id"])

    def addresses(self, *prefixes: str) -> str:
        """An address group, for rules to name."""
        values = {"id": new_id(), "project_id": PROJECT, "addresses": list(prefixes), **STAMPS}
        self.store.write_now(lambda c: c.execute(insert(network.address_groups).values(**values)).close())
        return str(values["id"])

    def readdress(self, group: str, addresses: str, *prefixes: str) -> None:
        """Give an address group that a rule of the security group names other prefixes."""
        held = network.address_groups
        changed = update(held).where(held.c.id == addresses).values(addresses=list(prefixes))
        self._write("security_group", group, changed)

    def router(self, **columns: Any) -> str:
        values = {"id": new_id(), "project_id": PROJECT, **STAMPS, **columns}
        self._write("router", values["id"], insert(network.routers).values(**values))
        return str(values["id"])

    def touch_router(self, router: str) -> None:
        """Have it projected again, as a change of its outer subnet would."""
        self._write("router", router)

    def interface(self, router: str, network_id: str, fixed_ips: list[tuple[str, str]]) -> str:
        port = self.port(network_id, fixed_ips, device_owner="network:router_interface", device_id=router)
        links = [
            insert(network.router_interfaces).values(port_id=port, router_id=router, subnet_id=subnet)
            for subnet, _ in fixed_ips
        ]
        self._write("router", router, *links)
        return port

    def gateway(self, router: str, network_id: str, fixed_ips: list[tuple[str, str]]) -> str:
        port = self.port(network_id, fixed_ips, device_owner="network:router_gateway", device_id=router)
        values = {"gateway_network_id": network_id, "gateway_port_id": port}
        self._write("router", router, update(network.routers).where(network.routers.c.id == router).values(**values))
        return port

    def floating_ip(self, router: str, network_id: str, subnet: str, ip: str, fixed_port: str, fixed_ip: str) -> str:
        port = self.port(network_id, [(subnet, ip)], device_owner="network:floatingip")
        values = {
            "id": new_id(),
            "project_id": PROJECT,
            "floating_network_id": network_id,
            "floating_ip": ip,
            "port_id": port,
            "fixed_port_id": fixed_port,
            "fixed_ip": fixed_ip,
            "router_id": router,
            "status": "ACTIVE",
            **STAMPS,
        }
        self._write("router", router, insert(network.floating_ips).values(**values))
        return str(values["id"])

    def change_port(self, port: str, **columns: Any) -> int:
        """Change a port; returns its new revision."""
        held = network.ports
        revision = self.store.read_now(lambda c: c.execute(select(held.c.revision).where(held.c.id == port)).scalar())
        assert revision is not None
        new = revision + 1
        self._write("port", port, update(held).where(held.c.id == port).values(revision=new, **columns))
        return int(new)

    def pair(self, port: str, ip: str) -> None:
        """Let a port use one more address, by its own MAC."""
        held = network.ports

        def work(connection: Connection) -> tuple[str, str, list[dict[str, str]]]:
            statement = select(held.c.network_id, held.c.mac_address, held.c.allowed_address_pairs)
            row = connection.execute(statement.where(held.c.id == port)).one()
            return row.network_id, row.mac_address, row.allowed_address_pairs

        network_id, mac, before = self.store.read_now(work)
        pairs = [*before, {"ip_address": ip, "mac_address": mac}]
        self._write(
            "port",
            port,
            update(held).where(held.c.id == port).values(allowed_address_pairs=pairs),
            insert(network.port_address_pairs).values(network_id=network_id, ip=ip, port_id=port),
        )

    def move_floating_ip(self, router: str, floating: str, fixed_port: str, fixed_ip: str) -> None:
        held = network.floating_ips
        values = {"fixed_port_id": fixed_port, "fixed_ip": fixed_ip}
        self._write("router", router, update(held).where(held.c.id == floating).values(**values))

    def add_address(self, port: str, subnet: str, ip: str) -> None:
        held = insert(network.addresses).values(subnet_id=subnet, ip=ip, port_id=port, position=9)
        self._write("port", port, held)

    def change_subnet(self, network_id: str, subnet: str, **columns: Any) -> None:
        held = network.subnets
        self._write("network", network_id, update(held).where(held.c.id == subnet).values(**columns))

    def delete_port(self, port: str) -> None:
        self._write("port", port, delete(network.ports).where(network.ports.c.id == port))

    def delete_rule(self, group: str, rule: str) -> None:
        rules = network.security_group_rules
        self._write("security_group", group, delete(rules).where(rules.c.id == rule))

    def delete_network(self, network_id: str) -> None:
        """A network without ports, with its subnets."""
        self._write(
            "network",
            network_id,
            delete(network.subnets).where(network.subnets.c.network_id == network_id),
            delete(network.networks).where(network.networks.c.id == network_id),
        )

    def units(self) -> set[Unit]:
        """Every unit of which the dataplane should hold rows."""
        tables: dict[UnitKind, Any] = {
            "network": network.networks,
            "port": network.ports,
            "security_group": network.security_groups,
            "router": network.routers,
        }

        def read(connection: Connection) -> set[Unit]:
            found = {Unit(kind, row.id) for kind, table in tables.items() for row in connection.execute(select(table))}
            hidden = select(network.ports.c.id).where(network.ports.c.device_owner == "network:floatingip")
            return found - {Unit("port", row.id) for row in connection.execute(hidden)}

        return self.store.read_now(read)
