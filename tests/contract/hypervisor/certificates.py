"""An authority and what it signs, as libvirt's TLS wants it: made anew for each run, valid for a day."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOOPBACK = IPv4Address("127.0.0.1")
MARGIN = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """Who signs; each has a key of its own, so that one never vouches for what another signed."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls, name: str) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        unsigned = _unsigned(name, name, key.public_key(), ends=MARGIN)
        unsigned = unsigned.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        unsigned = unsigned.add_extension(_usage(signs_certificates=True), critical=True)
        return cls(key, unsigned.sign(key, hashes.SHA256()))

    @property
    def name(self) -> str:
        return str(self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    def write_server(self, folder: Path, address: IPv4Address = LOOPBACK) -> None:
        """``cacert.pem``, ``servercert.pem`` and ``serverkey.pem`` of a host at that address."""
        names = x509.SubjectAlternativeName([x509.IPAddress(address)])
        self._write(folder, "server", "host", ExtendedKeyUsageOID.SERVER_AUTH, names, MARGIN)

    def write_client(self, folder: Path, name: str, ends: timedelta = MARGIN) -> None:
        """``cacert.pem``, ``clientcert.pem`` and ``clientkey.pem``, as ``pkipath=`` expects them.

        Args:
            folder: made when missing.
            name: the common name.
            ends: from now; less than nothing is in the past.
        """
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        self._write(folder, "client", name, ExtendedKeyUsageOID.CLIENT_AUTH, names, ends)

    def _write(
        self,
        folder: Path,
        role: str,
        name: str,
        purpose: x509.ObjectIdentifier,
        names: x509.SubjectAlternativeName,
        ends: timedelta,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = ec.generate_private_key(ec.SECP256R1())
        unsigned = _unsigned(name, self.name, key.public_key(), ends)
        unsigned = unsigned.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        unsigned = unsigned.add_extension(_usage(signs_certificates=False), critical=True)
        unsigned = unsigned.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        unsigned = unsigned.add_extension(names, critical=False)
        certificate = unsigned.sign(self.key, hashes.SHA256())
        (folder / "cacert.pem").write_bytes(self.certificate.public_bytes(Encoding.PEM))
        (folder / f"{role}cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{role}key.pem").write_bytes(private)


def _unsigned(name: str, issuer: str, key: ec.EllipticCurvePublicKey, ends: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_common_name(name))
        .issuer_name(_common_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * MARGIN)
        .not_valid_after(now + ends)
    )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        # Elliptic keys do not encipher keys, but libvirt refuses a certificate that does not say they may.
        key_encipherment=not signs_certificates,
        key_agreement=False,
        content_commitment=False,
        data_encipherment=False,
        encipher_only=False,
        decipher_only=False,
    )
