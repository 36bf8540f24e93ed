"""X.509 certificates as key pairs, by which one logs in to Windows (WinRM): read and, for the older API, made.

By the cryptography library, which is no dependency: without it a request for one is refused by name.
"""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from typing import Final

from berthline.api.compute.context import unsupported
from berthline.api.compute.keypairs.public_keys import NewPair, colons
from berthline.domain.errors import BadRequest

LONGEST: Final = 65_535
"""What Nova's column holds; in it, a certificate of one key has plenty of room."""
KEY_BITS: Final = 2048
KEY_EXPONENT: Final = 65_537
VALID_FOR: Final = timedelta(days=3650)
SHORT: Final = 128
"""DER writes a length below this as one byte."""
UTF8_STRING: Final = 0x0C
PRINCIPAL_NAME: Final = "1.3.6.1.4.1.311.20.2.3"
"""Microsoft's other name of a certificate: who logs in by it."""


def fingerprint(certificate: str) -> str:
    """The SHA-1 fingerprint of a certificate in PEM, pairs of digits with colons, as Nova shows it.

    Raises BadRequest when the text is no such certificate, or the library is not installed.
    """
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
    except ImportError:
        unsupported("A key pair of type x509")
    if len(certificate) > LONGEST:
        raise _invalid("it is too long")
    try:
        read = x509.load_pem_x509_certificate(certificate.encode())
        return colons(read.fingerprint(hashes.SHA1()).hex())  # noqa: S303 - Nova's fingerprint, not a signature
    except ValueError as error:
        raise _invalid(str(error)) from None


async def generate(user_id: str, now: int) -> NewPair:
    """A certificate of ``user_id`` in PEM, and its key with it as PKCS#12 in base64, as Nova makes them at ``now``, µs.

    Raises BadRequest where the library is not installed.
    """
    return await asyncio.to_thread(_generate, user_id, now)  # an RSA key takes a tenth of a second


def _generate(user_id: str, now: int) -> NewPair:
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import rsa
        from cryptography.hazmat.primitives.serialization import pkcs12
        from cryptography.x509 import oid
    except ImportError:
        unsupported("A key pair of type x509")
    key = rsa.generate_private_key(KEY_EXPONENT, KEY_BITS)
    name = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, user_id)])
    principal = x509.OtherName(x509.ObjectIdentifier(PRINCIPAL_NAME), _utf8_string(f"{user_id}@localhost"))
    begin = datetime.fromtimestamp(now // 1_000_000, UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + VALID_FOR)
        .add_extension(x509.ExtendedKeyUsage([oid.ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([principal]), critical=False)
        .sign(key, hashes.SHA256())
    )
    both = pkcs12.serialize_key_and_certificates(None, key, certificate, None, serialization.NoEncryption())
    text = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return NewPair(text, base64.b64encode(both).decode())


def _utf8_string(text: str) -> bytes:
    """DER of a short text."""
    content = text.encode()
    assert len(content) < SHORT, "an id of a user has at most 64 characters"
    return bytes([UTF8_STRING, len(content)]) + content


def _invalid(why: str) -> BadRequest:
    return BadRequest(f"Keypair data is invalid: failed to generate X509 fingerprint. Error message: {why}")
