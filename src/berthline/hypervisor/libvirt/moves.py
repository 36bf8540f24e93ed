"""What is done with the disks of a server that is resized or moved, by libvirt's calls on an open connection.

A copy from before a resize is a volume of its own beside the disk (``SERVER.kept-root``), on the same image: libvirt
copies what the overlay holds and nothing of the image. Files that are raw it never copies: it takes them for what they
look like, and a guest can have its swap look like an overlay of any file of the host. Files that move to another host
are read and written as they are; only the path of the image's copy, which each host chose for itself, is written anew
into the overlay's header.
"""

from typing import Final, cast

from berthline.domain import qcow2
from berthline.domain.disks import FIRMWARE, ROOT, SWAP, Disk
from berthline.domain.errors import NoBaseImage, Refused, RefusedEverywhere, Transient
from berthline.domain.hypervisor import GuestSpec
from berthline.domain.ids import ServerId
from berthline.hypervisor.image_format import MIB, root_capacity
from berthline.hypervisor.libvirt import binding, firmware, guests
from berthline.hypervisor.libvirt.binding import Connection, Pool, Stream, Volume, libvirt_error
from berthline.hypervisor.libvirt.images import (
    CONFIG,
    Base,
    Files,
    delete_volume,
    found_volume,
    pool_of,
    read_volume,
    write_swap,
    write_volume,
)
from berthline.hypervisor.libvirt.xml import volume_facts, volume_xml

KEPT: Final = "kept-"
"""Stands before a disk's name in that of its copy."""

NO_DISKS: Final = (KEPT, "copy-")
"""Files of a server that are no disks of its guest begin so."""


def keep(connection: Connection, server_id: ServerId) -> None:
    """Copy each disk of a guest that is off; what a copy was begun of before is removed first."""
    _refuse_while_on(connection, server_id)
    disks = pool_of(connection, "disks")
    forget(connection, server_id)
    present = _disks(disks, server_id)
    if ROOT not in present:
        raise Refused(f"Server {server_id} has no disks on its host. Create its disks first.")
    for name, volume in present.items():
        _copy(connection, name, volume, f"{server_id}.{KEPT}{name}")


def restore(connection: Connection, server_id: ServerId) -> None:
    """Have each disk as its copy is, and none of which there is no copy."""
    _refuse_while_on(connection, server_id)
    disks = pool_of(connection, "disks")
    kept = _disks(disks, server_id, KEPT)
    if ROOT not in kept:
        raise Refused(f"No disks of server {server_id} were kept on its host.")
    for volume in _disks(disks, server_id).values():
        _delete(volume)
    for name, copy in kept.items():
        _copy(connection, name, copy, f"{server_id}.{name}")


def forget(connection: Connection, server_id: ServerId) -> None:
    """Remove every copy, that of the root first: without it there is nothing that would be brought back."""
    kept = _disks(pool_of(connection, "disks"), server_id, KEPT)
    for name in sorted(kept, key=lambda name: name != ROOT):
        _delete(kept[name])


def grow(connection: Connection, files: Files, spec: GuestSpec) -> None:
    """Each disk as large as the spec says, or larger; swap of its size; the config drive anew."""
    _refuse_while_on(connection, spec.server_id)
    disks = pool_of(connection, "disks")
    present = _disks(disks, spec.server_id)
    if ROOT not in present:
        raise Refused(f"Server {spec.server_id} has no disks on its host. Create its disks first.")
    _grow(present[ROOT], root_capacity(spec, base_of(connection, files, spec).capacity))
    for disk in spec.disks:
        volume = present.get(disk.name)
        if volume is None or not disk.is_blank:
            continue
        if disk.is_swap and volume_facts(volume.XMLDesc()).physical != disk.size_mb * MIB:
            _delete(volume)
        else:
            _grow(volume, disk.size_mb * MIB)
    files.create_beside_root(connection, disks, spec)


def base_of(connection: Connection, files: Files, spec: GuestSpec) -> Base:
    """The image's copy here. Raises NoBaseImage where there is none."""
    base = files.find_base(connection, spec.image)
    if base is None:
        raise NoBaseImage(f"The host has no copy of image {spec.image.id}. Cache the image first.")
    return base


def begin_reading(connection: Connection, server_id: ServerId, name: str) -> Stream | None:
    """A stream of the disk's file; None where the guest has no such disk. Raises Refused where it has no root disk."""
    _refuse_while_on(connection, server_id)
    if name == FIRMWARE:
        return firmware.begin_reading(connection, server_id)
    volume = found_volume(pool_of(connection, "disks"), f"{server_id}.{name}")
    if volume is None:
        if name == ROOT:
            raise Refused(f"Server {server_id} has no disks on the host that it is to leave.")
        return None
    stream = connection.newStream()
    volume.download(stream, 0, 0)
    return stream


def begin_writing(connection: Connection, files: Files, spec: GuestSpec, disk: Disk, base: Base, head: bytes) -> Stream:
    """A stream into the disk's file, which begins with ``head``.

    A qcow2 file is made as what it will be: libvirt knows its format and its size then, and need not look again.
    """
    pool, name, stream = pool_of(connection, "disks"), f"{spec.server_id}.{disk.name}", connection.newStream()
    if disk.file_format == "raw":
        pool.createXML(volume_xml(name, 0, "raw")).upload(stream, 0, 0, binding.UPLOAD_SPARSE)
        return stream
    if not qcow2.is_qcow2(head):
        raise RefusedEverywhere(f"A disk of server {spec.server_id} is not in qcow2 format.")
    capacity = qcow2.virtual_size(head)
    if disk.is_blank:
        pool.createXML(volume_xml(name, capacity, "qcow2"))
    else:
        files.create_overlay(connection, spec, name, base, capacity)
    pool.storageVolLookupByName(name).upload(stream, 0, 0)
    return stream


def _disks(pool: Pool, server_id: ServerId, kept: str = "") -> dict[str, Volume]:
    """The server's disks, or with KEPT their copies from before a resize, by name; other copies are none of them."""
    found: dict[str, Volume] = {}
    for volume_name in pool.listVolumes():
        owner, _, name = volume_name.partition(".")
        wanted = name.startswith(kept) if kept else not name.startswith(NO_DISKS)
        volume = found_volume(pool, volume_name) if owner == server_id and wanted else None
        if volume is not None:
            found[name.removeprefix(kept)] = volume
    return found


def _delete(volume: Volume) -> None:
    """Delete it. Raises Transient while the host still makes it, for a call that nobody waits for any more."""
    try:
        delete_volume(volume)
    except libvirt_error as error:
        if error.get_error_code() in binding.INVALID_STATE_CODES:
            raise Transient("The host still copies a disk of the server.") from error
        raise


def _copy(connection: Connection, disk: str, volume: Volume, name: str) -> None:
    """Have what is in the volume of this disk in one of this name, too; swap is made empty."""
    pool, facts = pool_of(connection, "disks"), volume_facts(volume.XMLDesc())
    if disk == SWAP:
        write_swap(connection, pool, name, facts.physical)
    elif disk == CONFIG:
        write_volume(connection, pool, name, read_volume(connection, volume))
    else:
        backing = None
        if facts.backing_path is not None:
            backing = (facts.backing_path, cast("str", facts.backing_format))
        pool.createXMLFrom(volume_xml(name, facts.capacity, "qcow2", backing=backing), volume)


def _grow(volume: Volume, capacity: int) -> None:
    if volume_facts(volume.XMLDesc()).capacity < capacity:
        volume.resize(capacity)


def _refuse_while_on(connection: Connection, server_id: ServerId) -> None:
    domain = guests.found(connection, server_id)
    if domain is not None and domain.isActive():
        raise Refused(f"Guest {server_id} is {guests.power(domain)} and uses its disks. Shut it off first.")
