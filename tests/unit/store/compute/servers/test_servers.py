"""Servers, hosts, flavors and keypairs in the database."""

import asyncio
from typing import Any

import pytest

from berthline.domain.compute import Fault, Keypair, ServerAction
from berthline.domain.errors import FlavorExists, KeyPairExists
from berthline.domain.ids import HostName, ProjectId, RequestId, SagaId, ServerId, UserId
from berthline.store import Store
from berthline.store.compute import flavors, hosts, keypairs
from berthline.store.compute.servers import actions as server_actions
from berthline.store.compute.servers import servers
from tests.unit.store.compute.values import FLAVOR, make_host, make_server


def test_a_server_reads_back_as_it_was_written(store: Store) -> None:
    server = make_server(
        metadata={"a": "b"},
        tags=("x", "y"),
        locked=True,
        locked_reason="audit",
        scheduler_hints={"same_host": ["one"]},
        description="what",
        user_data="dXNlcg==",
        fault=Fault(code=500, message="no", details="", created_at=5),
    )
    store.write_now(lambda connection: servers.insert(connection, server))
    assert store.read_now(lambda connection: servers.get(connection, server.id)) == server
    other = ProjectId("project-2")
    assert store.read_now(lambda connection: servers.get(connection, server.id, project_id=other)) is None


def test_states_move_only_from_what_is_expected(store: Store) -> None:
    server = make_server()
    store.write_now(lambda connection: servers.insert(connection, server))

    def move(**how: Any) -> bool:
        return store.write_now(lambda connection: servers.set_states(connection, server.id, at=2_000, **how))

    assert not move(expected_vm_states=("active",), vm_state="stopped")
    assert not move(expected_task_state=None, vm_state="active")
    assert move(expected_vm_states=("building",), expected_task_state="scheduling", task_state="spawning")
    assert move(expected_revision=1, vm_state="active", task_state=None, power_state=1, launched_at=7)
    assert not move(expected_revision=1, vm_state="error")
    read = store.read_now(lambda connection: servers.get(connection, server.id))
    assert read is not None
    assert (read.vm_state, read.task_state, read.power_state, read.launched_at) == ("active", None, 1, 7)
    assert (read.revision, read.updated_at) == (2, 2_000)


def test_a_boot_that_ends_leaves_a_delete_that_came_meanwhile(store: Store) -> None:
    one, two = make_server(task_state="spawning"), make_server(task_state="deleting")
    for server in (one, two):
        store.write_now(lambda connection, server=server: servers.insert(connection, server))  # type: ignore[misc]
        store.write_now(lambda connection, server=server: servers.activate(connection, server.id, 5))  # type: ignore[misc]
    read = store.read_now(lambda connection: servers.get_many(connection, [one.id, two.id]))
    by_id = {server.id: server for server in read}
    assert (by_id[one.id].vm_state, by_id[one.id].task_state, by_id[one.id].launched_at) == ("active", None, 5)
    assert (by_id[two.id].vm_state, by_id[two.id].task_state) == ("active", "deleting")
    fault = Fault(code=500, message="no", details="why", created_at=6)
    assert store.write_now(lambda connection: servers.fail(connection, one.id, fault, 6))
    failed = store.read_now(lambda connection: servers.get(connection, one.id))
    assert failed is not None
    assert (failed.vm_state, failed.fault) == ("error", fault)


def test_a_deleted_server_is_gone_once(store: Store) -> None:
    server = make_server()
    store.write_now(lambda connection: servers.insert(connection, server))
    assert store.write_now(lambda connection: servers.mark_deleted(connection, server.id, 9))
    assert not store.write_now(lambda connection: servers.mark_deleted(connection, server.id, 9))
    assert store.read_now(lambda connection: servers.get(connection, server.id)) is None
    assert not store.write_now(lambda connection: servers.set_host(connection, server.id, HostName("h"), 9))


async def test_a_host_is_never_claimed_beyond_its_room(store: Store) -> None:
    host = make_host()
    await store.write(lambda connection: hosts.upsert(connection, host, 1))
    claims = await asyncio.gather(
        *(store.write(lambda connection: hosts.claim(connection, host.name, 1, 300, 1, 2)) for _ in range(20))
    )
    assert sum(claims) == 3
    full = await store.read(lambda connection: hosts.get(connection, host.name))
    assert full is not None
    assert (full.vcpus_used, full.memory_mb_used, full.disk_gb_used, full.running_vms) == (3, 900, 3, 3)
    await store.write(lambda connection: hosts.release(connection, host.name, 1, 300, 1, 3))
    assert await store.write(lambda connection: hosts.claim(connection, host.name, 1, 300, 1, 4))


def test_facts_seen_again_leave_claims_and_operators_alone(store: Store) -> None:
    store.write_now(lambda connection: hosts.upsert(connection, make_host(), 1))
    store.write_now(lambda connection: hosts.claim(connection, HostName("host-1"), 1, 64, 1, 2))
    store.write_now(lambda connection: hosts.set_service(connection, HostName("host-1"), 3, enabled=False))
    store.write_now(lambda connection: hosts.upsert(connection, make_host(vcpus=8), 4))
    (host,) = store.read_now(hosts.candidates)
    assert (host.vcpus, host.vcpus_used, host.enabled, host.seen_at) == (8, 1, False, 4)
    assert not store.write_now(lambda connection: hosts.claim(connection, HostName("host-1"), 1, 64, 1, 5))


def test_flavors_show_to_those_who_may_see_them(store: Store) -> None:
    hidden = FLAVOR.__class__(id="7", name="hidden", vcpus=2, ram=128, disk=0, is_public=False)  # type: ignore[arg-type]
    for flavor in (FLAVOR, hidden):
        store.write_now(lambda connection, flavor=flavor: flavors.add(connection, flavor, 1))  # type: ignore[misc]
    with pytest.raises(FlavorExists):
        store.write_now(lambda connection: flavors.add(connection, FLAVOR, 1))
    mine = ProjectId("p")
    seen = store.read_now(lambda connection: flavors.page(connection, visible_to=mine))
    assert seen == (FLAVOR,)
    assert store.write_now(lambda connection: flavors.grant(connection, hidden.id, mine))
    assert not store.write_now(lambda connection: flavors.grant(connection, hidden.id, mine))
    seen = store.read_now(lambda connection: flavors.page(connection, visible_to=mine, sort_key="memory_mb"))
    assert seen == (FLAVOR, hidden)
    page = store.read_now(lambda connection: flavors.page(connection, visible_to=None, after=FLAVOR.id))
    assert page == (hidden,)
    assert store.write_now(lambda connection: flavors.remove(connection, hidden.id))
    assert store.read_now(lambda connection: flavors.access(connection, hidden.id)) == ()


def test_keypairs_belong_to_users(store: Store) -> None:
    keypair = Keypair(
        user_id=UserId("u"), name="k", type="ssh", fingerprint="aa", public_key="ssh-ed25519 AAAA", created_at=1
    )
    store.write_now(lambda connection: keypairs.add(connection, keypair))
    with pytest.raises(KeyPairExists):
        store.write_now(lambda connection: keypairs.add(connection, keypair))
    assert store.read_now(lambda connection: keypairs.get(connection, UserId("v"), "k")) is None
    assert store.read_now(lambda connection: keypairs.page(connection, UserId("u"))) == (keypair,)
    assert store.read_now(lambda connection: keypairs.page(connection, UserId("u"), after="k")) == ()
    assert store.write_now(lambda connection: keypairs.remove(connection, UserId("u"), "k"))
    assert not store.write_now(lambda connection: keypairs.remove(connection, UserId("u"), "k"))


def test_actions_are_listed_newest_first(store: Store) -> None:
    server = make_server()

    def action(request: str, at: int) -> ServerAction:
        return ServerAction(
            server_id=server.id,
            request_id=RequestId(request),
            action="create",
            user_id=server.user_id,
            project_id=server.project_id,
            saga_id=SagaId("saga-" + request),
            message=None,
            started_at=at,
            updated_at=at,
        )

    store.write_now(lambda connection: servers.insert(connection, server))
    for at, request in enumerate(("req-1", "req-2")):
        store.write_now(
            lambda connection, request=request, at=at: server_actions.add(connection, action(request, at))  # type: ignore[misc]
        )
    listed = store.read_now(lambda connection: server_actions.page(connection, server.id))
    assert listed is not None
    assert [(entry.request_id, entry.message) for entry in listed] == [("req-2", None), ("req-1", None)]
    assert store.read_now(lambda connection: server_actions.get(connection, ServerId("x"), RequestId("req-1"))) is None
