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
from tests.interop.proxy import FaultProxy

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
        yield stack


@pytest.fixture
async def proxy(neutron: Stack) -> AsyncIterator[FaultProxy]:
    """A proxy before Neutron that counts and fails requests."""
    async with FaultProxy(neutron.network_url).running() as running:
        yield running
