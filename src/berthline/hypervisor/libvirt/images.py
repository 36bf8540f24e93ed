"""Files on a host, all through libvirt's storage pools, so that a host may be anywhere: images, disks and consoles.

Four pools over four folders: ``berthline-base`` (images, shared by guests), ``berthline-disks`` (``SERVER.DISK`` by
the disk's name, ``SERVER.config``, and for a while ``SERVER.copy-COPY``), ``berthline-consoles`` (``SERVER.console``
and what was rolled over) and ``berthline-firmware`` (see ``firmware``).

An image is uploaded as ``SHA512.FORMAT.UPLOAD``. Once all of it is there and its digest right, ``SHA512.FORMAT``
is made: an empty overlay whose backing file is that upload. libvirt creates a volume of one name once, so this is
what says "complete": a crash leaves uploads that nothing points to, and of two workers one wins.
"""

import hashlib
import re
import uuid
from collections.abc import Collection
from contextlib import suppress
from typing import Literal

import msgspec

from berthline.domain.errors import NoBaseImage, Refused, RefusedEverywhere, Transient
from berthline.domain.hypervisor import BaseImage, GuestSpec, ImageSource
from berthline.domain.ids import ServerId, is_uuid
from berthline.hypervisor.image_format import MIB, disk_capacity, root_capacity, swap_header
from berthline.hypervisor.libvirt import binding
from berthline.hypervisor.libvirt.binding import Connection, LibvirtError, Pool, Volume, libvirt_error
from berthline.hypervisor.libvirt.connection import Host, is_lost
from berthline.hypervisor.libvirt.uploads import PIECE, Upload, begin, blocks, send_block
from berthline.hypervisor.libvirt.xml import GuestFiles, VolumeFacts, pool_folder, pool_xml, volume_facts, volume_xml
from berthline.hypervisor.locks import KeyedLocks

CONSOLE_BYTES = 1024**2
"""A console is read back this far; virtlogd starts a new file at two MiB by default."""

SHA512 = re.compile("[0-9a-f]{128}")
CONFIG = "config"
RESCUE_CONFIG = "rescue-config"
PoolName = Literal["base", "disks", "consoles", "firmware"]
POOLS: tuple[PoolName, ...] = ("base", "disks", "consoles", "firmware")


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """A complete image on the host: ``capacity`` is the size of the disk that a guest sees, in bytes."""

    path: str
    format: str
    capacity: int


class Files:
    """The files of one host. Methods that take a connection run in `Host.run`'s thread."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._caching: KeyedLocks[str] = KeyedLocks()

    def prepare(self, connection: Connection) -> None:
        """Have the four pools, active now and after the host starts again."""
        for name in POOLS:
            folder = f"{self._folder}/{name}"
            pool = _found_pool(connection, name)
            if pool is None:
                pool = _define_pool(connection, name, folder)
            elif pool_folder(pool.XMLDesc()) != folder:
                raise Refused(
                    f"The host's storage pool berthline-{name} lies elsewhere than its settings say. "
                    "Set the host's folder to the pool's parent, or undefine the pool.",
                    {"pool": pool_folder(pool.XMLDesc()), "settings": folder},
                )
            if not pool.isActive():
                pool.build()
                pool.create()

    # Images.

    async def cache(self, host: Host, image: BaseImage, source: ImageSource) -> None:
        """Have the image on the host, whole and with the right digest.

        Raises RefusedEverywhere when the bytes are not those of the image; then nothing of them is left.
        """
        if not SHA512.fullmatch(image.sha512):
            raise RefusedEverywhere(f"Image {image.id} has no valid SHA-512. Upload it again.")
        async with self._caching.hold(_base_name(image)):
            aim = f"look for image {image.id}"
            if await host.run(aim, lambda connection: self.find_base(connection, image)) is None:
                await self._upload(host, image, source)

    def find_base(self, connection: Connection, image: BaseImage) -> Base | None:
        """The complete copy of this image; None when there is none (what is broken is removed)."""
        pool = pool_of(connection, "base")
        marker = found_volume(pool, _base_name(image))
        if marker is None:
            return None
        facts = facts_of(marker)
        if facts is None:
            return None
        if facts.backing_path is not None and self._is_whole(connection, facts.backing_path, image):
            return Base(path=facts.backing_path, format=image.disk_format, capacity=facts.capacity)
        delete_volume(marker)
        return None

    @staticmethod
    def _is_whole(connection: Connection, path: str, image: BaseImage) -> bool:
        """After a power failure a file may be there that was never written to the end."""
        try:
            facts = volume_facts(connection.storageVolLookupByPath(path).XMLDesc())
        except libvirt_error as error:
            if _is_missing(error):
                return False
            raise
        return facts.physical == image.size

    async def _upload(self, host: Host, image: BaseImage, source: ImageSource) -> None:
        aim = f"take image {image.id}"
        name = f"{_base_name(image)}.{uuid.uuid4()}"
        sparse = image.disk_format == "raw"
        upload = await host.run(aim, lambda connection: begin(pool_of(connection, "base"), connection, name, sparse))
        try:
            capacity = await self._send(host, aim, upload, image, source)
            await host.run(aim, lambda _: upload.stream.finish())
        except BaseException:
            # Also when cancelled. Should the host be gone, the next complete upload removes what is left here.
            with suppress(Transient, Refused):
                await host.run(aim, lambda _: _abandon(upload))
            raise
        await host.run(aim, lambda connection: self._complete(connection, image, upload.volume, capacity))

    async def _send(self, host: Host, aim: str, upload: Upload, image: BaseImage, source: ImageSource) -> int:
        """Stream the image up; the size in bytes of the disk it holds."""
        digest, sent, capacity = hashlib.sha512(), 0, image.size
        async for block in blocks(source.read(image.id)):
            if sent == 0:
                capacity = disk_capacity(image, block)
            sent += len(block)
            if sent > image.size:
                break

            def send(_connection: Connection, block: bytes = block) -> None:
                digest.update(block)
                send_block(upload.stream, block, sparse=image.disk_format == "raw")

            await host.run(aim, send)
        if sent != image.size or digest.hexdigest() != image.sha512:
            raise RefusedEverywhere(
                f"Image {image.id} came as {sent} bytes with SHA-512 {digest.hexdigest()[:16]}…, not as "
                f"{image.size} bytes with {image.sha512[:16]}…. Upload it again."
            )
        return capacity

    @staticmethod
    def _complete(connection: Connection, image: BaseImage, volume: Volume, capacity: int) -> None:
        """Say that this upload is the image; when another worker said so of its own first, drop ours."""
        pool = pool_of(connection, "base")
        backing = (volume.path(), image.disk_format)
        try:
            pool.createXML(volume_xml(_base_name(image), capacity, "qcow2", backing=backing))
        except libvirt_error as error:
            if is_lost(error):
                raise  # it may be the image's by now
            delete_volume(volume)
            if error.get_error_code() not in binding.EXISTS_CODES:
                raise
            return
        for name in pool.listVolumes():
            if name.startswith(_base_name(image) + ".") and name != volume.name():
                other = found_volume(pool, name)
                # A whole one may be the base of guests: it is never removed here.
                if other is not None and volume_facts(other.XMLDesc()).physical != image.size:
                    delete_volume(other)

    # Disks.

    def create_disks(self, connection: Connection, spec: GuestSpec) -> None:
        """The overlay, the config drive and the console's file, each made when it is not there as it should be."""
        base = self.find_base(connection, spec.image)
        if base is None:
            raise NoBaseImage(f"The host has no copy of image {spec.image.id}. Cache the image first.")
        capacity = root_capacity(spec, base.capacity)
        disks = pool_of(connection, "disks")
        root = found_volume(disks, f"{spec.server_id}.root")
        if root is not None and volume_facts(root.XMLDesc()).backing_path != base.path:
            delete_volume(root)  # libvirt died while it made this one
            root = None
        if root is None:
            self.create_overlay(connection, spec, f"{spec.server_id}.root", base, capacity)
        self.create_beside_root(connection, disks, spec)

    def create_beside_root(self, connection: Connection, disks: Pool, spec: GuestSpec) -> None:
        """The empty disks, the config drive and the console's file, where they are not there."""
        self.create_empty_disks(connection, disks, spec)
        if spec.config_drive is not None:
            write_volume(connection, disks, f"{spec.server_id}.{CONFIG}", spec.config_drive)
        consoles = pool_of(connection, "consoles")
        if found_volume(consoles, f"{spec.server_id}.console") is None:
            consoles.createXML(volume_xml(f"{spec.server_id}.console", 0, "raw"))

    def create_overlay(self, connection: Connection, spec: GuestSpec, name: str, base: Base, capacity: int) -> None:
        """A disk of ``capacity`` bytes made of the image. Raises NoBaseImage when that was taken away meanwhile.

        Who takes an image away says first that it is gone, and looks for disks of it afterwards; so one of us sees the
        other, whoever came first (see ``base_images``).
        """
        disks = pool_of(connection, "disks")
        gone = NoBaseImage(f"The host's copy of image {spec.image.id} was taken away. Cache the image again.")
        try:
            made = disks.createXML(volume_xml(name, capacity, "qcow2", backing=(base.path, base.format)))
        except libvirt_error as error:
            if is_lost(error) or self.find_base(connection, spec.image) == base:
                raise
            raise gone from error
        if self.find_base(connection, spec.image) != base:
            delete_volume(made)
            raise gone

    @staticmethod
    def create_empty_disks(connection: Connection, disks: Pool, spec: GuestSpec) -> None:
        """Disks of zeros, and swap, ready for use."""
        for disk in spec.disks:
            if disk.source != "blank":
                continue
            name, size = f"{spec.server_id}.{disk.name}", disk.size_mb * MIB
            if disk.is_swap:
                write_swap(connection, disks, name, size)
            elif found_volume(disks, name) is None:
                disks.createXML(volume_xml(name, size, disk.file_format))

    def guest_files(self, connection: Connection, spec: GuestSpec) -> GuestFiles:
        """Where the guest's files are on the host.

        Raises libvirt's error when one of them is missing.
        """
        disks, consoles = pool_of(connection, "disks"), pool_of(connection, "consoles")

        def disk(kind: str) -> str:
            return disks.storageVolLookupByName(f"{spec.server_id}.{kind}").path()

        return GuestFiles(
            disks={each.name: disk(each.name) for each in spec.disks},
            config_drive=disk(RESCUE_CONFIG if spec.rescues else CONFIG) if spec.config_drive is not None else None,
            console=consoles.storageVolLookupByName(f"{spec.server_id}.console").path(),
            firmware=f"{self._folder}/firmware/{spec.server_id}.variables",
        )

    def renew_disks(self, connection: Connection, spec: GuestSpec, *, keep_empty: bool) -> None:
        """``create_disks`` in place of what was there; the console's file goes on."""
        if self.find_base(connection, spec.image) is None:
            raise NoBaseImage(f"The host has no copy of image {spec.image.id}. Cache the image first.")
        kept = [disk.name for disk in spec.disks if keep_empty and disk.is_blank]
        _delete_files(pool_of(connection, "disks"), spec.server_id, kept)
        self.create_disks(connection, spec)

    def delete_disks(self, connection: Connection, server_id: ServerId) -> None:
        """Remove every file of the server; none there is fine."""
        unseen: tuple[PoolName, ...] = ("firmware", "consoles")
        for name in unseen:
            pool = pool_of(connection, name)
            refresh(pool)
            _delete_files(pool, server_id)
        _delete_files(pool_of(connection, "disks"), server_id)

    def servers(self, connection: Connection) -> Collection[ServerId]:
        """Every server that has a file on the host."""
        names = (*pool_of(connection, "disks").listVolumes(), *pool_of(connection, "consoles").listVolumes())
        owners = {name.partition(".")[0] for name in names}
        return frozenset(ServerId(owner) for owner in owners if is_uuid(owner))

    def disk_bytes(self, connection: Connection, *, anew: bool) -> tuple[int, int]:
        """Size of the file system of guests' disks, and what is free there; as last seen, or looked at ``anew``."""
        pool = pool_of(connection, "disks")
        if anew:
            with suppress(Transient):  # a file is being made there: it is as last seen
                refresh(pool)
        _state, size, _allocated, free = pool.info()
        return size, free

    def read_console(self, connection: Connection, server_id: ServerId) -> bytes:
        """The end of the console's current file; nothing when there is none."""
        volume = found_volume(pool_of(connection, "consoles"), f"{server_id}.console")
        if volume is None:
            return b""
        return read_volume(connection, volume, max(0, volume.info()[1] - CONSOLE_BYTES))


def _base_name(image: BaseImage) -> str:
    return f"{image.sha512}.{image.disk_format}"


def pool_of(connection: Connection, name: PoolName) -> Pool:
    """The pool of this name."""
    return connection.storagePoolLookupByName(f"berthline-{name}")


def _found_pool(connection: Connection, name: PoolName) -> Pool | None:
    try:
        return pool_of(connection, name)
    except libvirt_error as error:
        if _is_missing(error):
            return None
        raise


def _define_pool(connection: Connection, name: PoolName, folder: str) -> Pool:
    try:
        pool = connection.storagePoolDefineXML(pool_xml(f"berthline-{name}", folder))
    except libvirt_error:
        # Another worker may have been first; its pool is as good.
        made = _found_pool(connection, name)
        if made is None:
            raise
        return made
    pool.setAutostart(1)
    return pool


def found_volume(pool: Pool, name: str) -> Volume | None:
    """The pool's volume of this name, None where there is none."""
    try:
        return pool.storageVolLookupByName(name)
    except libvirt_error as error:
        if _is_missing(error):
            return None
        raise


def facts_of(volume: Volume) -> VolumeFacts | None:
    """What libvirt says of it; None where it has gone since it was found."""
    try:
        return volume_facts(volume.XMLDesc())
    except libvirt_error as error:
        if _is_missing(error):
            return None
        raise


def delete_volume(volume: Volume) -> None:
    """Delete the volume, if it is still there."""
    try:
        volume.delete()
    except libvirt_error as error:
        if not _is_missing(error):
            raise


def refresh(pool: Pool) -> None:
    """See files that libvirt's storage did not make: virtlogd rolls consoles over, QEMU's driver makes firmware's."""
    try:
        pool.refresh()
    except libvirt_error as error:
        if (error.get_error_code(), error.get_error_domain()) == (binding.INTERNAL_ERROR, binding.FROM_STORAGE):
            raise Transient("The host is making another guest's file just now.") from error
        raise


def _delete_files(pool: Pool, server_id: ServerId, kept: Collection[str] = ()) -> None:
    """Remove the files of a server but those of these disks."""
    left = {f"{server_id}.{name}" for name in kept}
    for name in pool.listVolumes():
        volume = found_volume(pool, name) if name.startswith(f"{server_id}.") and name not in left else None
        if volume is not None:
            delete_volume(volume)


def _is_missing(error: LibvirtError) -> bool:
    return error.get_error_code() in binding.MISSING_CODES


def _abandon(upload: Upload) -> None:
    with suppress(libvirt_error):
        upload.stream.abort()
    delete_volume(upload.volume)


def read_volume(connection: Connection, volume: Volume, start: int = 0) -> bytes:
    """What the volume's file holds, from that byte on."""
    stream = connection.newStream()
    volume.download(stream, start, 0)
    pieces: list[bytes] = []
    while piece := stream.recv(PIECE):
        pieces.append(piece)
    stream.finish()
    return b"".join(pieces)


def write_swap(connection: Connection, disks: Pool, name: str, size: int) -> None:
    """Swap of ``size`` bytes, ready for use, in a volume that is made where there is none."""
    volume = found_volume(disks, name) or disks.createXML(volume_xml(name, size, "raw"))
    header, stream = swap_header(size), connection.newStream()
    volume.upload(stream, 0, len(header))
    send_block(stream, header, sparse=False)
    stream.finish()


def write_volume(connection: Connection, pool: Pool, name: str, content: bytes) -> None:
    """A volume with exactly this content, in place of what was there."""
    present = found_volume(pool, name)
    if present is not None:
        delete_volume(present)
    upload = begin(pool, connection, name, sparse=False)
    send_block(upload.stream, content, sparse=False)
    upload.stream.finish()
