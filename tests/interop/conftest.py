"""The real Neutron, started once for all tests here.

Without BERTHLINE_INTEROP=1 (`scripts/interop` sets it) only what needs no Neutron is collected, because installing and
running it is too much for every test run.
"""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bench.openstack import Stack, real_openstack
from berthline.network.neutron.settings import NeutronSettings
from berthline.store import Store
from tests.interop.cloud import Cloud, NeutronProcess, NeutronWorld
from tests.interop.proxy import FaultProxy
from tests.interop.raw import RawNeutron
from tests.workflows.world import HOSTS, PROJECT

CONTRACT_HOSTS = ("sim-1", "sim-9")
NEEDS_NO_NEUTRON = {"test_proxy.py"}

collect_ignore = (
    []
    if os.environ.get("BERTHLINE_INTEROP") == "1"
    else [path.name for path in Path(__file__).parent.glob("test_*.py") if path.name not in NEEDS_NO_NEUTRON]
)


@pytest.fixture(scope="session")
def neutron() -> Iterator[Stack]:
    """A private Neutron and its database."""
    with tempfile.TemporaryDirectory(prefix="bl-interop-") as folder, real_openstack(Path(folder)) as stack:
        for host in HOSTS:
            stack.pretend_host(host)
        yield stack


@pytest.fixture(scope="session")
def guarded_neutron() -> Iterator[Stack]:
    """A private Neutron that asks for tokens of a private Keystone."""
    with tempfile.TemporaryDirectory(prefix="bl-interop-") as folder, real_openstack(Path(folder), keystone=True) as it:
        for host in CONTRACT_HOSTS:
            it.pretend_host(host)
        yield it


@pytest.fixture
async def proxy(neutron: Stack) -> AsyncIterator[FaultProxy]:
    """A proxy before Neutron that counts and fails requests."""
    async with FaultProxy(neutron.network_url).running() as running:
        yield running


@pytest.fixture
def raw(neutron: Stack) -> Iterator[RawNeutron]:
    """The project of our servers, empty before and after."""
    found = RawNeutron(neutron, PROJECT)
    found.clear()
    yield found
    found.clear()


@pytest.fixture
def timeout() -> float:
    """Seconds that our client waits for an answer."""
    return 60.0


@pytest.fixture
async def cloud(store: Store, raw: RawNeutron, proxy: FaultProxy, timeout: float) -> AsyncIterator[Cloud]:
    """Berthline on the real Neutron. It does not wait for ports to be up: nothing plugs them there."""
    world = NeutronWorld(
        store, NeutronSettings(endpoint=proxy.url, wait_for_ports=False, timeout=timeout, late_seconds=0.0)
    )
    async with world.process() as process:
        assert isinstance(process, NeutronProcess)
        yield Cloud(process, raw, proxy)
