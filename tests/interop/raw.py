"""Neutron's API as plain HTTP, and what its database holds, for tests to arrange and to look by."""

import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from bench.openstack import Stack

STORED_PORTS = (
    "select p.id, p.device_id, p.device_owner, b.host, b.vif_type from ports p"
    " left join ml2_port_bindings b on b.port_id = p.id where p.project_id = '{project_id}'"
)


@dataclass(frozen=True, slots=True)
class BoundPort:
    """A row of Neutron's ports with its binding, as SQL shows it."""

    id: str
    device_id: str
    device_owner: str
    host: str
    vif_type: str


class RawNeutron:
    """An admin of Neutron who speaks for one project, made anew for each test."""

    def __init__(self, stack: Stack, project_id: str | None = None) -> None:
        self.stack = stack
        self.project_id = project_id or uuid.uuid4().hex
        self.client = httpx.Client(base_url=f"{stack.network_url}/v2.0", timeout=120, trust_env=False)

    def make(self, kind: str, **values: Any) -> dict[str, Any]:
        """Create one network, subnet, port …, and answer it."""
        reply = self.client.post(f"/{kind}s", json={kind: {"project_id": self.project_id, **values}})
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()[kind]
        return made

    def network(self, cidr: str = "10.0.0.0/24") -> dict[str, Any]:
        """Create a network with one subnet; its answer has the subnet's id as ``subnet_id``."""
        made = self.make("network", name="tenant")
        return {**made, "subnet_id": self.make("subnet", network_id=made["id"], ip_version=4, cidr=cidr)["id"]}

    def get(self, path: str, **query: str) -> Any:
        """Read one thing or a list, out of its envelope."""
        reply = self.client.get(f"/{path}", params=query)
        assert reply.status_code == 200, reply.text
        (inner,) = reply.json().values()
        return inner

    def clear(self) -> None:
        """Delete every port and network of the project."""
        for port_id in self.ports():
            self.client.put(f"/ports/{port_id}", json={"port": {"device_owner": ""}})
            assert self.client.delete(f"/ports/{port_id}").status_code == 204
        for network in self.get("networks", project_id=self.project_id):
            assert self.client.delete(f"/networks/{network['id']}").status_code == 204
        self.client.delete(f"/quotas/{self.project_id}")

    def ports(self) -> dict[str, dict[str, Any]]:
        """Every port of the project, by id, as the API shows it."""
        return {port["id"]: port for port in self.get("ports", project_id=self.project_id)}

    def stored_ports(self) -> dict[str, BoundPort]:
        """Every port of the project, by id, as Neutron's tables hold it."""
        rows = self.stack.rows(STORED_PORTS.format(project_id=self.project_id))
        return {row[0]: BoundPort(*row) for row in rows}
