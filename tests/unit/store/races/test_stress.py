"""Two stores, some threads each, that make and delete at random what a project may have. Afterwards all is counted.

The seed is printed and replays the choices, though not how the threads meet.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import combinations
from typing import Any, Final

from sqlalchemy import func, select

from berthline.domain.errors import BerthlineError
from berthline.domain.ids import HostName
from berthline.domain.network import Network
from berthline.network import floating_ips, security_groups
from berthline.network.ports import ports
from berthline.network.requests import FloatingIpCreate, PortUpdate, RouterInterfaceAsked, SecurityGroupRuleCreate
from berthline.network.routers import routers
from berthline.network.routers.legs import overlap
from berthline.network.subnets import subnets
from berthline.store import Connection, Store
from berthline.store.compute import hosts
from berthline.store.control import quotas
from berthline.store.control.leaks import stored_leaks
from berthline.store.network import networks as network_rows
from berthline.store.network import routers as router_rows
from berthline.store.network import subnets as subnet_rows
from berthline.store.tables import network as tables
from tests.unit.store.races.beside import Beside
from tests.unit.store.races.cloud import (
    AT,
    HOST,
    MEMBER,
    PROJECT,
    new_group,
    new_network,
    new_port,
    new_router,
    new_subnet,
    outside,
)

SEED: Final = int(os.environ.get("BERTHLINE_RACE_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)
THREADS: Final = 3
"""Of each store."""
STEPS: Final = int(os.environ.get("BERTHLINE_RACE_STEPS", "40"))
EXPECTED: Final = range(400, 500)
"""What a request may be told: never a fault of the server's."""

Step = Callable[[Connection, random.Random], object]


def _ids(connection: Connection, column: Any) -> list[str]:
    return list(connection.execute(select(column)).scalars())


def _some(connection: Connection, chance: random.Random, column: Any) -> str:
    """One of the things there are, or one that never was."""
    return chance.choice(_ids(connection, column) or ["none"])


def _seeded(connection: Connection, step: Step, seed: float) -> None:
    """The same choices whenever it is run again, of what there is then."""
    step(connection, random.Random(seed))


def steps(nets: list[Network], out: Network) -> list[Step]:
    """What a thread does next, each as likely."""
    return [*_of_networks(nets), *_of_routers(out), make_group, make_rule, delete_group]


def _of_networks(nets: list[Network]) -> list[Step]:
    def make_port(connection: Connection, chance: random.Random) -> object:
        groups = _ids(connection, tables.security_groups.c.id)
        wanted = chance.sample(groups, min(len(groups), chance.randrange(3)))
        named: dict[str, Any] = {"security_groups": wanted} if wanted else {}
        return new_port(connection, chance.choice(nets), **named)

    def change_port(connection: Connection, chance: random.Random) -> object:
        port = _some(connection, chance, tables.ports.c.id)
        return ports.update(connection, MEMBER, port, PortUpdate(name=str(chance.random())), AT)

    def delete_port(connection: Connection, chance: random.Random) -> object:
        return ports.delete(connection, MEMBER, _some(connection, chance, tables.ports.c.id), AT)

    def make_subnet(connection: Connection, chance: random.Random) -> object:
        cidr = f"10.{chance.randrange(3)}." + chance.choice(["0.0/16", "0.0/17", "128.0/17", "0.0/24"])
        return new_subnet(connection, chance.choice(nets), cidr)

    def delete_subnet(connection: Connection, chance: random.Random) -> None:
        subnets.delete(connection, MEMBER, _some(connection, chance, tables.subnets.c.id), AT)

    return [make_port, make_port, change_port, delete_port, make_subnet, delete_subnet]


def _of_routers(out: Network) -> list[Step]:
    def make_router(connection: Connection, chance: random.Random) -> object:
        return new_router(connection, out if chance.random() < 0.7 else None)

    def delete_router(connection: Connection, chance: random.Random) -> None:
        routers.delete(connection, MEMBER, _some(connection, chance, tables.routers.c.id), AT, None)

    def leg(connection: Connection, chance: random.Random) -> object:
        router = _some(connection, chance, tables.routers.c.id)
        asked = RouterInterfaceAsked(subnet_id=_some(connection, chance, tables.subnets.c.id))
        change = chance.choice([routers.add_interface, routers.add_interface, routers.remove_interface])
        return change(connection, MEMBER, router, asked, AT)

    def make_floating(connection: Connection, chance: random.Random) -> object:
        port = _some(connection, chance, tables.ports.c.id)
        asked = FloatingIpCreate(floating_network_id=out.id, port_id=port)
        bare = FloatingIpCreate(floating_network_id=out.id)
        return floating_ips.create(connection, MEMBER, chance.choice([asked, bare]), AT)

    def delete_floating(connection: Connection, chance: random.Random) -> None:
        floating_ips.delete(connection, MEMBER, _some(connection, chance, tables.floating_ips.c.id), AT, None)

    return [make_router, delete_router, leg, leg, make_floating, delete_floating]


def make_group(connection: Connection, chance: random.Random) -> object:
    return new_group(connection, str(chance.randrange(9)))


def make_rule(connection: Connection, chance: random.Random) -> object:
    group = _some(connection, chance, tables.security_groups.c.id)
    remote = _some(connection, chance, tables.security_groups.c.id)
    rule = SecurityGroupRuleCreate(security_group_id=group, direction="ingress", remote_group_id=remote)
    return security_groups.create_rules(connection, MEMBER, [rule], AT)


def delete_group(connection: Connection, chance: random.Random) -> None:
    security_groups.delete(connection, MEMBER, _some(connection, chance, tables.security_groups.c.id), AT)


def test_all_is_counted_after_two_processes_did_what_they_liked(beside: Beside) -> None:
    print(f"BERTHLINE_RACE_SEED={SEED}")
    out = beside.one.write_now(outside)
    nets = [beside.one.write_now(new_network) for _ in range(2)]
    beside.one.write_now(lambda c: quotas.set_limits(c, PROJECT, {"port": 12, "security_group": 5, "router": 4}))
    told: Counter[str] = Counter()

    def work(store: Store, number: int) -> Counter[str]:
        chance = random.Random(SEED + number)
        heard: Counter[str] = Counter()
        for _ in range(STEPS):
            step = chance.choice(steps(nets, out))
            seed = chance.random()
            try:
                store.write_now(partial(_seeded, step=step, seed=seed))
                heard["done"] += 1
            except BerthlineError as error:
                heard[f"{error.status} {type(error).__name__}"] += 1
        return heard

    with ThreadPoolExecutor(2 * THREADS) as threads:
        stores = [beside.one, beside.other] * THREADS
        for heard in threads.map(work, stores, range(len(stores))):
            told += heard
    print(dict(told), "run again:", beside.one.retries + beside.other.retries)
    assert told["done"] > STEPS
    assert all(kind == "done" or int(kind[:3]) in EXPECTED for kind in told), told
    assert beside.other.read_now(stored_leaks) == ()
    beside.other.read_now(lambda c: check(c, nets))


def check(connection: Connection, nets: list[Network]) -> None:
    """What no constraint of the database says."""
    used, limits = (
        ask(connection, PROJECT, ["port", "router", "security_group"]) for ask in (quotas.used, quotas.limits)
    )
    assert all(used[name] <= limits[name] for name in used), (used, limits)
    for held in subnet_rows.of_networks(connection, [net.id for net in nets]).values():
        assert not any(overlap(one.cidr, other.cidr) for one, other in combinations(held, 2))
    for router_id in _ids(connection, tables.routers.c.id):
        legs = router_rows.interfaces(connection, router_id)
        assert not any(overlap(one.cidr, other.cidr) for one, other in combinations(legs, 2))
    doubled = (
        select(tables.ports.c.network_id)
        .where(tables.ports.c.device_owner == "network:distributed")
        .group_by(tables.ports.c.network_id)
        .having(func.count() > 1)
    )
    assert connection.execute(doubled).all() == []
    lost = select(tables.floating_ips.c.id).where(
        tables.floating_ips.c.fixed_port_id.is_not(None),
        ~select(tables.addresses.c.ip)
        .where(
            tables.addresses.c.port_id == tables.floating_ips.c.fixed_port_id,
            tables.addresses.c.ip == tables.floating_ips.c.fixed_ip,
        )
        .exists(),
    )
    assert connection.execute(lost).all() == []
    assert all(network_rows.get(connection, net.id) is not None for net in nets)


def test_a_host_holds_what_it_can_whoever_claims(beside: Beside) -> None:
    def claim(store: Store, _number: int) -> int:
        return sum(store.write_now(lambda c: hosts.claim(c, HOST, 1, 128, 1, AT)) for _ in range(5))

    with ThreadPoolExecutor(2 * THREADS) as threads:
        stores = [beside.one, beside.other] * THREADS
        claimed = sum(threads.map(claim, stores, range(len(stores))))
    try:
        assert claimed == 2
    finally:
        for _ in range(claimed):
            beside.one.write_now(lambda c: hosts.release(c, HostName(HOST), 1, 128, 1, AT))
