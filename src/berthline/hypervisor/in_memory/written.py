"""What a simulated guest wrote, in a qcow2 file: a few clusters, which any reader of qcow2 takes for a disk.

The disk is empty but for its first cluster, which holds a magic, a length and the bytes. The layout is that of QEMU's
docs/interop/qcow2.txt, version 3: header, table and block of reference counts, L1 table, one L2 table, one cluster.
"""

import struct
from typing import Final

from berthline.domain.qcow2 import MAGIC

CLUSTER_BITS: Final = 16
CLUSTER: Final = 1 << CLUSTER_BITS
MARK: Final = b"berthline-simulated-disk\n"
_LENGTH: Final = 4
MOST: Final = CLUSTER - len(MARK) - _LENGTH
"""Bytes that a simulated guest can write."""

_HEADER_BYTES: Final = 104
_COPIED: Final = 1 << 63
"""Set in an entry of L1 and L2 whose cluster is used once."""
_OF_L2: Final = CLUSTER // 8 * CLUSTER
"""Bytes of the disk that one L2 table maps."""
_COUNTS_TABLE, _COUNTS, _L1 = 1, 2, 3


def in_qcow2(written: bytes, capacity: int) -> bytes:
    """The file of a disk of ``capacity`` bytes that holds what was written."""
    entries = max(1, -(-capacity // _OF_L2))
    l1_clusters = -(-entries * 8 // CLUSTER)
    l2, data = _L1 + l1_clusters, _L1 + l1_clusters + 1
    header = struct.pack(
        ">4sIQIIQIIQQIIQQQQII",
        MAGIC, 3, 0, 0, CLUSTER_BITS, max(capacity, CLUSTER), 0, entries, _L1 * CLUSTER, _COUNTS_TABLE * CLUSTER, 1,
        0, 0, 0, 0, 0, 4, _HEADER_BYTES,
    )  # fmt: skip
    clusters = {
        0: header,
        _COUNTS_TABLE: struct.pack(">Q", _COUNTS * CLUSTER),
        _COUNTS: struct.pack(f">{data + 1}H", *[1] * (data + 1)),
        _L1: struct.pack(">Q", _COPIED | l2 * CLUSTER),
        l2: struct.pack(">Q", _COPIED | data * CLUSTER),
        data: MARK + struct.pack(">I", len(written)) + written,
    }
    return b"".join(clusters.get(number, b"").ljust(CLUSTER, b"\0") for number in range(data + 1))


def found_in(head: bytes) -> bytes:
    """What a guest wrote on the disk that begins so; nothing for a disk of any other kind. ``head`` as HEAD_BYTES."""
    at = head.find(MARK) if head.startswith(MAGIC) else -1
    if at < 0:
        return b""
    start = at + len(MARK) + _LENGTH
    (length,) = struct.unpack(">I", head[start - _LENGTH : start])
    return head[start : start + length]


HEAD_BYTES: Final = 8 * CLUSTER
"""As much of a file as is looked at: that of a disk of up to 4 TiB ends before."""
