"""A cloud with a server on a simulated host, behind a real socket."""

from collections.abc import AsyncIterator

import pytest

from tests.api.builder import Cloud
from tests.api.compute.conftest import compute_service, doctor, ground, world
from tests.api.served import served

__all__ = ["compute_service", "doctor", "ground", "world"]


@pytest.fixture
async def url(cloud: Cloud) -> AsyncIterator[str]:
    """Where the cloud listens."""
    async with served(cloud) as found:
        yield found
