"""Fixtures of the API tests. A folder below overrides ``network_service`` and ``compute_service`` with real ones."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from berthline.store import Store
from tests.api.builder import Cloud, HandClock, build_cloud


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def network_service(store: Store, clock: HandClock) -> Any:
    """What ``services.network`` is; None where no network is asked for."""
    return None


@pytest.fixture
def compute_service(store: Store, clock: HandClock) -> Any:
    """What ``services.compute`` is; None where no server is asked for."""
    return None


@pytest.fixture
async def cloud(
    store: Store, clock: HandClock, tmp_path: Path, network_service: Any, compute_service: Any
) -> AsyncIterator[Cloud]:
    """The application with an admin and the projects red and blue, each with a member and a reader."""
    made = await build_cloud(store, clock, tmp_path, network=network_service, compute=compute_service)
    yield made
    await made.close()
