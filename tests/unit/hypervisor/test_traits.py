"""The traits that hosts have."""

import pytest

from berthline.hypervisor.libvirt import capabilities
from berthline.hypervisor.libvirt.binding import libvirt_error
from berthline.hypervisor.traits import EMULATION, UEFI, traits_of
from berthline.placement.conditions import KVM

CPU = "<cpu><arch>x86_64</arch><model>{model}</model><feature name='avx'/></cpu>"
CAPABILITIES = "<capabilities><host>{cpu}</host></capabilities>"


class Libvirt:
    """What of a connection is asked here."""

    def __init__(self, model: str) -> None:
        self.model = model

    def getCapabilities(self) -> str:  # noqa: N802 - libvirt's name
        return CAPABILITIES.format(cpu=CPU.format(model=self.model) if self.model else "")

    def baselineCPU(self, cpus: list[str], flags: int) -> str:  # noqa: N802 - libvirt's name
        assert flags == capabilities.EXPAND_FEATURES
        if self.model == "unknown":
            raise libvirt_error("no such model")
        return cpus[0].replace("</cpu>", "<feature name='sse4.2'/></cpu>")


def test_features_are_told_in_the_words_of_os_traits() -> None:
    features = ["avx", "sse4.2", "pni", "ss", "avx512-vpopcntdq"]
    found = traits_of(features, kvm=True, uefi=True, tpms=["2.0", "tpm-tis", "3.0"])
    assert {one for one in found if "TPM" in one} == {"COMPUTE_SECURITY_TPM_2_0", "COMPUTE_SECURITY_TPM_TIS"}
    assert {one for one in found if one.startswith("HW_CPU")} == {
        "HW_CPU_X86_AVX",
        "HW_CPU_X86_SSE42",
        "HW_CPU_X86_SSE3",
    }
    assert {KVM, UEFI, "HW_ARCH_X86_64", "COMPUTE_NET_VIF_MODEL_E1000E", "COMPUTE_STORAGE_BUS_SATA"} <= set(found)
    assert EMULATION not in found
    assert list(found) == sorted(found)
    assert {KVM, UEFI, EMULATION} & set(traits_of([], kvm=False, uefi=False)) == {EMULATION}


@pytest.mark.parametrize(("model", "features"), [("Cascadelake", ["avx", "sse4.2"]), ("unknown", ["avx"]), ("", [])])
def test_the_features_of_the_model_count_too(model: str, features: list[str]) -> None:
    assert capabilities.cpu_features(Libvirt(model)) == features  # type: ignore[arg-type]
