"""What extra specs and image properties ask of a host."""

import pytest

from berthline.domain.errors import BadRequest
from berthline.placement.conditions import KVM, aggregate_specs, aggregates_meet, conditions_of
from tests.unit.store.compute.values import make_host

HOST = make_host(
    "one",
    vcpus_used=1,
    memory_mb_used=512,
    running_vms=3,
    hypervisor_version=7002000,
    cpu_info='{"vendor": "AMD", "topology": {"cores": 4}, "features": ["avx", "sse"]}',
    traits=("CUSTOM_FAST", "HW_CPU_X86_AVX"),
)


def against(specs: dict[str, str], properties: dict[str, str] | None = None) -> list[str]:
    """Why the host is not as these ask for."""
    reasons = [condition.against(HOST) for condition in conditions_of(specs, properties or {})]
    return [reason for reason in reasons if reason]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hypervisor_type", "QEMU"),
        ("hypervisor_version", ">= 7000000"),
        ("cpu_info:vendor", "AMD"),
        ("cpu_info:vendor", "<or> Intel <or> AMD"),
        ("cpu_info:topology:cores", ">= 2"),
        ("cpu_info:features", "<in> avx"),
        ("cpu_info:features", "<all-in> avx sse"),
        ("free_ram_mb", ">= 512"),
        ("free_disk_mb", "== 10240"),
        ("total_usable_ram_mb", "= 1000"),
        ("vcpus_total", "= 4"),
        ("vcpus_used", "<= 1"),
        ("num_instances", "<= 3"),
        ("hypervisor_hostname", "s== one"),
    ],
)
def test_a_host_has_the_capability(key: str, value: str) -> None:
    assert against({f"capabilities:{key}": value}) == []


def test_a_host_that_is_not_as_wanted_says_how_it_is() -> None:
    assert against({"capabilities:free_ram_mb": ">= 513", "capabilities:gpu:count": ">= 1"}) == [
        "its free_ram_mb is 512, and >= 513 is wanted",
        "it has no capability gpu:count",
    ]
    assert against({"capabilities:cpu_info:vendor:more": "x"}) == ["it has no capability cpu_info:vendor:more"]


def test_traits_are_required_or_forbidden_by_flavor_and_image() -> None:
    assert against({"trait:CUSTOM_FAST": "required", "trait:CUSTOM_SLOW": "forbidden"}) == []
    assert against({"trait:CUSTOM_SLOW": "required", "trait:CUSTOM_FAST": "forbidden"}) == [
        "it has the trait CUSTOM_FAST, which the flavor forbids",
        "it has not the trait CUSTOM_SLOW, which the flavor requires",
    ]
    assert against({}, {"trait:HW_CPU_X86_AVX512F": "required"}) == [
        "it has not the trait HW_CPU_X86_AVX512F, which the image requires"
    ]
    with pytest.raises(BadRequest, match="The image's trait:X is 'maybe': a trait is required or forbidden"):
        conditions_of({}, {"trait:X": "maybe"})


def test_an_image_for_kvm_needs_a_host_that_has_it() -> None:
    assert against({}, {"img_hv_type": "KVM"}) == [
        f"it has not the trait {KVM}, which the image (img_hv_type) requires"
    ]
    assert against({}, {"img_hv_type": "qemu"}) == []


def test_other_keys_ask_nothing_of_hosts() -> None:
    assert conditions_of({"hw:cpu_policy": "shared", "department": "x"}, {"os_type": "linux"}) == ()


def test_the_metadata_of_aggregates_may_have_several_values() -> None:
    assert aggregate_specs({"aggregate_instance_extra_specs:ssd": "true", "ssd": "no"}) == {"ssd": "true"}
    assert aggregates_meet(["a, b"], "b")
    assert aggregates_meet(["a", "7"], ">= 6")
    assert not aggregates_meet(["a, b"], "c")
    assert not aggregates_meet([], "")


def test_a_tpm_needs_a_host_that_has_its_version_and_its_model() -> None:
    assert against({}, {"hw_tpm_version": "2.0"}) == [
        "it has not the trait COMPUTE_SECURITY_TPM_2_0, which the image (hw_tpm_version) requires",
        "it has not the trait COMPUTE_SECURITY_TPM_TIS, which the image (hw_tpm_version) requires",
    ]
    assert against({"hw:tpm_version": "2.0", "hw:tpm_model": "tpm-crb"})[1] == (
        "it has not the trait COMPUTE_SECURITY_TPM_CRB, which the flavor (hw:tpm_version) requires"
    )
