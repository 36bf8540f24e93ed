"""Which port at a Neutron is which NIC: by what was noted here, and by the device id only where nothing else tells.

Users write a port's ``device_id``, in Neutron too. A port that names a server is not therefore its NIC, and a NIC whose
port was made to name another server, or none, is one still.
"""

from collections.abc import Collection, Mapping

from berthline.domain.ids import ServerId
from berthline.network.neutron import wire
from berthline.network.neutron.calls import NeutronCalls
from berthline.network.neutron.session import View
from berthline.store.network.nics.remote import RemoteNic

Found = Mapping[tuple[ServerId, str], wire.Port]
"""Ports by the server and the MAC of their NIC."""


async def ports_of(calls: NeutronCalls, view: View, nics: Collection[RemoteNic]) -> Found:
    """The port of each of these NICs that has one now.

    A port whose id is known is found by that; one whose making was never answered, by device, MAC and network. A port
    that was there before, and that its server does not have yet or no more, is left out. Raises Transient.
    """
    known: dict[str, RemoteNic] = {nic.port_id: nic for nic in nics if nic.port_id is not None}
    unknown = {(nic.server_id, nic.mac_address): nic for nic in nics if nic.port_id is None}
    found: dict[tuple[ServerId, str], wire.Port] = {}
    for port_id, port in (await calls.ports(view, known) if known else {}).items():
        nic = known.get(port_id)
        if nic is not None and is_of(nic, port):
            found[nic.server_id, nic.mac_address] = port
    for port in await calls.ports_of_devices(view, {server for server, _ in unknown}) if unknown else ():
        key = (ServerId(port.device_id), port.mac_address.lower())
        if key in unknown and is_of(unknown[key], port):
            found[key] = port
    return found


def is_of(nic: RemoteNic, port: wire.Port) -> bool:
    """Whether the server of this NIC has this port now.

    One that was made for it always is its. One that was there before is while it names the server; or while it is bound
    where the server bound it, which no user can write.
    """
    if nic.preserve_on_delete:
        bound_by_us = bool(nic.bound_host) and port.host == nic.bound_host
        return port.id == nic.port_id and (port.device_id == nic.server_id or bound_by_us)
    if nic.port_id is not None:
        return port.id == nic.port_id
    return was_asked_for(nic, port)


def was_asked_for(nic: RemoteNic, port: wire.Port) -> bool:
    """Whether the port is what a request for this NIC makes or takes: it may have another id than an earlier one."""
    if nic.preserve_on_delete:
        return port.id == nic.port_id and port.device_id == nic.server_id
    named = (port.device_id, port.mac_address.lower(), port.network_id)
    return named == (nic.server_id, nic.mac_address, nic.network_id)
