"""SSH public keys: checked, fingerprinted, and made when a user of the older API asks for a pair."""

import base64
import binascii
import hashlib
from typing import Final, NamedTuple

from berthline.api.compute.context import unsupported
from berthline.api.compute.keypairs import key_blobs
from berthline.domain.errors import BadRequest

LONGEST: Final = 16_384


class NewPair(NamedTuple):
    """A fresh pair, as texts. The private part is shown once and kept nowhere."""

    public_key: str
    private_key: str


def fingerprint(public_key: str) -> str:
    """The MD5 fingerprint of an OpenSSH public key, pairs of digits with colons, as Nova shows it.

    Raises BadRequest when the text is no such key.
    """
    line = public_key.rstrip()
    parts = line.split(None, 2)
    if len(public_key) > LONGEST or len(parts) < 2 or line[:1].isspace() or not _is_one_line(line):
        raise _invalid("it is not one line of key type, base64 and comment")
    kind, encoded = parts[0], parts[1]
    if kind not in key_blobs.READERS:
        raise _invalid(f"its type is none of {', '.join(sorted(key_blobs.READERS))}")
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise _invalid("its second word is not base64") from None
    try:
        key_blobs.check(blob, kind)
    except key_blobs.UnsoundKeyError as error:
        raise _invalid(str(error)) from None
    return colons(hashlib.md5(blob, usedforsecurity=False).hexdigest())


def colons(digits: str) -> str:
    """Hexadecimal digits in pairs, as fingerprints are written."""
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def generate() -> NewPair:
    """A fresh ed25519 pair in OpenSSH's formats.

    Raises BadRequest where the cryptography library is not installed: send a public key.
    """
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError:
        unsupported("To make a key pair; send public_key instead. That")
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    return NewPair(f"{public.decode()} Generated-by-Berthline\n", secret.decode())


def _is_one_line(text: str) -> bool:
    return all(character.isprintable() or character == "\t" for character in text)


def _invalid(why: str) -> BadRequest:
    return BadRequest(f"Keypair data is invalid: failed to generate fingerprint, for {why}.")
