"""A port that a function of PostgreSQL writes is the port that statement after statement writes elsewhere."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from sqlalchemy import event, select

from berthline.domain.clock import SystemClock
from berthline.domain.errors import BerthlineError, IpAddressGenerationFailure, NetworkNotFound
from berthline.domain.ids import ProjectId
from berthline.domain.network import AllocationPool, Network, Port
from berthline.network import networks
from berthline.network.local import LocalNetworkService
from berthline.network.requests import (
    AskedAddress,
    AskedPair,
    NetworkCreate,
    NetworkUpdate,
    PortCreate,
    SecurityGroupCreate,
    SubnetCreate,
    SubnetUpdate,
)
from berthline.network.settings import NetworkSettings
from berthline.store import Connection, Store
from berthline.store.control import quotas
from berthline.store.control.leaks import stored_leaks
from berthline.store.engine.pages import ListRequest
from berthline.store.network import one_port
from berthline.store.tables.control import events, outbox
from berthline.store.tables.network import addresses, port_security_groups, ports
from tests.databases import PostgresqlDatabases, SqliteFiles
from tests.unit.network.ports.test_statements import MEMBER

pytestmark = pytest.mark.postgresql
ADMIN: Final = msgspec.structs.replace(MEMBER, roles=frozenset({"admin"}))
STEPS: Final = 90
POOL: Final = AllocationPool("10.1.0.2", "10.1.0.15")
"""Of the network of IPv4 alone; what is asked for by name lies outside, so that chance takes none of it."""
OWN: Final = ("id", "mac_address", "tap", "created_at", "updated_at")
"""What differs between two ports made by the same request."""


@pytest.fixture
def stores(tmp_path: Path, postgresql: PostgresqlDatabases) -> Iterator[tuple[Store, Store]]:
    """A file and a PostgreSQL, both empty."""
    files = SqliteFiles()
    url = postgresql.migrated(tmp_path)
    opened = Store(files.migrated(tmp_path), durable=False), Store(url, durable=False)
    yield opened
    for store in opened:
        store.close()
    postgresql.drop(url)
    files.close()


class Side:
    """The same small cloud on one of them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.service = LocalNetworkService(store, SystemClock())
        self.networks: list[Network] = []
        self.groups: list[str] = []
        self.told: list[str] = []

    async def fill(self, most: int = 60) -> None:
        """Networks: with none, one small, two, and IPv6 subnets of both kinds; a group; a quota that ends."""
        ranges: tuple[tuple[dict[str, Any], ...], ...] = (
            (),
            ({"ip_version": 4, "cidr": "10.1.0.0/26", "allocation_pools": [POOL]},),
            ({"ip_version": 4, "cidr": "10.2.0.0/24"}, {"ip_version": 6, "cidr": "fd00:1::/64"}),
            ({"ip_version": 6, "cidr": "fd00:2::/64", "ipv6_address_mode": "slaac", "ipv6_ra_mode": "slaac"},),
        )
        for number, each in enumerate(ranges):
            (network,) = await self.service.create_networks(MEMBER, [NetworkCreate(name=f"net{number}")])
            self.networks.append(network)
            await self.service.create_subnets(MEMBER, [SubnetCreate(network_id=network.id, **one) for one in each])
        (group,) = await self.service.create_security_groups(MEMBER, [SecurityGroupCreate(name="own")])
        self.groups.append(group.id)
        await self.store.write(lambda connection: quotas.set_limits(connection, MEMBER.project_id, {"port": most}))

    async def ask(self, network: int, options: dict[str, Any]) -> None:
        """Make a port; what was answered is noted without what differs."""
        wanted: dict[str, Any] = {
            name: self.groups if value == "own group" else value for name, value in options.items()
        }
        request = PortCreate(network_id=self.networks[network].id, **wanted)
        try:
            (made,) = await self.service.create_ports(MEMBER, [request])
        except BerthlineError as error:
            self.told.append(type(error).__name__)
        else:
            assert made == await self.service.port(MEMBER, made.id)
            self.told.append(str(self.plain(made)))

    def plain(self, port: Port) -> dict[str, Any]:
        """The port without what is its own or its network's."""
        values = {name: value for name, value in msgspec.structs.asdict(port).items() if name not in OWN}
        values["network_id"] = [network.id for network in self.networks].index(port.network_id)
        values["allowed_address_pairs"] = [pair.ip_address for pair in port.allowed_address_pairs]
        values["fixed_ips"] = [fixed.ip_address.rpartition(".")[0] for fixed in port.fixed_ips]
        values["security_group_ids"] = [group in self.groups for group in port.security_group_ids]
        return values

    def kept(self) -> dict[str, Any]:
        """What all of it left behind, in numbers; nothing hangs on a port that is not there."""

        def look(connection: Connection) -> dict[str, Any]:
            made = set(connection.execute(select(ports.c.id)).scalars())
            of_ports = select(events.c.object_id, events.c.what, events.c.unit, events.c.project_id, events.c.revision)
            noted = connection.execute(of_ports.where(events.c.kind == "port")).all()
            waiting = connection.execute(select(outbox.c.object_id).where(outbox.c.kind == "port")).scalars().all()
            links = connection.execute(select(port_security_groups.c.port_id, port_security_groups.c.position)).all()
            held = connection.execute(select(addresses.c.port_id, addresses.c.position)).all()
            assert made == {row.object_id for row in noted} == set(waiting)
            assert stored_leaks(connection) == ()
            return {
                "ports": len(made),
                "events": Counter(tuple(row)[1:] for row in noted),
                "links": Counter(row.position for row in links),
                "addresses": Counter(row.position for row in held),
                "used": quotas.used(connection, MEMBER.project_id, ["port"]),
            }

        return self.store.read_now(look)


def asked(chance: random.Random) -> dict[str, Any]:
    """What a request says, by chance: mostly nothing, and each option that goes another way now and then."""
    every: dict[str, Any] = {
        "name": chance.choice(("a", "with 'quotes', {braces} and \\", "é")),
        "device_id": "somebody",
        "device_owner": "compute:nova",
        "binding_host": "host",
        "tags": ["b", "a"],
        "admin_state_up": False,
        "security_groups": chance.choice(([], "own group")),
        "binding_profile": {"key": ["value"]},
        "mac_address": f"02:00:00:00:00:{chance.randrange(4):02x}",
        "fixed_ips": chance.choice(([], [AskedAddress(ip_address=f"10.1.0.{chance.randrange(16, 70)}")])),
        "allowed_address_pairs": [AskedPair(ip_address="10.9.0.1")],
    }
    return {name: value for name, value in every.items() if chance.random() < 0.12}


async def test_both_databases_have_the_same_ports_by_the_same_requests(stores: tuple[Store, Store]) -> None:
    sides = [Side(store) for store in stores]
    seed = random.SystemRandom().randrange(1_000_000)
    print("seed", seed)
    chance = random.Random(seed)
    for side in sides:
        await side.fill(most=30)
    for _ in range(STEPS):
        network, options = chance.choice((0, 1, 1, 2, 3)), asked(chance)
        for side in sides:
            await side.ask(network, options)
    file, server = sides
    assert server.told == file.told
    assert server.kept() == file.kept()
    assert {"OverQuota"} < set(file.told), "some are refused, and some are made"


async def test_of_two_faults_both_databases_tell_the_same(stores: tuple[Store, Store]) -> None:
    taken, wrong = "02:00:00:00:00:01", [AskedAddress(ip_address="10.9.9.9")]
    for store in stores:
        side = Side(store)
        await side.fill()
        await side.ask(1, {"mac_address": taken})
        await side.ask(1, {"mac_address": taken, "fixed_ips": wrong})
        await side.ask(1, {"fixed_ips": wrong})
        assert side.told[1:] == ["MacAddressInUse", "InvalidIpForNetwork"]


async def test_of_many_at_once_each_has_its_address_and_the_quota_is_kept(stores: tuple[Store, Store]) -> None:
    """13 addresses beside that of the network itself, and a quota of 60: others take what a function is about to."""
    side = Side(stores[1])
    await side.fill()
    before = side.kept()
    await asyncio.gather(*(side.ask(1, {}) for _ in range(40)))
    assert Counter(side.told)["IpAddressGenerationFailure"] == 40 - 13
    await asyncio.gather(*(side.ask(0, {"mac_address": "02:00:00:00:00:01"}) for _ in range(6)))
    assert Counter(side.told)["MacAddressInUse"] == 5
    await asyncio.gather(*(side.ask(0, {}) for _ in range(50)))
    assert Counter(side.told)["OverQuota"] == 50 - (60 - 13 - 1)
    kept = side.kept()
    assert (kept["ports"] - before["ports"], kept["used"]) == (60, {"port": 60})
    assert kept["addresses"][0] - before["addresses"][0] == 13


async def test_the_second_port_of_a_network_is_one_statement(stores: tuple[Store, Store]) -> None:
    """What was seen of the network is not read again, and the statement is a transaction of its own."""
    side = Side(stores[1])
    await side.fill()
    ran: list[str] = []
    event.listen(side.store.engine, "before_cursor_execute", lambda *told: ran.append(told[2]))
    for network in (1, 0):
        await side.ask(network, {})
        ran.clear()
        (made,) = await side.service.create_ports(MEMBER, [PortCreate(network_id=side.networks[network].id)])
        assert [statement.partition("(")[0] for statement in ran] == ["SELECT address FROM add_port"]
        assert await side.service.port(MEMBER, made.id) == made


async def test_what_a_port_is_kept_with_is_kept_or_undone_with_it(stores: tuple[Store, Store]) -> None:
    side = Side(stores[1])
    await side.fill()
    await side.ask(1, {})
    before = side.kept()

    def keep(_connection: Connection, _made: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await side.service.create_ports(MEMBER, [PortCreate(network_id=side.networks[1].id)], keep)
    assert side.kept() == before


async def test_a_port_goes_by_the_network_as_it_is(stores: tuple[Store, Store]) -> None:
    """Another process changes the network, its subnets and the default group after they were seen."""
    side, other = Side(stores[1]), LocalNetworkService(stores[1], SystemClock())
    await side.fill()
    network = side.networks[0].id

    there: list[Port] = []

    async def port() -> Port:
        (made,) = await side.service.create_ports(MEMBER, [PortCreate(network_id=network)])
        there.append(made)
        return made

    async def remove_all() -> None:
        while there:
            await other.delete_port(MEMBER, there.pop().id)

    assert (await port()).port_security_enabled
    await other.update_network(MEMBER, network, NetworkUpdate(port_security_enabled=False))
    assert not (await port()).port_security_enabled
    await other.update_network(MEMBER, network, NetworkUpdate(port_security_enabled=True))
    first = (await port()).security_group_ids

    (subnet,) = await other.create_subnets(MEMBER, [SubnetCreate(network_id=network, ip_version=4, cidr="10.5.0.0/24")])
    made = await port()
    assert [fixed.subnet_id for fixed in made.fixed_ips] == [subnet.id]
    await remove_all()
    narrow = AllocationPool("10.5.0.77", "10.5.0.77")
    await other.update_subnet(MEMBER, subnet.id, SubnetUpdate(allocation_pools=[narrow]))
    made = await port()
    assert [fixed.ip_address for fixed in made.fixed_ips] == [narrow.start]
    with pytest.raises(IpAddressGenerationFailure):
        await port()

    await remove_all()
    await other.delete_subnet(MEMBER, subnet.id)
    assert (await port()).fixed_ips == ()
    await remove_all()
    await other.delete_security_group(ADMIN, first[0])
    assert (await port()).security_group_ids not in {first, ()}


async def test_who_may_no_longer_use_a_network_is_told_so(stores: tuple[Store, Store]) -> None:
    side, other = Side(stores[1]), LocalNetworkService(stores[1], SystemClock())
    await side.fill()
    network = side.networks[1].id
    stranger = msgspec.structs.replace(MEMBER, project_id=ProjectId("stranger"))
    await other.update_network(ADMIN, network, NetworkUpdate(shared=True))
    for _ in range(2):
        (made,) = await side.service.create_ports(stranger, [PortCreate(network_id=network)])
        await other.delete_port(stranger, made.id)
    await other.update_network(ADMIN, network, NetworkUpdate(shared=False))
    with pytest.raises(NetworkNotFound):
        await side.service.create_ports(stranger, [PortCreate(network_id=network)])
    await other.update_network(ADMIN, network, NetworkUpdate(shared=True))
    (made,) = await side.service.create_ports(stranger, [PortCreate(network_id=network)])
    assert await side.service.list_ports(stranger, ListRequest()) == (made,)


async def test_a_port_waits_for_who_changes_its_network(stores: tuple[Store, Store], postgresql: Any) -> None:
    """A change that is not committed yet is in no revision: the statement waits for it, and then sees it."""
    side = Side(stores[1])
    await side.fill()
    network = side.networks[1].id
    await side.ask(1, {})
    locked, go_on = threading.Event(), threading.Event()

    def change(connection: Connection) -> None:
        networks.update(
            connection, MEMBER, network, NetworkUpdate(port_security_enabled=False), NetworkSettings(), 5, None
        )
        locked.set()
        assert go_on.wait(60)

    changing = asyncio.create_task(side.store.write(change))
    assert await asyncio.to_thread(locked.wait, 60)
    making = asyncio.create_task(side.service.create_ports(MEMBER, [PortCreate(network_id=network)]))
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%add_port%'"
    for _ in range(1000):
        if side.store.read_now(lambda connection: connection.exec_driver_sql(waiting.replace("%", "%%")).scalar()):
            break
        await asyncio.sleep(0.01)
    else:
        pytest.fail("nothing waits for the change")
    go_on.set()
    await changing
    (made,) = await making
    assert not made.port_security_enabled


async def test_a_port_that_has_no_place_leaves_nothing(stores: tuple[Store, Store]) -> None:
    """A MAC that is taken, and a stretch without a free address: no row, and the transaction goes on."""
    side = Side(stores[1])
    await side.fill()
    (made,) = await side.service.create_ports(MEMBER, [PortCreate(network_id=side.networks[1].id, name="first")])
    (fixed,) = made.fixed_ips
    packed = bytes(int(part) for part in fixed.ip_address.split("."))
    stretch = one_port.Stretch(fixed.subnet_id, packed, packed)
    bare = msgspec.structs.replace(made, id=made.id[::-1], fixed_ips=())

    before = side.kept()

    def work(connection: Connection) -> None:
        assert one_port.add(connection, bare, None) is None
        assert one_port.add(connection, msgspec.structs.replace(bare, mac_address="02:00:00:00:00:09"), stretch) is None

    await side.store.write(work)
    assert side.kept() == before
