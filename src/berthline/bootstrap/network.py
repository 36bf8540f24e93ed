"""The network service that the settings choose: our own, or a Neutron's."""

import contextlib
from pathlib import Path

from berthline.config.model import Dataplane as DataplaneSettings
from berthline.config.model import Network, Settings
from berthline.domain.clock import Clock
from berthline.domain.dataplane import Dataplane
from berthline.domain.errors import BerthlineError
from berthline.identity.catalog import Place
from berthline.network.nics.in_store import StoreNetworkService
from berthline.network.service import NetworkService
from berthline.network.settings import NetworkSettings
from berthline.store import Store


class NoPassword(BerthlineError):
    """The password for the network service cannot be read: name a file that can by network.password_file."""


def open_network(
    settings: Network,
    store: Store,
    clock: Clock,
    dataplane: Dataplane,
    stack: contextlib.AsyncExitStack,
    own: NetworkSettings | None = None,
) -> NetworkService:
    """The service that compute uses; what it holds is closed with ``stack``. Nothing is asked of a Neutron yet.

    ``own`` is what is set of networks of our own. Raises NoPassword.
    """
    if not settings.endpoint:
        return StoreNetworkService(store, clock, dataplane, own)
    from berthline.network.neutron.service import NeutronNetworkService
    from berthline.network.neutron.settings import NeutronSettings

    service = NeutronNetworkService(
        NeutronSettings(
            endpoint=settings.endpoint,
            auth=settings.auth,
            auth_url=settings.auth_url,
            username=settings.username,
            password=_password(settings),
            user_domain=settings.user_domain,
            project=settings.project,
            project_domain=settings.project_domain,
            projects=settings.projects,
            ca_file=settings.ca_file,
            wait_for_ports=settings.wait_for_ports,
            timeout=settings.timeout_seconds,
        ),
        store,
        clock,
    )
    stack.callback(service.close)
    return service


def own_networks(settings: DataplaneSettings) -> NetworkSettings:
    """What is set of networks of our own."""
    return NetworkSettings(
        physical_networks=settings.physical_networks,
        auto_prefix_v4=settings.auto_prefix_v4,
        auto_prefix_v6=settings.auto_prefix_v6,
    )


def places_elsewhere(settings: Settings) -> dict[str, Place]:
    """What the catalogue has to say of services that are not ours."""
    network = settings.network
    if not network.endpoint:
        return {}
    return {"network": Place(network.endpoint.rstrip("/"), network.region or settings.region)}


def _password(settings: Network) -> str:
    if not settings.password_file:
        return settings.password
    try:
        return Path(settings.password_file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NoPassword(f"cannot read network.password_file {settings.password_file}: {error}") from None
