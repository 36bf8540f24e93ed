"""What a request may want of its host: MACs that the host offers, and what no host here can give, refused by name."""

from typing import Any

import pytest

from berthline.domain.errors import PortNotFree, PortNotUsable
from berthline.domain.ids import new_id
from berthline.placement.unmet_needs import VNIC_NEEDS
from berthline.store import Store
from tests.workflows.allocation.ground import Ground, by, change, on, refused


@pytest.fixture
def ground(store: Store) -> Ground:
    return Ground(store)


@pytest.mark.parametrize("vnic_type", sorted(VNIC_NEEDS))
def test_ports_for_hosts_of_another_kind_are_refused_by_name(ground: Ground, vnic_type: str) -> None:
    port = change(ground, ground.port(ground.plain("net")), binding_vnic_type=vnic_type)
    error = refused(ground, PortNotUsable, (by(port),))
    assert VNIC_NEEDS[vnic_type] in error.message
    assert vnic_type in error.message


@pytest.mark.parametrize(
    ("profile", "need"),
    [
        ({"allocation": new_id()}, "guaranteed bandwidth"),
        ({"allocation": {new_id(): new_id()}}, "guaranteed bandwidth"),
        ({"pci_slot": "0000:05:00.1"}, "SR-IOV"),
        ({"trusted": "true"}, "SR-IOV"),
        ({"arq_uuid": new_id()}, "accelerators"),
        ({"card_serial_number": "MT1"}, "SmartNICs"),
    ],
)
def test_profiles_for_hosts_of_another_kind_are_refused_by_name(
    ground: Ground, profile: dict[str, Any], need: str
) -> None:
    port = ground.port(ground.plain("net"), binding_profile=profile)
    assert need in refused(ground, PortNotUsable, (by(port),)).message


def test_a_profile_that_asks_for_nothing_is_kept(ground: Ground) -> None:
    port = ground.port(ground.plain("net"), binding_profile={"note": "rack 4"})
    server = ground.server()
    ground.allocate((by(port),), server=server)
    assert ground.info(server).vifs[0].profile == {"note": "rack 4"}


def test_macs_of_the_host_are_taken_for_new_nics(ground: Ground) -> None:
    net = ground.plain("net")
    offered = frozenset({"02:00:00:00:00:01", "02-00-00-00-00-02", "02:00:00:00:00:03"})
    port = ground.port(net, mac_address="02:00:00:00:00:02")
    nics = ground.allocate((on(net), by(port), on(net)), macs=offered)
    assert [each.mac_address[-2:] for each in ground.ports_of(nics)] == ["01", "02", "03"]


def test_a_port_with_another_mac_is_not_usable(ground: Ground) -> None:
    port = ground.port(ground.plain("net"))
    error = refused(ground, PortNotUsable, (by(port),), macs=frozenset({"02:00:00:00:00:01"}))
    assert error.details["offered"] == ["02:00:00:00:00:01"]


def test_no_mac_left_is_not_free(ground: Ground) -> None:
    net = ground.plain("net")
    offered = frozenset({"02:00:00:00:00:01", "02:00:00:00:00:02"})
    ground.allocate((on(net),), macs=frozenset({"02:00:00:00:00:01"}))
    error = refused(ground, PortNotFree, (on(net), on(net)), macs=offered)
    assert (error.details["item"], error.details["free"]) == (1, ["02:00:00:00:00:02"])
    refused(ground, PortNotFree, (on(net),), macs=frozenset())
