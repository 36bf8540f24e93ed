"""What is done at a Neutron: the claimed NICs made and bound, and taken back. Both may be done again.

Ports are found by the server's id as their device and by the MACs that were chosen before: so whatever happened to a
request whose answer was lost, the next try sees it. A MAC is unique on its network, so that two requests of which the
first was only slow do not make one NIC twice.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from berthline.domain.errors import (
    NotFound,
    PortBindingFailed,
    PortInUse,
    PortNotFoundForServer,
    PreconditionFailed,
    Transient,
)
from berthline.domain.ids import HostName, ServerId
from berthline.network.neutron import wire
from berthline.network.neutron.calls import BINDING, DHCP_OPTIONS, DNS, IF_MATCH, NeutronCalls, as_service
from berthline.network.neutron.errors import neutron_type
from berthline.network.neutron.nics import is_of, ports_of, was_asked_for
from berthline.network.neutron.validation import BINDING_FAILED
from berthline.network.service import Instance
from berthline.store.network.nics.remote import RemoteNic

TRIES: Final = 4
NOVAS_PROFILE: Final = frozenset({"allocation", "arq_uuid", "migrating_to", "pci_vendor_info", "pci_slot"})
"""Keys that a compute service puts into a binding's profile, and takes out again."""

Made = dict[str, wire.Port]
"""Ports by the MAC of their NIC."""


class Effects:
    """Over one Neutron. Raises Transient when it is not known what was done: then do it again."""

    def __init__(self, calls: NeutronCalls) -> None:
        self._calls = calls

    async def make(self, server: Instance, nics: Sequence[RemoteNic], host: HostName, *, look: bool) -> Made:
        """Have every one of these NICs there and bound to ``host``.

        ``look`` False: none of them was ever asked for, so there is nothing to be found. One request makes all that are
        missing; each port that was there before is claimed by one of its own.
        """
        there = await self._there(server, nics) if look else {}
        made: Made = {}
        missing = [nic for nic in nics if not nic.preserve_on_delete and nic.mac_address not in there]
        if missing:
            made |= await self._create(server, missing, host)
        binds = [self._bind(server, there[nic.mac_address], host) for nic in nics if nic.mac_address in there]
        claims = [
            self._claim_port(server, nic, host)
            for nic in nics
            if nic.preserve_on_delete and nic.mac_address not in there
        ]
        for port in await _all(*binds, *claims):
            made[port.mac_address.lower()] = port
        failed = [port.id for port in made.values() if port.vif_type == BINDING_FAILED]
        if failed:
            raise PortBindingFailed(
                f"Binding failed for port {', '.join(failed)}, please check neutron logs for more information.",
                {"ports": failed, "host": host},
            )
        return made

    async def take_back(self, server_id: str, nics: Sequence[RemoteNic], mac: str | None) -> None:
        """Delete the ports of the server's NICs, or only of that with this MAC; unbind what was there before.

        A port that names the server and is none of its NICs is a user's own, and stays as it is.
        """
        wanted = [nic for nic in nics if mac is None or nic.mac_address == mac]
        found = await ports_of(self._calls, as_service(server_id), wanted)
        held = [(nic, found.get((nic.server_id, nic.mac_address))) for nic in wanted]
        await _all(
            *(self._free(nic, port, nic if nic.preserve_on_delete else None) for nic, port in held if port is not None)
        )

    async def free_late(self, nics: Sequence[RemoteNic]) -> int:
        """Free the ports that these NICs, which no server has any more, have after all; returns how many."""
        if not nics:
            return 0
        wanted = {(nic.server_id, nic.mac_address): nic for nic in nics}
        found = await self._calls.ports_of_devices(as_service(), {nic.server_id for nic in nics})
        late = [(port, wanted.get((ServerId(port.device_id), port.mac_address.lower()))) for port in found]
        given_back = [(port, nic) for port, nic in late if nic is not None and was_asked_for(nic, port)]
        await _all(*(self._free(nic, port, nic if nic.preserve_on_delete else None) for port, nic in given_back))
        return len(given_back)

    async def _there(self, server: Instance, nics: Sequence[RemoteNic]) -> Made:
        """Which of the NICs have their port already."""
        found = await ports_of(self._calls, as_service(server.server_id), nics)
        return {mac: port for (_, mac), port in found.items()}

    async def _asked_for(self, server: Instance, nics: Sequence[RemoteNic]) -> Made:
        """Which of the NICs an earlier request made a port for, whatever id the port has."""
        wanted = {nic.mac_address: nic for nic in nics}
        found = await self._calls.ports_of_devices(as_service(server.server_id), [server.server_id])
        named = [(wanted.get(port.mac_address.lower()), port) for port in found]
        return {nic.mac_address: port for nic, port in named if nic is not None and was_asked_for(nic, port)}

    async def _create(self, server: Instance, missing: Sequence[RemoteNic], host: HostName) -> Made:
        view = as_service(server.server_id)
        extensions = await self._calls.extensions()
        bodies = [_body(server, nic, host, extensions) for nic in missing]
        try:
            made = await self._calls.create_ports(view, bodies)
        except PortInUse as error:
            if neutron_type(error) != "MacAddressInUse":
                raise
            there = await self._asked_for(server, missing)
            if not there:
                raise
            # an earlier request, whose answer was lost, was carried out only now
            left = [nic for nic in missing if nic.mac_address not in there]
            return there | (await self._create(server, left, host) if left else {})
        ports = {port.mac_address.lower(): port for port in made}
        if len(ports) != len(missing):
            raise Transient("The network service did not answer with every port that it was to make.")
        return ports

    async def _bind(self, server: Instance, port: wire.Port, host: HostName) -> wire.Port:
        """Bind a port of the server's to this host, if it is not."""
        if BINDING not in await self._calls.extensions() or (
            port.host == host and port.device_owner == _owner(server) and port.vif_type != BINDING_FAILED
        ):
            return port
        changes = {"device_owner": _owner(server), "binding:host_id": host}
        return await self._calls.update_port(as_service(server.server_id), port.id, changes, repeat=True)

    async def _claim_port(self, server: Instance, nic: RemoteNic, host: HostName) -> wire.Port:
        """Take a port that was there before, if it is still free: one of two servers that want it gets it."""
        assert nic.port_id is not None
        view = as_service(server.server_id)
        extensions = await self._calls.extensions()
        changes = _claiming(server, nic, host, extensions)
        revision = nic.revision if IF_MATCH in extensions else None
        for _ in range(TRIES):
            if revision is not None:
                try:
                    return await self._calls.update_port(view, nic.port_id, changes, revision=revision)
                except (PreconditionFailed, NotFound, PortNotFoundForServer):
                    pass  # look how it is now
            port = (await self._calls.ports(view, [nic.port_id])).get(nic.port_id)
            if port is None:
                raise PortNotFoundForServer(f"Port id {nic.port_id} could not be found.", {"item": nic.position})
            if port.device_id == server.server_id:
                return await self._bind(server, port, host)
            if port.device_id:
                raise PortInUse(f"Port {nic.port_id} is still in use.", {"item": nic.position})
            if IF_MATCH not in extensions:
                return await self._calls.update_port(view, nic.port_id, changes)
            revision = port.revision_number
        raise Transient(f"Port {nic.port_id} changes all the time; try again.")

    async def _free(self, nic: RemoteNic, port: wire.Port, before: RemoteNic | None) -> None:
        view = as_service(nic.server_id)
        if before is None:
            await self._calls.delete_port(view, port.id)
            return
        for _ in range(TRIES):
            changes = _freeing(before, port, await self._calls.extensions())
            try:
                await self._calls.update_port(view, port.id, changes, revision=port.revision_number, repeat=True)
            except PreconditionFailed:
                now = (await self._calls.ports(view, [port.id])).get(port.id)
                if now is None or not is_of(nic, now):
                    return
                port = now
            except (NotFound, PortNotFoundForServer):
                return
            else:
                return
        raise Transient(f"Port {port.id} changes all the time; try again.")


def _body(server: Instance, nic: RemoteNic, host: HostName, extensions: frozenset[str]) -> dict[str, Any]:
    """A port to be made, bound from the start."""
    body: dict[str, Any] = {
        "network_id": nic.network_id,
        "project_id": nic.project_id,
        "mac_address": nic.mac_address,
        "admin_state_up": True,
        **_device(server, host, extensions),
    }
    if nic.fixed_ip is not None:
        body["fixed_ips"] = [{"ip_address": nic.fixed_ip}]
    if nic.group_ids is not None:
        body["security_groups"] = list(nic.group_ids)
    if nic.dhcp_options and DHCP_OPTIONS in extensions:
        body["extra_dhcp_opts"] = [_option(one.opt_name, one.opt_value, one.ip_version) for one in nic.dhcp_options]
    return body


def _claiming(server: Instance, nic: RemoteNic, host: HostName, extensions: frozenset[str]) -> dict[str, Any]:
    changes = _device(server, host, extensions)
    if nic.dhcp_options and DHCP_OPTIONS in extensions:
        changes["extra_dhcp_opts"] = [_option(one.opt_name, one.opt_value, one.ip_version) for one in nic.dhcp_options]
    return changes


def _device(server: Instance, host: HostName, extensions: frozenset[str]) -> dict[str, Any]:
    device: dict[str, Any] = {"device_id": server.server_id, "device_owner": _owner(server)}
    if BINDING in extensions:
        device["binding:host_id"] = host
    if DNS in extensions:
        device["dns_name"] = server.hostname
    return device


def _freeing(nic: RemoteNic, port: wire.Port, extensions: frozenset[str]) -> dict[str, Any]:
    """What makes a port that was there before as it was, as far as it was changed for the server."""
    changes: dict[str, Any] = {"device_id": "", "device_owner": ""}
    if BINDING in extensions:
        changes["binding:host_id"] = ""
        profile = port.profile or {}
        if profile.keys() & NOVAS_PROFILE:
            changes["binding:profile"] = {key: value for key, value in profile.items() if key not in NOVAS_PROFILE}
    if DNS in extensions:
        changes["dns_name"] = ""
    if nic.dhcp_options and DHCP_OPTIONS in extensions:
        changes["extra_dhcp_opts"] = [_option(one.opt_name, None, one.ip_version) for one in nic.dhcp_options]
    return changes


def _option(name: str, value: str | None, version: int) -> Mapping[str, object]:
    return {"opt_name": name, "opt_value": value, "ip_version": version}


def _owner(server: Instance) -> str:
    return f"compute:{server.availability_zone}"


async def _all(*work: Any) -> list[Any]:
    """Do these side by side, all of them to their end; raises the first error."""
    done = await asyncio.gather(*work, return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException):
            raise result
    return done
