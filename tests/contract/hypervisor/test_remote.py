"""What only a host far away can show: who is let in, and a wire that breaks or falls silent.

That both ways do all that a host does is shown by the contract's own tests. Each refusal here follows a success that
differs from it in one thing.
"""

import asyncio
import os
import shlex
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import cast

import msgspec
import pytest

from berthline.domain.errors import Transient
from berthline.domain.ids import ServerId
from berthline.localhost.commands import clean_environment, run

from .certificates import Authority
from .libvirt_world import LibvirtWorld, brisk_settings, connect, reached
from .line import Line
from .remote import CLIENT_NAME, FORCED, RemoteAccess, Transport
from .worlds import eventually, new_source, new_vif, prepared

pytestmark = pytest.mark.dataplane

GUIDE = Path(__file__).resolve().parents[3] / "docs/howto/remote-hosts.md"


async def answers(access: RemoteAccess, uri: str, connect_seconds: float = 30) -> bool:
    """Whether a new driver reaches the host by that URI; False when it is told to try again later."""
    settings = msgspec.structs.replace(brisk_settings(access.endpoints), connect_seconds=connect_seconds)
    driver = connect(access.endpoints, settings, uri)
    try:
        await driver.guests()
    except Transient:
        return False
    else:
        return True
    finally:
        await driver.close()


# TLS: who is let in.


def host_of_another_authority(access: RemoteAccess, pki: Path) -> None:
    """The client refuses: its authority, of the same name, did not sign the host's certificate."""
    Authority.new(access.authority.name).write_client(pki, CLIENT_NAME)


def client_of_another_authority(access: RemoteAccess, pki: Path) -> None:
    """The host refuses: the client has another authority's certificate, and trusts the host's beside it."""
    trusted = (pki / "cacert.pem").read_bytes()
    Authority.new("another authority").write_client(pki, CLIENT_NAME)
    (pki / "cacert.pem").write_bytes(trusted + (pki / "cacert.pem").read_bytes())


def client_of_another_name(access: RemoteAccess, pki: Path) -> None:
    """The host refuses: the name is not on its list."""
    access.authority.write_client(pki, "somebody-else")


def client_of_yesterday(access: RemoteAccess, pki: Path) -> None:
    access.authority.write_client(pki, CLIENT_NAME, ends=-timedelta(hours=1))


def no_client_key(_access: RemoteAccess, pki: Path) -> None:
    """The host refuses: libvirt then connects without a certificate."""
    (pki / "clientkey.pem").unlink()


SPOILED: list[Callable[[RemoteAccess, Path], None]] = [
    host_of_another_authority,
    client_of_another_authority,
    client_of_another_name,
    client_of_yesterday,
    no_client_key,
]


@pytest.mark.parametrize("spoil", SPOILED, ids=lambda spoil: spoil.__name__)
async def test_tls_lets_in_only_whom_both_sides_know(
    access: RemoteAccess, tmp_path: Path, spoil: Callable[[RemoteAccess, Path], None]
) -> None:
    pki = tmp_path / "client"
    access.authority.write_client(pki, CLIENT_NAME)
    uri = access.tls_uri(access.wire("tls"), pki)
    assert await answers(access, uri)
    spoil(access, pki)
    assert not await answers(access, uri)


async def test_tls_wants_the_host_under_the_name_it_was_called_by(access: RemoteAccess) -> None:
    uri = access.tls_uri(access.wire("tls"))
    assert await answers(access, uri)
    assert not await answers(access, uri.replace("127.0.0.1", "localhost"))


async def test_certificates_made_as_the_guide_says_are_good_ones(access: RemoteAccess, tmp_path: Path) -> None:
    commands = [shlex.split(line) for line in GUIDE.read_text().splitlines() if line.strip().startswith("openssl ")]
    assert [command[-1].split("=")[0] for command in commands] == ["keyUsage", "extendedKeyUsage", "extendedKeyUsage"]
    for command in commands:
        run([part.replace("compute-1.example.net", "localhost") for part in command], directory=tmp_path)
    access.authority.write_server(tmp_path / "usual")
    uri = access.tls_uri(access.wire("tls"), tmp_path).replace("127.0.0.1", "localhost")
    assert not await answers(access, uri), "the control: the host has another authority's certificate yet"
    try:
        access.listen_with(tmp_path)
        assert await answers(access, uri)
    finally:
        access.listen_with(tmp_path / "usual")
    assert await answers(access, access.tls_uri(access.wire("tls")))


# SSH: who is let in.


def test_what_the_guide_lets_a_key_do_is_what_is_tested() -> None:
    assert f"{FORCED}ssh-ed25519 " in GUIDE.read_text()


async def test_ssh_refuses_a_host_with_another_key(ssh_server: RemoteAccess, tmp_path: Path) -> None:
    wire = ssh_server.wire("ssh")
    assert await answers(ssh_server, ssh_server.ssh_uri(wire))
    assert not await answers(ssh_server, ssh_server.ssh_uri(wire, host_key=ssh_server.new_key(tmp_path / "other")))


async def test_ssh_refuses_a_host_it_has_never_seen(ssh_server: RemoteAccess, tmp_path: Path) -> None:
    wire = ssh_server.wire("ssh")
    none = tmp_path / "none"
    none.with_suffix(".pub").write_text("")
    assert await answers(ssh_server, ssh_server.ssh_uri(wire))
    assert not await answers(ssh_server, ssh_server.ssh_uri(wire, host_key=none))


async def test_ssh_refuses_a_key_that_the_host_does_not_know(ssh_server: RemoteAccess, tmp_path: Path) -> None:
    wire = ssh_server.wire("ssh")
    assert await answers(ssh_server, ssh_server.ssh_uri(wire))
    assert not await answers(ssh_server, ssh_server.ssh_uri(wire, key=ssh_server.new_key(tmp_path / "other")))


async def test_the_key_reaches_libvirt_and_nothing_else(ssh_server: RemoteAccess, tmp_path: Path) -> None:
    """What the key's holder asks to be run is not run; the key itself is good, as the host says by letting it in."""
    made = tmp_path / "made"
    command = ssh_server.ssh_command(ssh_server.wire("ssh"), "touch", str(made))
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, env=clean_environment()
    )
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert b"Permission denied" not in said
    assert not made.exists()
    assert await answers(ssh_server, ssh_server.ssh_uri(ssh_server.wire("ssh")))


# The wire, by both ways.


@pytest.fixture(params=["tls", "ssh"])
def afar(request: pytest.FixtureRequest) -> LibvirtWorld:
    """The real host by each way that needs a wire."""
    return cast("LibvirtWorld", request.getfixturevalue(f"by_{request.param}"))


@pytest.fixture
def wire(afar: LibvirtWorld) -> Line:
    """The wire that this world hangs on."""
    assert afar.transport is not None
    return afar.access.wire(afar.transport)


async def test_a_host_whose_wire_was_cut_is_reached_again(afar: LibvirtWorld, wire: Line) -> None:
    spec = await prepared(afar, new_vif())
    await afar.host.start_paused(spec)
    await afar.host.resume(spec.server_id)
    used = wire.accepted
    assert await afar.host.power(spec.server_id) == "running"
    assert wire.accepted == used, "one connection serves all calls"
    wire.cut()
    with pytest.raises(Transient):
        await afar.host.power(spec.server_id)
    with pytest.raises(Transient):
        await afar.host.start_paused(spec)
    wire.mend()
    await reached(afar.host)
    assert await afar.host.power(spec.server_id) == "running"
    assert await afar.plugged(spec.vifs[0])
    await afar.host.destroy(spec.server_id)
    assert await afar.host.power(spec.server_id) == "absent"


async def test_hints_come_again_after_the_wire_was_cut(afar: LibvirtWorld, wire: Line) -> None:
    spec = await prepared(afar)
    await afar.host.start_paused(spec)
    hints: list[ServerId] = []
    afar.host.on_change(hints.append)
    await eventually(lambda: spec.server_id in hints, "the guest that was there")
    wire.cut()
    wire.mend()
    hints.clear()
    await eventually(lambda: spec.server_id in hints, "the guest, after the new connection")
    hints.clear()
    await afar.cut_power(spec.server_id)
    await eventually(lambda: spec.server_id in hints, "the stop")


async def test_an_upload_torn_by_the_wire_is_done_again(afar: LibvirtWorld, wire: Line) -> None:
    source = new_source()
    source.content *= 4
    image = source.image()
    source.on_chunk = lambda number: wire.cut() if number == 100 else None
    with pytest.raises(Transient):
        await afar.host.cache_image(image, source)
    source.on_chunk = lambda _number: None
    wire.mend()
    await reached(afar.host)
    await afar.host.cache_image(image, source)
    assert source.reads == 2


async def test_a_host_whose_wire_fell_silent_is_given_up(afar: LibvirtWorld, wire: Line) -> None:
    assert set(await afar.host.guests()) == set()
    wire.hold()
    with pytest.raises(Transient):
        await afar.host.guests()
    wire.mend()
    assert set(await reached(afar.host)) == set()


@pytest.mark.parametrize("transport", ["tls", "ssh"])
async def test_a_host_that_accepts_and_says_nothing_is_given_up(ssh_server: RemoteAccess, transport: Transport) -> None:
    wire = ssh_server.wire(transport)
    uri = ssh_server.tls_uri(wire) if transport == "tls" else ssh_server.ssh_uri(wire)
    assert await answers(ssh_server, uri, connect_seconds=30)
    wire.hold()
    used = wire.accepted
    assert not await answers(ssh_server, uri, connect_seconds=0.5)
    await eventually(lambda: wire.accepted == used + 1, "the attempt")
    wire.mend()
    await eventually(lambda: wire.open == 0, "the end of what came too late")
    assert await answers(ssh_server, uri, connect_seconds=30)


async def test_nothing_of_a_closed_connection_is_left(afar: LibvirtWorld, wire: Line) -> None:
    assert set(await afar.host.guests()) == set()
    assert wire.open > 0
    if afar.transport == "ssh":
        assert ssh_clients(), "the control: the client is seen while it is there"
    await afar.libvirt_host.close()
    await eventually(lambda: wire.open == 0, "the end of the connection")
    await eventually(lambda: ssh_clients() == [], "the end of the ssh process, collected")


def ssh_clients() -> list[int]:
    """The ssh processes that this process has started and not collected."""
    found: list[int] = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(FileNotFoundError, ProcessLookupError):
            lines = status.read_text().splitlines()
            if lines[0] == "Name:\tssh" and f"PPid:\t{os.getpid()}" in lines:
                found.append(int(status.parent.name))
    return found
