"""Extra DHCP options over HTTP: known, of their kind and there once, or refused before anything is made."""

from typing import Any

import pytest

from tests.api.network.conftest import Api


def option(name: str, value: str | None, **more: Any) -> dict[str, Any]:
    return {"opt_name": name, "opt_value": value, **more}


@pytest.mark.parametrize(
    ("options", "status", "kind"),
    [
        ([option("", "x")], 400, "InvalidInput"),
        ([option(" ", "x")], 400, "InvalidInput"),
        ([option("bootfile-name", "")], 400, "InvalidInput"),
        ([option("mtu", " ")], 400, "InvalidInput"),
        ([option("mtu", "1"), option("mtu", "2")], 409, "NeutronDbObjectDuplicateEntry"),
        ([option("mtu", "1"), option("26", "1")], 409, "NeutronDbObjectDuplicateEntry"),
        ([option("unheard-of", "x")], 400, "InvalidInput"),
        ([option("bootfile_name", "x")], 400, "InvalidInput"),
        ([option("router", "", ip_version=6)], 400, "InvalidInput"),
        ([option("mtu", "1400", ip_version=6)], 400, "InvalidInput"),
        ([option("mtu", "many")], 400, "InvalidInput"),
        ([option("dns-server", "1.1.1.1); output")], 400, "InvalidInput"),
        ([option("domain-name", 'a"b')], 400, "InvalidInput"),
        ([option("bootfile-name", "a\nb")], 400, "InvalidInput"),
        ([option("dhcp_disabled", "perhaps")], 400, "InvalidInput"),
        ([option("x" * 65, "x")], 400, "InvalidInput"),
        ([option("bootfile-name", "x" * 256)], 400, "InvalidInput"),
        ([option("mtu", "1", ip_version=5)], 400, "InvalidInput"),
    ],
)
async def test_wrong_options_are_refused(red: Api, options: list[Any], status: int, kind: str) -> None:
    network, _ = await red.network_with_subnet()
    body = {"port": {"network_id": network, "extra_dhcp_opts": options}}
    assert (await red.refused("POST", "ports", body))[:2] == (status, kind)
    assert (await red.fetch("ports", device_owner=""))["ports"] == []
    port = await red.make("port", network_id=network, extra_dhcp_opts=[option("wpad", "x")])
    changed = {"port": {"extra_dhcp_opts": options}}
    assert (await red.refused("PUT", f"ports/{port['id']}", changed))[:2] == (status, kind)
    assert (await red.fetch(f"ports/{port['id']}"))["port"] == port


async def test_options_are_kept_as_they_were_sent_and_changed_one_by_one(red: Api) -> None:
    network, _ = await red.network_with_subnet()
    sent = [
        option("bootfile-name", "pxelinux.0", ip_version=4),
        option("dns-server", "192.0.2.1,192.0.2.2", ip_version=4),
        option("dns-server", "2001:db8::1", ip_version=6),
        option("router", "", ip_version=4),
        option("classless-static-route", "", ip_version=4),
        option("dhcp_disabled", "False", ip_version=6),
    ]
    port = await red.make("port", network_id=network, extra_dhcp_opts=[*sent, option("mtu", None)])
    assert port["extra_dhcp_opts"] == sent
    changes = [option("dns-server", None), option("bootfile-name", "other.0"), option("66", "192.0.2.9")]
    changed = (await red.change(f"ports/{port['id']}", {"port": {"extra_dhcp_opts": changes}}))["port"]
    assert changed["extra_dhcp_opts"] == [
        *sent[2:],
        option("bootfile-name", "other.0", ip_version=4),
        option("66", "192.0.2.9", ip_version=4),
    ]
    same = (await red.change(f"ports/{port['id']}", {"port": {"extra_dhcp_opts": None}}))["port"]
    assert same["extra_dhcp_opts"] == changed["extra_dhcp_opts"]
