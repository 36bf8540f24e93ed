"""Claiming an address by one statement is the choice of ``ipam.choose``: the first free one at or after a point."""

import random

from sqlalchemy import insert

from berthline.domain.ids import PortId, SubnetId, new_id
from berthline.ipam.choose import Pool, choose_addresses, stretch_from
from berthline.store import Connection, Store
from berthline.store.network import addresses
from berthline.store.network.addresses import Taken
from berthline.store.tables.network import networks, ports, subnets

STAMPS = {"created_at": 1, "updated_at": 1}
SUBNET = SubnetId("subnet")
FIRST = 0x0A000000
SIX = 0x20010DB8 << 96


def prepare(connection: Connection) -> None:
    network = {"id": "network", "project_id": "p", "mtu": 1500, "network_type": "geneve"}
    connection.execute(insert(networks), {**network, **STAMPS})
    subnet = {"id": SUBNET, "network_id": "network", "project_id": "p", "ip_version": 4, "cidr": "10.0.0.0/8"}
    connection.execute(insert(subnets), {**subnet, "pools": [], **STAMPS})


def port(connection: Connection) -> PortId:
    port_id = PortId(new_id())
    values = {"id": port_id, "network_id": "network", "project_id": "p", "mac_address": port_id[:17], "status": "DOWN"}
    connection.execute(insert(ports), {**values, **STAMPS})
    return port_id


def claim(connection: Connection, first: int, last: int, width: int = 4) -> Taken | None:
    between = (first.to_bytes(width), last.to_bytes(width))
    return addresses.claim(connection, SUBNET, between, port(connection), 0)


def test_it_is_the_choice_of_ipam_until_the_stretch_is_full(store: Store) -> None:
    chance = random.Random(7)
    pool = Pool(FIRST + 1, FIRST + 60)

    def work(connection: Connection) -> int:
        prepare(connection)
        refused = 0
        for _ in range(400):
            stretch = stretch_from([pool], chance.randrange(pool.size))
            expected = choose_addresses([stretch], addresses.used_in(connection, SUBNET, 4), 0)
            taken = claim(connection, *stretch)
            if taken is None:
                assert expected == []
                refused += 1
            else:
                octet = expected[0] - FIRST
                assert taken.ip == f"10.0.0.{octet}"
                assert addresses.owner(connection, SUBNET, taken.ip) == taken.port_id
        return refused

    assert store.write_now(work) == 340  # each of the 60 addresses was taken once


def test_ipv6_to_the_last_address(store: Store) -> None:
    def work(connection: Connection) -> None:
        prepare(connection)
        last = SIX | (1 << 96) - 1
        assert claim(connection, last - 1, last, 16) is not None
        second = claim(connection, last - 1, last, 16)
        assert second is not None
        assert second.ip == "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"
        assert claim(connection, last - 1, last, 16) is None

    store.write_now(work)
