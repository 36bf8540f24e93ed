"""`berthline host set` and `replace`: how a host is reached and used, and another machine in its place."""

from pathlib import Path
from typing import Any, Literal

from berthline.bootstrap.clouds_file import ADMIN_CLOUD
from berthline.cli.doctor import clouds_of
from berthline.cli.errors import CommandFailed
from berthline.cli.hosts.host import Host, await_up, print_found

CpuMode = Literal["host-passthrough", "host-model", "custom", "maximum"]


def set_options(
    name: str,
    /,
    *,
    uri: str | None = None,
    chassis: str | None = None,
    fence_url: str | None = None,
    migration_uri: str | None = None,
    migration_address: str | None = None,
    gateway: bool | None = None,
    reserved_vcpus: int | None = None,
    reserved_memory: int | None = None,
    reserved_disk: int | None = None,
    vcpus_ratio: float | None = None,
    memory_ratio: float | None = None,
    disk_ratio: float | None = None,
    data: Path | None = None,
) -> None:
    """Say otherwise how a host is reached and used, while the cloud runs. It stays the same machine: see replace.

    Parameters
    ----------
    name
        Name of the host.
    uri
        libvirt URI of the same machine.
    chassis
        The host's OVN chassis (system-id).
    fence_url
        Its system at its own controller, by Redfish: https://BMC/redfish/v1/Systems/1.
    migration_uri
        libvirt URI by which other hosts reach this one.
    migration_address
        Where guests arrive that move to it while they run.
    gateway
        Whether routers' ways out may be there, as far as its bridges lead outside.
    reserved_vcpus
        CPUs that no guest is to have.
    reserved_memory
        MiB that no guest is to have.
    reserved_disk
        GiB that no guest is to have.
    vcpus_ratio
        CPUs promised for each there is.
    memory_ratio
        MiB promised for each there is.
    disk_ratio
        GiB promised for each there is.
    data
        Data folder of the cloud.
    """
    from berthline.cli.client import open_cloud

    given: dict[str, Any] = {
        "uri": uri,
        "chassis": chassis,
        "fence_url": fence_url,
        "migration_uri": migration_uri,
        "migration_address": migration_address,
        "gateway": gateway,
        "reserved_vcpus": reserved_vcpus,
        "reserved_memory_mb": reserved_memory,
        "reserved_disk_gb": reserved_disk,
        "vcpus_ratio": vcpus_ratio,
        "memory_ratio": memory_ratio,
        "disk_ratio": disk_ratio,
    }
    body = {key: value for key, value in given.items() if value is not None}
    if not body:
        raise CommandFailed("nothing is to be set: give what is to be otherwise, such as --uri")
    with open_cloud(clouds_of(data), ADMIN_CLOUD) as admin:
        admin.patch("berthline", f"/hosts/{name}", "host", body, Host)
    print(f"{name} has another {', '.join(sorted(body))}")


def replace(
    name: str,
    /,
    *,
    uri: str | None = None,
    chassis: str | None = None,
    virt_type: Literal["auto", "kvm", "qemu"] | None = None,
    cpu_mode: CpuMode | None = None,
    cpu_model: str | None = None,
    folder: str | None = None,
    migration_uri: str | None = None,
    migration_address: str | None = None,
    data: Path | None = None,
) -> None:
    """Have another machine take a host's place, once that has no servers left, and wait until it is up.

    It has the host's name, aggregates, role, reserved shares and ratios. What is not given is as it was. It takes
    guests if the host did before it was drained.

    Parameters
    ----------
    name
        Name of the host.
    uri
        libvirt URI of the new machine.
    chassis
        Its OVN chassis (system-id).
    virt_type
        kvm, qemu (emulation), or auto: kvm where libvirt offers it.
    cpu_mode
        The processor that guests see, as libvirt names it.
    cpu_model
        Its model, where the mode is custom.
    folder
        Folder on the machine for images, guests' disks and consoles.
    migration_uri
        libvirt URI by which other hosts reach it.
    migration_address
        Where guests arrive that move to it while they run.
    data
        Data folder of the cloud.
    """
    from berthline.cli.client import open_cloud

    given: dict[str, Any] = {
        "uri": uri,
        "chassis": chassis,
        "virt_type": virt_type,
        "cpu_mode": cpu_mode,
        "cpu_model": cpu_model,
        "folder": folder,
        "migration_uri": migration_uri,
        "migration_address": migration_address,
    }
    body = {key: value for key, value in given.items() if value is not None}
    with open_cloud(clouds_of(data), ADMIN_CLOUD) as admin:
        print_found(admin.create("berthline", f"/hosts/{name}/replace", "host", body, dict))
        host = await_up(admin, name, "replaced")
    takes = "takes guests" if host.enabled else f"takes no guests: {host.disabled_reason or 'it is disabled'}"
    print(f"{name} is another machine, is {host.state} and {takes}")
