"""Certificates: for these names, by this authority, until then; made anew in time, and when something else changed."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from berthline.install import step
from berthline.install.certificates import authority
from berthline.install.certificates.authority import Pair, fault_of
from berthline.install.certificates.handing_out import hand_out
from berthline.install.certificates.steps import AUTHORITY, AUTHORITY_KEY, Authority, Brought, Certificate
from berthline.install.errors import InstallError

from .scripted import machine_of

NOW = datetime.now(UTC).replace(microsecond=0)
NAMES = ("one", "192.0.2.1", "2001:db8::1")


@pytest.fixture(scope="module")
def signer() -> Pair:
    return Pair.new_authority("an authority", NOW)


@pytest.fixture(scope="module")
def signed(signer: Pair) -> Pair:
    return signer.signs("one", NAMES, NOW)


def silent(_words: str) -> None:
    """Tell nobody."""


def test_a_certificate_holds_what_every_reader_asks_for(signer: Pair, signed: Pair) -> None:
    found = x509.load_pem_x509_certificate(signed.certificate.encode())
    found.verify_directly_issued_by(x509.load_pem_x509_certificate(signer.certificate.encode()))
    usage = found.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_encipherment
    assert not usage.key_cert_sign
    purposes = set(found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    assert purposes == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert found.public_key().public_numbers().n.bit_length() == authority.BITS  # type: ignore[union-attr]
    days = found.not_valid_after_utc - NOW
    assert timedelta(days=authority.DAYS - 1) < days <= timedelta(days=authority.DAYS)


def test_openssl_takes_the_pair_and_the_authority(signer: Pair, signed: Pair, tmp_path: Path) -> None:
    for name, text in (("c", signed.certificate), ("k", signed.key), ("a", signer.certificate)):
        (tmp_path / name).write_text(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c", tmp_path / "k")
    context.load_verify_locations(tmp_path / "a")


def test_faults_are_named(signer: Pair, signed: Pair) -> None:
    assert fault_of(signed.certificate, signer.certificate, NAMES, NOW) == ""
    assert fault_of(signed.certificate, signer.certificate, ("two", "192.0.2.1"), NOW) == "it is not for two"
    late = NOW + timedelta(days=authority.DAYS - authority.RENEW_DAYS + 1)
    assert fault_of(signed.certificate, signer.certificate, NAMES, late).startswith("it ends on 20")
    other = Pair.new_authority("another one", NOW)
    assert "another authority signed it" in fault_of(signed.certificate, other.certificate, NAMES, NOW)
    assert fault_of("rubbish", signer.certificate, NAMES, NOW) == "it is no certificate"


def test_what_is_no_authority_signs_nothing(signed: Pair) -> None:
    with pytest.raises(InstallError, match="is not an authority's"):
        signed.signs("two", ("two",), NOW)


def test_a_given_authority_signs_and_stays_where_it_is(signer: Pair, tmp_path: Path) -> None:
    machine, commands = machine_of(tmp_path)
    machine.write("/root/ca.pem", signer.certificate)
    machine.write("/root/ca.key", signer.key)
    steps = (
        Authority(("/root/ca.pem", "/root/ca.key")),
        Certificate("one", NAMES, "/etc/c", "/etc/k", "/etc/a", after=(("restart",),)),
    )
    assert step.install(machine, steps, silent) == 2
    assert machine.read("/etc/a") == signer.certificate
    assert commands.run_so_far == ["restart"]
    first = machine.read("/etc/c")
    assert step.renew(machine, steps, silent) == 1
    assert machine.read("/etc/c") != first
    assert commands.run_so_far == ["restart", "restart"]
    assert step.install(machine, steps, silent) == 0
    step.remove(machine, steps, silent)
    assert machine.read("/root/ca.key") == signer.key
    assert machine.read(AUTHORITY_KEY) is None
    assert machine.read("/etc/a") is None


def test_a_key_that_others_may_read_is_made_anew(signer: Pair, tmp_path: Path) -> None:
    machine, _ = machine_of(tmp_path)
    machine.write(AUTHORITY, signer.certificate)
    machine.write(AUTHORITY_KEY, signer.key, mode=0o600)
    one = Certificate("one", NAMES, "/etc/c", "/etc/k")
    step.install(machine, (one,), silent)
    machine.place("/etc/k").chmod(0o644)
    assert one.lacking(machine) == "its key is not root's alone"


def test_certificates_are_handed_to_a_hypervisor(signer: Pair, tmp_path: Path) -> None:
    control, _ = machine_of(tmp_path / "control")
    with pytest.raises(InstallError, match="authority is not on this machine"):
        hand_out(control, "two", "192.0.2.2")
    control.write(AUTHORITY, signer.certificate)
    control.write(AUTHORITY_KEY, signer.key)
    with pytest.raises(InstallError, match="cannot be the name of a host"):
        hand_out(control, "../two", "192.0.2.2")
    folder = control.place(hand_out(control, "two", "192.0.2.2"))
    assert folder.stat().st_mode & 0o777 == 0o700

    host, _ = machine_of(tmp_path / "host")
    brought = Brought("/root/two", "/etc/c", "/etc/k", "/etc/a")
    with pytest.raises(InstallError, match="--certificates-for NAME"):
        brought.do(host)
    for path in folder.iterdir():
        host.write(f"/root/two/{path.name}", path.read_text())
    assert step.install(host, (brought,), silent) == 1
    assert host.place("/etc/k").stat().st_mode & 0o777 == 0o600
    assert step.install(host, (brought,), silent) == 0
    host.write("/root/two/cert.pem", signer.signs("host two", ("two",), NOW).certificate)
    assert brought.lacking(host) == "/root/two/cert.pem is another one"
