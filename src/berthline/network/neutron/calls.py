"""Neutron's calls that a server's NICs need, each one request (lists by ids: one for every hundred)."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

from berthline.domain.auth import Caller
from berthline.domain.errors import NotFound, PortNotFoundForServer
from berthline.domain.ids import ProjectId, new_request_id
from berthline.network.neutron import wire
from berthline.network.neutron.session import NeutronSession, Query, View

CHUNK: Final = 100

BINDING: Final = "binding"
DNS: Final = "dns-integration"
IF_MATCH: Final = "revision-if-match"
DHCP_OPTIONS: Final = "extra_dhcp_opt"
SECURITY_GROUPS: Final = "security-group"
ROUTER: Final = "router"
QUOTA_DETAILS: Final = "quota_details"
AUTO_TOPOLOGY: Final = "auto-allocated-topology"


def as_service(about: str = "") -> View:
    """The service itself; ``about`` is the id of the server that it works for, by which Neutron's log is searched."""
    return View(None, f"req-{about}" if about else new_request_id())


def as_user(caller: Caller) -> View:
    """The caller's own view: what is not visible to them is not found."""
    return View(caller, caller.request_id)


class Item(Protocol):
    """What lists hold."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Item, covariant=True)


class Page(Protocol[T]):
    """One answer to a list."""

    @property
    def items(self) -> tuple[T, ...]: ...

    @property
    def links(self) -> tuple[wire.Link, ...]: ...


class NeutronCalls:
    """Typed calls over one session. Raises as the session does."""

    def __init__(self, session: NeutronSession, page_size: int = 0) -> None:
        """``page_size`` 0: as many items at once as Neutron gives."""
        self.session = session
        self._page_size = page_size
        self._extensions: frozenset[str] | None = None
        self._asking = asyncio.Lock()

    async def extensions(self) -> frozenset[str]:
        """Aliases of what this Neutron has beyond its core; asked once."""
        if self._extensions is None:
            async with self._asking:
                if self._extensions is None:
                    found = await self.session.get(as_service(), "/extensions", wire.Extensions)
                    self._extensions = frozenset(one.alias for one in found.extensions)
        return self._extensions

    async def _list(self, view: View, path: str, page: type[Page[T]], query: Query) -> tuple[T, ...]:
        """The whole list, page after page where Neutron's operator has set a limit."""
        limit = [("limit", str(self._page_size))] if self._page_size else []
        answer = await self.session.get(view, path, page, [*query, *limit])
        found = list(answer.items)
        while answer.items and any(link.rel == "next" for link in answer.links):
            after = [("marker", answer.items[-1].id), ("limit", str(len(answer.items)))]
            answer = await self.session.get(view, path, page, [*query, *after])
            found += answer.items
        return tuple(found)

    async def networks(self, view: View, ids: Collection[str]) -> dict[str, wire.Network]:
        """These networks, those of them that the view has."""
        answers = [await self._list(view, "/networks", wire.Networks, query) for query in _by("id", ids)]
        return {network.id: network for answer in answers for network in answer}

    async def usable_networks(self, view: View, project: ProjectId) -> tuple[wire.Network, ...]:
        """Every network that a NIC of this project may be on unnamed: its own and shared ones, that are up."""
        query = [("admin_state_up", "True"), ("router:external", "False")]
        found = await self._list(view, "/networks", wire.Networks, query)
        return tuple(one for one in found if one.owner == project or one.shared)

    async def check_auto_topology(self, view: View, project: ProjectId) -> None:
        """Raise Conflict when Neutron cannot make a network for the project; nothing is made."""
        await self.session.get(view, f"/{AUTO_TOPOLOGY}/{project}", wire.Anything, [("fields", "dry-run")])

    async def auto_topology(self, view: View, project: ProjectId) -> str:
        """Id of the network that Neutron made for the project, now or before. Raises Conflict when it cannot."""
        found = await self.session.get(view, f"/{AUTO_TOPOLOGY}/{project}", wire.OneAutoTopology)
        return found.auto_allocated_topology.id

    async def ports(self, view: View, ids: Collection[str]) -> dict[str, wire.Port]:
        """These ports, those of them that the view has."""
        answers = [await self._list(view, "/ports", wire.Ports, query) for query in _by("id", ids)]
        return {port.id: port for answer in answers for port in answer}

    async def ports_of_devices(self, view: View, device_ids: Collection[str]) -> tuple[wire.Port, ...]:
        """Every port whose device is one of these."""
        answers = [await self._list(view, "/ports", wire.Ports, query) for query in _by("device_id", device_ids)]
        wanted = set(device_ids)
        return tuple(port for answer in answers for port in answer if port.device_id in wanted)

    async def ports_with(self, view: View, addresses: Collection[str]) -> tuple[wire.Port, ...]:
        """Every port that has one of these addresses, on any network."""
        wanted = [f"ip_address={address}" for address in addresses]
        answers = [await self._list(view, "/ports", wire.Ports, query) for query in _by("fixed_ips", wanted)]
        return tuple(port for answer in answers for port in answer)

    async def subnets(self, view: View, ids: Collection[str]) -> dict[str, wire.Subnet]:
        """These subnets by id."""
        answers = [await self._list(view, "/subnets", wire.Subnets, query) for query in _by("id", ids)]
        return {subnet.id: subnet for answer in answers for subnet in answer}

    async def subnets_of(self, view: View, network_id: str) -> tuple[wire.Subnet, ...]:
        """Every subnet of a network."""
        return await self._list(view, "/subnets", wire.Subnets, [("network_id", network_id)])

    async def groups(self, view: View, query: Query) -> tuple[wire.Group, ...]:
        """Security groups."""
        return await self._list(view, "/security-groups", wire.Groups, query)

    async def floating_ips(self, view: View, name: str, values: Collection[str]) -> tuple[wire.FloatingIp, ...]:
        """Floating IPs where the attribute ``name`` is one of ``values``."""
        if ROUTER not in await self.extensions():
            return ()
        answers = [await self._list(view, "/floatingips", wire.FloatingIps, query) for query in _by(name, values)]
        return tuple(found for answer in answers for found in answer)

    async def lead_floating_ip(self, view: View, floating_id: str, port_id: str | None, address: str | None) -> None:
        """Let a floating IP lead to a port's address, or nowhere."""
        wanted: dict[str, Any] = {"port_id": port_id}
        if port_id is not None:
            wanted["fixed_ip_address"] = address
        path = f"/floatingips/{floating_id}"
        await self.session.put(view, path, wire.OneFloatingIp, {"floatingip": wanted}, repeat=True)

    async def port_quota(self, view: View, project: ProjectId) -> wire.Use | None:
        """The quota of ports and what is used of it; None where Neutron does not tell both."""
        if QUOTA_DETAILS not in await self.extensions():
            return None
        found = await self.session.get(view, f"/quotas/{project}/details", wire.OneQuota)
        return found.quota.port

    async def create_ports(self, view: View, ports: Sequence[Mapping[str, Any]]) -> tuple[wire.Port, ...]:
        """Make them in one request. All or some of them may be there when it fails."""
        return (await self.session.post(view, "/ports", wire.Ports, {"ports": ports})).items

    async def update_port(
        self, view: View, port_id: str, changes: Mapping[str, Any], *, revision: int | None = None, repeat: bool = False
    ) -> wire.Port:
        """Change a port; with ``revision`` only if it is still that, where this Neutron can tell."""
        if revision is not None and IF_MATCH not in await self.extensions():
            revision = None
        body = {"port": changes}
        path = f"/ports/{port_id}"
        return (await self.session.put(view, path, wire.OnePort, body, revision=revision, repeat=repeat)).port

    async def delete_port(self, view: View, port_id: str) -> None:
        """Delete a port, or find it gone."""
        try:
            await self.session.delete(view, f"/ports/{port_id}")
        except (NotFound, PortNotFoundForServer):
            return


def _by(name: str, values: Collection[str]) -> list[Query]:
    """A query for every hundred of the values, which are asked for once each."""
    ordered = list(dict.fromkeys(values))
    return [[(name, value) for value in ordered[at : at + CHUNK]] for at in range(0, len(ordered), CHUNK)]
