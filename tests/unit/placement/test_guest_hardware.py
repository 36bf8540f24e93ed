"""What image properties and extra specs of flavors ask of a guest: read whole, or refused by name."""

import pytest

from berthline.domain.errors import BadRequest
from berthline.domain.hardware import Hardware, Topology, Tpm
from berthline.placement.guest_hardware import hardware_of


def test_what_is_honoured() -> None:
    asked = {
        "hw_machine_type": "pc-q35-7.2",
        "hw_firmware_type": "uefi",
        "hw_disk_bus": "scsi",
        "hw_scsi_model": "virtio-scsi",
        "hw_cdrom_bus": "sata",
        "hw_vif_model": "e1000",
        "hw_qemu_guest_agent": "yes",
        "hw_rng_model": "virtio",
        "hw_boot_menu": "True",
        "hw_time_hpet": "true",
        "hw_pmu": "false",
        "hw_watchdog_action": "poweroff",
        "hw_cpu_cores": "2",
        "os_distro": "debian",
        "os_type": "windows",
        "description": "hw_nothing",
    }
    assert hardware_of(asked, {}, 4) == Hardware(
        machine="pc-q35-7.2",
        firmware="uefi",
        disk_bus="scsi",
        config_drive_bus="sata",
        vif_model="e1000",
        guest_agent=True,
        boot_menu=True,
        hpet=True,
        pmu=False,
        local_time=True,
        watchdog="poweroff",
        topology=Topology(2, 2, 1),
    )
    assert hardware_of({}, {}, 1) == Hardware()


@pytest.mark.parametrize(
    "properties",
    [
        {"hw_qemu_guest_agent": "no"},
        {"hw_watchdog_action": "disabled"},
        {"hw_firmware_type": "bios"},
        {"hw_vif_multiqueue_enabled": "false"},
        {"hw_architecture": "x86_64"},
        {"hw_vm_mode": "hvm"},
        {"os_secure_boot": "optional"},
        {"hw_rescue_bus": "usb"},
        {"os_type": "linux", "os_require_quiesce": "yes", "img_hide_hypervisor_id": "false"},
    ],
)
def test_what_every_guest_here_has_is_no_question(properties: dict[str, str]) -> None:
    assert hardware_of(properties, {}, 1) == Hardware()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hw_disk_bus", "fdc"),
        ("hw_disk_bus", ""),
        ("hw_vif_model", "lan9118"),
        ("hw_machine_type", "virt"),
        ("hw_firmware_type", "coreboot"),
        ("hw_scsi_model", "lsilogic"),
        ("hw_rng_model", "other"),
        ("hw_video_model", "qxl"),
        ("hw_pointer_model", "mouse"),
        ("hw_tpm_version", "3.0"),
        ("hw_tpm_model", "tpm-crb"),
        ("hw_mem_page_size", "large"),
        ("hw_cpu_policy", "dedicated"),
        ("hw_input_bus", "usb"),
        ("hw_sound_model", "ich9"),
        ("hw_vif_multiqueue_enabled", "true"),
        ("hw_watchdog_action", "explode"),
        ("hw_architecture", "aarch64"),
        ("hw_of_tomorrow", "1"),
        ("os_secure_boot", "required"),
        ("os_command_line", "console=ttyS0"),
        ("os_admin_user", "root:x"),
        ("os_admin_user", "root\nadmin"),
        ("os_admin_user", ""),
        ("img_hide_hypervisor_id", "true"),
        ("img_signature_hash_method", "SHA-256"),
        ("img_block_device_mapping", "[]"),
        ("kernel_id", "0c9c3f3b-3f5d-4a52-8f36-5a5b5a0b5a5a"),
        ("hw_cpu_cores", "3"),
        ("hw_cpu_cores", "-1"),
        ("hw_cpu_threads", "x"),
    ],
)
def test_the_rest_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadRequest, match=f"image property {name} with the value"):
        hardware_of({name: value}, {}, 4)


def test_what_does_not_go_together_is_refused() -> None:
    for wrong in ({"hw_disk_bus": "ide"}, {"hw_cdrom_bus": "ide"}):
        with pytest.raises(BadRequest, match="q35 has no IDE"):
            hardware_of({"hw_machine_type": "q35", **wrong}, {}, 1)
    every = {"hw_cpu_sockets": "1", "hw_cpu_cores": "2", "hw_cpu_threads": "1"}
    assert hardware_of(every, {}, 2).topology == Topology(1, 2, 1)
    with pytest.raises(BadRequest, match="a flavor with 4 vcpus cannot be laid out so"):
        hardware_of(every, {}, 4)


def test_an_extra_spec_asks_for_what_the_property_of_its_name_does() -> None:
    specs = {"hw:cpu_sockets": "2", "hw:watchdog_action": "reset", "hw:pmu": "false", "hw:boot_menu": "true"}
    assert hardware_of({}, specs, 4) == Hardware(
        boot_menu=True, pmu=False, watchdog="reset", topology=Topology(2, 2, 1)
    )
    assert hardware_of({"hw_watchdog_action": "disabled"}, specs, 4).watchdog is None


@pytest.mark.parametrize(
    "specs",
    [
        {"hw:cpu_policy": "shared", "hw:mem_page_size": "small"},
        {"hw_rng:allowed": "True", "os:secure_boot": "optional", "hide_hypervisor_id": "false"},
        {"hw:locked_memory": "false", "hw:serial_port_count": "1"},
        {"department": "physics", "vendor:rack": "9"},
    ],
)
def test_extra_specs_that_ask_for_nothing_are_no_question(specs: dict[str, str]) -> None:
    assert hardware_of({}, specs, 2) == Hardware()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hw:cpu_policy", "dedicated"),
        ("hw:cpu_thread_policy", "isolate"),
        ("hw:mem_page_size", "1GB"),
        ("hw:cpu_realtime", "yes"),
        ("hw:tpm_version", "2"),
        ("hw:tpm_model", "tpm-tis"),
        ("hw:tpm_secret_security", "user"),
        ("hw:mem_encryption", "true"),
        ("hw:cpu_max_cores", "2"),
        ("hw:of_tomorrow", "1"),
        ("hw:cpu_cores", "3"),
        ("hw:serial_port_count", "2"),
        ("hw_rng:allowed", "false"),
        ("hw_rng:rate_bytes", "100"),
        ("hw_video:ram_max_mb", "many"),
        ("hw_video:ram_max_mb", "513"),
        ("hide_hypervisor_id", "true"),
        ("os:secure_boot", "required"),
        ("quota:cpu_shares", "512"),
        ("quota:disk_read_iops_sec", "100"),
        ("quota:vif_inbound_average", "1000"),
        ("vmware:hw_version", "vmx-13"),
    ],
)
def test_other_extra_specs_that_nova_reads_are_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadRequest, match=f"extra spec {name} with the value"):
        hardware_of({}, {name: value}, 4)


def test_secure_boot_is_had_with_what_goes_with_it() -> None:
    image = {"hw_firmware_type": "uefi", "os_secure_boot": "required"}
    assert hardware_of(image, {}, 1).secure_boot
    assert hardware_of({"hw_firmware_type": "uefi"}, {"os:secure_boot": "required"}, 1).secure_boot
    for properties, specs, says in (
        (image | {"hw_machine_type": "pc"}, {}, "q35"),
        ({"os_secure_boot": "required"}, {}, "uefi"),
        (image, {"os:secure_boot": "disabled"}, "os:secure_boot is disabled"),
    ):
        with pytest.raises(BadRequest, match=says):
            hardware_of(properties, specs, 1)


def test_a_screen_and_a_pointer_are_chosen() -> None:
    found = hardware_of({"hw_video_model": "virtio", "hw_pointer_model": "usbtablet"}, {}, 1)
    assert (found.video, found.tablet) == ("virtio", True)


def test_the_administrator_is_the_images() -> None:
    assert hardware_of({}, {}, 1).administrator == "root"
    assert hardware_of({"os_type": "windows"}, {}, 1).administrator == "Administrator"
    assert hardware_of({"os_type": "windows", "os_admin_user": "Jan Müller"}, {}, 1).administrator == "Jan Müller"


def test_a_screen_has_as_much_memory_as_image_and_flavor_agree_on() -> None:
    most = {"hw_video:ram_max_mb": "64"}
    assert hardware_of({"hw_video_ram": "64"}, most, 1).video_mb == 64
    assert hardware_of({"hw_video_ram": "0"}, {}, 1).video_mb is None
    assert hardware_of({}, most, 1) == Hardware()
    for asked, specs in (
        ({"hw_video_ram": "65"}, most),
        ({"hw_video_ram": "1"}, {}),
        ({"hw_video_ram": "1", "hw_video_model": "virtio"}, most),
        ({"hw_video_ram": "-1"}, most),
    ):
        with pytest.raises(BadRequest, match="image property hw_video_ram with the value"):
            hardware_of(asked, specs, 1)


def test_a_tpm_is_had_by_image_or_flavor_which_agree() -> None:
    assert hardware_of({"hw_tpm_version": "1.2"}, {}, 1).tpm == Tpm("1.2", "tpm-tis")
    flavor = {"hw:tpm_version": "2.0", "hw:tpm_model": "tpm-crb"}
    assert hardware_of({}, flavor, 1).tpm == Tpm("2.0", "tpm-crb")
    assert hardware_of({"hw_tpm_version": "2.0"}, flavor, 1).tpm == Tpm("2.0", "tpm-crb")
    for properties, specs, says in (
        ({"hw_tpm_version": "1.2"}, flavor, "the flavor's hw:tpm_version is 2.0"),
        ({"hw_tpm_version": "2.0", "hw_tpm_model": "tpm-tis"}, flavor, "the flavor's hw:tpm_model is tpm-crb"),
        ({"hw_tpm_version": "1.2", "hw_tpm_model": "tpm-crb"}, {}, "it needs hw_tpm_version 2.0"),
    ):
        with pytest.raises(BadRequest, match=says):
            hardware_of(properties, specs, 1)
