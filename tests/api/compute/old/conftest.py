"""Doors of old have networks behind them."""

import pytest

from berthline.network.local import LocalNetworkService
from berthline.store import Store
from tests.api.builder import HandClock


@pytest.fixture
def network_service(store: Store, clock: HandClock) -> LocalNetworkService:
    return LocalNetworkService(store, clock)
