"""A cloud to be measured: where its APIs are and how they are entered. Berthline is one, OpenStack another."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from bench.api import Api, Failed

UNLIMITED_NETWORK = ("network", "subnet", "port", "security_group", "security_group_rule")
UNLIMITED_COMPUTE = ("instances", "cores", "ram")


class _Interface(msgspec.Struct):
    interface: str
    url: str


class _Service(msgspec.Struct):
    type: str
    endpoints: list[_Interface]


class _Project(msgspec.Struct):
    id: str


class _Token(msgspec.Struct):
    project: _Project
    catalog: list[_Service] = []


class _Answer(msgspec.Struct):
    token: _Token


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One cloud that answers. ``network`` ends before /v2.0, ``compute`` with its version; tokens are of an admin.

    ``host`` is a hypervisor that ports may be bound to; ``process`` is the server's process where it is known. ``ids``
    are of the "image" and "flavor" that servers are made from, where the cloud comes with them; ``kept`` is what one
    round made for the rounds after it. Of a ``tolerant`` one, answers that are errors are counted and not raised; of a
    ``slow`` one, what takes seconds is looked at once in a while, so that looking does not slow it down.
    """

    name: str
    network: str
    compute: str = ""
    image: str = ""
    token: str = ""
    project_id: str = ""
    host: str = ""
    process: int = 0
    tolerant: bool = False
    slow: bool = False
    ids: dict[str, str] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)

    def api(self, url: str) -> Api:
        """A client of one of its APIs."""
        return Api(url, self.token)


class Target(Protocol):
    """What gives endpoints: a new cloud for each round, or the same one again."""

    name: str

    def opened(self) -> contextlib.AbstractContextManager[Endpoint]:
        """A cloud that answers while the block runs."""
        ...


def log_in(identity: str, user: str, password: str, project: str) -> tuple[str, str, dict[str, str]]:
    """A token by password, its project's id, and the public address of each service type of the catalogue."""
    api = Api(identity)
    owner = {"name": user, "password": password, "domain": {"id": "default"}}
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": owner}},
            "scope": {"project": {"name": project, "domain": {"id": "default"}}},
        }
    }
    status, text, headers = api.exchange("POST", "/auth/tokens", body)
    api.close()
    if status != 201:
        raise Failed(f"POST {identity}/auth/tokens: {status} {text[:300]!r}")
    token = msgspec.json.decode(text, type=_Answer).token
    catalogue = {
        service.type: endpoint.url.rstrip("/")
        for service in token.catalog
        for endpoint in service.endpoints
        if endpoint.interface == "public"
    }
    return headers["x-subject-token"], token.project.id, catalogue


@contextlib.contextmanager
def api_of(endpoint: Endpoint, url: str) -> Iterator[Api]:
    """A client that is closed when the block ends."""
    made = endpoint.api(url)
    try:
        yield made
    finally:
        made.close()


def lift_quotas(endpoint: Endpoint) -> None:
    """No limit on what the benchmark makes."""
    with api_of(endpoint, endpoint.network) as network:
        body = {"quota": dict.fromkeys(UNLIMITED_NETWORK, -1)}
        network.call("PUT", f"/v2.0/quotas/{endpoint.project_id}", body)
    if endpoint.compute:
        with api_of(endpoint, endpoint.compute) as compute:
            quota = {"quota_set": dict.fromkeys(UNLIMITED_COMPUTE, -1)}
            compute.call("PUT", f"/os-quota-sets/{endpoint.project_id}", quota)


def make_network(endpoint: Endpoint, name: str, cidr: str) -> str:
    """A network with one IPv4 subnet; its id."""
    with api_of(endpoint, endpoint.network) as network:
        made: str = network.call("POST", "/v2.0/networks", {"network": {"name": name}})["network"]["id"]
        subnet = {"network_id": made, "ip_version": 4, "cidr": cidr}
        network.call("POST", "/v2.0/subnets", {"subnet": subnet})
    return made
