"""Disk images made by hand, byte by byte."""

import struct

MIB = 1024 * 1024
VIRTUAL_SIZE = 8 * MIB


def qcow2(
    *,
    version: int = 3,
    backing_file: bytes = b"",
    incompatible: int = 0,
    encryption: int = 0,
    virtual_size: int = VIRTUAL_SIZE,
    length: int = 65536,
) -> bytes:
    """A qcow2 file's header, by QEMU's docs/interop/qcow2.txt, filled up with zeros to ``length``."""
    header = struct.pack(
        ">4sIQIIQIIQQIIQQQQII",
        b"QFI\xfb",
        version,
        104 if backing_file else 0,
        len(backing_file),
        16,
        virtual_size,
        encryption,
        1,
        3 * 65536,
        65536,
        1,
        0,
        0,
        incompatible,
        0,
        0,
        4,
        104,
    )
    return (header + backing_file).ljust(length, b"\0")


def vmdk() -> bytes:
    """The start of a sparse VMDK file."""
    return (b"KDMV" + struct.pack("<I", 1)).ljust(65536, b"\0")
