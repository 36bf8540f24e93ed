"""Programs of a few bytes that a PC's firmware starts from a disk or a CD-ROM: they say a line on the serial port.

So what a guest does is seen within a second, and needs no operating system. They are 16-bit code, written by hand.
"""

import io

from pycdlib import PyCdlib

SECTOR = 512
_BEGIN = bytes.fromhex("fa e80000 5e 0e 1f 83c6")
"""Interrupts off; the address of what follows, to which the line's distance is added, in DS:SI."""
_SAY = bytes.fromhex("baf803 ac 84c0 7403 ee ebf8")
"""Write the line, up to a zero, to the first serial port."""
_STAY = bytes.fromhex("f4 ebfd")
POWER_OFF = bytes.fromhex("ba0406 b80020 ef")
"""Write "sleep, state 5" to ACPI's control register, which firmware has at 0x604 on q35."""
PANIC = bytes.fromhex("ba0505 b001 ee")
"""Tell the panic device, at its port 0x505, that the system is lost."""
_IF_A_TPM = bytes.fromhex("b800bb cd1a 6685c0 750a")
"""Ask the BIOS whether it works with a TPM (the TCG's StatusCheck); if not, skip the next ten bytes."""
LOOK_FOR_A_TPM = _IF_A_TPM + POWER_OFF + _STAY + PANIC
"""Power off where there is a TPM; panic where there is none."""


def program(line: str, then: bytes = b"") -> bytes:
    """Code that says the line, does ``then`` and stays. It may be loaded anywhere."""
    rest = _SAY + then + _STAY
    distance = len(_BEGIN) + 1 + len(rest) - 4
    return _BEGIN + bytes([distance]) + rest + line.encode() + b"\r\n\0"


def disk(line: str, then: bytes = b"") -> bytes:
    """A raw disk of 1 MiB that boots into the program."""
    code = program(line, then)
    return (code.ljust(SECTOR - 2, b"\0") + b"\x55\xaa").ljust(1024**2, b"\0")


def cd_rom(line: str) -> bytes:
    """An ISO 9660 image that boots into the program, by El Torito."""
    image = PyCdlib()
    image.new()
    code = program(line).ljust(4 * SECTOR, b"\0")
    image.add_fp(io.BytesIO(code), len(code), "/BOOT.;1")
    image.add_eltorito("/BOOT.;1", bootcatfile="/BOOT.CAT;1", boot_load_size=4)
    written = io.BytesIO()
    image.write_fp(written)
    image.close()
    return written.getvalue()
