"""Servers, hosts, sagas and keys, changed by two processes that do not know of each other."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import update

from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.clock import SystemClock
from berthline.domain.compute import Keypair, RequestedNetwork, Server
from berthline.domain.errors import (
    BerthlineError,
    FlavorExists,
    Forbidden,
    InstanceInvalidState,
    KeyPairExists,
    PortInUse,
    QuotaExceeded,
)
from berthline.domain.ids import HostName, ImageId, SagaId, ServerId, new_id, new_request_id
from berthline.domain.image import Image
from berthline.domain.network import Network
from berthline.network.nics.in_store import StoreNetworkService
from berthline.network.ports import ports
from berthline.saga import Engine
from berthline.saga.log import SagaRecord
from berthline.saga.worker import Holder, Worker
from berthline.store import Connection, Store
from berthline.store.compute import flavors, keypairs
from berthline.store.compute import hosts as host_rows
from berthline.store.compute.servers import console_tokens, servers
from berthline.store.compute.servers.console_tokens import ConsoleToken
from berthline.store.control import idempotency, quotas
from berthline.store.control.idempotency import AlreadyDone, Kept, Keyed
from berthline.store.control.sagas import StoredSagaLog, insert_saga, unfinished
from berthline.store.control.workers import StoredWorkers
from berthline.store.dataplane import outbox
from berthline.store.engine.changes import mark_for_projection
from berthline.store.images import images
from berthline.store.network.nics import nics as server_nics
from berthline.store.tables.compute import hosts
from berthline.store.tables.control import sagas
from berthline.workflows.compute import Compute
from berthline.workflows.consoles.consoles import TOKENS_OF_A_PROJECT, TOKENS_OF_A_SERVER
from berthline.workflows.definitions import definitions
from berthline.workflows.outside import Outside
from berthline.workflows.requests import NetworksAsked, ServerRequest
from tests.unit.store.races.beside import Beside
from tests.unit.store.races.cloud import (
    AT,
    FLAVOR,
    MEMBER,
    PROJECT,
    new_port,
    only_one,
    with_subnet,
)

IMAGE = ImageId("11111111-1111-4111-8111-111111111111")
CLOCK = SystemClock()


class NoImages:
    """Nothing is built here: what is claimed is all that is looked at."""

    def read(self, image_id: ImageId) -> Any:
        raise AssertionError(f"image {image_id} is not read")

    async def fill(self, image_id: ImageId, chunks: object) -> None:
        raise AssertionError(f"image {image_id} is not made")


def compute(store: Store) -> Compute:
    """The compute service of one process, of which no engine runs."""
    plane = SimulatedDataplane()
    network = StoreNetworkService(store, CLOCK, plane)
    outside = Outside(store=store, clock=CLOCK, dataplane=plane, network=network, hypervisors={}, images=NoImages())
    worker = Worker(StoredWorkers(store), new_id())
    engine: Engine[Connection] = Engine(StoredSagaLog(store), definitions(outside), CLOCK, worker=worker)
    return Compute(outside, engine)


def request(network: Network | None = None, **fields: Any) -> ServerRequest:
    networks: NetworksAsked = "none" if network is None else (RequestedNetwork(network_id=network.id),)
    return ServerRequest(name="one", image_id=IMAGE, flavor_id=FLAVOR.id, networks=networks, **fields)


def run(verb: str, *arguments: Any, **named: Any) -> Any:
    """What calls a verb of compute, in an event loop of its own, and hands no saga to an engine."""

    def on(store: Store) -> Any:
        async def call() -> Any:
            service = compute(store)
            target: Any = service
            for part in verb.split("."):
                target = getattr(target, part)
            asked, *rest = arguments
            asked = msgspec.structs.replace(asked, request_id=new_request_id())
            return await target(asked, *rest, **named)

        return asyncio.run(call())

    return on


def image(connection: Connection) -> None:
    made = Image(
        id=IMAGE,
        project_id=PROJECT,
        name="image",
        status="active",
        visibility="public",
        container_format="bare",
        disk_format="raw",
        min_disk=0,
        min_ram=0,
        size=1,
        virtual_size=1,
        checksum="",
        sha512="0" * 128,
        protected=False,
        hidden=False,
        properties={},
        null_properties=(),
        tags=(),
        revision=0,
        created_at=AT,
        updated_at=AT,
    )
    images.insert_image(connection, made)


def booted(beside: Beside, network: Network | None = None) -> Server:
    """A server that is at rest."""
    beside.one.write_now(image)
    return one_more(beside, network)


def one_more(beside: Beside, network: Network | None = None) -> Server:
    """Another one of the same image."""
    made: tuple[Server, ...] = run("create", MEMBER, request(network))(beside.one)
    server = made[0]

    def rest(connection: Connection) -> None:
        servers.activate(connection, server.id, AT)
        servers.set_states(connection, server.id, task_state=None, at=AT)
        for saga in unfinished(connection, server.id):
            end(connection, saga)

    beside.one.write_now(rest)
    return server


def end(connection: Connection, saga: SagaRecord) -> None:
    connection.execute(update(sagas).where(sagas.c.id == saga.id).values(state="done"))


def kinds(beside: Beside, server_id: ServerId) -> list[str]:
    return [saga.kind for saga in beside.one.read_now(lambda c: unfinished(c, server_id))]


def test_a_server_is_deleted_once(beside: Beside) -> None:
    server = booted(beside)
    delete = run("delete", MEMBER, server.id)
    assert beside.race_runs(delete, delete).errors == []
    assert kinds(beside, server.id) == ["server_delete"]


def test_one_thing_is_done_to_a_server_at_a_time(beside: Beside) -> None:
    server = booted(beside)
    ends = beside.race_runs(
        run("actions.begin", MEMBER, server.id, "stop"), run("actions.begin", MEMBER, server.id, "hard_reboot")
    )
    only_one(ends, InstanceInvalidState)
    assert len(kinds(beside, server.id)) == 1


def test_an_action_and_the_end_of_another_do_not_wait_for_each_other(beside: Beside) -> None:
    server = booted(beside)
    run("actions.begin", MEMBER, server.id, "pause")(beside.one)
    beside.one.write_now(lambda c: c.execute(update(hosts).values(owner="one")))
    (saga,) = asyncio.run(StoredSagaLog(beside.one).claim(Holder("one", 1), 1))

    def end_of_pause(store: Store, hold: Callable[[], None]) -> None:
        def paused(connection: Connection) -> None:
            hold()
            servers.set_states(connection, server.id, vm_state="paused", task_state=None, power_state=3, at=AT)

        ended = msgspec.structs.replace(saga, state="done", position=saga.position + 1)
        asyncio.run(StoredSagaLog(store).move(saga, ended, inside=paused))

    ends = beside.race_inside(end_of_pause, run("actions.begin", MEMBER, server.id, "hard_reboot"))
    assert ends.errors == []
    assert kinds(beside, server.id) == ["server_hard_reboot"]
    assert (beside.one.retries, beside.other.retries) == (0, 0), "one of them was ended by the database, and run again"


def test_nothing_is_attached_to_a_server_that_is_being_deleted(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)
    server = booted(beside)
    wanted = RequestedNetwork(network_id=network.id)
    ends = beside.race_runs(run("delete", MEMBER, server.id), run("interfaces.attach", MEMBER, server.id, wanted))
    assert ends.first is None
    left = beside.one.read_now(lambda c: unfinished(c, server.id))
    assert [saga.kind for saga in left if not saga.cancel_requested] == ["server_delete"]


def test_two_nics_have_places_of_their_own(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)
    server = booted(beside)
    attach = run("interfaces.attach", MEMBER, server.id, RequestedNetwork(network_id=network.id))
    assert beside.race_runs(attach, attach).errors == []
    assert len(beside.one.read_now(lambda c: server_nics.in_order(c, server.id))) == 2


def test_a_port_becomes_one_servers(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)
    port = beside.one.write_now(lambda c: new_port(c, network))
    beside.one.write_now(image)
    asked = ServerRequest(
        name="one", image_id=IMAGE, flavor_id=FLAVOR.id, networks=(RequestedNetwork(port_id=port.id),)
    )
    only_one(beside.race_runs(run("create", MEMBER, asked), run("create", MEMBER, asked)), PortInUse)


def test_a_port_is_deleted_or_becomes_a_servers(beside: Beside) -> None:
    network, _ = beside.one.write_now(with_subnet)
    port = beside.one.write_now(lambda c: new_port(c, network))
    beside.one.write_now(image)
    asked = ServerRequest(
        name="one", image_id=IMAGE, flavor_id=FLAVOR.id, networks=(RequestedNetwork(port_id=port.id),)
    )
    ends = beside.race_runs(
        run("create", MEMBER, asked), lambda store: store.write_now(lambda c: ports.delete(c, MEMBER, port.id, AT))
    )
    assert all(isinstance(error, BerthlineError) and error.status == 400 for error in ends.errors), ends


def test_the_last_room_of_a_host_is_one_servers(beside: Beside) -> None:
    booted(beside)
    ends = beside.race_runs(run("create", MEMBER, request()), run("create", MEMBER, request()))
    assert ends.errors == []
    assert sorted(made[0].vm_state for made in ends) == ["building", "error"]


def test_two_boots_do_not_wait_for_the_same_best_host(beside: Beside) -> None:
    booted(beside)

    def empty_hosts(connection: Connection) -> None:
        (known,) = host_rows.candidates(connection)
        for name in ("second", "third"):
            host_rows.upsert(connection, msgspec.structs.replace(known, name=HostName(name), chassis=name), AT)

    beside.one.write_now(empty_hosts)
    ends = beside.race_runs(run("create", MEMBER, request()), run("create", MEMBER, request()))
    assert ends.errors == []
    assert sorted(str(made[0].host) for made in ends) == ["second", "third"]


def test_servers_are_as_many_as_the_quota_allows(beside: Beside) -> None:
    beside.one.write_now(image)
    beside.one.write_now(lambda c: quotas.set_limits(c, PROJECT, {"instances": 1}))
    ends = beside.race_runs(run("create", MEMBER, request()), run("create", MEMBER, request()))
    only_one(ends, QuotaExceeded)


def test_of_several_servers_those_are_made_that_there_is_room_for(beside: Beside) -> None:
    beside.one.write_now(image)
    beside.one.write_now(lambda c: quotas.set_limits(c, PROJECT, {"instances": 3}))
    several = run("create", MEMBER, request(min_count=1, max_count=2))
    ends = beside.race_runs(several, several)
    assert ends.errors == []
    assert sorted(len(made) for made in ends) == [1, 2]


def test_claims_of_sagas_do_not_meet(beside: Beside) -> None:
    def make(connection: Connection) -> None:
        for _ in range(10):
            insert_saga(
                connection,
                kind="k",
                subject_id=new_id(),
                project_id=PROJECT,
                saga_input=Nothing(),
                holder=None,
                at=AT,
            )

    beside.one.write_now(make)

    def claim(owner: str) -> Any:
        return lambda store: asyncio.run(StoredSagaLog(store).claim(Holder(owner, 1), 5))

    ends = beside.race_runs(claim("one"), claim("other"))
    ids: list[SagaId] = [saga.id for found in ends for saga in found]
    assert len(ids) == len(set(ids)) == 10


class Nothing(msgspec.Struct, frozen=True):
    """Input of a saga that does nothing."""


def test_a_change_that_commits_late_is_found(beside: Beside) -> None:
    def mark(unit: str) -> Any:
        return lambda connection: mark_for_projection(connection, "network", unit, 1, AT)

    seen: list[int] = []

    def second(store: Store) -> None:
        store.write_now(mark("later"))
        seen.extend(entry.sequence for entry in store.read_now(lambda c: outbox.waiting(c, 10)))

    assert beside.race_runs(lambda store: store.write_now(mark("earlier")), second).errors == []
    left = beside.one.read_now(lambda c: outbox.waiting(c, 10, seen))
    assert {entry.unit.id for entry in left} | {"later"} == {"earlier", "later"}
    assert len(seen) + len(left) == 2


def test_an_idempotency_key_is_one_requests(beside: Beside) -> None:
    asked = Keyed(user_id=MEMBER.user_id, project_id=PROJECT, roles=frozenset(), key="k", digest="d" * 64)
    keep = partial(idempotency.keep, asked=asked, answer=Kept(status=200, headers={}, body=""), at=AT)
    only_one(beside.race(keep, keep), AlreadyDone)


def test_a_flavor_is_made_once(beside: Beside) -> None:
    made = msgspec.structs.replace(FLAVOR, id="new", name="new")
    add = partial(flavors.add, flavor=made, at=AT)
    only_one(beside.race(add, add), FlavorExists)


def test_a_keypair_is_made_once(beside: Beside) -> None:
    made = Keypair(user_id=MEMBER.user_id, name="k", type="ssh", fingerprint="", public_key="", created_at=AT)
    add = partial(keypairs.add, keypair=made)
    only_one(beside.race(add, add), KeyPairExists)


def test_extra_specs_that_two_add_are_both_there(beside: Beside) -> None:
    def add(**specs: str) -> Any:
        return lambda c: flavors.change_extra_specs(c, FLAVOR.id, lambda before: before | specs)

    assert beside.race(add(one="1"), add(two="2")).errors == []
    found = beside.one.read_now(lambda c: flavors.get(c, FLAVOR.id))
    assert found is not None
    assert found.extra_specs == {"one": "1", "two": "2"}


def test_a_flavor_is_given_to_a_project_once(beside: Beside) -> None:
    grant = partial(flavors.grant, flavor_id=FLAVOR.id, project_id=PROJECT)
    assert sorted(beside.race(grant, grant)) == [False, True]
    ends = beside.race(
        partial(flavors.remove, flavor_id=FLAVOR.id), partial(flavors.revoke, flavor_id=FLAVOR.id, project_id=PROJECT)
    )
    assert ends.errors == []
    assert beside.one.read_now(lambda c: flavors.access(c, FLAVOR.id)) == ()


def test_a_project_has_no_more_console_tokens_than_it_may(beside: Beside) -> None:
    first, second, third = booted(beside), one_more(beside), one_more(beside)
    token = ConsoleToken(third.id, "vnc", MEMBER.user_id, CLOCK.now() + 60_000_000)
    for number in range(TOKENS_OF_A_PROJECT - 1):
        add = partial(console_tokens.add, token_hash=str(number), token=token, project_id=PROJECT)
        beside.one.write_now(add)
    grants = (run("consoles.grant", MEMBER, server.id, "vnc") for server in (first, second))
    only_one(beside.race_runs(*grants), Forbidden)


def test_a_server_has_no_more_console_tokens_than_it_may(beside: Beside) -> None:
    server = booted(beside)
    until = CLOCK.now() + 60_000_000
    for number in range(TOKENS_OF_A_SERVER - 1):
        token = ConsoleToken(server.id, "vnc", MEMBER.user_id, until)
        add = partial(console_tokens.add, token_hash=str(number), token=token, project_id=PROJECT)
        beside.one.write_now(add)
    grant = run("consoles.grant", MEMBER, server.id, "vnc")
    only_one(beside.race_runs(grant, grant), Forbidden)
    take = partial(console_tokens.take, token_hash="1", server_id=server.id, kind="vnc", at=AT)
    assert sorted(map(str, beside.race(take, take))) == ["None", MEMBER.user_id]
