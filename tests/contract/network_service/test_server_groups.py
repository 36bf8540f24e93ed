"""addSecurityGroup and removeSecurityGroup, whoever has the networks."""

from typing import Any

import pytest

from berthline.domain.errors import NoUniqueMatch, SecurityGroupCannotBeApplied
from berthline.domain.errors.network import SecurityGroupNotFound
from berthline.domain.ids import ServerId, new_id
from berthline.store import Connection

from .ground import Ground, by, on

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def change(ground: Ground, server_id: ServerId, how: Any, group: str) -> list[str]:
    """Do it; which names were noted."""
    noted: list[str] = []

    def note(_connection: Connection, name: str) -> None:
        noted.append(name)

    await ground.service.change_security_group(ground.project.caller(), server_id, group, how, note)
    return noted


async def groups_of(ground: Ground, *ports: str) -> list[list[str]]:
    found = await ground.project.ports()
    return [found[port]["security_groups"] for port in ports]


async def test_a_group_comes_on_every_nic_and_goes(ground: Ground) -> None:
    network = await ground.project.network()
    web = (await ground.project.make("security_group", name="web"))["id"]
    db = (await ground.project.make("security_group", name="db"))["id"]
    mine = await ground.project.port(network, security_groups=[db])
    server_id, info = await ground.allocate((by(mine), on(network)), "web")
    made = info.vifs[1].id
    assert await groups_of(ground, mine, made) == [[db], [web]]
    assert await change(ground, server_id, "add", "web") == ["web"]
    assert await groups_of(ground, mine, made) == [[db, web], [web]]
    told = await ground.service.security_groups(server_id)
    assert [group.name for group in told] == ["db", "web"]
    assert {rule.direction for rule in told[0].rules} == {"egress"}
    assert await change(ground, server_id, "remove", db) == ["db"]
    assert await groups_of(ground, mine, made) == [[web], [web]]
    assert await change(ground, server_id, "remove", web) == ["web"]
    assert await groups_of(ground, mine, made) == [[], []]
    assert await change(ground, server_id, "add", db) == ["db"]
    assert await groups_of(ground, mine, made) == [[db], [db]]


async def test_refusals_change_nothing(ground: Ground) -> None:
    network = await ground.project.network()
    web = (await ground.project.make("security_group", name="web"))["id"]
    for _ in range(2):
        await ground.project.make("security_group", name="twice")
    other = await ground.new_project()
    theirs = (await other.make("security_group", name="theirs"))["id"]
    open_port = await ground.project.port(network, port_security_enabled=False)
    server_id, info = await ground.allocate((on(network),))
    bare, _ = await ground.allocate("none")
    unsafe, both = await ground.allocate((on(network), by(open_port)))
    ports = [vif.id for vif in (*info.vifs, *both.vifs)]
    before = await groups_of(ground, *ports)
    await ground.project.put(f"ports/{ports[0]}", port={"security_groups": [web]})
    before[0] = [web]
    refusals: list[tuple[ServerId, str, str, type[Exception]]] = [
        (server_id, "add", "nothing", SecurityGroupNotFound),
        (server_id, "add", new_id(), SecurityGroupNotFound),
        (server_id, "add", theirs, SecurityGroupNotFound),
        (server_id, "add", "theirs", SecurityGroupNotFound),
        (server_id, "add", "twice", NoUniqueMatch),
        (server_id, "add", "web", SecurityGroupCannotBeApplied),
        (server_id, "remove", "nothing", SecurityGroupNotFound),
        (server_id, "remove", "default", SecurityGroupNotFound),
        (bare, "add", "web", SecurityGroupNotFound),
        (bare, "remove", "web", SecurityGroupNotFound),
        (unsafe, "add", "web", SecurityGroupCannotBeApplied),
    ]
    for server, how, group, error in refusals:
        with pytest.raises(error):
            await change(ground, server, how, group)
    assert await groups_of(ground, *ports) == before
