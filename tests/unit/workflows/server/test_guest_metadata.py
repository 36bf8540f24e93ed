"""What a guest is told of itself."""

import base64
import ipaddress

import msgspec
import pytest

from berthline.domain.disks import lay_out
from berthline.domain.hardware import Hardware
from berthline.domain.ids import ImageId, NetworkId, PortId, ServerId, SubnetId
from berthline.domain.network_info import (
    IP,
    VIF,
    FixedIP,
    Network,
    NetworkInfo,
    NetworkMeta,
    Route,
    Subnet,
)
from berthline.workflows.server.guest_metadata import guest_files, read_path
from tests.unit.store.compute.values import make_server

IMAGE = ImageId("image")
ANYWHERE = str(ipaddress.IPv4Address(0))

SERVER = make_server(
    id=ServerId("0d5a1c0e-0000-4000-8000-000000000001"),
    key_name="me",
    key_data="ssh-ed25519 AAAA me@here",
    user_data=base64.b64encode(b"#!/bin/sh\n").decode(),
    metadata={"role": "web"},
    security_group_names=("default", "web"),
)


def make_vif(*, dhcp: bool = True, tag: str | None = None) -> VIF:
    """A NIC with an IPv4 address (and a floating one) and an IPv6 address."""
    return VIF(
        id=PortId("11111111-2222-3333-4444-555555555555"),
        address="fa:16:3e:00:00:01",
        network=Network(
            id=NetworkId("net"),
            label="private",
            bridge="br-int",
            meta=NetworkMeta(tenant_id="p", mtu=1442),
            subnets=(
                Subnet(
                    id=SubnetId("v4"),
                    cidr="10.0.0.0/24",
                    version=4,
                    gateway="10.0.0.1",
                    dns=("9.9.9.9",),
                    routes=(Route("192.168.0.0/16", "10.0.0.2"),),
                    ips=(FixedIP("10.0.0.9", (IP("203.0.113.9"),)),),
                    enable_dhcp=dhcp,
                ),
                Subnet(
                    id=SubnetId("v6"),
                    cidr="2001:db8::/64",
                    version=6,
                    gateway="2001:db8::1",
                    dns=(),
                    routes=(),
                    ips=(FixedIP("2001:db8::9"),),
                    enable_dhcp=True,
                    ipv6_address_mode="slaac",
                ),
            ),
        ),
        vnic_type="normal",
        type="ovs",
        active=True,
        preserve_on_delete=False,
        tag=tag,
        revision=1,
    )


def test_meta_data_names_the_server_its_key_and_its_tagged_nics() -> None:
    files = guest_files(SERVER, NetworkInfo((make_vif(tag="mgmt"),)))
    said = msgspec.json.decode(files["openstack/latest/meta_data.json"])
    assert said["uuid"] == SERVER.id
    assert said["hostname"] == "web"
    assert said["public_keys"] == {"me": "ssh-ed25519 AAAA me@here"}
    assert said["meta"] == {"role": "web"}
    assert said["devices"] == [
        {"type": "nic", "bus": "none", "address": "none", "mac": "fa:16:3e:00:00:01", "tags": ["mgmt"]}
    ]
    assert files["openstack/latest/user_data"] == b"#!/bin/sh\n"
    assert files["openstack/2018-08-27/meta_data.json"] == files["openstack/latest/meta_data.json"]


def test_the_config_drive_tells_seed_password_and_disks() -> None:
    disks = lay_out(Hardware(), IMAGE, root_gb=1, ephemeral_gb=1, swap_mb=64)
    files = guest_files(SERVER, NetworkInfo(), seed=b"\1" * 512, admin_password="secret", disks=disks)
    said = msgspec.json.decode(files["openstack/latest/meta_data.json"])
    assert (said["random_seed"], said["admin_pass"]) == (base64.b64encode(b"\1" * 512).decode(), "secret")
    ec2 = msgspec.json.decode(files["ec2/latest/meta-data.json"])
    assert ec2["block-device-mapping"] == {
        "ami": "vda",
        "ephemeral0": "/dev/vdb",
        "swap": "/dev/vdc",
        "root": "/dev/vda",
    }
    assert ec2["public-keys"] == {"0": {"openssh-key": "ssh-ed25519 AAAA me@here"}}
    path = "/latest/meta-data/block-device-mapping/swap"
    scsi = lay_out(Hardware(disk_bus="scsi"), IMAGE, root_gb=1, ephemeral_gb=1, swap_mb=64)
    assert read_path(SERVER, NetworkInfo(), path, disks=scsi) == b"/dev/sdc"


def test_the_metadata_service_tells_a_seed_since_havana_and_no_password() -> None:
    for version, told in (("2013-04-04", False), ("2013-10-17", True), ("latest", True)):
        found = read_path(SERVER, NetworkInfo(), f"/openstack/{version}/meta_data.json", seed=b"\2" * 512)
        assert found is not None
        said = msgspec.json.decode(found)
        assert ("random_seed" in said, "admin_pass" in said) == (told, False)


def test_a_server_without_key_and_user_data_has_no_such_entries() -> None:
    files = guest_files(make_server(), NetworkInfo())
    assert "openstack/latest/user_data" not in files
    assert "public_keys" not in msgspec.json.decode(files["openstack/latest/meta_data.json"])


def test_network_data_leaves_ipv4_to_dhcp_where_there_is_dhcp() -> None:
    files = guest_files(SERVER, NetworkInfo((make_vif(),)))
    said = msgspec.json.decode(files["openstack/latest/network_data.json"])
    assert said["links"] == [
        {
            "id": "tap11111111-22",
            "vif_id": "11111111-2222-3333-4444-555555555555",
            "type": "ovs",
            "mtu": 1442,
            "ethernet_mac_address": "fa:16:3e:00:00:01",
        }
    ]
    assert said["networks"][0] == {
        "id": "network0",
        "type": "ipv4_dhcp",
        "link": "tap11111111-22",
        "network_id": "net",
    }
    assert said["networks"][1]["type"] == "ipv6_slaac"
    assert said["networks"][1]["ip_address"] == "2001:db8::9"
    assert said["networks"][1]["netmask"] == "ffff:ffff:ffff:ffff::"
    assert said["services"] == [{"type": "dns", "address": "9.9.9.9"}]


def test_network_data_writes_a_fixed_address_with_its_routes() -> None:
    files = guest_files(SERVER, NetworkInfo((make_vif(dhcp=False),)))
    network = msgspec.json.decode(files["openstack/latest/network_data.json"])["networks"][0]
    assert (network["type"], network["ip_address"], network["netmask"]) == ("ipv4", "10.0.0.9", "255.255.255.0")
    assert network["routes"] == [
        {"network": ANYWHERE, "netmask": ANYWHERE, "gateway": "10.0.0.1"},
        {"network": "192.168.0.0", "netmask": "255.255.0.0", "gateway": "10.0.0.2"},
    ]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/latest/meta-data/hostname", b"web"),
        ("/latest/meta-data/local-ipv4/", b"10.0.0.9"),
        ("/latest/meta-data/public-ipv4", b"203.0.113.9"),
        ("/latest/meta-data/public-keys/", b"0=me"),
        ("/latest/meta-data/public-keys/0/openssh-key", b"ssh-ed25519 AAAA me@here"),
        ("/latest/meta-data/public-keys/0", b"openssh-key"),
        ("/latest/meta-data/security-groups", b"default\nweb"),
        ("/latest/user-data", b"#!/bin/sh\n"),
        ("/openstack/latest/user_data", b"#!/bin/sh\n"),
        ("/latest", b"meta-data/\nuser-data".replace(b"/", b"")),
        ("/openstack/2012-08-10", b"meta_data.json\nuser_data\nvendor_data.json\nvendor_data2.json"),
        ("/latest/meta-data/nothing", None),
        ("/../etc/passwd", None),
    ],
)
def test_paths_of_the_metadata_service(path: str, answer: bytes | None) -> None:
    assert read_path(SERVER, NetworkInfo((make_vif(),)), path) == answer


def test_folders_are_listed_from_the_root() -> None:
    root = read_path(SERVER, NetworkInfo(), "/")
    assert root is not None
    assert root.split(b"\n") == [b"2009-04-04", b"latest", b"openstack"]
    listed = read_path(SERVER, NetworkInfo(), "/latest/meta-data/")
    assert listed is not None
    assert b"placement/" in listed.split(b"\n")
    assert b"public-keys/" in listed.split(b"\n")
