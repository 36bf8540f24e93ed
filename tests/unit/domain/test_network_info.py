"""NetworkInfo as a value: names, lengths, and that what ``json`` writes ``hydrate`` reads."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from berthline.domain.ids import NetworkId, PortId, ProjectId, SubnetId
from berthline.domain.network_info import (
    IP,
    VIF,
    FixedIP,
    Network,
    NetworkInfo,
    NetworkMeta,
    Route,
    Subnet,
    device_name,
)
from berthline.network.ports.rows import bare_port

addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
words = st.text(max_size=20)
maybe = st.none() | words
open_values = st.dictionaries(
    words, st.booleans() | words | st.integers(-(2**31), 2**31) | st.lists(words, max_size=2), max_size=3
)
ids = st.uuids().map(str)
subnets = st.builds(
    Subnet,
    id=ids.map(SubnetId),
    cidr=words,
    version=st.sampled_from([4, 6]),
    gateway=st.none() | addresses,
    dns=st.lists(addresses, max_size=2).map(tuple),
    routes=st.lists(st.builds(Route, words, addresses), max_size=2).map(tuple),
    ips=st.lists(
        st.builds(FixedIP, addresses, st.lists(st.builds(IP, addresses), max_size=2).map(tuple)), max_size=3
    ).map(tuple),
    enable_dhcp=st.booleans(),
    dhcp_server=st.none() | addresses,
    ipv6_address_mode=maybe,
)
networks = st.builds(
    Network,
    id=ids.map(NetworkId),
    label=words,
    bridge=words,
    subnets=st.lists(subnets, max_size=3).map(tuple),
    meta=st.builds(
        NetworkMeta,
        tenant_id=words,
        mtu=st.integers(68, 65535),
        physical_network=maybe,
        tunneled=st.booleans(),
        injected=st.booleans(),
    ),
)
vifs = st.builds(
    VIF,
    id=ids.map(PortId),
    address=words,
    network=networks,
    type=words,
    vnic_type=words,
    active=st.booleans(),
    preserve_on_delete=st.booleans(),
    details=open_values,
    profile=open_values,
    devname=words,
    ovs_interfaceid=words,
    delegate_create=st.booleans(),
    qbh_params=st.none() | open_values,
    qbg_params=st.none() | open_values,
    meta=open_values,
    tag=maybe,
    revision=st.integers(0, 2**62),
)
infos = st.lists(vifs, max_size=4).map(lambda found: NetworkInfo(tuple(found)))


@given(infos)
def test_what_json_writes_hydrate_reads(info: NetworkInfo) -> None:
    assert NetworkInfo.hydrate(info.json()) == info


@given(infos)
def test_the_addresses_of_a_server_are_those_of_its_nics_in_order(info: NetworkInfo) -> None:
    fixed = [ip for vif in info for subnet in vif.network.subnets for ip in subnet.ips]
    assert list(info.fixed_ips()) == fixed
    assert list(info.floating_ips()) == [floating for ip in fixed for floating in ip.floating_ips]
    assert len(info) == len(info.vifs)


@given(vifs)
def test_names_of_devices_fit_into_linux(vif: VIF) -> None:
    assert 0 < len(vif.devname) <= 14
    assert len(vif.network.bridge) <= 14


def test_names_follow_from_the_port_when_they_are_not_given() -> None:
    port = PortId("01234567-89ab-4cde-8f01-23456789abcd")
    network = Network(
        id=NetworkId("n"),
        label="net",
        bridge="qbr0123456789abcdef",
        subnets=(),
        meta=NetworkMeta(tenant_id="p", mtu=68),
    )
    vif = VIF(
        id=port, address="", network=network, type="ovs", vnic_type="normal", active=True,
        preserve_on_delete=False, revision=1,
    )  # fmt: skip
    assert (vif.devname, vif.ovs_interfaceid, network.bridge) == ("tap01234567-89", port, "qbr0123456789a")
    named = msgspec.structs.replace(vif, devname="vhu01234567-89abcdef", ovs_interfaceid="other")
    assert (named.devname, named.ovs_interfaceid) == ("vhu01234567-89", "other")


def test_ports_made_at_the_same_moment_have_taps_of_different_names() -> None:
    made = [bare_port(NetworkId("n"), ProjectId("p"), 0).id for _ in range(1000)]
    assert len({device_name(port) for port in made}) == 1000


def test_json_has_novas_keys() -> None:
    network = Network(
        id=NetworkId("n"), label="net", bridge="br-int", subnets=(), meta=NetworkMeta(tenant_id="p", mtu=68)
    )
    vif = VIF(
        id=PortId("p"), address="", network=network, type="ovs", vnic_type="normal", active=True,
        preserve_on_delete=False, revision=1,
    )  # fmt: skip
    (written,) = msgspec.json.decode(NetworkInfo((vif,)).json())
    novas = {
        "id", "address", "network", "type", "details", "devname", "ovs_interfaceid", "qbh_params", "qbg_params",
        "active", "vnic_type", "profile", "preserve_on_delete", "delegate_create", "meta",
    }  # fmt: skip
    assert novas <= written.keys()
    assert written["network"].keys() == {"id", "bridge", "label", "subnets", "meta"}


def test_versions_of_addresses() -> None:
    assert [FixedIP("10.0.0.1").version, FixedIP("2001:db8::1").version] == [4, 6]
    assert [IP("192.0.2.1").version, IP("2001:db8::1").version] == [4, 6]


def test_values_are_frozen_and_foreign_text_is_refused() -> None:
    with pytest.raises(AttributeError):
        FixedIP("10.0.0.1").address = "10.0.0.2"  # type: ignore[misc]
    with pytest.raises(msgspec.ValidationError):
        NetworkInfo.hydrate(b'[{"id": 1}]')
