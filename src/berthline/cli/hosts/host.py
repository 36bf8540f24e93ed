"""`berthline host`: the hosts of a cloud, which come and go while it runs."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from cyclopts import Parameter

from berthline.bootstrap.clouds_file import ADMIN_CLOUD
from berthline.cli.columns import print_columns
from berthline.cli.doctor import clouds_of
from berthline.cli.errors import CommandFailed

if TYPE_CHECKING:
    from berthline.cli.client import Client

UP_SECONDS: Final = 60.0
GONE_SECONDS: Final = 600.0
LOOK_SECONDS: Final = 0.2

Fate = Literal["error", "delete"]


class Amount(msgspec.Struct, frozen=True):
    """Of one resource."""

    physical: int
    promised: int
    claimed: int


class Seen(msgspec.Struct, frozen=True):
    """What a worker saw of a host."""

    hypervisor_type: str
    hypervisor_version: int
    servers: int
    vcpus: Amount
    memory_mb: Amount
    disk_gb: Amount
    physical_networks: tuple[str, ...] | str | None
    answers: bool


class Host(msgspec.Struct, frozen=True):
    """A host as the cloud tells of it."""

    name: str
    state: str
    enabled: bool
    disabled_reason: str | None
    kind: str = "unknown"
    uri: str = ""
    chassis: str = ""
    gateway: bool = False
    seen: Seen | None = None


def add(
    name: str,
    /,
    *,
    uri: str = "",
    chassis: str | None = None,
    virt_type: Literal["auto", "kvm", "qemu"] | None = None,
    userspace_datapath: Annotated[bool, Parameter(negative=())] = False,
    cpu_mode: Literal["host-passthrough", "host-model", "custom", "maximum"] | None = None,
    cpu_model: str | None = None,
    trait: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = (),
    folder: str | None = None,
    migration_uri: str | None = None,
    fence_url: str | None = None,
    gateway: bool = True,
    reserved_vcpus: int | None = None,
    reserved_memory: int | None = None,
    reserved_disk: int | None = None,
    vcpus_ratio: float | None = None,
    memory_ratio: float | None = None,
    disk_ratio: float | None = None,
    vcpus: int | None = None,
    memory: int | None = None,
    disk: int | None = None,
    data: Path | None = None,
) -> None:
    """Add a host that answers, while the cloud runs, and wait until it takes guests.

    Parameters
    ----------
    name
        Name of the host, as servers show it.
    uri
        libvirt URI: qemu+tls://HOST/system?pkipath=FOLDER, qemu+ssh://USER@HOST/system or qemu+unix:///system.
    chassis
        The host's OVN chassis (system-id); the same as its name unless set otherwise.
    virt_type
        kvm, qemu (emulation), or auto: kvm where libvirt offers it.
    userspace_datapath
        The host's switch has datapath_type=netdev.
    cpu_mode
        The processor that guests see, as libvirt names it.
    cpu_model
        Its model, where the mode is custom.
    trait
        CUSTOM_… trait of your own; may be repeated.
    folder
        Folder on the host for images, guests' disks and consoles.
    migration_uri
        libvirt URI by which other hosts reach this one; its machine is where guests arrive that move while they run.
    fence_url
        Its system at its own controller, by Redfish: https://BMC/redfish/v1/Systems/1.
    gateway
        Whether routers' ways out may be there, as far as its bridges lead outside.
    reserved_vcpus
        CPUs that no guest is to have.
    reserved_memory
        MiB that no guest is to have.
    reserved_disk
        GiB that no guest is to have.
    vcpus_ratio
        CPUs promised for each there is; as the settings say unless given.
    memory_ratio
        MiB promised for each there is, likewise.
    disk_ratio
        GiB promised for each there is, likewise.
    vcpus
        Size of a simulated host.
    memory
        Its MiB.
    disk
        Its GiB.
    data
        Data folder of the cloud.
    """
    _add(
        {
            "name": name,
            "uri": uri,
            "chassis": chassis,
            "virt_type": virt_type,
            "userspace_datapath": userspace_datapath,
            "cpu_mode": cpu_mode,
            "cpu_model": cpu_model,
            "traits": trait,
            "folder": folder,
            "migration_uri": migration_uri,
            "fence_url": fence_url,
            "gateway": gateway,
            "reserved_vcpus": reserved_vcpus,
            "reserved_memory_mb": reserved_memory,
            "reserved_disk_gb": reserved_disk,
        }
        | {"vcpus_ratio": vcpus_ratio, "memory_ratio": memory_ratio, "disk_ratio": disk_ratio}
        | {"vcpus": vcpus, "memory_mb": memory, "disk_gb": disk},
        data,
    )


def _add(given: dict[str, Any], data: Path | None) -> None:
    """Add a host of these fields, those that are None left out, and wait for it."""
    from berthline.cli.client import open_cloud

    name = given["name"]
    with open_cloud(clouds_of(data), ADMIN_CLOUD) as admin:
        body = {key: value for key, value in given.items() if value is not None}
        made = admin.create("berthline", "/hosts", "host", body, dict)
        print_found(made)
        host = await_up(admin, name, "added")
    print(f"{name} is {host.state} and takes guests")


def await_up(admin: "Client", name: str, what: str) -> Host:
    """Wait until a worker has the host, which is by now ``what``. Raises CommandFailed."""
    deadline = time.monotonic() + UP_SECONDS
    while (host := admin.show("berthline", f"/hosts/{name}", "host", Host)).state != "up":
        if time.monotonic() > deadline:
            raise CommandFailed(f"host {name} is {what}, and no worker has taken it up in {UP_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)
    return host


def print_found(made: dict[str, Any]) -> None:
    """Say what answers as a host, by the view of it."""
    found = made["found"]
    print(
        f"{made['name']} answers: {found['hypervisor_type']} {found['hypervisor_version']}, {found['vcpus']} CPUs, "
        f"{found['memory_mb']} MiB, {found['disk_gb']} GiB"
    )
    if found["physical_networks"] is None and made["kind"] == "libvirt":
        print(f"OVN has no chassis {made['chassis']} yet: guests' ports stay down until its controller runs")


def list_hosts(*, data: Path | None = None) -> None:
    """List the hosts of a cloud.

    Parameters
    ----------
    data
        Data folder of the cloud.
    """
    from berthline.cli.client import open_cloud

    with open_cloud(clouds_of(data), ADMIN_CLOUD) as admin:
        found = admin.list("berthline", "/hosts", "hosts", Host)
    print_columns(
        ("NAME", "STATE", "TAKES GUESTS", "SERVERS", "MEMORY LEFT", "LEADS TO", "URI"),
        (
            (
                host.name,
                host.state,
                "yes" if host.enabled else f"no: {host.disabled_reason or 'disabled'}",
                str(host.seen.servers) if host.seen else "",
                f"{host.seen.memory_mb.promised - host.seen.memory_mb.claimed} MiB" if host.seen else "",
                _networks(host),
                host.uri or host.kind,
            )
            for host in found
        ),
    )


def show(name: str, /, *, data: Path | None = None) -> None:
    """Show one host: how it is reached and used, and what was last seen of it.

    Parameters
    ----------
    name
        Name of the host.
    data
        Data folder of the cloud.
    """
    from berthline.cli.client import open_cloud

    with open_cloud(clouds_of(data), ADMIN_CLOUD) as admin:
        found = admin.show("berthline", f"/hosts/{name}", "host", dict)
    seen = found.pop("seen", {})
    rows = [*found.items(), *((f"seen.{key}", value) for key, value in seen.items())]
    print_columns(("FIELD", "VALUE"), ((key, _text(value)) for key, value in rows))


def enable(name: str, /, *, data: Path | None = None) -> None:
    """Have a host take new guests again.

    Parameters
    ----------
    name
        Name of the host.
    data
        Data folder of the cloud.
    """
    _change(name, data, enabled=True)


def disable(name: str, /, *, reason: str | None = None, data: Path | None = None) -> None:
    """Have a host take no new guests; those that it has run on.

    Parameters
    ----------
    name
        Name of the host.
    reason
        Why, as other admins read it.
    data
        Data folder of the cloud.
    """
    given = {} if reason is None else {"disabled_reason": reason}
    _change(name, data, enabled=False, **given)


def remove(name: str, /, *, servers: Fate | None = None, data: Path | None = None) -> None:
    """Remove a host, which has no servers or is gone for good, and wait until it is removed.

    Parameters
    ----------
    name
        Name of the host.
    servers
        What becomes of the servers of one that is gone for good: they are left in ERROR, with words, or deleted.
    data
        Data folder of the cloud.
    """
    from berthline.cli.client import open_cloud

    query = f"?servers={servers}" if servers else ""
    with open_cloud(clouds_of(data), ADMIN_CLOUD) as admin:
        if not admin.delete("berthline", f"/hosts/{name}{query}"):
            raise CommandFailed(f"the cloud has no host {name}")
        deadline = time.monotonic() + GONE_SECONDS
        while name in {host.name for host in admin.list("berthline", "/hosts", "hosts", Host)}:
            if time.monotonic() > deadline:
                raise CommandFailed(f"host {name} is being removed still: see `berthline saga list --unfinished`")
            time.sleep(LOOK_SECONDS)
    print(f"{name} is removed")


def _change(name: str, data: Path | None, **given: object) -> None:
    from berthline.cli.client import open_cloud

    with open_cloud(clouds_of(data), ADMIN_CLOUD) as admin:
        host = admin.patch("berthline", f"/hosts/{name}", "host", given, Host)
    print(f"{name} takes guests" if host.enabled else f"{name} takes no new guests")


def _networks(host: Host) -> str:
    found = host.seen.physical_networks if host.seen else None
    named = found if isinstance(found, str) else ", ".join(found or ())
    return named if host.gateway or not named else f"{named} (no gateway)"


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
