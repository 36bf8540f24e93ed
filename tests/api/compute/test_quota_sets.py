"""os-quota-sets and limits by microversion: what is answered 200 is kept, and what cannot be kept is refused."""

from typing import Any

import httpx
import pytest

from tests.api.builder import Cloud
from tests.api.compute.conftest import Ground
from tests.api.compute.world import PUBLIC_KEY, World

ROOT = "/compute/v2.1"
OF_NOVA_NETWORK = ("fixed_ips", "floating_ips", "security_groups", "security_group_rules")


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


@pytest.fixture
def path(cloud: Cloud) -> str:
    return f"{ROOT}/os-quota-sets/{cloud.people['red-member'].project_id}"


async def _put(ground: Ground, path: str, minor: int, /, **quotas: Any) -> httpx.Response:
    return await ground.admin.put(path, json={"quota_set": quotas}, headers=at(minor))


@pytest.mark.parametrize("name", OF_NOVA_NETWORK)
@pytest.mark.parametrize("minor", [1, 35])
async def test_quotas_of_nova_s_network_are_kept_until_2_35(ground: Ground, path: str, name: str, minor: int) -> None:
    answer = await _put(ground, path, minor, **{name: 9})
    assert (answer.status_code, answer.json()["quota_set"][name]) == (200, 9)
    for client in (ground.admin, ground.red):
        assert (await client.get(path, headers=at(minor))).json()["quota_set"][name] == 9
    detail = (await ground.red.get(f"{path}/detail", headers=at(minor))).json()["quota_set"]
    assert detail[name] == {"limit": 9, "in_use": 0, "reserved": 0}
    assert (await ground.red.get(f"{path}/defaults", headers=at(minor))).json()["quota_set"][name] == -1
    assert name not in (await ground.red.get(path, headers=at(36))).json()["quota_set"]
    assert (await _put(ground, path, 36, **{name: 5})).status_code == 400
    assert (await ground.red.get(path, headers=at(minor))).json()["quota_set"][name] == 9
    assert (await ground.admin.delete(path)).status_code == 202
    assert (await ground.red.get(path, headers=at(minor))).json()["quota_set"][name] == -1


async def test_limits_show_them_too(ground: Ground, path: str) -> None:
    await _put(ground, path, 1, floating_ips=3, security_groups=4, security_group_rules=5)
    absolute = (await ground.red.get(f"{ROOT}/limits", headers=at(35))).json()["limits"]["absolute"]
    shown = [absolute[name] for name in ("maxTotalFloatingIps", "maxSecurityGroups", "maxSecurityGroupRules")]
    assert shown == [3, 4, 5]
    assert (
        "maxTotalFloatingIps"
        not in (await ground.red.get(f"{ROOT}/limits", headers=at(36))).json()["limits"]["absolute"]
    )


async def test_every_quota_of_each_microversion_is_kept(ground: Ground, path: str) -> None:
    for minor in (1, 35, 36, 56, 57, 100):
        names = [name for name in (await ground.red.get(path, headers=at(minor))).json()["quota_set"] if name != "id"]
        assert len(names) == {1: 14, 35: 14, 36: 10, 56: 10, 57: 7, 100: 7}[minor]
        wanted = {name: minor + place for place, name in enumerate(names)}
        answer = await _put(ground, path, minor, force=True, **wanted)
        assert (answer.status_code, answer.json()["quota_set"]) == (200, wanted)
        shown = (await ground.red.get(path, headers=at(minor))).json()["quota_set"]
        assert {name: shown[name] for name in names} == wanted
    for minor, name in ((57, "injected_files"), (57, "injected_file_path_bytes"), (1, "tenant_id"), (1, "networks")):
        assert (await _put(ground, path, minor, **{name: 1})).status_code == 400


async def test_quotas_of_one_user_are_kept_beside_the_project_s(ground: Ground, path: str, cloud: Cloud) -> None:
    mine = f"{path}?user_id={cloud.people['red-member'].user_id}"
    answer = await _put(ground, mine, 1, cores=5, fixed_ips=7)
    assert answer.status_code == 200
    for where, cores in ((mine, 5), (path, 20), (f"{path}?user_id=someone", 20), (f"{path}?user_id=", 20)):
        shown = (await ground.red.get(where)).json()["quota_set"]
        assert (shown["cores"], shown["fixed_ips"]) == (cores, 7), where
    detail = (await ground.red.get(mine.replace("?", "/detail?"))).json()["quota_set"]
    assert detail["cores"] == {"limit": 5, "in_use": 0, "reserved": 0}

    async def refused(where: str, **quotas: Any) -> str:
        refusal = await _put(ground, where, 57, **quotas)
        assert refusal.status_code == 400
        message: str = refusal.json()["badRequest"]["message"]
        return message

    assert "less than or equal to 15." in await refused(f"{path}?user_id=someone", cores=16)
    assert "less than or equal to 20." in await refused(mine, cores=-1)
    assert "greater than or equal to already used and reserved 5." in await refused(path, cores=4)
    await refused(f"{path}?user_id={'x' * 256}", cores=1)
    assert (await _put(ground, mine, 57, cores=16, force=True)).status_code == 200
    assert (await ground.red.put(mine, json={"quota_set": {"cores": 9}})).status_code == 403
    await _put(ground, f"{path}?user_id=someone", 57, ram=9)
    assert (await ground.admin.delete(mine)).status_code == 202
    assert (await ground.red.get(mine)).json()["quota_set"]["cores"] == 20
    assert (await ground.red.get(f"{path}?user_id=someone")).json()["quota_set"]["ram"] == 9
    assert (await ground.admin.delete(path)).status_code == 202
    assert (await ground.red.get(f"{path}?user_id=someone")).json()["quota_set"]["ram"] == 51200


async def test_what_a_user_may_have_holds(ground: Ground, world: World, path: str, cloud: Cloud) -> None:
    mine = f"{path}?user_id={cloud.people['red-member'].user_id}"
    limits = {"instances": 2, "key_pairs": 0, "server_groups": 1, "metadata_items": 1}
    assert (await _put(ground, mine, 57, **limits)).status_code == 200
    server = await ground.boot(world)

    async def posted(what: str, body: dict[str, Any]) -> tuple[int, str]:
        answer = await ground.red.post(f"{ROOT}/{what}", json=body, headers=at(64))
        return answer.status_code, answer.text

    status, text = await posted("servers", ground.body(min_count=2))
    assert (status, "Quota exceeded for instances: Requested 2, but already used 1 of 2 instances" in text) == (
        403,
        True,
    )
    status, text = await posted("servers", ground.body(max_count=5))
    assert status == 202, text
    assert (await posted("servers", ground.body()))[0] == 403
    detail = (await ground.red.get(mine.replace("?", "/detail?"))).json()["quota_set"]
    assert detail["instances"] == {"limit": 2, "in_use": 2, "reserved": 0}
    assert (await _put(ground, mine, 57, instances=1)).status_code == 400
    await world.settle()
    assert (await ground.red.delete(f"{ROOT}/servers/{server}")).status_code == 204
    await world.settle()
    assert (await posted("servers", ground.body(metadata={"a": "b", "c": "d"})))[0] == 403
    assert (await posted("servers", ground.body(metadata={"a": "b"})))[0] == 202
    assert (await posted("os-keypairs", {"keypair": {"name": "k", "public_key": PUBLIC_KEY}}))[0] == 403
    for name, status in (("a", 200), ("b", 403)):
        answer = await posted("os-server-groups", {"server_group": {"name": name, "policy": "affinity"}})
        assert answer[0] == status, answer
    await world.settle()


async def test_queries_and_projects_that_there_are_not(ground: Ground, path: str) -> None:
    for tail in ("", "/detail"):
        assert (await ground.red.get(f"{path}{tail}?colour=x", headers=at(74))).status_code == 200
        assert (await ground.red.get(f"{path}{tail}?colour=x", headers=at(75))).status_code == 400
        assert (await ground.admin.get(f"{ROOT}/os-quota-sets/nobody{tail}")).status_code == 400
        assert (await ground.red.get(f"{ROOT}/os-quota-sets/nobody{tail}")).status_code == 403
    assert (await ground.red.get(f"{ROOT}/limits?reserved=1", headers=at(74))).status_code == 200
    assert (await ground.red.get(f"{ROOT}/limits?reserved=1", headers=at(75))).status_code == 400
