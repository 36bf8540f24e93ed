"""os-quota-class-sets: the class default is what every project has that has no limit of its own."""

import pytest

from tests.api.builder import Cloud
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

CLASSES = "/compute/v2.1/os-quota-class-sets"


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


async def test_the_default_class_limits_every_project_without_a_limit_of_its_own(
    ground: Ground, world: World, cloud: Cloud
) -> None:
    project = cloud.people["red-member"].project_id
    quota = f"/compute/v2.1/os-quota-sets/{project}"
    answer = await ground.admin.put(f"{CLASSES}/default", json={"quota_class_set": {"instances": 1, "cores": "-1"}})
    assert (answer.status_code, answer.json()["quota_class_set"]["instances"]) == (200, 1)
    for path in (quota, f"{quota}/defaults"):
        shown = (await ground.red.get(path)).json()["quota_set"]
        assert (shown["instances"], shown["cores"], shown["ram"]) == (1, -1, 51200)
    absolute = (await ground.red.get("/compute/v2.1/limits")).json()["limits"]["absolute"]
    assert (absolute["maxTotalInstances"], absolute["maxTotalCores"]) == (1, -1)
    await ground.boot(world)
    refused = await ground.red.post("/compute/v2.1/servers", json=ground.body(), headers=LATEST)
    assert refused.status_code == 403
    await ground.admin.put(quota, json={"quota_set": {"instances": 2}})
    await ground.boot(world, "second")
    assert (await ground.admin.delete(quota)).status_code == 202
    assert (await ground.red.get(quota)).json()["quota_set"]["instances"] == 1
    await ground.admin.put(f"{CLASSES}/default", json={"quota_class_set": {"instances": -1}})
    await ground.boot(world, "third")


async def test_another_class_is_kept_and_limits_nobody(ground: Ground, cloud: Cloud) -> None:
    assert (await ground.admin.put(f"{CLASSES}/gold", json={"quota_class_set": {"ram": 7}})).status_code == 200
    shown = (await ground.admin.get(f"{CLASSES}/gold")).json()["quota_class_set"]
    assert (shown["id"], shown["ram"], shown["instances"]) == ("gold", 7, 10)
    assert (await ground.admin.get(f"{CLASSES}/default")).json()["quota_class_set"]["ram"] == 51200
    quota = f"/compute/v2.1/os-quota-sets/{cloud.people['red-member'].project_id}"
    assert (await ground.red.get(quota)).json()["quota_set"]["ram"] == 51200


@pytest.mark.parametrize(("minor", "count"), [(1, 12), (49, 12), (50, 10), (56, 10), (57, 7), (100, 7)])
async def test_each_microversion_has_its_quotas(ground: Ground, minor: int, count: int) -> None:
    shown = (await ground.admin.get(f"{CLASSES}/default", headers=at(minor))).json()["quota_class_set"]
    assert len(shown) == count + 1
    assert ("server_groups" in shown, "fixed_ips" in shown) == (minor >= 50, minor < 50)
    unknown = "fixed_ips" if minor >= 50 else "server_groups"
    for wrong in ({unknown: 1}, {"cores": -2}, {"cores": "x"}, {"hats": 1}):
        answer = await ground.admin.put(f"{CLASSES}/default", json={"quota_class_set": wrong}, headers=at(minor))
        assert answer.status_code == 400
    after = (await ground.admin.get(f"{CLASSES}/default", headers=at(minor))).json()["quota_class_set"]
    assert after == shown


async def test_classes_are_for_admins(ground: Ground) -> None:
    assert (await ground.red.get(f"{CLASSES}/default")).status_code == 403
    answer = await ground.red.put(f"{CLASSES}/default", json={"quota_class_set": {"ram": 7}})
    assert answer.status_code == 403
    assert (await ground.admin.put(f"{CLASSES}/{'x' * 256}", json={"quota_class_set": {}})).status_code == 400
