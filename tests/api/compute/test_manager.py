"""The manager of a project: more than a member there, and no more than a stranger elsewhere."""

from berthline.api.compute.rights import RIGHTS, Right
from tests.api.builder import Cloud, login
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

V3 = "/identity/v3"
ROOT = "/compute/v2.1"


async def test_a_manager_moves_the_servers_of_his_own_project(cloud: Cloud, ground: Ground, world: World) -> None:
    red, blue = cloud.people["red-member"], cloud.people["blue-member"]
    path = f"{V3}/projects/{red.project_id}/users/{blue.user_id}/roles/{cloud.roles['manager']}"
    assert (await ground.admin.put(path)).status_code == 204
    scope = {"project": {"id": red.project_id}}
    token = await cloud.anonymous().post(f"{V3}/auth/tokens", json=login(blue.name, blue.password, scope=scope))
    assert [role["name"] for role in token.json()["token"]["roles"]] == ["manager", "member", "reader"]
    manager = cloud.anonymous(**{"x-auth-token": token.headers["x-subject-token"]}, **LATEST)
    server = await ground.boot(world)
    migrate, lists = f"{ROOT}/servers/{server}/action", f"{ROOT}/os-migrations?project_id={red.project_id}"
    assert [
        (await ground.red.post(migrate, json={"migrate": None}, headers=LATEST)).status_code,
        (await ground.red.get(lists, headers=LATEST)).status_code,
    ] == [403, 403]
    named = await manager.post(migrate, json={"migrate": {"host": "host-a"}})
    assert named.status_code == 403, "where it goes is for admins to say"
    assert (await manager.post(migrate, json={"migrate": None})).status_code == 202
    await world.settle()
    (seen,) = (await manager.get(lists)).json()["migrations"]
    assert (seen["instance_uuid"], seen["status"], "source_compute" in seen) == (server, "finished", True)
    assert (await manager.get(f"{ROOT}/os-migrations?project_id={blue.project_id}")).status_code == 403
    assert (await manager.get(f"{ROOT}/os-migrations")).status_code == 403
    confirmed = await manager.post(migrate, json={"confirmResize": None})
    assert confirmed.status_code == 204, "a manager is a member"
    own = await cloud.client_for("blue-member")
    assert (await own.post(migrate, json={"migrate": None}, headers=LATEST)).status_code in {403, 404}
    assert (await own.get(f"{ROOT}/os-migrations?project_id={blue.project_id}", headers=LATEST)).status_code == 403
    for admins in ("os-hypervisors", "os-services", "os-aggregates"):
        assert (await manager.get(f"{ROOT}/{admins}")).status_code == 403
    assert (await manager.get(f"{V3}/users")).status_code == 403


def test_rights_of_managers_are_those_of_nova() -> None:
    prefix = "os_compute_api:"
    assert {rule.removeprefix(prefix) for rule, right in RIGHTS.items() if right is Right.MANAGER} == {
        "os-migrate-server:migrate",
        "os-migrate-server:migrate_live",
        "os-migrations:index",
        "servers:migrations:delete",
        "servers:migrations:force_complete",
        "servers:migrations:index",
    }
