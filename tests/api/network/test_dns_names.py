"""Names of ports, networks and floating IPs over HTTP: checked and lowered on every way in."""

import pytest

from tests.api.network.conftest import PREFIX, Api
from tests.api.network.routers.l3 import external_network

WRONG = ["foo bar_baz!", "foo-", "-foo", "a" * 64, "foo.123", "foo_bar", "foo..bar"]


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_name_of_a_port_is_refused(red: Api, name: str) -> None:
    network_id, _ = await red.network_with_subnet()
    item = {"network_id": network_id, "dns_name": name}
    assert (await red.refused("POST", "ports", {"port": item}))[:2] == (400, "InvalidInput")
    both = {"ports": [{"network_id": network_id}, item]}
    assert (await red.refused("POST", "ports", both))[:2] == (400, "InvalidInput")
    assert (await red.fetch("ports", device_owner=""))["ports"] == []
    port = await red.make("port", network_id=network_id, dns_name="before")
    body = {"port": {"dns_name": name}}
    assert (await red.refused("PUT", f"ports/{port['id']}", body))[:2] == (400, "InvalidInput")
    assert (await red.fetch(f"ports/{port['id']}"))["port"] == port


async def test_a_ports_name_is_lowered_and_its_fqdn_has_no_empty_label(red: Api) -> None:
    network_id, _ = await red.network_with_subnet()
    port = await red.make("port", network_id=network_id, dns_name="WebHost")
    assert port["dns_name"] == "webhost"
    (told,) = port["dns_assignment"]
    assert (told["hostname"], told["fqdn"]) == ("webhost", "webhost.openstacklocal.")
    body = {"port": {"dns_name": "Foo.Example.com."}}
    (told,) = (await red.change(f"ports/{port['id']}", body))["port"]["dns_assignment"]
    assert told["fqdn"] == "foo.example.com."
    cleared = (await red.change(f"ports/{port['id']}", {"port": {"dns_name": ""}}))["port"]
    assert cleared["dns_name"] == ""


@pytest.mark.parametrize(
    "domain", ["bad domain.", "example.org", "-a.org.", "a..org.", "a.12.", "x" * 64 + ".org.", "."]
)
async def test_a_wrong_domain_of_a_network_is_refused(red: Api, domain: str) -> None:
    body = {"network": {"dns_domain": domain}}
    assert (await red.refused("POST", "networks", body))[:2] == (400, "InvalidInput")
    assert (await red.fetch("networks"))["networks"] == []
    network = await red.make("network", dns_domain="before.org.")
    assert (await red.refused("PUT", f"networks/{network['id']}", body))[:2] == (400, "InvalidInput")
    assert (await red.fetch(f"networks/{network['id']}"))["network"] == network


async def test_a_networks_domain_is_lowered(red: Api) -> None:
    network = await red.make("network", dns_domain="Example.ORG.")
    assert network["dns_domain"] == "example.org."
    again = await red.change(f"networks/{network['id']}", {"network": {"dns_domain": "Lab.Example.ORG."}})
    assert again["network"]["dns_domain"] == "lab.example.org."
    assert (await red.change(f"networks/{network['id']}", {"network": {"dns_domain": ""}}))["network"][
        "dns_domain"
    ] == ""


@pytest.mark.parametrize(
    "names",
    [
        {"dns_name": "foo bar", "dns_domain": "example.org."},
        {"dns_name": "foo.", "dns_domain": "example.org."},
        {"dns_name": "foo", "dns_domain": "example.org"},
        {"dns_name": "foo", "dns_domain": "bad domain."},
        {"dns_name": "foo"},
        {"dns_domain": "example.org."},
    ],
)
async def test_wrong_names_of_a_floating_ip_are_refused(admin: Api, names: dict[str, str]) -> None:
    body = {"floatingip": {"floating_network_id": (await external_network(admin))[0], **names}}
    assert (await admin.refused("POST", "floatingips", body))[0] == 400
    assert (await admin.fetch("floatingips"))["floatingips"] == []


async def test_names_of_a_floating_ip_are_lowered_kept_and_not_changed(admin: Api) -> None:
    external = (await external_network(admin))[0]
    floating = await admin.make("floatingip", floating_network_id=external, dns_name="Foo", dns_domain="Example.ORG.")
    assert (floating["dns_name"], floating["dns_domain"]) == ("foo", "example.org.")
    assert (await admin.fetch(f"floatingips/{floating['id']}"))["floatingip"] == floating
    body = {"floatingip": {"dns_name": "bar"}}
    assert (await admin.client.put(f"{PREFIX}/floatingips/{floating['id']}", json=body)).status_code == 400
