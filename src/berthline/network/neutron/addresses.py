"""Fixed and floating addresses of a server's NICs at a Neutron, given and taken one at a time."""

import ipaddress
from collections.abc import Sequence
from typing import Final

from berthline.domain.auth import Caller
from berthline.domain.errors import (
    BadRequest,
    Conflict,
    NoMoreFixedIps,
    NotFound,
    PreconditionFailed,
    Transient,
)
from berthline.domain.ids import NetworkId, ServerId
from berthline.network.neutron import wire
from berthline.network.neutron.calls import NeutronCalls, as_service, as_user
from berthline.network.neutron.nics import ports_of
from berthline.store.network.nics.remote import RemoteNic

TRIES: Final = 4


async def add_fixed(calls: NeutronCalls, server_id: ServerId, nics: Sequence[RemoteNic], network_id: NetworkId) -> None:
    """Give the server's first NIC on the network one more address, from the first subnet that has one left."""
    view = as_service(server_id)
    for _ in range(TRIES):
        port = next((one for one in await _ports(calls, server_id, nics) if one.network_id == network_id), None)
        if port is None:
            raise BadRequest(
                f"Network {network_id} is not attached to instance {server_id}: none of its ports is on it."
            )
        try:
            for subnet in await calls.subnets_of(view, network_id):
                wanted = [*_kept(port), {"subnet_id": subnet.id}]
                try:
                    await calls.update_port(view, port.id, {"fixed_ips": wanted}, revision=port.revision_number)
                except NoMoreFixedIps:
                    continue
                return
        except PreconditionFailed:
            continue
        raise BadRequest(f"Zero fixed IPs available: no subnet of network {network_id} has an address left.")
    raise Transient(f"The port on network {network_id} changes all the time; try again.")


async def remove_fixed(calls: NeutronCalls, server_id: ServerId, nics: Sequence[RemoteNic], address: str) -> None:
    """Take this address from whichever NIC has it."""
    view = as_service(server_id)
    for _ in range(TRIES):
        for port in await _ports(calls, server_id, nics):
            if all(fixed.ip_address != address for fixed in port.fixed_ips):
                continue
            wanted = [kept for kept in _kept(port) if kept["ip_address"] != address]
            try:
                await calls.update_port(view, port.id, {"fixed_ips": wanted}, revision=port.revision_number)
            except PreconditionFailed:
                break
            return
        else:
            raise BadRequest(f"Instance {server_id} doesn't have fixed IP '{address}'.")
    raise Transient(f"The port with the address {address} changes all the time; try again.")


async def associate(
    calls: NeutronCalls,
    caller: Caller,
    server_id: ServerId,
    nics: Sequence[RemoteNic],
    floating: str,
    fixed: str | None,
) -> None:
    """Lead a floating IP of the caller's to the server's ``fixed`` address, or to its first IPv4 address."""
    found = await _owned(calls, caller, floating)
    held = [(port, one.ip_address) for port in await _ports(calls, server_id, nics) for one in port.fixed_ips]
    wanted = None if fixed is None else _canonical(fixed)
    for port, address in held:
        if address == wanted or (wanted is None and ":" not in address):
            await calls.lead_floating_ip(as_user(caller), found.id, port.id, address)
            return
    have = ", ".join(address for _, address in held) or "none"
    raise BadRequest(
        f"Unable to associate floating IP {found.floating_ip_address}: "
        f"{f'the server does not have {wanted}' if wanted else 'the server has no IPv4 address'}. It has: {have}."
    )


async def disassociate(
    calls: NeutronCalls, caller: Caller, server_id: ServerId, nics: Sequence[RemoteNic], floating: str
) -> None:
    """Let a floating IP that leads to the server lead nowhere."""
    found = await _owned(calls, caller, floating)
    if found.port_id is None or found.port_id not in {port.id for port in await _ports(calls, server_id, nics)}:
        raise Conflict(f"Floating IP {found.floating_ip_address} is not associated with instance {server_id}.")
    await calls.lead_floating_ip(as_user(caller), found.id, None, None)


async def _owned(calls: NeutronCalls, caller: Caller, address: str) -> wire.FloatingIp:
    wanted = _canonical(address)
    found = await calls.floating_ips(as_user(caller), "floating_ip_address", [wanted])
    if not found:
        raise NotFound(f"Floating IP {address[:64]} not found.")
    return found[0]


async def _ports(calls: NeutronCalls, server_id: ServerId, nics: Sequence[RemoteNic]) -> list[wire.Port]:
    """The server's ports as they are now, in the order of its NICs."""
    found = await ports_of(calls, as_service(server_id), nics)
    return [port for nic in nics if (port := found.get((nic.server_id, nic.mac_address))) is not None]


def _kept(port: wire.Port) -> list[dict[str, str]]:
    return [{"subnet_id": fixed.subnet_id, "ip_address": fixed.ip_address} for fixed in port.fixed_ips]


def _canonical(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        raise BadRequest(f"'{address[:64]}' is not an IP address.") from None
