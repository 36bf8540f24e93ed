"""Which network service the settings choose, and that its password is told to nobody."""

import contextlib
from pathlib import Path

import pytest

from berthline.bootstrap.network import NoPassword, open_network, places_elsewhere
from berthline.cli.foreground import options
from berthline.config import Settings, load
from berthline.config.model import Network
from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.clock import SystemClock
from berthline.network.neutron.service import NeutronNetworkService
from berthline.network.neutron.settings import NeutronSettings
from berthline.network.nics.in_store import StoreNetworkService
from berthline.store import Store

URL = "http://192.0.2.1:9696"


async def opened(settings: Network, store: Store) -> object:
    async with contextlib.AsyncExitStack() as stack:
        return open_network(settings, store, SystemClock(), SimulatedDataplane(), stack)


async def test_networks_are_our_own_unless_an_endpoint_is_named(store: Store) -> None:
    assert isinstance(await opened(Network(), store), StoreNetworkService)
    assert isinstance(await opened(Network(endpoint=URL), store), NeutronNetworkService)


async def test_a_password_file_has_to_be_there(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NoPassword, match="password_file"):
        await opened(Network(endpoint=URL, auth="password", password_file=str(tmp_path / "none")), store)


def test_the_password_is_not_in_what_is_printed() -> None:
    settings = Settings(network=Network(endpoint=URL, password="s3cret"))
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in repr(NeutronSettings(endpoint=URL, password="s3cret"))


def test_the_command_line_names_the_endpoint(tmp_path: Path) -> None:
    given = options(listen=None, data=tmp_path, simulated=1, network_endpoint=URL, setting=("network.region=North",))
    settings = load(given, environment={"BERTHLINE_NETWORK_PASSWORD": "s3cret"})
    assert (settings.network.endpoint, settings.network.password) == (URL, "s3cret")
    assert places_elsewhere(settings)["network"] == (URL, "North")
    assert places_elsewhere(Settings()) == {}


@pytest.mark.parametrize("endpoint", [URL, f"{URL}/", f"{URL}/v2.0", f"{URL}/v2.0/"])
def test_the_version_may_be_in_the_endpoint(endpoint: str) -> None:
    settings = NeutronSettings(endpoint=endpoint, auth_url="http://192.0.2.1:5000")
    assert settings.base == f"{URL}/v2.0"
    assert settings.identity == "http://192.0.2.1:5000/v3"
