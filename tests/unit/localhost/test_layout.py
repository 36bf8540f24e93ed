"""Names and places of a local host."""

from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from berthline.localhost import Endpoints, InvalidSetting, Settings
from berthline.localhost.layout import Layout

INTERFACE_NAME_LIMIT = 15


@pytest.mark.parametrize("name", ["", "Demo", "-demo", "a b", "a/b", "../x", "elevenchars", "demo\n"])
def test_names_that_cannot_be_part_of_an_interface_are_refused(name: str) -> None:
    with pytest.raises(InvalidSetting, match="name"):
        Layout(Path("/srv/lab"), name)


def test_the_longest_name_fits_an_interface() -> None:
    assert len(Layout(Path("/srv/lab"), "a" * 10).external_interface) <= INTERFACE_NAME_LIMIT


def test_a_directory_too_deep_for_sockets_is_refused() -> None:
    room = 107 - len("/private/run/libvirt/libvirt-sock")
    fits = Path("/" + "d" * (room - 1))
    assert len(str(Layout(fits, "demo").libvirt_socket)) == 107
    with pytest.raises(InvalidSetting, match="1 bytes too long"):
        Layout(Path(f"{fits}d"), "demo")


@pytest.mark.parametrize("directory", ["lab", "/var/lib/libvirt/lab", "/run/ovn"])
def test_a_directory_that_services_could_not_see_is_refused(directory: str) -> None:
    with pytest.raises(InvalidSetting, match="directory"):
        Layout(Path(directory), "demo")


def test_endpoints_survive_being_written_down() -> None:
    settings = Settings(IPv4Interface("198.51.100.1/24"), isolated=True, virt_type="kvm")
    endpoints = Layout(Path("/srv/a lab"), "demo").endpoints(settings, 42)
    assert Endpoints.from_json(endpoints.to_json()) == endpoints
    assert endpoints.libvirt_uri.endswith("?socket=/srv/a%20lab/private/run/libvirt/libvirt-sock")
    assert endpoints.external_namespace == "blx-demo"
    assert endpoints.external_address == "198.51.100.1/24"


def test_the_machines_own_namespace_holds_the_external_side_unless_isolated() -> None:
    assert Layout(Path("/srv/lab"), "demo").endpoints(Settings(), 1).external_namespace is None


@pytest.mark.parametrize("address", ["203.0.113.0/24", "203.0.113.255/24", "203.0.113.1/30", "203.0.113.1"])
def test_an_external_address_that_no_host_can_have_is_refused(address: str) -> None:
    with pytest.raises(InvalidSetting, match="external address"):
        Settings(IPv4Interface(address))
