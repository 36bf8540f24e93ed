"""How large the disk in an image is, from the image's first bytes."""

from berthline.domain.errors import RefusedEverywhere
from berthline.domain.hypervisor import BaseImage, GuestSpec

GIB = 1024**3
HEADER_BYTES = 32
QCOW2_MAGIC = b"QFI\xfb"
QCOW2_SIZE = slice(24, 32)
"""Big-endian, as docs/interop/qcow2.txt of QEMU lays it out."""


def disk_capacity(image: BaseImage, header: bytes) -> int:
    """Size in bytes of the disk that a guest sees; ``header`` is at least the first 32 bytes of the image.

    Raises RefusedEverywhere when the image is not in the format it is said to be in.
    """
    if image.disk_format == "raw":
        return image.size
    if len(header) < HEADER_BYTES or not header.startswith(QCOW2_MAGIC):
        raise RefusedEverywhere(f"Image {image.id} is not in qcow2 format. Upload it with its true disk format.")
    return int.from_bytes(header[QCOW2_SIZE], "big")


def root_capacity(spec: GuestSpec, image_capacity: int) -> int:
    """Size in bytes of the guest's root disk, at least its image's.

    Raises RefusedEverywhere when the flavor's is smaller.
    """
    if spec.disk_gb and spec.disk_gb * GIB < image_capacity:
        needed = -(-image_capacity // GIB)
        raise RefusedEverywhere(
            f"Image {spec.image.id} needs a disk of {needed} GiB, not {spec.disk_gb}. Use a flavor with a larger disk."
        )
    return spec.disk_gb * GIB or image_capacity
