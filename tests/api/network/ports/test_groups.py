"""Security groups of ports: each once, and all of one kind."""

import pytest

from tests.api.network.conftest import Api


async def test_a_group_named_twice_is_refused(red: Api) -> None:
    network, _ = await red.network_with_subnet()
    group = (await red.make("security_group", name="web"))["id"]
    port = await red.make("port", network_id=network, security_groups=[group])
    twice = [group, group]
    body = {"port": {"network_id": network, "security_groups": twice}}
    assert (await red.refused("POST", "ports", body))[:2] == (400, "InvalidInput")
    changed = {"port": {"security_groups": twice, "name": "changed"}}
    assert (await red.refused("PUT", f"ports/{port['id']}", changed))[:2] == (400, "InvalidInput")
    assert (await red.fetch(f"ports/{port['id']}"))["port"] == port
    assert len((await red.fetch("ports", device_owner=""))["ports"]) == 1


@pytest.mark.parametrize("first", [True, False])
async def test_stateful_and_stateless_groups_are_not_mixed(red: Api, first: bool) -> None:
    network, _ = await red.network_with_subnet()
    one = (await red.make("security_group", name="one", stateful=first))["id"]
    other = (await red.make("security_group", name="other", stateful=not first))["id"]
    alike = (await red.make("security_group", name="alike", stateful=first))["id"]
    body = {"port": {"network_id": network, "security_groups": [one, other]}}
    assert (await red.refused("POST", "ports", body))[:2] == (409, "SecurityGroupConflict")
    several = {"ports": [{"network_id": network}, body["port"]]}
    assert (await red.refused("POST", "ports", several))[:2] == (409, "SecurityGroupConflict")
    port = await red.make("port", network_id=network, security_groups=[one, alike])
    changed = {"port": {"security_groups": [one, alike, other]}}
    assert (await red.refused("PUT", f"ports/{port['id']}", changed))[:2] == (409, "SecurityGroupConflict")
    assert (await red.fetch(f"ports/{port['id']}"))["port"] == port
    assert (await red.change(f"ports/{port['id']}", {"port": {"security_groups": [other]}}))["port"][
        "security_groups"
    ] == [other]
