"""Networks for a server: every NIC of a request allocated and bound, in one transaction.

What a user sees follows Nova's ``network.neutron.API``: ``allocate_for_instance`` with ``_create_ports_for_instance``
and ``_update_ports_for_instance``, ``deallocate_for_instance`` and ``deallocate_port_for_instance``. Where Nova makes
some nine calls a NIC and undoes them one by one, this is a handful of statements that all happen or do not.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import Nic
from berthline.domain.errors import (
    FixedIpAlreadyInUse,
    IpAddressAlreadyAllocated,
    IpAddressGenerationFailure,
    MacAddressInUse,
    NoMoreFixedIps,
    OverQuota,
    PortInUse,
    PortLimitExceeded,
    PortNotFree,
    PortNotUsable,
)
from berthline.domain.ids import HostName, PortId, SecurityGroupId, ServerId, SubnetId
from berthline.domain.network import DhcpOption, Port, Subnet
from berthline.ipam.mac import canonical_mac
from berthline.network.nics.groups import groups_for
from berthline.network.nics.resolve import Item, resolve
from berthline.network.ports.addressing import is_automatic
from berthline.network.ports.rows import Draft, bare_port, write_ports
from berthline.network.requests import AskedAddress
from berthline.network.service import Asked, Instance
from berthline.network.settings import NetworkSettings
from berthline.network.subnets.availability import addresses_left
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.store.network import floating_ips, ports
from berthline.store.network.nics import ports as server_ports
from berthline.store.network.nics.ports import VIF_TYPE, Owner

DEFAULT_SETTINGS: Final = NetworkSettings()


def allocate_for_instance(
    connection: Connection,
    caller: Caller,
    server: Instance,
    requested_networks: Asked,
    security_groups: tuple[str, ...],
    at: int,
    *,
    bind_host: HostName,
    macs: Collection[str] | None = None,
    dhcp_options: tuple[DhcpOption, ...] = (),
    first_position: int = 0,
    settings: NetworkSettings = DEFAULT_SETTINGS,
) -> tuple[Nic, ...]:
    """Allocate every NIC of a server and bind it to ``bind_host``, in the order asked, in the caller's transaction.

    ``macs`` are the addresses that the host offers: new NICs take theirs from them, and a port that was there before
    has to have one of them; None: any. ``dhcp_options`` become extra_dhcp_opts of every port. ``first_position`` is the
    place of the first NIC, behind those that the server has. ``settings`` say what a network for ``auto`` is made of.
    ``at`` in microseconds since the epoch.

    Raises what ``nic_requests.resolve`` and ``nic_groups.groups_for`` raise, PortInUse, PortNotUsable, PortNotFree,
    FixedIpAlreadyInUse, NoMoreFixedIps and PortLimitExceeded; the transaction then has to end.
    """
    items = resolve(connection, caller, server, requested_networks, settings, at)
    created = [item for item in items if item.port is None]
    groups = groups_for(connection, server.project_id, security_groups, created, at)
    if not items:
        return ()
    owner = Owner(
        server_id=server.server_id,
        project_id=server.project_id,
        device_owner=f"compute:{server.availability_zone}",
        dns_name=server.hostname.lower(),
        host=bind_host,
    )
    offered = [""] * len(created) if macs is None else _offered(connection, server, items, macs)
    drafts = [_draft(item, owner, groups, dhcp_options, mac, at) for item, mac in zip(created, offered, strict=True)]
    made = _write(connection, owner, created, drafts, at)
    before = _claim(connection, items, owner, dhcp_options, at)
    new = iter(made)
    nics = tuple(
        Nic(
            port_id=item.port.id if item.port else next(new).id,
            position=position,
            tag=item.asked.tag,
            preserve_on_delete=item.port is not None,
        )
        for position, item in enumerate(items, first_position)
    )
    server_ports.insert_nics(connection, server.server_id, nics, before)
    return nics


def deallocate_for_instance(connection: Connection, server_id: ServerId, at: int) -> None:
    """Delete the ports that were made for the server and unbind those that were there before. Again: no change.

    The NIC rows say which they are: a port whose ``device_id`` a user set to the server's is none of them.
    """
    _free(connection, server_ports.ports_of_server(connection, server_id), at)


def deallocate_port_for_instance(connection: Connection, server_id: ServerId, port_id: PortId, at: int) -> None:
    """Free one NIC as ``deallocate_for_instance`` frees all. A port that is not the server's is left alone."""
    held = server_ports.ports_of_server(connection, server_id)
    _free(connection, [each for each in held if each.port_id == port_id], at)


def _free(connection: Connection, held: Sequence[server_ports.HeldPort], at: int) -> None:
    if not held:
        return
    created = [port for port in held if not port.preserve_on_delete]
    kept = [port for port in held if port.preserve_on_delete]
    server_ports.remove_nics(connection, [port.port_id for port in held])
    deleted: Counter[str] = Counter()
    if created:
        ids = [port.port_id for port in created]
        for port_id in {floating.fixed_port_id for floating in floating_ips.leading_to(connection, ids)}:
            if port_id is not None:
                floating_ips.disassociate_port(connection, port_id, at)
        deleted = server_ports.delete_ports(connection, ids, at)
    if kept:
        server_ports.unbind_ports(connection, [port.port_id for port in kept], at)
        before = {port.port_id: port.dhcp_options for port in kept if port.dhcp_options is not None}
        server_ports.set_dhcp_options(connection, before)
    for project_id, count in sorted(deleted.items()):
        quotas.give_back(connection, project_id, {"port": count})


def _offered(connection: Connection, server: Instance, items: Sequence[Item], macs: Collection[str]) -> list[str]:
    """A MAC of those that the host offers for each new NIC. Mitaka's argument ``macs``, and its errors."""
    offered = {canonical_mac(mac) or mac for mac in macs}
    for item in items:
        if item.port is not None and item.port.mac_address not in offered:
            raise PortNotUsable(
                f"Port {item.port.id} not usable for instance {server.server_id}.",
                {"item": item.index, "mac_address": item.port.mac_address, "offered": sorted(offered)},
            )
    created = [item for item in items if item.port is None]
    free = sorted(offered - server_ports.macs_in_use(connection, offered))
    if len(free) < len(created):
        raise PortNotFree(
            f"No free port available for instance {server.server_id}.",
            {"item": created[len(free)].index, "offered": sorted(offered), "free": free},
        )
    return free[: len(created)]


def _draft(
    item: Item,
    owner: Owner,
    groups: tuple[SecurityGroupId, ...],
    dhcp_options: tuple[DhcpOption, ...],
    mac_address: str,
    at: int,
) -> Draft:
    """The port of a new NIC, bound; its addresses are those that a port gets which asks for the same."""
    secured = item.network.port_security_enabled
    port = msgspec.structs.replace(
        bare_port(item.network.id, owner.project_id, at),
        mac_address=mac_address,
        device_id=owner.server_id,
        device_owner=owner.device_owner,
        port_security_enabled=secured,
        dns_name=owner.dns_name,
        binding_host=owner.host,
        binding_vif_type=VIF_TYPE,
        extra_dhcp_opts=dhcp_options,
        security_group_ids=groups if secured else (),
    )
    if item.asked.fixed_ip is None:
        return Draft(port=port)
    # as in Neutron, subnets whose addresses follow from the MAC give one besides the address that is named
    automatic = tuple(AskedAddress(subnet_id=subnet.id) for subnet in item.subnets if is_automatic(subnet))
    return Draft(port=port, asked=(AskedAddress(ip_address=item.asked.fixed_ip), *automatic))


def _write(
    connection: Connection, owner: Owner, created: Sequence[Item], drafts: Sequence[Draft], at: int
) -> tuple[Port, ...]:
    """Write the new ports. Raises Nova's errors for what the network service cannot give."""
    if not drafts:
        return ()
    known = {item.network.id: list(item.subnets) for item in created}
    try:
        return write_ports(connection, drafts, at, known)
    except IpAddressAlreadyAllocated:
        raise _address_taken(connection, owner, created, drafts) from None
    except IpAddressGenerationFailure as error:
        raise _no_address_left(connection, created, drafts, error) from None
    except MacAddressInUse as error:
        raise PortInUse(error.message, error.details) from None
    except OverQuota as error:
        raise PortLimitExceeded(f"Maximum number of ports exceeded. {error.message}", error.details) from None


def _claim(
    connection: Connection, items: Sequence[Item], owner: Owner, dhcp_options: tuple[DhcpOption, ...], at: int
) -> Mapping[PortId, tuple[DhcpOption, ...]]:
    """Take the ports that were there before. Returns the DHCP options that the server's took the place of."""
    wanted = [item.port for item in items if item.port is not None]
    taken = server_ports.claim_ports(connection, [port.id for port in wanted], owner, at)
    for item in items:
        if item.port is not None and item.port.id not in taken:
            _check_tap(connection, item.port.id, owner.host, item.index)
            raise PortInUse(f"Port {item.port.id} is still in use.", {"item": item.index})
    if not dhcp_options:
        return {}
    renewed = {(option.opt_name, option.ip_version) for option in dhcp_options}
    server_ports.set_dhcp_options(
        connection,
        {
            port.id: tuple(each for each in port.dhcp_options if (each.opt_name, each.ip_version) not in renewed)
            + dhcp_options
            for port in wanted
        },
    )
    return {port.id: port.dhcp_options for port in wanted}


def _check_tap(connection: Connection, port_id: PortId, host: HostName, index: int) -> None:
    if ports.tap_is_taken(connection, port_id, host):
        raise PortNotUsable(
            f"Port {port_id} not usable for this instance: on host {host} the tap of another port has the name that "
            "its tap would have. Use another port, or ask again for another host.",
            {"item": index},
        )


def _address_taken(
    connection: Connection, owner: Owner, created: Sequence[Item], drafts: Sequence[Draft]
) -> FixedIpAlreadyInUse:
    """Which of the addresses that were asked for is taken, by whom if that is the project's own, and what is left."""
    seen: set[tuple[str, str]] = set()
    for item, draft in zip(created, drafts, strict=True):
        ip = item.asked.fixed_ip
        if ip is None:
            continue
        holder = server_ports.holder_of(connection, [subnet.id for subnet in item.subnets], ip)
        if (item.network.id, ip) in seen or (holder is not None and holder.port_id != draft.port.id):
            own = holder is not None and holder.project_id == owner.project_id and holder.server_id
            where = f"instance {holder.server_id}" if own and holder is not None else f"network {item.network.id}"
            return FixedIpAlreadyInUse(
                f"Fixed IP address {ip} is already in use on {where}.",
                {"item": item.index, "left": _left(connection, item.subnets, drafts)},
            )
        seen.add((item.network.id, ip))
    raise AssertionError("the store refused an address that is asked for, so one is taken")


def _no_address_left(
    connection: Connection, created: Sequence[Item], drafts: Sequence[Draft], error: IpAddressGenerationFailure
) -> NoMoreFixedIps:
    """Which NIC found no address: the first one on its network behind as many as there are addresses left."""
    full = error.details["left"]
    assert isinstance(full, dict)
    without = [item for item in created if item.asked.fixed_ip is None and full.keys() & {s.id for s in item.subnets}]
    left = _left(connection, [subnet for subnet in without[0].subnets if subnet.id in full], drafts)
    last = without[min(sum(count or 0 for count in left.values()), len(without) - 1)]
    return NoMoreFixedIps(
        f"No fixed IP addresses available for network: {last.network.id}. Use another network or free an address.",
        {"item": last.index, "network": {"id": last.network.id, "name": last.network.name}, "left": left},
    )


def _left(connection: Connection, of: Sequence[Subnet], drafts: Sequence[Draft]) -> dict[SubnetId, int | None]:
    """How many addresses each subnet had left before this request took some of them in vain."""
    own = server_ports.addresses_of(connection, [draft.port.id for draft in drafts])
    left = addresses_left(connection, of)
    return {subnet: None if count is None else count + own.get(subnet, 0) for subnet, count in left.items()}
