"""All kinds of host as one fixture, and the real one alone; the real one by each way to it."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from typing import cast

import pytest

from berthline.localhost import LocalHost, Settings
from berthline.localhost.commands import missing
from tests.unit.simulated.serving import served

from .libvirt_world import LibvirtWorld, connect, reached
from .remote import RemoteAccess, Transport
from .worlds import FACTS, DistantWorld, SimulatedWorld, World


@pytest.fixture(scope="session")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteAccess]:
    """Daemons that these tests may kill and freeze, and that listen for clients from afar."""
    host = LocalHost(tmp_path_factory.mktemp("hypervisor"), f"v{os.getpid()}", Settings(isolated=True))
    try:
        with closing(RemoteAccess(host, host.start(), tmp_path_factory.mktemp("remote"))) as remote:
            remote.listen()
            yield remote
    finally:
        host.stop()


@asynccontextmanager
async def opened(access: RemoteAccess, uri: str, transport: Transport | None) -> AsyncIterator[LibvirtWorld]:
    """The real host through that URI. Guests that a test leaves are removed, through the socket."""
    driver = connect(access.endpoints, uri=uri)
    cleaner = connect(access.endpoints)
    try:
        yield LibvirtWorld(access.services, access.endpoints, access, driver, transport)
        for server_id in await reached(cleaner):
            await cleaner.destroy(server_id)
        for server_id in await cleaner.disks():
            await cleaner.delete_disks(server_id)
    finally:
        await driver.close()
        await cleaner.close()


@pytest.fixture
async def real(access: RemoteAccess) -> AsyncIterator[LibvirtWorld]:
    """The real host, by its socket."""
    async with opened(access, access.endpoints.libvirt_uri, None) as world:
        yield world


@pytest.fixture
async def by_tls(access: RemoteAccess) -> AsyncIterator[LibvirtWorld]:
    """The real host, by libvirt's own TLS."""
    async with opened(access, access.tls_uri(access.wire("tls")), "tls") as world:
        yield world


@pytest.fixture(scope="session")
def ssh_server(access: RemoteAccess) -> RemoteAccess:
    """The same, with the SSH server running."""
    if missing(("sshd", "ssh-keygen")):
        reason = "there is no SSH server: run scripts/host-packages --test as root"
        if os.environ.get("BERTHLINE_REQUIRE_DATAPLANE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    access.serve_ssh()
    return access


@pytest.fixture
async def by_ssh(ssh_server: RemoteAccess) -> AsyncIterator[LibvirtWorld]:
    """The real host, through the SSH server."""
    async with opened(ssh_server, ssh_server.ssh_uri(ssh_server.wire("ssh")), "ssh") as world:
        yield world


@pytest.fixture
async def distant() -> AsyncIterator[DistantWorld]:
    """A simulated host that is reached over a socket."""
    async with served(FACTS) as (world, link):
        yield DistantWorld(world, link)


REAL = {"libvirt": "real", "libvirt-tls": "by_tls", "libvirt-ssh": "by_ssh"}


@pytest.fixture(params=["simulated", "distant", *(pytest.param(kind, marks=pytest.mark.dataplane) for kind in REAL)])
def world(request: pytest.FixtureRequest) -> World:
    """A host of each kind, the real one by each way to it."""
    if request.param == "simulated":
        return SimulatedWorld()
    return cast("World", request.getfixturevalue(REAL.get(request.param, request.param)))


@pytest.fixture(params=list(REAL.values()))
def each_way(request: pytest.FixtureRequest) -> LibvirtWorld:
    """The real host, by each way to it."""
    return cast("LibvirtWorld", request.getfixturevalue(request.param))


@pytest.fixture(params=["by_tls", "by_ssh"])
def elsewhere(request: pytest.FixtureRequest) -> LibvirtWorld:
    """The real host as one that is not beside us."""
    return cast("LibvirtWorld", request.getfixturevalue(request.param))
