"""What a port costs in statements: a number that neither what exists nor the size of a bulk changes."""

from sqlalchemy import event

from berthline.domain.auth import Caller
from berthline.domain.clock import SystemClock
from berthline.domain.ids import DomainId, NetworkId, ProjectId, RequestId, UserId
from berthline.network.local import LocalNetworkService
from berthline.network.requests import NetworkCreate, PortCreate, SubnetCreate
from berthline.store import Store
from berthline.store.engine.pages import ListRequest

MEMBER = Caller(
    user_id=UserId("user"),
    user_name="user",
    project_id=ProjectId("project"),
    project_name="project",
    domain_id=DomainId("default"),
    roles=frozenset({"member"}),
    request_id=RequestId("req-1"),
)
A_PORT = 6
"""Network with subnets and group, port, address, group link, event (which puts itself into the outbox), quota."""
ON_A_SERVER = 1
"""A function that writes all of a port, in a network that was seen before."""
A_BULK = A_PORT + 1
"""The addresses of many ports are chosen among those in use, which are read before."""


class Counter:
    """Counts statements on a store, without those that begin and end transactions or open connections.

    The addresses in use are read once more when the random point lies so late that the search goes round the end of the
    pool; that counts once, as chance may not decide over a test.
    """

    def __init__(self, store: Store) -> None:
        self.statements: list[str] = []
        event.listen(store.engine, "before_cursor_execute", self._count)

    def _count(self, _connection: object, _cursor: object, statement: str, *_more: object) -> None:
        again = statement.startswith("SELECT ip FROM addresses") and statement in self.statements
        if not again and not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA")):
            self.statements.append(statement)

    def take(self) -> int:
        count = len(self.statements)
        self.statements.clear()
        return count


async def _network(service: LocalNetworkService) -> NetworkId:
    (network,) = await service.create_networks(MEMBER, [NetworkCreate(name="net")])
    await service.create_subnets(MEMBER, [SubnetCreate(network_id=network.id, ip_version=4, cidr="10.0.0.0/16")])
    return network.id


async def test_a_port_costs_the_same_when_many_exist_and_in_a_bulk(store: Store) -> None:
    service = LocalNetworkService(store, SystemClock())
    network_id = await _network(service)
    asked = PortCreate(network_id=network_id)
    for _ in range(2):  # the first makes the project's default group, the second sees it
        await service.create_ports(MEMBER, [asked])
    counter = Counter(store)
    await service.create_ports(MEMBER, [asked])
    first = counter.take()
    on_server = store.engine.dialect.name == "postgresql"
    assert first == (ON_A_SERVER if on_server else A_PORT)
    await service.create_ports(MEMBER, [asked] * 300)
    counter.take()
    await service.create_ports(MEMBER, [asked])
    assert counter.take() == first
    await service.create_ports(MEMBER, [asked] * 3)
    assert counter.take() == A_BULK + on_server
    await service.create_ports(MEMBER, [asked] * 50)
    assert counter.take() == A_BULK + on_server


async def test_a_list_costs_the_same_for_any_number(store: Store) -> None:
    service = LocalNetworkService(store, SystemClock())
    network_id = await _network(service)
    await service.create_ports(MEMBER, [PortCreate(network_id=network_id)])
    await service.list_ports(MEMBER, ListRequest())
    counter = Counter(store)
    await service.list_ports(MEMBER, ListRequest())
    few = counter.take()
    await service.create_ports(MEMBER, [PortCreate(network_id=network_id)] * 200)
    counter.take()
    assert len(await service.list_ports(MEMBER, ListRequest())) == 202
    assert counter.take() == few == 1
