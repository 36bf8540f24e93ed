"""Public keys are read whole: of every kind, every length and value, with nothing before them and nothing behind."""

import base64
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from berthline.api.compute.keypairs.public_keys import fingerprint
from berthline.domain.errors import BadRequest

CURVES = {"nistp256": ec.SECP256R1(), "nistp384": ec.SECP384R1(), "nistp521": ec.SECP521R1()}


def packed(*values: bytes) -> bytes:
    """The fields of a key, each behind its length."""
    return b"".join(len(value).to_bytes(4, "big") + value for value in values)


def number(value: int) -> bytes:
    """A number in its shortest form that is not negative."""
    return value.to_bytes(value.bit_length() // 8 + 1, "big") if value else b""


def line(kind: str, blob: bytes, comment: str = " me@here") -> str:
    return f"{kind} {base64.b64encode(blob).decode()}{comment}"


def made() -> Iterator[tuple[str, bytes]]:
    """A key of each kind: its type, and its bytes."""
    keys: list[rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey]
    keys = [rsa.generate_private_key(65537, 2048), ed25519.Ed25519PrivateKey.generate()]
    keys += [ec.generate_private_key(curve) for curve in CURVES.values()]
    for key in keys:
        text = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        kind, encoded = text.decode().split()[:2]
        yield kind, base64.b64decode(encoded)


KEYS = dict(made())
for plain in ("ssh-ed25519", "ecdsa-sha2-nistp256"):
    hardware = f"sk-{plain}@openssh.com"
    KEYS[hardware] = packed(hardware.encode()) + KEYS[plain][4 + len(plain) :] + packed(b"ssh:")


@pytest.mark.parametrize("kind", KEYS)
def test_a_whole_key_is_taken(kind: str) -> None:
    for comment in ("", " me@here", " several words", " me@here\n", " me@here\r\n"):
        assert len(fingerprint(line(kind, KEYS[kind], comment))) == 47


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_that_ends_anywhere_before_its_end_is_refused(kind: str) -> None:
    for length in range(len(KEYS[kind])):
        with pytest.raises(BadRequest):
            fingerprint(line(kind, KEYS[kind][:length]))


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("more", [b"\0", b"\0\0\0\0", packed(b"more")])
def test_nothing_may_be_behind_a_key(kind: str, more: bytes) -> None:
    with pytest.raises(BadRequest, match="bytes behind it"):
        fingerprint(line(kind, KEYS[kind] + more))


@pytest.mark.parametrize("kind", KEYS)
def test_nothing_may_be_around_the_line(kind: str) -> None:
    good = line(kind, KEYS[kind])
    for text in (
        "\n" + good,
        " " + good,
        "\ufeff" + good,
        good + "\n" + good,
        good + "\rmore",
        good + "\0",
        "# c\n" + good,
    ):
        with pytest.raises(BadRequest):
            fingerprint(text)


def rsa_key(exponent: bytes, modulus: bytes) -> str:
    return line("ssh-rsa", packed(b"ssh-rsa", exponent, modulus))


def test_the_numbers_of_an_rsa_key_are_sound() -> None:
    modulus = 2**2047 + 2**900 + 1
    assert fingerprint(rsa_key(number(3), number(modulus)))
    for exponent in (0, 1, 2, 4, modulus, modulus + 2):
        with pytest.raises(BadRequest, match="exponent"):
            fingerprint(rsa_key(number(exponent), number(modulus)))
    for wrong in (number(modulus)[1:], b"\0" + number(modulus)):
        with pytest.raises(BadRequest, match="negative"):
            fingerprint(rsa_key(number(65537), wrong))
    with pytest.raises(BadRequest):
        fingerprint(rsa_key(number(65537), b""))


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64])
def test_an_ed25519_key_has_32_bytes(length: int) -> None:
    with pytest.raises(BadRequest, match="32 bytes"):
        fingerprint(line("ssh-ed25519", packed(b"ssh-ed25519", b"\1" * length)))


@pytest.mark.parametrize("name", CURVES)
def test_the_point_of_an_ecdsa_key_is_on_its_curve(name: str) -> None:
    kind = f"ecdsa-sha2-{name}"
    key = ec.generate_private_key(CURVES[name]).public_key()
    point = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    compressed = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    assert fingerprint(line(kind, packed(kind.encode(), name.encode(), point)))
    other = point[:-1] + bytes([point[-1] ^ 1])
    for wrong in (other, compressed, b"\0", b"", b"\4" + b"\xff" * (len(point) - 1), point[:-1], point + b"\0"):
        with pytest.raises(BadRequest, match="point"):
            fingerprint(line(kind, packed(kind.encode(), name.encode(), wrong)))
    for curve in {*CURVES, "", "nistk163"} - {name}:
        with pytest.raises(BadRequest, match="curve"):
            fingerprint(line(kind, packed(kind.encode(), curve.encode(), point)))


@pytest.mark.parametrize("kind", [kind for kind in KEYS if kind.startswith("sk-")])
def test_a_key_in_hardware_is_for_ssh(kind: str) -> None:
    for application in (b"", b"https://example.org"):
        with pytest.raises(BadRequest, match="application"):
            fingerprint(line(kind, KEYS[kind][: -len(packed(b"ssh:"))] + packed(application)))


def test_other_kinds_are_refused_by_name() -> None:
    for kind in ("ssh-dss", "ssh-rsa-cert-v01@openssh.com", "ssh-foo"):
        with pytest.raises(BadRequest, match="its type is none of ecdsa-sha2-nistp256, "):
            fingerprint(line(kind, packed(kind.encode(), b"\1" * 32)))
