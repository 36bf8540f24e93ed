"""What the first bytes of disks say: how large the disk in an image is, whether a host may use it, and what is swap."""

import struct

from berthline.domain.errors import RefusedEverywhere
from berthline.domain.hypervisor import BaseImage, GuestSpec
from berthline.domain.qcow2 import HEAD_BYTES, dangers, is_qcow2, virtual_size

GIB = 1024**3
MIB = 1024**2
HEADER_BYTES = HEAD_BYTES


def disk_capacity(image: BaseImage, header: bytes) -> int:
    """Size in bytes of the disk that a guest sees; ``header`` is at least the first HEADER_BYTES of the image.

    Raises RefusedEverywhere when the image is not in the format it is said to be in, and when it is one that would not
    be taken today: an image may have come before it was looked at so closely.
    """
    if image.disk_format == "raw":
        return image.size
    if not is_qcow2(header):
        raise RefusedEverywhere(f"Image {image.id} is not in qcow2 format. Upload it with its true disk format.")
    if why := dangers(header):
        raise RefusedEverywhere(
            f"Image {image.id} is refused for its safety: {', '.join(why)}. Upload a plain disk of it, made by "
            "qemu-img convert."
        )
    return virtual_size(header)


def root_capacity(spec: GuestSpec, image_capacity: int) -> int:
    """Size in bytes of the guest's root disk, at least its image's.

    Raises RefusedEverywhere when the flavor's is smaller.
    """
    size = spec.root.size_mb * MIB
    if size and size < image_capacity:
        needed = -(-image_capacity // GIB)
        raise RefusedEverywhere(
            f"Image {spec.image.id} needs a disk of {needed} GiB, not {size // GIB}. Use a flavor with a larger disk."
        )
    return size or image_capacity


PAGE = 4096
SWAP_MAGIC = b"SWAPSPACE2"


def swap_header(size: int) -> bytes:
    """The first page of a swap area of ``size`` bytes, as mkswap writes it; x86 has pages of 4 KiB.

    Version 1, the number of the last page, no bad pages (Linux, include/linux/swap.h); the magic ends the page.
    """
    facts = struct.pack("<III", 1, size // PAGE - 1, 0)
    return (bytes(1024) + facts).ljust(PAGE - len(SWAP_MAGIC), b"\0") + SWAP_MAGIC
