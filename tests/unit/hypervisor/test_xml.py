"""libvirt's XML: what a definition says, whatever its server is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml.etree import _Element as Element

from berthline.domain.ids import PortId, ServerId
from berthline.hypervisor.libvirt import xml
from berthline.hypervisor.libvirt.settings import LibvirtSettings
from tests.unit.hypervisor.samples import PORT, SERVER, make_spec, make_vif

FILES = xml.GuestFiles(disks={"root": "/disks/root"}, config_drive="/disks/config", console="/consoles/one")


def domain(settings: LibvirtSettings | None = None, name: str = "web") -> Element:
    spec = make_spec(make_vif(), make_vif(PortId("second"), "fa:16:3e:00:00:02"), name=name)
    return etree.fromstring(xml.domain_xml(spec, FILES, "qemu", settings or LibvirtSettings()))


def test_the_guest_is_known_by_the_servers_id() -> None:
    root = domain()
    assert root.findtext("uuid") == SERVER
    assert xml.server_of(root.findtext("name", "")) == SERVER


def test_nics_come_in_order_with_their_ports_id_and_tap() -> None:
    nics = domain().findall("devices/interface")
    found = [
        (nic.find("mac"), nic.find("virtualport/parameters"), nic.find("target"), nic.find("mtu"), nic.find("source"))
        for nic in nics
    ]
    values = [[dict(part.attrib) if part is not None else None for part in nic] for nic in found]
    assert values == [
        [
            {"address": "fa:16:3e:00:00:01"},
            {"interfaceid": PORT},
            {"dev": "tapaaaaaaaa-bb"},
            {"size": "1442"},
            {"bridge": "br-int"},
        ],
        [
            {"address": "fa:16:3e:00:00:02"},
            {"interfaceid": "second"},
            {"dev": "tapsecond"},
            {"size": "1442"},
            {"bridge": "br-int"},
        ],
    ]


@pytest.mark.parametrize(("userspace", "expected"), [(True, {"off"}), (False, set())])
def test_offloads_are_off_on_a_userspace_datapath_only(userspace: bool, expected: set[str]) -> None:
    nic = domain(LibvirtSettings(userspace_datapath=userspace)).find("devices/interface")
    assert nic is not None
    said = {value for end in nic.iterfind("driver/*") for value in end.attrib.values()}
    assert said == expected


def test_disks_are_the_overlay_and_a_read_only_config_drive() -> None:
    disks = domain().findall("devices/disk")
    said = [
        (disk.find("source[@file]"), disk.find("driver"), disk.find("readonly") is not None, disk.find("boot"))
        for disk in disks
    ]
    root, config = said
    assert root[0] is not None
    assert (root[0].get("file"), root[2], root[3] is not None) == ("/disks/root", False, True)
    assert config[0] is not None
    assert (config[0].get("file"), config[2], config[3]) == ("/disks/config", True, None)


def test_no_config_drive_no_second_disk() -> None:
    files = xml.GuestFiles(disks={"root": "/disks/root"}, config_drive=None, console="/consoles/one")
    root = etree.fromstring(xml.domain_xml(make_spec(), files, "kvm", LibvirtSettings(machine="pc")))
    assert len(root.findall("devices/disk")) == 1
    assert root.get("type") == "kvm"


HOSTILE = ["</name><devices/>", "a & b", "\x00\x1b[31m", "]]>", "\ud800", "&xxe;", "\"'", "", "\u202e", "x" * 255]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_changes_nothing_but_the_name(name: str) -> None:
    def shape(root: Element) -> list[str]:
        return [str(element.tag) for element in root.iter()]

    assert shape(domain(name=name)) == shape(domain(name="web"))


@given(st.text())
def test_any_name_gives_well_formed_xml(name: str) -> None:
    written = domain(name=name).findtext(f"metadata/{{{xml.NAMESPACE}}}server/{{{xml.NAMESPACE}}}name")
    assert written is not None
    assert len(written) == len(name)


@pytest.mark.parametrize("name", ["web", "berthline-", "berthline-web", f"berthline-{SERVER.upper()}x", SERVER])
def test_guests_of_others_are_not_taken_for_ours(name: str) -> None:
    assert xml.server_of(name) is None


def test_a_nic_is_found_again_by_its_port() -> None:
    text = etree.tostring(domain(), encoding="unicode")
    found = xml.interface_of(text, PORT)
    assert found is not None
    mac = etree.fromstring(found).find("mac")
    assert mac is not None
    assert mac.get("address") == "fa:16:3e:00:00:01"
    assert xml.interface_of(text, PortId("third")) is None


def test_volume_facts_are_read_back() -> None:
    text = xml.volume_xml("v", 2048, "qcow2", backing=("/base/x", "raw"))
    facts = xml.volume_facts(text)
    assert (facts.capacity, facts.backing_path, facts.backing_format) == (2048, "/base/x", "raw")
    assert xml.volume_facts(text.replace(">0</allocation>", ">512</allocation>")).allocation == 512


def test_ids_of_servers_are_checked() -> None:
    assert xml.server_of(xml.domain_name(ServerId("not-an-id"))) is None


def test_the_screen_listens_on_a_socket_of_libvirts_own_alone() -> None:
    graphics, *others = domain().findall("devices/graphics")
    assert not others
    assert dict(graphics.attrib) == {"type": "vnc", "sharePolicy": "force-shared"}, "no port"
    assert [dict(listen.attrib) for listen in graphics] == [{"type": "socket"}], "and no path that others may guess"
    assert [video.get("type") for video in domain().findall("devices/video/model")] == ["vga"]
