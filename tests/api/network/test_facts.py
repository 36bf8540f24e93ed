"""Discovery, extensions, zones and availability over HTTP."""

from tests.api.builder import URL, Cloud
from tests.api.network.conftest import Api


async def test_versions_are_public_and_nouns_are_not(cloud: Cloud, red: Api) -> None:
    anonymous = cloud.anonymous()
    for path in ("/network", "/network/"):
        (version,) = (await anonymous.get(path)).json()["versions"]
        assert (version["id"], version["status"]) == ("v2.0", "CURRENT")
        assert version["links"] == [{"rel": "self", "href": f"{URL}/network/v2.0/"}]
    assert (await anonymous.get("/network/v2.0")).status_code == 401
    for path in ("/network/v2.0", "/network/v2.0/"):
        names = {each["name"] for each in (await red.client.get(path)).json()["resources"]}
        assert {"network", "subnet", "port"} <= names


async def test_extensions_are_listed_and_found_by_alias(red: Api) -> None:
    every = (await red.fetch("extensions"))["extensions"]
    assert {"provider", "security-group", "quotas", "router"} <= {each["alias"] for each in every}
    assert (await red.fetch("extensions/provider"))["extension"] in every
    assert (await red.refused("GET", "extensions/magic"))[:2] == (404, "ExtensionNotFound")


async def test_zones_and_addresses_left(red: Api, admin: Api) -> None:
    network_id, _ = await red.network_with_subnet("10.0.0.0/24")
    await red.make("port", network_id=network_id)
    zones = (await red.fetch("availability_zones"))["availability_zones"]
    assert {(zone["name"], zone["resource"]) for zone in zones} == {("nova", "network"), ("nova", "router")}
    shown = (await admin.fetch(f"network-ip-availabilities/{network_id}"))["network_ip_availability"]
    assert (shown["total_ips"], shown["used_ips"]) == (253, 2)
    assert len((await admin.fetch("network-ip-availabilities"))["network_ip_availabilities"]) == 1
    assert (await red.refused("GET", "network-ip-availabilities"))[:2] == (403, "PolicyNotAuthorized")


async def test_paths_that_are_not_there_answer_in_neutrons_shape(red: Api) -> None:
    assert (await red.refused("GET", "dragons"))[0] == 404
    assert (await red.refused("POST", "networks/x/y/z"))[0] == 404
    assert (await red.refused("DELETE", "networks"))[0] == 405


async def test_there_are_no_service_providers(red: Api) -> None:
    assert await red.fetch("service-providers") == {"service_providers": []}


async def test_zones_are_filtered_and_cut(red: Api) -> None:
    async def zones(**query: object) -> list[dict[str, str]]:
        found: list[dict[str, str]] = (await red.fetch("availability_zones", **query))["availability_zones"]
        return found

    assert [zone["resource"] for zone in await zones(resource="router")] == ["router"]
    assert [zone["resource"] for zone in await zones(resource=["router", "network"])] == ["network", "router"]
    assert await zones(name="elsewhere") == []
    assert await zones(resource="router", fields=["name", "state"]) == [{"name": "nova", "state": "available"}]


async def test_availabilities_are_filtered_and_cut(red: Api, admin: Api) -> None:
    ids = {}
    for name, cidrs in (("one", {4: "10.0.0.0/24", 6: "2001:db8::/64"}), ("two", {4: "10.1.0.0/24"})):
        ids[name] = (await red.make("network", name=name))["id"]
        for version, cidr in cidrs.items():
            await red.make("subnet", network_id=ids[name], ip_version=version, cidr=cidr)

    async def found(**query: object) -> list[dict[str, object]]:
        views: list[dict[str, object]] = (await admin.fetch("network-ip-availabilities", **query))[
            "network_ip_availabilities"
        ]
        return views

    assert {view["network_id"] for view in await found()} == set(ids.values())
    assert [view["network_id"] for view in await found(network_id=ids["two"])] == [ids["two"]]
    assert await found(network_id="00000000-0000-4000-8000-000000000000") == []
    assert [view["network_id"] for view in await found(network_name="one")] == [ids["one"]]
    assert len(await found(project_id=red.project_id)) == 2
    assert await found(project_id=admin.project_id) == []
    of_six = await found(ip_version="6", network_name="one")
    assert [len(view["subnet_ip_availability"]) for view in of_six] == [1]  # type: ignore[arg-type]
    assert await found(network_name="two", fields="network_name") == [{"network_name": "two"}]
