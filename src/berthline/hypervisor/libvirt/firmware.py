"""What the firmware of UEFI guests remembers, boot entries and keys: ``SERVER.variables``, a file of half a MiB.

libvirt makes it of the firmware's own at a guest's first start, and removes it with the guest's definition. It lies in
a pool of its own, so that it is read and written by streams, as disks are. These functions run in `Host.run`'s thread.
"""

from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt.binding import Connection, Stream
from berthline.hypervisor.libvirt.images import found_volume, pool_of, refresh, write_volume


def begin_reading(connection: Connection, server_id: ServerId) -> Stream | None:
    """A stream of the file; None where there is none."""
    pool = pool_of(connection, "firmware")
    refresh(pool)
    volume = found_volume(pool, _name(server_id))
    if volume is None:
        return None
    stream = connection.newStream()
    volume.download(stream, 0, 0)
    return stream


def write(connection: Connection, server_id: ServerId, content: bytes) -> None:
    """Have this in the file, of a guest that is not there yet."""
    pool = pool_of(connection, "firmware")
    refresh(pool)
    write_volume(connection, pool, _name(server_id), content)


def _name(server_id: ServerId) -> str:
    return f"{server_id}.variables"
