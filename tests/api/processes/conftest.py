"""Two processes on one database: each with a store, services and an application of its own."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from berthline.identity import Identity, IdentitySettings
from berthline.images import Images
from berthline.images.stores.folder import FolderStore
from berthline.network.local import LocalNetworkService
from berthline.store import Store
from berthline.store.engine.location import Location
from tests.api.builder import Cloud, HandClock, application
from tests.api.compute.conftest import compute_service, doctor, ground, world
from tests.api.compute.world import make_world
from tests.databases import FILE

__all__ = ["compute_service", "doctor", "ground", "world"]


@pytest.fixture
def database(new_database: Callable[[str], Location]) -> Location:
    """The one that both have open."""
    return new_database(FILE)


@pytest.fixture
def store(database: Location) -> Iterator[Store]:
    opened = Store(database, durable=False)
    yield opened
    opened.close()


@pytest.fixture
def network_service(store: Store, clock: HandClock) -> LocalNetworkService:
    return LocalNetworkService(store, clock)


@pytest.fixture
async def other(cloud: Cloud, database: Location, tmp_path: Path) -> AsyncIterator[Cloud]:
    """The other process: ``cloud`` is the one that changes things, and this the one that has to know of it."""
    store, clock = Store(database, durable=False), HandClock()
    world = await make_world(store, clock, tmp_path)
    services = replace(
        cloud.services,
        store=store,
        identity=Identity(store, clock, IdentitySettings(hash_time_cost=1, hash_memory_kib=8)),
        images=Images(store, clock, FolderStore(tmp_path / "images")),
        network=LocalNetworkService(store, clock),
        compute=world.compute,
    )
    made = Cloud(application(services), services, clock, cloud.people, cloud.roles)
    yield made
    await world.engine.stop()
    await made.close()
    store.close()
