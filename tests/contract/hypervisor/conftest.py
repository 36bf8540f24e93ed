"""Both kinds of host as one fixture, and the real one alone."""

import os
from collections.abc import AsyncIterator, Iterator
from typing import cast

import pytest

from berthline.localhost import LocalHost, Settings

from .libvirt_world import LibvirtWorld, connect
from .worlds import SimulatedWorld, World


@pytest.fixture(scope="session")
def private_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHost]:
    """Daemons that these tests may kill and freeze."""
    host = LocalHost(tmp_path_factory.mktemp("hypervisor"), f"v{os.getpid()}", Settings(isolated=True))
    try:
        host.start()
        yield host
    finally:
        host.stop()


@pytest.fixture
async def real(private_host: LocalHost) -> AsyncIterator[LibvirtWorld]:
    """The real host. Guests that a test leaves are removed."""
    endpoints = private_host.status().endpoints
    assert endpoints is not None
    driver = connect(endpoints)
    try:
        yield LibvirtWorld(private_host, endpoints, driver)
        for server_id in await driver.guests():
            await driver.destroy(server_id)
        for server_id in await driver.disks():
            await driver.delete_disks(server_id)
    finally:
        await driver.close()


@pytest.fixture(params=["simulated", pytest.param("libvirt", marks=pytest.mark.dataplane)])
def world(request: pytest.FixtureRequest) -> World:
    """A host of each kind."""
    if request.param == "simulated":
        return SimulatedWorld()
    return cast("LibvirtWorld", request.getfixturevalue("real"))
