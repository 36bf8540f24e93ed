"""Any mix of items: either every NIC in the order of the request, or a refusal that changed no row."""

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from berthline.domain.compute import RequestedNetwork
from berthline.domain.errors import BerthlineError
from berthline.domain.ids import NetworkId, PortId
from berthline.network.nics.allocation import deallocate_for_instance
from berthline.store import Connection, Store
from berthline.store.control import quotas
from tests.databases import Databases
from tests.workflows.allocation.ground import AT, BLUE, RED, Ground, by, on

TINY_LEFT = 4
QUOTA_LEFT = 6


class Mixed:
    """One ground for all examples: what an example took is given back before the next."""

    def __init__(self, store: Store) -> None:
        self.ground = Ground(store)
        self.tiny = self.ground.plain("tiny", last=str(10 + TINY_LEFT))  # one address more than are left
        self.roomy = self.ground.plain("roomy", shared=True)
        self.foreign = self.ground.plain("foreign", project=BLUE)
        self.bare = self.ground.network("bare")
        self.outside = self.ground.plain("outside", external=True)
        self.held = [(self.tiny, 10), (self.roomy, 10), (self.roomy, 11)]
        *self.free, self.used = [
            self.ground.port(network, asked=self.ground.address(network, last), device_id=device)
            for (network, last), device in zip(self.held, ["", "", "somebody"], strict=True)
        ]
        self.ground.limit_ports(QUOTA_LEFT + 3)
        ready = self.ground.server()
        self.ground.allocate((on(self.roomy),), server=ready)
        self.give_back(ready.server_id)

    def give_back(self, server_id: object) -> None:
        self.ground.store.write_now(lambda connection: deallocate_for_instance(connection, server_id, AT))  # type: ignore[arg-type]

    def items(self) -> st.SearchStrategy[RequestedNetwork]:
        tags = st.none() | st.sampled_from(["a", "b"])
        networks = st.sampled_from([self.tiny, self.tiny, self.roomy, self.roomy])
        bad = st.sampled_from([self.foreign, self.bare, self.outside])
        fixed = st.tuples(networks, st.integers(10, 20)).map(
            lambda each: on(each[0], fixed_ip=self.ground.address(each[0], each[1]))
        )
        plain = st.builds(lambda network, tag: on(network, tag=tag), networks, tags)
        ports = st.builds(lambda port, tag: by(port, tag=tag), st.sampled_from(self.free), tags)
        refused = st.sampled_from([by(self.used)]) | bad.map(on)
        weighed = [plain] * 5 + [fixed] * 4 + [ports] * 2 + [refused]
        return st.sampled_from(range(len(weighed))).flatmap(lambda which: weighed[which])

    def can_be_met(self, asked: list[RequestedNetwork]) -> bool:
        """What an allocation should come to, said in another way than the code says it."""
        networks = Counter(item.network_id for item in asked if item.network_id)
        ports = Counter(item.port_id for item in asked if item.port_id)
        named = Counter((item.network_id, item.fixed_ip) for item in asked if item.fixed_ip)
        taken = {self.ground.address(network, last) for network, last in self.held}
        beyond_the_pool = [self.ground.address(self.tiny, last) for last in range(11 + TINY_LEFT, 21)]
        from_pool = networks[self.tiny] - sum(named[self.tiny, ip] for ip in beyond_the_pool)
        return (
            not networks.keys() & {self.foreign, self.bare, self.outside}
            and self.used not in ports
            and max(ports.values(), default=1) == 1
            and max(named.values(), default=1) == 1
            and not taken & {ip for _, ip in named}
            and from_pool <= TINY_LEFT
            and networks.total() <= QUOTA_LEFT
        )


@pytest.fixture(scope="module")
def mixed(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mixed]:
    location = databases.migrated(tmp_path_factory.mktemp("mixed"))
    store = Store(location, durable=False)
    yield Mixed(store)
    store.close()
    databases.drop(location)


def left(mixed: Mixed) -> tuple[int | None, list[str]]:
    """What a server gives back: its quota, and every address."""

    def read(connection: Connection) -> int | None:
        return quotas.left(connection, RED, ("port",))["port"]

    return mixed.ground.store.read_now(read), mixed.ground.everything()["addresses"]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_all_of_it_in_order_or_nothing(mixed: Mixed, data: st.DataObject) -> None:
    asked = data.draw(st.lists(mixed.items(), min_size=1, max_size=7))
    server = mixed.ground.server()
    before, rows = left(mixed), mixed.ground.everything()
    try:
        nics = mixed.ground.allocate(tuple(asked), server=server)
    except BerthlineError as error:
        event(error.name)
        assert not mixed.can_be_met(asked)
        assert mixed.ground.everything() == rows
        return
    event("met")
    assert mixed.can_be_met(asked)
    assert [(nic.position, nic.tag) for nic in nics] == [(place, item.tag) for place, item in enumerate(asked)]
    info = mixed.ground.info(server)
    assert [vif.id for vif in info] == [nic.port_id for nic in nics]
    for item, vif in zip(asked, info, strict=True):
        check(item, vif.id, vif.network.id, {ip.address for ip in vif.fixed_ips()})
    every = [ip.address for ip in info.fixed_ips()]
    assert len(every) == len(set(every)) == len(asked)
    mixed.give_back(server.server_id)
    assert left(mixed) == before


def check(item: RequestedNetwork, port: PortId, network: NetworkId, held: set[str]) -> None:
    if item.port_id:
        assert port == item.port_id
    else:
        assert network == item.network_id
    assert item.fixed_ip is None or held == {item.fixed_ip}
