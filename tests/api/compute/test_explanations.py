"""Why a server or a port is as it is: for its project and for admins, and as if it were not there for all others."""

from typing import Any

import httpx

from berthline.domain.ids import HostName, new_id
from berthline.store.compute import hosts
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

WELL = ["nothing is in its way: it is as its owner wants it"]


async def explained(client: httpx.AsyncClient, object_id: str) -> dict[str, Any]:
    answer = await client.get(f"/berthline/v1/explanations/{object_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["explanation"]
    return found


async def port_of(ground: Ground, server: str) -> str:
    answer = await ground.red.get(f"/compute/v2.1/servers/{server}/os-interface", headers=LATEST)
    (found,) = answer.json()["interfaceAttachments"]
    return str(found["port_id"])


async def test_a_server_that_is_well_and_its_port(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    await world.rest()
    found = await explained(ground.red, server)
    assert (found["kind"], found["reasons"]) == ("server", WELL)
    assert (found["server"]["vm_state"], found["server"]["wanted"], found["work"]) == ("active", "running", [])
    assert [one["action"] for one in found["actions"]] == ["create"]
    assert {"host", "postponed"}.isdisjoint(found)
    (port,) = found["ports"]
    assert (port["projected"], port["in_dataplane"], port["up"]) == (True, True, True)
    assert "binding" not in port
    seen = await explained(ground.admin, server)
    assert seen["host"]["up"] is True
    (port,) = seen["ports"]
    assert port["binding"]["chassis"] == port["binding"]["chassis_wanted"] == seen["host"]["chassis"]
    found = await explained(ground.red, port["id"])
    assert (found["kind"], found["reasons"], found["port"]["id"]) == ("port", WELL, port["id"])


async def test_work_that_waits_for_a_host_that_is_away(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    await world.rest()
    schedule = world.away()
    answer = await ground.red.post(f"/compute/v2.1/servers/{server}/action", json={"os-stop": None}, headers=LATEST)
    assert answer.status_code == 202
    host = HostName((await explained(ground.admin, server))["host"]["name"])
    await world.store.write(lambda connection: hosts.set_up(connection, host, False, 1))
    found = await explained(ground.red, server)
    assert "its host does not answer: what is asked of the server waits" in found["reasons"]
    (work,) = found["work"]
    assert found["reasons"][0].startswith(f"{work['kind']} is under way since 0 s, at ")
    assert "id" not in work
    seen = await explained(ground.admin, server)
    assert seen["work"][0]["place"] == host
    assert f"its host {host} does not answer: what is asked of the server waits" in seen["reasons"]
    schedule.end()
    await world.store.write(lambda connection: hosts.set_up(connection, host, True, 1))
    await world.settle()


async def test_what_the_data_plane_does_not_say_is_not_made_up(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    await world.rest()
    port = await port_of(ground, server)
    dataplane: Any = world.outside.dataplane
    dataplane.reachable = False
    try:
        found = await explained(ground.red, port)
    finally:
        dataplane.reachable = True
    assert found["reasons"] == ["the data plane does not answer, so nothing is known of it there"]
    assert (found["port"]["in_dataplane"], found["port"]["up"]) == (None, None)


async def test_another_projects_things_are_as_if_they_were_not_there(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    port = await port_of(ground, server)
    for thing in (server, port):
        answer = await ground.blue.get(f"/berthline/v1/explanations/{thing}")
        never = await ground.blue.get(f"/berthline/v1/explanations/{new_id()}")
        assert answer.status_code == never.status_code == 404
        assert answer.json()["error"]["message"] == f"There is no server and no port {thing}."
        assert (await ground.reader.get(f"/berthline/v1/explanations/{thing}")).status_code == 200
