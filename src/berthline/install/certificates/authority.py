"""Keys and certificates as texts (PEM). Keys are RSA, which libvirt, Open vSwitch and every client take."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from berthline.install.errors import InstallError

BITS: Final = 3072
AUTHORITY_DAYS: Final = 3650
DAYS: Final = 397
"""What clients accept at most of a server's certificate."""
RENEW_DAYS: Final = 30
EARLIER: Final = timedelta(hours=1)
"""So much before now it holds already: machines' clocks differ."""


class Pair:
    """A certificate and its key."""

    def __init__(self, certificate: str, key: str) -> None:
        """Of PEM texts. Raises InstallError for what is none."""
        try:
            self._certificate = x509.load_pem_x509_certificate(certificate.encode())
            loaded = load_pem_private_key(key.encode(), password=None)
        except (ValueError, TypeError) as error:
            raise InstallError(f"that is no certificate with a key that needs no passphrase: {error}") from None
        if not isinstance(loaded, rsa.RSAPrivateKey):
            raise InstallError("the key is no RSA key: libvirt takes no other")
        if loaded.public_key() != self._certificate.public_key():
            raise InstallError("the certificate and the key do not belong together")
        self._key, self.certificate, self.key = loaded, certificate, key

    @classmethod
    def new_authority(cls, name: str, now: datetime) -> "Pair":
        """An authority that only this cloud trusts, from ``now`` on."""
        key = _new_key()
        unsigned = _unsigned(name, name, key, now, AUTHORITY_DAYS)
        unsigned = unsigned.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        unsigned = unsigned.add_extension(_usage(signs=True), critical=True)
        unsigned = unsigned.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        return cls(_pem(unsigned.sign(key, hashes.SHA256())), _pem_key(key))

    def signs(self, name: str, names: Sequence[str], now: datetime) -> "Pair":
        """A key and certificate for ``name``, valid for the host names and addresses ``names``, as server and client.

        Raises InstallError where this is no authority.
        """
        if not self.is_authority:
            raise InstallError("the certificate that was given to sign others with is not an authority's")
        key = _new_key()
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        issuer = self._certificate.subject
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        unsigned = (
            _unsigned(name, issuer, key, now, DAYS)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(x509.SubjectAlternativeName([_alternative(one) for one in names]), critical=False)
            .add_extension(identifier, critical=False)
        )
        return Pair(_pem(unsigned.sign(self._key, hashes.SHA256())), _pem_key(key))

    @property
    def is_authority(self) -> bool:
        """Whether it may sign others."""
        try:
            return self._certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except x509.ExtensionNotFound:
            return False


def fault_of(certificate: str, authority: str, names: Sequence[str], now: datetime) -> str:
    """Why a certificate is not good for these names any more, by this authority; "" when it is."""
    try:
        loaded = x509.load_pem_x509_certificate(certificate.encode())
        signer = x509.load_pem_x509_certificate(authority.encode())
    except ValueError:
        return "it is no certificate"
    ends = loaded.not_valid_after_utc
    if ends - now < timedelta(days=RENEW_DAYS):
        return f"it ends on {ends:%Y-%m-%d}"
    try:
        loaded.verify_directly_issued_by(signer)
        held = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # noqa: BLE001 - cryptography raises ValueError, TypeError, InvalidSignature and ExtensionNotFound
        return "another authority signed it, or it names nobody"
    absent = [one for one in names if _alternative(one) not in held]
    return f"it is not for {', '.join(absent)}" if absent else ""


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=BITS)


def _unsigned(
    subject: str, issuer: "str | x509.Name", key: rsa.RSAPrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer if isinstance(issuer, x509.Name) else _name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + timedelta(days=days))
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_encipherment=not signs,  # libvirt asks for it
        key_cert_sign=signs,
        crl_sign=signs,
        key_agreement=False,
        content_commitment=False,
        data_encipherment=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _pem_key(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
