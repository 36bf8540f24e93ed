"""What a host and a guest have room for, as libvirt tells it."""

import pytest

from berthline.domain.errors import Refused
from berthline.hypervisor.libvirt import capabilities
from tests.unit.hypervisor.samples import SERVER

CAPABILITIES = """<capabilities><host><cpu><arch>x86_64</arch><model>Cascadelake</model><vendor>Intel</vendor>
<topology sockets='1' dies='1' cores='2' threads='2'/><feature name='avx'/>{nested}</cpu></host>
<guest><arch name='x86_64'><domain type='qemu'/>{kvm}</arch></guest></capabilities>"""


@pytest.mark.parametrize(
    ("kvm", "nested", "expected"),
    [
        ("<domain type='kvm'/>", "", True),
        ("<domain type='kvm'/>", "<feature name='hypervisor'/>", False),
        ("", "", False),
    ],
)
def test_kvm_is_taken_on_bare_metal_only(kvm: str, nested: str, expected: bool) -> None:
    assert capabilities.offers_kvm_on_bare_metal(CAPABILITIES.format(kvm=kvm, nested=nested)) is expected


def test_the_processor_is_told() -> None:
    cpu = capabilities.cpu_facts(CAPABILITIES.format(kvm="", nested=""))
    assert (cpu.model, cpu.features, cpu.topology["cores"]) == ("Cascadelake", ["avx"], 2)


@pytest.mark.parametrize(("values", "expected"), [("<value>efi</value>", True), ("", False)])
def test_uefi_is_what_the_host_has_firmware_for(values: str, expected: bool) -> None:
    told = f"<domainCapabilities><os supported='yes'><enum name='firmware'>{values}</enum></os></domainCapabilities>"
    assert capabilities.offers_uefi(told) is expected


TPM = """<domainCapabilities><devices><tpm supported='{supported}'><enum name='model'><value>tpm-tis</value></enum>
<enum name='backendModel'><value>{backend}</value></enum><enum name='backendVersion'><value>2.0</value></enum></tpm>
</devices></domainCapabilities>"""


def test_tpms_are_those_that_the_host_can_emulate() -> None:
    told = {
        both: capabilities.offered_tpms(TPM.format(supported=both[0], backend=both[1]))
        for both in (
            ("yes", "emulator"),
            ("yes", "passthrough"),
            ("no", "emulator"),
        )
    }
    assert told == {
        ("yes", "emulator"): {"2.0", "tpm-tis"},
        ("yes", "passthrough"): frozenset(),
        ("no", "emulator"): frozenset(),
    }
    assert capabilities.offered_tpms("<domainCapabilities/>") == frozenset()


def q35(ports: int, used: int, model: str = "virtio") -> str:
    """A guest with so many root ports, of which NICs have some."""
    controllers = "".join(
        f"<controller type='pci' index='{index}' model='pcie-root-port'>"
        f"<address type='pci' bus='0x00' slot='0x{index:02x}'/></controller>"
        for index in range(1, ports + 1)
    )
    nics = "".join(
        f"<interface type='bridge'><alias name='ua-port-{index}'/><address type='pci' bus='0x{index:02x}'/></interface>"
        for index in range(1, used + 1)
    )
    noted = f"<b:server xmlns:b='urn:berthline:guest:1'><b:vif_model>{model}</b:vif_model></b:server>"
    return (
        f"<domain><metadata>{noted}</metadata><devices><controller type='pci' index='0' model='pcie-root'/>"
        f"{controllers}{nics}</devices></domain>"
    )


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        (q35(28, 3), 25),
        (q35(5, 5), 0),
        (q35(1, 1, "e1000"), None),
        ("<domain><devices><controller type='pci' index='0' model='pci-root'/></devices></domain>", 29),
        ("<domain><devices><disk><address type='pci' slot='0x03'/></disk></devices></domain>", 28),
    ],
)
def test_places_for_nics_are_counted(domain: str, expected: int | None) -> None:
    assert capabilities.free_places(domain) == expected


def test_a_full_guest_says_how_full_it_is() -> None:
    capabilities.check_room(SERVER, [q35(5, 4)])
    with pytest.raises(Refused, match="has 5 NICs, and no room for one more"):
        capabilities.check_room(SERVER, [q35(9, 5), q35(5, 5)])
