"""The images in a host's cache: which there are, whether disks are made of them, and one taken away.

To take one away its marker goes first, so that nobody begins a disk of it any more; then the disks are looked at; then
its bytes go, or the marker comes back. Who makes a disk looks for the marker again
afterwards (``Files.create_overlay``).
These functions run in `Host.run`'s thread.
"""

import re
from typing import Final, Literal

from berthline.domain.hypervisor import CachedImage
from berthline.hypervisor.libvirt import binding
from berthline.hypervisor.libvirt.binding import Connection, Pool, libvirt_error
from berthline.hypervisor.libvirt.images import delete_volume, facts_of, found_volume, pool_of
from berthline.hypervisor.libvirt.xml import VolumeFacts, volume_xml

_MARKER: Final = re.compile(r"([0-9a-f]{128})\.(qcow2|raw)")
_FORMATS: Final[dict[str, Literal["qcow2", "raw"]]] = {"qcow2": "qcow2", "raw": "raw"}


def found(connection: Connection) -> tuple[CachedImage, ...]:
    """Every image that is whole."""
    pool, paths = pool_of(connection, "base"), _backing_paths(connection)
    images: list[CachedImage] = []
    for name in pool.listVolumes():
        marker = _MARKER.fullmatch(name)
        facts = _facts(connection, name) if marker else None
        if marker and facts is not None and facts.backing_path is not None:
            in_use, held = facts.backing_path in paths, _bytes_held(pool, facts.backing_path)
            images.append(CachedImage(marker[1], _FORMATS[marker[2]], in_use, held))
    return tuple(images)


def _bytes_held(pool: Pool, path: str) -> int:
    """The room that an upload takes on the host; an image that is partly holes takes less than its size."""
    upload = found_volume(pool, path.rpartition("/")[2])
    facts = None if upload is None else facts_of(upload)
    return 0 if facts is None else facts.allocation


def remove(connection: Connection, image: CachedImage) -> bool:
    """Take it away, unless a disk is made of it."""
    name = f"{image.sha512}.{image.disk_format}"
    facts = _facts(connection, name)
    if facts is None or facts.backing_path is None:
        return True
    pool = pool_of(connection, "base")
    marker = found_volume(pool, name)
    if marker is not None:
        delete_volume(marker)
    if facts.backing_path in _backing_paths(connection):
        _put_back(connection, name, facts, image.disk_format)
        return False
    upload = found_volume(pool, facts.backing_path.rpartition("/")[2])
    if upload is not None:
        delete_volume(upload)
    return True


def _put_back(connection: Connection, name: str, facts: VolumeFacts, disk_format: Literal["qcow2", "raw"]) -> None:
    """Say again that this upload is the image, unless somebody cached it anew."""
    assert facts.backing_path is not None
    text = volume_xml(name, facts.capacity, "qcow2", backing=(facts.backing_path, disk_format))
    try:
        pool_of(connection, "base").createXML(text)
    except libvirt_error as error:
        if error.get_error_code() not in binding.EXISTS_CODES:
            raise


def _facts(connection: Connection, name: str) -> VolumeFacts | None:
    marker = found_volume(pool_of(connection, "base"), name)
    return None if marker is None else facts_of(marker)


def _backing_paths(connection: Connection) -> frozenset[str | None]:
    """What disks of guests are made of."""
    disks = pool_of(connection, "disks")
    volumes = (found_volume(disks, name) for name in disks.listVolumes())
    told = (facts_of(volume) for volume in volumes if volume is not None)
    return frozenset(facts.backing_path for facts in told if facts is not None)
