"""When the certificates end by which hosts are reached."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from berthline.bootstrap.vitals.certificates import Certificates, Ends, files_of

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def certificate(days: int) -> bytes:
    """One that is good for so many days from the beginning of 2026."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "berthline")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(BEGIN)
        .not_valid_after(BEGIN + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def test_only_tls_has_certificates_and_a_uri_may_name_their_folder() -> None:
    assert [*files_of("qemu+ssh://root@host/system?keyfile=/k"), *files_of("")] == []
    assert dict(files_of("qemu+tls://host/system")) == {
        "libvirt_client": Path("/etc/pki/libvirt/clientcert.pem"),
        "libvirt_ca": Path("/etc/pki/CA/cacert.pem"),
    }
    assert dict(files_of("qemu+tls://host/system?pkipath=/etc/mine")) == {
        "libvirt_client": Path("/etc/mine/clientcert.pem"),
        "libvirt_ca": Path("/etc/mine/cacert.pem"),
    }


async def test_the_first_to_end_counts_and_one_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for name, days in (("one", 90), ("other", 30)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "clientcert.pem").write_bytes(certificate(days))
    (tmp_path / "one" / "cacert.pem").write_bytes(certificate(3650) + certificate(365))
    (tmp_path / "other" / "cacert.pem").write_text("nonsense")
    uris = {f"qemu+tls://host/system?pkipath={tmp_path / name}" for name in ("one", "other")}
    assert await Certificates(lambda: uris).look() == Ends(
        {
            "libvirt_client": (BEGIN + timedelta(days=30)).timestamp(),
            "libvirt_ca": (BEGIN + timedelta(days=365)).timestamp(),
        },
        ("libvirt_ca",),
    )
    assert await Certificates(lambda: ("qemu+unix:///system",)).look() == Ends()
    own = {"http": str(tmp_path / "one" / "clientcert.pem"), "ovn": ""}
    ends = {"http": (BEGIN + timedelta(days=90)).timestamp()}
    assert await Certificates(tuple, own).look() == Ends(ends), "one that is not used is none"
