"""Guests that move to another libvirt while they run: disks that await them, the job that carries them, and its end.

These functions run in `Host.run`'s thread, but for ``carry``. The libvirt that a guest leaves drives the move by itself
(peer to peer), so that it goes on when whoever asked for it is gone.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import msgspec
from lxml import etree

from berthline.domain.disks import ROOT
from berthline.domain.errors import Refused
from berthline.domain.hypervisor import (
    GuestSpec,
)
from berthline.domain.hypervisor.moving import MoveProgress, MoveWays, MovingDisks
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt import binding, guests, owners
from berthline.hypervisor.libvirt.binding import Connection, Domain, libvirt_error
from berthline.hypervisor.libvirt.images import CONFIG, Files, found_volume, pool_of, read_volume
from berthline.hypervisor.libvirt.moves import base_of
from berthline.hypervisor.libvirt.xml import parsed, pool_folder, volume_facts, volume_xml

_DIGEST: Final = re.compile(r"/([0-9a-f]{128})\.(?:qcow2|raw)\.[^/]*$")
"""In the path of a cached image."""

CARRIED: Final = {
    "memory_total": "memory_total",
    "memory_processed": "memory_processed",
    "memory_remaining": "memory_remaining",
    "disk_total": "disk_total",
    "disk_processed": "disk_processed",
    "disk_remaining": "disk_remaining",
}
"""Our names of what libvirt tells of a job, in bytes."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """Where a guest is to go.

    ``uri`` is that of the libvirt there, as the libvirt here reaches it, and ``address`` that of its machine, "" for
    whatever that libvirt says. ``files`` are paths there by the names of the files, ``made_of`` what its root is made
    of. ``on``: the guest is there already.
    """

    uri: str
    address: str
    files: Mapping[str, str]
    made_of: str
    on: bool


def disks_of(connection: Connection, server_id: ServerId) -> MovingDisks:
    """What has to be known of the guest's disks."""
    disks = pool_of(connection, "disks")
    root = found_volume(disks, f"{server_id}.{ROOT}")
    if root is None:
        raise Refused(f"Server {server_id} has no disks on the host that it is to leave.")
    facts, config = volume_facts(root.XMLDesc()), found_volume(disks, f"{server_id}.{CONFIG}")
    drive = None if config is None else read_volume(connection, config)
    return MovingDisks(_digest_of(facts.backing_path), facts.capacity, drive)


def await_disks(connection: Connection, files: Files, spec: GuestSpec, disks: MovingDisks) -> None:
    """Have them, empty: what an earlier attempt carried would shine through what is carried next."""
    if guests.found(connection, spec.server_id) is not None:
        return
    base = base_of(connection, files, spec) if disks.base == spec.image.sha512 else None
    files.delete_disks(connection, spec.server_id)
    name, pool = f"{spec.server_id}.{ROOT}", pool_of(connection, "disks")
    if base is None:
        pool.createXML(volume_xml(name, disks.capacity, "qcow2"))
    else:
        files.create_overlay(connection, spec, name, base, disks.capacity)
    files.create_beside_root(connection, pool, msgspec.structs.replace(spec, config_drive=disks.config_drive))


def arrival(connection: Connection, server_id: ServerId, uri: str, address: str) -> Arrival:
    """What a host says that awaits the guest. Raises Refused where it has no disks for it."""
    domain = guests.found(connection, server_id)
    files = _files_of(connection, server_id)
    if f"{server_id}.{ROOT}" not in files:
        raise Refused(f"The host has no disks for server {server_id}. Have it await them first.")
    root = pool_of(connection, "disks").storageVolLookupByName(f"{server_id}.{ROOT}")
    made_of = _digest_of(volume_facts(root.XMLDesc()).backing_path)
    on = domain is not None and bool(domain.isActive())
    return Arrival(uri=uri, address=address, files=files, made_of=made_of, on=on)


def uri_for_others(uri: str) -> str:
    """The URI of a host as another host uses it: keys and certificates are the other's own, where it keeps them."""
    parts = urlsplit(uri)
    return uri if parts.scheme in {"qemu", "qemu+unix"} else urlunsplit(parts._replace(query=""))


def address_of(uri: str) -> str:
    """The machine that a URI names; "" where it names none."""
    return urlsplit(uri).hostname or ""


class Order(msgspec.Struct, frozen=True):
    """What libvirt is asked for."""

    uri: str
    parameters: Mapping[str, Any]
    flags: int


def order(connection: Connection, server_id: ServerId, there: Arrival, ways: MoveWays) -> Order | None:
    """How the guest is to be moved; None where it is on its way, or there. Raises Refused for one that is off."""
    domain = guests.found(connection, server_id)
    if domain is None and there.on:
        return None
    if domain is None or not domain.isActive():
        raise Refused(f"Guest {server_id} is not on, and cannot move while it runs. Start it, or migrate it cold.")
    if progress(connection, server_id) is not None:
        return None
    here = _files_of(connection, server_id)
    paths = {path: there.files.get(name) for name, path in here.items()}
    root = pool_of(connection, "disks").storageVolLookupByName(f"{server_id}.{ROOT}")
    whole = not there.made_of or there.made_of != _digest_of(volume_facts(root.XMLDesc()).backing_path)
    encrypted = urlsplit(there.uri).scheme == "qemu+tls"
    parameters: dict[str, Any] = {
        binding.MOVE_XML: _elsewhere(domain.XMLDesc(binding.XML_MIGRATABLE), paths),
        binding.MOVE_PERSISTENT_XML: _elsewhere(domain.XMLDesc(binding.XML_MIGRATABLE | binding.XML_INACTIVE), paths),
    }
    if there.address:
        parameters[binding.MOVE_URI] = f"tcp://[{there.address}]" if ":" in there.address else f"tcp://{there.address}"
    if encrypted:
        parameters[binding.MOVE_TLS_NAME] = address_of(there.uri)
    flags = (
        binding.MOVE_BY_ITSELF
        | (binding.MOVE_WHOLE_DISKS if whole else binding.MOVE_TOPS_OF_DISKS)
        | (binding.MOVE_AUTO_CONVERGE if ways.auto_converge else 0)
        | (binding.MOVE_MAY_POST_COPY if ways.post_copy else 0)
        | (binding.MOVE_ENCRYPTED if encrypted else 0)
    )
    return Order(there.uri, parameters, flags)


def carry(connection: Connection, server_id: ServerId, order: Order) -> None:
    """Move it, and return when that is over: minutes or hours, on a connection of its own."""
    connection.lookupByUUIDString(server_id).migrateToURI3(order.uri, dict(order.parameters), order.flags)


def progress(connection: Connection, server_id: ServerId) -> MoveProgress | None:
    """How far its move away from here is; None where there is none."""
    domain = guests.found(connection, server_id)
    told = None if domain is None else _job(domain)
    if told is None:
        return None
    return MoveProgress(**{ours: int(told.get(theirs, 0)) for ours, theirs in CARRIED.items()})


def finish(connection: Connection, server_id: ServerId) -> None:
    """By post-copy where the move may; else the guest is paused, and libvirt lets it run on where it arrives."""
    domain = guests.found(connection, server_id)
    if domain is None or _job(domain) is None or guests.power(domain) != "running":
        return
    try:
        domain.migrateStartPostCopy()
    except libvirt_error as error:
        if error.get_error_code() not in binding.INVALID_STATE_CODES:
            raise
        with suppress(libvirt_error):  # it may have arrived just now
            domain.suspend()


def abort(connection: Connection, server_id: ServerId) -> None:
    """Ask for its end. One that cannot be ended any more ends by itself."""
    domain = guests.found(connection, server_id)
    if domain is None or _job(domain) is None:
        return
    try:
        domain.abortJob()
    except libvirt_error as error:
        if error.get_error_code() not in binding.INVALID_STATE_CODES | binding.MISSING_CODES:
            raise


def _job(domain: Domain) -> Mapping[str, Any] | None:
    """What libvirt says of the guest's move away; None where it is not leaving."""
    try:
        told = domain.jobStats()
    except libvirt_error as error:
        if error.get_error_code() in binding.INVALID_STATE_CODES | binding.MISSING_CODES:
            return None
        raise
    leaves = told.get("type", binding.JOB_NONE) != binding.JOB_NONE and told.get("operation") == binding.JOB_LEAVING
    return told if leaves else None


def _files_of(connection: Connection, server_id: ServerId) -> dict[str, str]:
    """The paths of the server's files, by name; that of what its firmware remembers also before libvirt made it."""
    volumes = [
        found_volume(pool, name)
        for pool in (pool_of(connection, "disks"), pool_of(connection, "consoles"))
        for name in pool.listVolumes()
        if name.startswith(f"{server_id}.")
    ]
    variables = f"{server_id}.variables"
    folder = pool_folder(pool_of(connection, "firmware").XMLDesc())
    found = {volume.name(): volume.path() for volume in volumes if volume is not None}
    return found | {variables: f"{folder}/{variables}"}


def _digest_of(backing_path: str | None) -> str:
    found = None if backing_path is None else _DIGEST.search(backing_path)
    return "" if found is None else found[1]


def _elsewhere(domain: str, paths: Mapping[str, str | None]) -> str:
    """The definition with the other host's paths, and nobody's: whose it is there is for its owner there to say."""
    tree = parsed(domain)
    for element in list(tree.iter("backingStore")):
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)
    for owner in tree.findall(f"metadata/{{{owners.NAMESPACE}}}owner"):
        parent = owner.getparent()
        assert parent is not None
        parent.remove(owner)
    for variables in tree.iter("nvram"):
        variables.text = paths.get(variables.text or "") or variables.text
    for element in tree.iter():
        for name, value in element.attrib.items():
            there = paths.get(str(value))
            if there is not None:
                element.set(name, there)
    return etree.tostring(tree, encoding="unicode")
