"""Settings of hosts and of what they give guests: parts of ``model.Settings``."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

VirtType = Literal["auto", "kvm", "qemu"]


Trait = Annotated[str, Meta(pattern=r"^CUSTOM_[A-Z0-9_]+$", max_length=255)]


class HypervisorHost(msgspec.Struct, frozen=True, kw_only=True):
    """One libvirt host."""

    name: Annotated[str, Meta(min_length=1, description="Name of the host, as servers show it.")]
    uri: Annotated[
        str,
        Meta(
            min_length=1,
            description=(
                "libvirt URI: `qemu+unix:///system?socket=PATH`, `qemu+tls://HOST/system?pkipath=FOLDER` or "
                "`qemu+ssh://USER@HOST/system?keyfile=FILE&proxy=native`; docs/howto/remote-hosts.md sets a host up."
            ),
        ),
    ]
    chassis: Annotated[str, Meta(description="The host's OVN chassis (system-id); empty: the same as its name.")] = ""
    virt_type: Annotated[
        VirtType, Meta(description="`kvm`, `qemu` (emulation), or `auto`: kvm where libvirt offers it.")
    ] = "auto"
    userspace_datapath: Annotated[
        bool, Meta(description="The host's switch has datapath_type=netdev: guests' NICs get no offloads then.")
    ] = False
    cpu_mode: Annotated[
        Literal["", "host-passthrough", "host-model", "custom", "maximum"],
        Meta(
            description=(
                "The processor that guests see, as libvirt names it; empty: `host-passthrough` with KVM, `maximum` "
                "without."
            )
        ),
    ] = ""
    cpu_model: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_.+-]*$", description="The model of it, where `cpu_mode` is `custom`.")
    ] = ""
    traits: Annotated[
        tuple[Trait, ...],
        Meta(
            description=(
                "Traits of your own (`CUSTOM_…`), for flavors and images with `trait:CUSTOM_…`, beside those that "
                "libvirt tells of."
            )
        ),
    ] = ()
    migration_uri: Annotated[
        str,
        Meta(
            description=(
                "libvirt URI by which other hosts' libvirts reach this one, for guests that move while they run; "
                "empty: `uri`, without its query."
            )
        ),
    ] = ""
    migration_address: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9._:-]*$",
            description=(
                "Address at which the host takes such guests; empty: that in the URI, or what its libvirt is set to."
            ),
        ),
    ] = ""
    folder: Annotated[
        str, Meta(description="Folder on the host for images, guests' disks and consoles; empty: `/var/lib/berthline`.")
    ] = ""


class Guests(msgspec.Struct, frozen=True, kw_only=True):
    """What guests are given by their hosts, and what happens to them there."""

    on_crash: Annotated[
        Literal["stop", "restart"],
        Meta(
            description=(
                "What becomes of a server whose guest crashed: it is shown as off, or started again (once in five "
                "minutes)."
            )
        ),
    ] = "stop"
    return_at_once: Annotated[
        int,
        Meta(
            ge=0,
            le=1000,
            description=(
                "So many guests of a host that was off are started at a time, the oldest servers first, until all are "
                "what their owners want (Nova's `resume_guests_state_on_host_boot`); 0: they stay off."
            ),
        ),
    ] = 4
    reclaim_seconds: Annotated[
        int,
        Meta(
            ge=0,
            le=10**8,
            description="Seconds for which a deleted server can be restored (`SOFT_DELETED`); 0: it is gone at once.",
        ),
    ] = 0
    resize_confirm_window: Annotated[
        int,
        Meta(
            ge=0,
            le=10**8,
            description=(
                "Seconds after which a resize or a migration that nobody confirmed or reverted is confirmed; 0: never."
            ),
        ),
    ] = 0
    rescue_image: Annotated[
        str,
        Meta(
            description=(
                "Id of the image that servers are rescued with whose rescue names none; empty: each server's own image."
            )
        ),
    ] = ""
    unused_images_hours: Annotated[
        float,
        Meta(
            ge=0,
            description="An image that no disk on a host is made of leaves its cache after so long; 0: never.",
        ),
    ] = 24.0
    image_cache_gib: Annotated[
        float,
        Meta(
            ge=0,
            description=(
                "So many GiB of images a host's cache holds; over that images leave it that no disk there is made of, "
                "the longest unused first. 0: no limit but `unused_images_hours`."
            ),
        ),
    ] = 0.0


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """Guests that move to another host while they run."""

    auto_converge: Annotated[
        bool, Meta(description="A guest that writes faster than its memory is carried has its processors slowed.")
    ] = True
    post_copy: Annotated[
        bool,
        Meta(
            description=(
                "A guest that is made to arrive (`force_complete`) runs on before all of its memory is there; if a "
                "host is lost in between, so is what its memory held. Else it is paused until it is."
            )
        ),
    ] = False
    deadline_seconds: Annotated[
        float, Meta(gt=0, description="How long one may take; then it is given up, and the guest stays where it is.")
    ] = 86_400.0
    drain_at_once: Annotated[
        int,
        Meta(
            ge=1,
            le=1000,
            description="So many servers of a host are moved at a time while it is drained, unless its drain says so.",
        ),
    ] = 2


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """Hosts that are lost."""

    fence: Annotated[
        Literal["person", "command", "redfish"],
        Meta(
            description=(
                "What takes the power of a lost host away before its servers are started elsewhere: `command`, "
                "`redfish` (by the host's `fence_url`), or `person`: somebody does it, and says so."
            )
        ),
    ] = "person"
    fence_command: Annotated[
        tuple[str, ...],
        Meta(
            description=(
                "Program and arguments of the fence `command`; `{host}` in them is the host's name. No shell reads "
                "it. It is to exit with 0 once the host is off, and with anything else when it is not."
            )
        ),
    ] = ()
    fence_seconds: Annotated[
        float, Meta(gt=0, description="How long the fence may take until the host is off; it is tried five times.")
    ] = 60.0
    fence_credentials_file: Annotated[
        str,
        Meta(
            description=(
                "TOML file with `user` and `password` of hosts' controllers, in `[default]` or in a table of the "
                "host's name, readable by us alone; it is read at each use."
            )
        ),
    ] = ""
    fence_authorities: Annotated[
        str, Meta(description="File of the authorities that sign controllers' certificates; empty: this machine's.")
    ] = ""
    at_once: Annotated[
        int, Meta(ge=1, le=1000, description="So many servers of a lost host are made anew at a time.")
    ] = 8
    recovery: Annotated[
        Literal["anew", "stay"],
        Meta(
            description=(
                "What becomes of servers of a lost host of which neither their owner (metadata `berthline:recovery`) "
                "nor their flavor (extra spec of that name) says it: made anew from their image, or left until it is "
                "back."
            )
        ),
    ] = "stay"


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """Hosts that exist only in a process: in the cloud's, or in a world apart, which `berthline simulate` runs."""

    world: Annotated[
        str,
        Meta(
            description="Address of a world apart, `unix:/PATH` or `tcp:127.0.0.1:PORT`, whose hosts are used; empty: "
            "hosts in this process."
        ),
    ] = ""

    hosts: Annotated[int, Meta(ge=0, le=10_000, description="How many simulated hosts.")] = 0
    vcpus: Annotated[int, Meta(ge=1, description="CPUs of each.")] = 64
    memory_mb: Annotated[int, Meta(ge=64, description="Memory of each, MiB.")] = 262_144
    disk_gb: Annotated[int, Meta(ge=1, description="Disk of each, GiB.")] = 10_000


class Overcommit(msgspec.Struct, frozen=True, kw_only=True):
    """How much more is promised than there is; Nova's defaults."""

    vcpus: Annotated[float, Meta(gt=0, description="CPUs promised for each there is.")] = 16.0
    memory: Annotated[float, Meta(gt=0, description="MiB promised for each there is.")] = 1.5
    disk: Annotated[float, Meta(gt=0, description="GiB promised for each there is.")] = 1.0
