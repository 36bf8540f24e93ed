"""The binary half of an SSH public key, read to its end: every length, and every value that can be told from outside.

The forms are those of RFC 4253, 6.6 (RSA), RFC 5656, 3.1 (ECDSA), RFC 8709, 4 (Ed25519) and OpenSSH's PROTOCOL.u2f (in
hardware). What Nova takes depends on the library that it loads keys by, which checks the same.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

LENGTH_BYTES: Final = 4
ED25519_BYTES: Final = 32
UNCOMPRESSED: Final = 4
SMALLEST_EXPONENT: Final = 3
HARDWARE: Final = b"ssh:"
"""How the application of a key in hardware begins: others are not for SSH."""


class UnsoundKeyError(Exception):
    """The bytes are no key; the text says what is wrong with them."""


class Curve(NamedTuple):
    """A curve y² = x³ - 3x + b over the whole numbers below ``prime``, of FIPS 186-4, D.1.2."""

    prime: int
    b: int

    @property
    def octets(self) -> int:
        """How many bytes hold a coordinate."""
        return (self.prime.bit_length() + 7) // 8

    def holds(self, x: int, y: int) -> bool:
        """Whether the point lies on the curve."""
        within = x < self.prime and y < self.prime
        return within and (y * y - (x * x * x - 3 * x + self.b)) % self.prime == 0


CURVES: Final[Mapping[bytes, Curve]] = {
    b"nistp256": Curve(
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    ),
    b"nistp384": Curve(
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    ),
    b"nistp521": Curve(
        2**521 - 1,
        0x51953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
    ),
}


class Reader:
    """What is left of the bytes of a key."""

    def __init__(self, left: bytes) -> None:
        """Begin before the first field."""
        self._left = left

    def string(self) -> bytes:
        """The next field: four bytes of length, and so many bytes (RFC 4251, 5)."""
        length = int.from_bytes(self._left[:LENGTH_BYTES], "big")
        end = LENGTH_BYTES + length
        if len(self._left) < max(LENGTH_BYTES, end):
            raise UnsoundKeyError("it is cut short")
        found, self._left = self._left[LENGTH_BYTES:end], self._left[end:]
        return found

    def natural(self) -> int:
        """The next field as a whole number that is not negative, in its shortest form (RFC 4251, 5)."""
        octets = self.string()
        if octets[:1] > b"\x7f" or (octets[:1] == b"\0" and octets[1:2] <= b"\x7f"):
            raise UnsoundKeyError("a number in it is negative, or not in its shortest form")
        return int.from_bytes(octets, "big")

    def end(self) -> None:
        """Nothing may follow."""
        if self._left:
            raise UnsoundKeyError("there are bytes behind it")


def check(blob: bytes, kind: str) -> None:
    """Read a key of the type ``kind``, which is one of ``READERS``. Raises UnsoundKeyError."""
    reader = Reader(blob)
    if reader.string() != kind.encode():
        raise UnsoundKeyError("its content is of another type than its first word says")
    READERS[kind](reader)
    reader.end()


def _rsa(reader: Reader) -> None:
    exponent, modulus = reader.natural(), reader.natural()
    if not SMALLEST_EXPONENT <= exponent < modulus or exponent % 2 == 0:
        raise UnsoundKeyError("its exponent is not odd, or not from 3 to its modulus")


def _ed25519(reader: Reader) -> None:
    if len(reader.string()) != ED25519_BYTES:
        raise UnsoundKeyError(f"a key of this type has {ED25519_BYTES} bytes")


def _ecdsa(name: bytes) -> Callable[[Reader], None]:
    curve = CURVES[name]

    def read(reader: Reader) -> None:
        if reader.string() != name:
            raise UnsoundKeyError("its curve is another one than its type says")
        point = reader.string()
        if point[:1] != bytes([UNCOMPRESSED]) or len(point) != 1 + 2 * curve.octets:
            raise UnsoundKeyError("its point is not uncompressed, or not as long as those of its curve")
        x, y = (int.from_bytes(half, "big") for half in (point[1 : 1 + curve.octets], point[1 + curve.octets :]))
        if not curve.holds(x, y):
            raise UnsoundKeyError("its point is not on its curve")

    return read


def _in_hardware(of_key: Callable[[Reader], None]) -> Callable[[Reader], None]:
    def read(reader: Reader) -> None:
        of_key(reader)
        if not reader.string().startswith(HARDWARE):
            raise UnsoundKeyError("its application is not one of SSH's: those begin with ssh:")

    return read


READERS: Final[Mapping[str, Callable[[Reader], None]]] = {
    "ssh-rsa": _rsa,
    "ssh-ed25519": _ed25519,
    "ecdsa-sha2-nistp256": _ecdsa(b"nistp256"),
    "ecdsa-sha2-nistp384": _ecdsa(b"nistp384"),
    "ecdsa-sha2-nistp521": _ecdsa(b"nistp521"),
    "sk-ssh-ed25519@openssh.com": _in_hardware(_ed25519),
    "sk-ecdsa-sha2-nistp256@openssh.com": _in_hardware(_ecdsa(b"nistp256")),
}
"""What reads the fields of each type of key, behind its name."""
