"""Lead a floating IP to a server, or take it away: by addresses, as Nova's addFloatingIp and removeFloatingIp did."""

import ipaddress

from berthline.domain.auth import Caller
from berthline.domain.errors import BadRequest, Conflict, NotFound
from berthline.domain.ids import ServerId
from berthline.domain.network import FloatingIp, Port
from berthline.network import floating_ips, policy
from berthline.network.requests import FloatingIpUpdate
from berthline.store import Connection
from berthline.store.network import floating_ips as rows
from berthline.store.network import ports as port_rows
from berthline.store.network.nics import nics as server_nics


def associate(
    connection: Connection, caller: Caller, server_id: ServerId, address: str, fixed_address: str | None, at: int
) -> None:
    """Lead the floating IP to the server's fixed address, or to its first IPv4 address.

    Raises NotFound, BadRequest, Conflict.
    """
    floating = _owned(connection, caller, address)
    held = [(port, fixed.ip_address) for port in _nics(connection, server_id) for fixed in port.fixed_ips]
    wanted = _canonical(fixed_address) if fixed_address is not None else None
    for port, ip in held:
        if ip == wanted or (wanted is None and ":" not in ip):
            request = FloatingIpUpdate(port_id=port.id, fixed_ip_address=ip)
            floating_ips.update(connection, caller, floating.id, request, at, None)
            return
    have = ", ".join(ip for _, ip in held) or "none"
    raise BadRequest(
        f"Unable to associate floating IP {floating.floating_ip_address}: "
        f"{f'the server does not have {wanted}' if wanted else 'the server has no IPv4 address'}. It has: {have}."
    )


def disassociate(connection: Connection, caller: Caller, server_id: ServerId, address: str, at: int) -> None:
    """Let the floating IP lead nowhere. Raises NotFound, and Conflict when it does not lead to the server."""
    floating = _owned(connection, caller, address)
    if floating.fixed_port_id is None or floating.fixed_port_id not in server_nics.in_order(connection, server_id):
        raise Conflict(f"Floating IP {floating.floating_ip_address} is not associated with instance {server_id}.")
    floating_ips.update(connection, caller, floating.id, FloatingIpUpdate(port_id=None), at, None)


def _owned(connection: Connection, caller: Caller, address: str) -> FloatingIp:
    found = rows.with_address(connection, _canonical(address), policy.visible_to(caller))
    if found is None:
        raise NotFound(f"Floating IP {address[:64]} not found.")
    return found


def _nics(connection: Connection, server_id: ServerId) -> tuple[Port, ...]:
    ids = server_nics.in_order(connection, server_id)
    held = port_rows.get_many(connection, ids)
    return tuple(held[port] for port in ids if port in held)


def _canonical(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        raise BadRequest(f"'{address[:64]}' is not an IP address.") from None
