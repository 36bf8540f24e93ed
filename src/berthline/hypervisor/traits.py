"""The traits that hosts have, in the words of OpenStack's os-traits; where that has none, CUSTOM_ ones. Pure."""

from collections.abc import Collection
from typing import Final, get_args

from berthline.domain.hardware import DiskBus, VifModel
from berthline.placement.conditions import KVM, TPM_TRAITS

EVERY_HOST: Final = frozenset(
    {
        "COMPUTE_ARCH_X86_64",
        "COMPUTE_IMAGE_TYPE_ISO",
        "COMPUTE_IMAGE_TYPE_QCOW2",
        "COMPUTE_IMAGE_TYPE_RAW",
        "COMPUTE_NET_ATTACH_INTERFACE",
        "COMPUTE_NODE",
        "HW_ARCH_X86_64",
        *(f"COMPUTE_STORAGE_BUS_{bus.upper()}" for bus in get_args(DiskBus)),
        *(f"COMPUTE_NET_VIF_MODEL_{model.upper()}" for model in get_args(VifModel)),
    }
)
"""What guests on every host here can have."""

EMULATION: Final = "CUSTOM_VIRT_QEMU"
UEFI: Final = "CUSTOM_FIRMWARE_UEFI"

_FEATURES: Final = {
    "3dnow": "3DNOW",
    "abm": "ABM",
    "aes": "AESNI",
    "bmi1": "BMI",
    "fma": "FMA3",
    "pclmuldq": "CLMUL",
    "pclmulqdq": "CLMUL",
    "pni": "SSE3",
    "sha-ni": "SHA",
    "sse4.1": "SSE41",
    "sse4.2": "SSE42",
}
"""Features that libvirt calls by other names than os-traits."""
_ALIKE: Final = frozenset(
    {
        "avx", "avx2", "avx512bw", "avx512cd", "avx512dq", "avx512er", "avx512f", "avx512ifma", "avx512pf",
        "avx512vbmi", "avx512vl", "avx512vnni", "bmi2", "f16c", "fma4", "mmx", "mpx", "sse", "sse2", "sse3", "sse4a",
        "ssse3", "svm", "tbm", "vmx", "xop",
    }
)  # fmt: skip


def traits_of(features: Collection[str], *, kvm: bool, uefi: bool, tpms: Collection[str] = ()) -> tuple[str, ...]:
    """The traits of a host whose processor has these features, as libvirt names them; sorted.

    ``kvm``: its guests run under KVM rather than emulation. ``uefi``: it has firmware for that.
    ``tpms``: the versions and the models of TPMs that they can have.
    """
    known = [_FEATURES.get(one, one.upper()) for one in features if one in _FEATURES.keys() | _ALIKE]
    processor = [f"HW_CPU_X86_{one}" for one in known]
    modules = [TPM_TRAITS[one] for one in tpms if one in TPM_TRAITS]
    return tuple(sorted({*EVERY_HOST, *processor, *modules, KVM if kvm else EMULATION, *({UEFI} if uefi else ())}))
