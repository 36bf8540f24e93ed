"""What the head of a qcow2 file says, as QEMU's docs/interop/qcow2.txt lays it out. Pure: bytes in, values out."""

from typing import Final

HEAD_BYTES: Final = 104
"""As much of an image as is looked at here: version 2 has 72 bytes of it, version 3 at least 104."""

MAGIC: Final = b"QFI\xfb"
_VERSION: Final = slice(4, 8)
_BACKING_OFFSET: Final = slice(8, 16)
_BACKING_SIZE: Final = slice(16, 20)
_CLUSTER_BITS: Final = slice(20, 24)
_SIZE: Final = slice(24, 32)
_ENCRYPTION: Final = slice(32, 36)
_INCOMPATIBLE: Final = slice(72, 80)
_VERSIONS: Final = frozenset({2, 3})
_WITH_FEATURES: Final = 3
_CORRUPT, _DATA_FILE = 1 << 1, 1 << 2
LONGEST_BACKING: Final = 1023
"""Bytes of a backing file's name."""
_KNOWN: Final = 0b1111
"""Incompatible features that are known: dirty, corrupt, external data file, compression type."""


def is_qcow2(head: bytes) -> bool:
    """Whether a file that begins so is a qcow2 file."""
    return len(head) >= _SIZE.stop and head.startswith(MAGIC)


def virtual_size(head: bytes) -> int:
    """Size in bytes of the disk inside."""
    return int.from_bytes(head[_SIZE])


def with_backing(head: bytes, path: str) -> bytes:
    """The same file as an overlay of another one, by its path: ``head`` is at least the first cluster of the file.

    A file that overlays nothing stays as it is. Raises ValueError where the path does not fit.
    """
    offset, size = int.from_bytes(head[_BACKING_OFFSET]), int.from_bytes(head[_BACKING_SIZE])
    if not offset:
        return head
    name, cluster = path.encode(), 1 << int.from_bytes(head[_CLUSTER_BITS])
    if len(name) > LONGEST_BACKING or offset + len(name) > min(cluster, len(head)):
        raise ValueError(f"a qcow2 file cannot name a backing file of {len(name)} bytes")
    changed = bytearray(head)
    changed[offset : offset + size] = bytes(size)  # the name is the last thing of its cluster
    changed[offset : offset + len(name)] = name
    changed[_BACKING_SIZE] = len(name).to_bytes(4)
    return bytes(changed)


def dangers(head: bytes) -> tuple[str, ...]:
    """Why the file is not taken, in words; nothing when it is a disk that stands by itself and can be read.

    A file that refers to another one would show a guest what is on the host. An encrypted one has no key here, and
    what a guest writes over it would be in clear.
    """
    version = int.from_bytes(head[_VERSION])
    features = int.from_bytes(head[_INCOMPATIBLE]) if version >= _WITH_FEATURES else 0
    found = (
        (version not in _VERSIONS, f"it is of version {version}"),
        (any(head[_BACKING_OFFSET]), "it has a backing file"),
        (any(head[_ENCRYPTION]), "it is encrypted"),
        (bool(features & _DATA_FILE), "its data is in another file"),
        (bool(features & _CORRUPT), "it is marked as corrupt"),
        (bool(features & ~_KNOWN), "it uses features that are not known"),
    )
    return tuple(words for holds, words in found if holds)
