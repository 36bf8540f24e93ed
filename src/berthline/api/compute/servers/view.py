"""Servers as Nova writes them, for each microversion.

Each ``_add_*`` is one of Nova's extensions, with the microversion that brought it. Clients check these keys strictly:
a key appears exactly where Nova shows it.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from berthline.api.compute import times
from berthline.api.compute.context import Context
from berthline.api.compute.flavors.view import embedded_flavor
from berthline.api.compute.servers import states as server_states
from berthline.domain.compute import Server
from berthline.domain.disks import root_of
from berthline.domain.ids import HostName, ImageId, ServerGroupId, ServerId
from berthline.domain.network_info import NetworkInfo
from berthline.store import Connection
from berthline.store.compute.server_groups import groups_of
from berthline.store.compute.servers.related import HostState, host_states, image_properties, security_group_names

View = dict[str, Any]

PROGRESSING: Final = frozenset({"ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"})
FAULTED: Final = frozenset({"ERROR", "DELETED"})
DOMAIN_PREFIX: Final = "berthline-"
ROOT_DEVICE: Final = "/dev/vda"
NO_NETWORKS: Final = NetworkInfo()


class Related(msgspec.Struct, frozen=True, kw_only=True):
    """What is read beside the servers of one answer."""

    networks: Mapping[ServerId, NetworkInfo]
    groups: Mapping[ServerId, Sequence[str]]
    server_groups: Mapping[ServerId, ServerGroupId]
    hosts: Mapping[HostName, HostState]
    images: Mapping[ImageId, Mapping[str, str]]


def read_related(connection: Connection, context: Context, servers: Collection[Server]) -> Related:
    """All that the views of these servers need, by one statement each, and nothing that they do not."""
    ids = [server.id for server in servers]
    hosts = {server.host for server in servers if server.host is not None}
    images = {server.image_id for server in servers if server.image_id is not None}
    grouped = [server.id for server in servers if "group" in server.scheduler_hints and context.since(71)]
    return Related(
        networks=context.services.compute.network_info(connection, ids) if ids else {},
        groups=security_group_names(connection, ids) if ids else {},
        server_groups=groups_of(connection, grouped) if grouped else {},
        hosts=host_states(connection, hosts) if hosts and context.caller.is_admin and context.since(16) else {},
        images=image_properties(connection, images) if images and context.since(98) else {},
    )


def summary(context: Context, server: Server) -> View:
    """One line of GET /servers."""
    return {"id": server.id, "name": server.name, "links": context.links(f"/servers/{server.id}")}


def detail(context: Context, server: Server, related: Related, *, shown_alone: bool) -> View:
    """A server as GET /servers/detail (``shown_alone`` False) and GET /servers/ID show it."""
    view = _core(context, server, related, extended_addresses=True)
    _add_extensions(context, view, server, related)
    if shown_alone and context.since(71):
        view["server_groups"] = _server_groups(server, related)
    return view


def after_update(context: Context, server: Server, related: Related) -> View:
    """The answer to PUT /servers/ID: the full view from 2.75 on, before that the core of it only."""
    if context.since(75):
        return detail(context, server, related, shown_alone=True)
    view = _core(context, server, related, extended_addresses=False)
    view["OS-DCF:diskConfig"] = server.disk_config
    if context.since(71):
        view["server_groups"] = _server_groups(server, related)
    _add_later(context, view, server)
    return view


def _core(context: Context, server: Server, related: Related, *, extended_addresses: bool) -> View:
    """What Nova's view builder wrote before there were extensions."""
    word = server_states.status(server.vm_state, server.task_state)
    info = related.networks.get(server.id, NO_NETWORKS)
    view: View = {
        "id": server.id,
        "name": server.name,
        "status": word,
        "tenant_id": server.project_id,
        "user_id": server.user_id,
        "metadata": server.metadata,
        "hostId": host_id(server),
        "image": _image(context, server, related),
        "flavor": embedded_flavor(context, server.flavor),
        "created": times.second(server.created_at),
        "updated": times.second(server.updated_at),
        "addresses": addresses(info, extended=extended_addresses),
        "accessIPv4": server.access_ip_v4,
        "accessIPv6": server.access_ip_v6,
        "links": context.links(f"/servers/{server.id}"),
    }
    if word in FAULTED and server.fault is not None:
        view["fault"] = _fault(context, server)
    if word in PROGRESSING:
        view["progress"] = 0
    return view


def _groups_asked(context: Context, server: Server, related: Related) -> Sequence[str]:
    """The groups that a server with NICs at a Neutron outside was to have: that alone knows which they have now."""
    if "network" not in context.services.elsewhere or not related.networks.get(server.id, NO_NETWORKS).vifs:
        return ()
    return server.security_group_names or ("default",)


def _add_extensions(context: Context, view: View, server: Server, related: Related) -> None:
    view["OS-DCF:diskConfig"] = server.disk_config
    view["OS-EXT-AZ:availability_zone"] = server.availability_zone
    view["config_drive"] = "True" if server.config_drive else ""
    view["key_name"] = server.key_name
    view["OS-SRV-USG:launched_at"] = times.microsecond(server.launched_at)
    view["OS-SRV-USG:terminated_at"] = times.microsecond(server.deleted_at)
    view["OS-EXT-STS:task_state"] = server.task_state
    view["OS-EXT-STS:vm_state"] = server.vm_state
    view["OS-EXT-STS:power_state"] = server.power_state
    view["os-extended-volumes:volumes_attached"] = []
    if groups := related.groups.get(server.id) or _groups_asked(context, server, related):
        view["security_groups"] = [{"name": name} for name in groups]
    if context.caller.is_admin:
        _add_admin_attributes(context, view, server)
        if context.since(16):
            view["host_status"] = _host_status(server, related)
    if context.since(90):
        view["OS-EXT-SRV-ATTR:hostname"] = server.hostname
    _add_later(context, view, server)


def _add_later(context: Context, view: View, server: Server) -> None:
    """What later microversions show to everybody."""
    if context.since(9):
        view["locked"] = server.locked
    if context.since(19):
        view["description"] = server.description
    if context.since(26):
        view["tags"] = list(server.tags)
    if context.since(63):
        view["trusted_image_certificates"] = None
    if context.since(73):
        view["locked_reason"] = server.locked_reason
    if context.since(96):
        view["pinned_availability_zone"] = server.pinned_availability_zone
    if context.since(100):
        view["scheduler_hints"] = server.scheduler_hints


def _add_admin_attributes(context: Context, view: View, server: Server) -> None:
    prefix = "OS-EXT-SRV-ATTR:"
    view[prefix + "host"] = server.host
    view[prefix + "hypervisor_hostname"] = server.host
    view[prefix + "instance_name"] = DOMAIN_PREFIX + server.id
    if context.since(3):
        view[prefix + "reservation_id"] = server.reservation_id
        view[prefix + "launch_index"] = server.launch_index
        view[prefix + "hostname"] = server.hostname
        view[prefix + "kernel_id"] = ""
        view[prefix + "ramdisk_id"] = ""
        view[prefix + "root_device_name"] = root_device_name(server)
        view[prefix + "user_data"] = server.user_data


def root_device_name(server: Server) -> str | None:
    """The disk that the server boots from, as its guest knows it; None where it boots from none."""
    root = root_of(server.disks)
    if root is not None:
        return f"/dev/{root.device}"
    return ROOT_DEVICE if server.image_id and server.hardware is None else None


def _server_groups(server: Server, related: Related) -> list[ServerGroupId]:
    return [related.server_groups[server.id]] if server.id in related.server_groups else []


def host_id(server: Server) -> str:
    """A name for the host that only tells a project which of its servers share one, made as Nova makes it."""
    if server.host is None:
        return ""
    return hashlib.sha224((server.project_id + server.host).encode()).hexdigest()


def addresses(info: NetworkInfo, *, extended: bool = True) -> dict[str, list[dict[str, Any]]]:
    """Addresses by network name; each floating address after the fixed one that it leads to."""
    found: dict[str, list[dict[str, Any]]] = {}
    for vif in info.vifs:
        listed = found.setdefault(vif.network.label, [])
        for fixed in vif.fixed_ips():
            for address, kind in (
                (fixed.address, "fixed"),
                *((floating.address, "floating") for floating in fixed.floating_ips),
            ):
                entry: dict[str, Any] = {"version": 6 if ":" in address else 4, "addr": address}
                if extended:
                    entry |= {"OS-EXT-IPS:type": kind, "OS-EXT-IPS-MAC:mac_addr": vif.address}
                listed.append(entry)
    return found


def _image(context: Context, server: Server, related: Related) -> View | str:
    if server.image_id is None:
        return ""
    link = {"rel": "bookmark", "href": context.bookmark(f"/images/{server.image_id}")}
    view: View = {"id": server.image_id, "links": [link]}
    if context.since(98):
        view["properties"] = related.images.get(server.image_id, {})
    return view


def _fault(context: Context, server: Server) -> View:
    fault = server.fault
    assert fault is not None
    view: View = {"code": fault.code, "created": times.second(fault.created_at), "message": fault.message}
    if fault.details and context.caller.is_admin:
        view["details"] = fault.details
    return view


def _host_status(server: Server, related: Related) -> str:
    state = None if server.host is None else related.hosts.get(server.host)
    if state is None:
        return ""
    if state.forced_down:
        return "DOWN"
    return "MAINTENANCE" if not state.enabled else "UP" if state.up else "UNKNOWN"
