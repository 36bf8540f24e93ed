"""Compute values: flavors, keypairs, servers, hosts and what a caller asks for when a server is created."""

from typing import Final, Literal

import msgspec

from berthline.domain.disks import Disk
from berthline.domain.hardware import Hardware
from berthline.domain.hypervisor import (
    BaseImage,
)
from berthline.domain.hypervisor.moving import MoveProgress
from berthline.domain.ids import (
    FlavorId,
    HostName,
    ImageId,
    MigrationId,
    NetworkId,
    PortId,
    ProjectId,
    RequestId,
    SagaId,
    ServerId,
    UserId,
)

DEFAULT_ZONE: Final = "nova"
"""The availability zone of a host that nobody put in one; Nova's name for it."""

EVERY_NETWORK: Final = ("*",)
"""The physical networks of a host that leads to each: one of a cloud without bridges."""

VmState = Literal[
    "building",
    "active",
    "paused",
    "suspended",
    "stopped",
    "resized",
    "rescued",
    "soft-delete",
    "shelved",
    "shelved_offloaded",
    "error",
    "deleted",
]
"""Nova's vm_state, as far as Berthline uses it."""

TaskState = Literal[
    "scheduling",
    "networking",
    "block_device_mapping",
    "spawning",
    "powering-off",
    "powering-on",
    "rebooting",
    "reboot_started_hard",
    "pausing",
    "unpausing",
    "suspending",
    "resuming",
    "rebuilding",
    "rebuild_block_device_mapping",
    "rebuild_spawning",
    "rescuing",
    "unrescuing",
    "image_snapshot_pending",
    "image_snapshot",
    "image_backup",
    "image_pending_upload",
    "image_uploading",
    "shelving",
    "shelving_image_pending_upload",
    "shelving_image_uploading",
    "shelving_offloading",
    "unshelving",
    "updating_password",
    "soft-deleting",
    "restoring",
    "resize_prep",
    "resize_migrating",
    "resize_migrated",
    "resize_finish",
    "resize_reverting",
    "migrating",
    "deleting",
]

PowerState = Literal[0, 1, 3, 4, 6, 7]
"""Nova's numbers: 0 no state, 1 running, 3 paused, 4 shut down, 6 crashed, 7 suspended."""

POWER_WORDS: Final[dict[PowerState, str]] = {
    0: "unknown", 1: "running", 3: "paused", 4: "shut down", 6: "crashed", 7: "suspended",
}  # fmt: skip

WantedPower = Literal["running", "stopped", "paused", "suspended"]
"""What a server's owner last asked its guest to be, whatever it is meanwhile."""


class Flavor(msgspec.Struct, frozen=True, kw_only=True):
    """``ram`` and ``swap`` in MiB, ``disk`` and ``ephemeral`` in GiB.

    ``image_disk`` is known of a server's own flavor only: the GiB of its image's disk, where ``disk`` 0 leaves the
    size to the image. No API shows it; hosts count it.
    """

    id: FlavorId
    name: str
    vcpus: int
    ram: int
    disk: int
    ephemeral: int = 0
    swap: int = 0
    rxtx_factor: float = 1.0
    is_public: bool = True
    disabled: bool = False
    description: str | None = None
    extra_specs: dict[str, str] = {}
    image_disk: int = 0

    @property
    def claimed_disk(self) -> int:
        """GiB of a host's disk that a server of this flavor takes."""
        return (self.disk or self.image_disk) + self.ephemeral + -(-self.swap // 1024)


class Keypair(msgspec.Struct, frozen=True, kw_only=True):
    user_id: UserId
    name: str
    type: Literal["ssh", "x509"]
    fingerprint: str
    public_key: str
    created_at: int


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a server is in ERROR; ``details`` is for admins only."""

    code: int
    message: str
    details: str
    created_at: int


class RequestedNetwork(msgspec.Struct, frozen=True, kw_only=True):
    """One item of ``networks`` in POST /servers: a network or a port, and what is asked of the NIC.

    With neither, as an attach may be, the one available network is meant.
    """

    network_id: NetworkId | None = None
    port_id: PortId | None = None
    fixed_ip: str | None = None
    tag: str | None = None

    @property
    def names_nothing(self) -> bool:
        return self.network_id is None and self.port_id is None


class Nic(msgspec.Struct, frozen=True, kw_only=True):
    """One network interface of a server; ``position`` is the order of the request.

    ``preserve_on_delete`` is true for a port that was there before the server.
    """

    port_id: PortId
    position: int
    tag: str | None
    preserve_on_delete: bool


class Server(msgspec.Struct, frozen=True, kw_only=True):
    id: ServerId
    project_id: ProjectId
    user_id: UserId
    name: str
    hostname: str
    description: str | None
    vm_state: VmState
    task_state: TaskState | None
    power_state: PowerState
    host: HostName | None
    availability_zone: str
    image_id: ImageId | None
    flavor: Flavor
    key_name: str | None
    key_data: str | None
    user_data: str | None
    config_drive: bool
    metadata: dict[str, str]
    security_group_names: tuple[str, ...]
    tags: tuple[str, ...]
    locked: bool
    reservation_id: str
    launch_index: int
    fault: Fault | None
    access_ip_v4: str
    access_ip_v6: str
    nics: tuple[Nic, ...]
    launched_at: int | None
    created_at: int
    updated_at: int
    revision: int
    locked_by: Literal["owner", "admin"] | None = None
    locked_reason: str | None = None
    pinned_availability_zone: str | None = None
    disk_config: Literal["AUTO", "MANUAL"] = "MANUAL"
    scheduler_hints: dict[str, str | list[str]] = {}
    deleted_at: int | None = None
    disks: tuple[Disk, ...] = ()
    hardware: Hardware | None = None
    """What its image and its flavor asked of its guest; None, and no disks, of a server from before there was this."""
    shelved_image_id: ImageId | None = None
    """The image that holds its disk since it was shelved, ``shelved_at`` in microseconds; it boots from that next."""
    shelved_at: int | None = None
    soft_deleted_at: int | None = None
    """When it was deleted so that it can be restored; None of one that was not."""
    wanted: WantedPower = "running"


class ServerAction(msgspec.Struct, frozen=True, kw_only=True):
    """One request that changed a server, as Nova's instance actions list it.

    ``saga_id`` leads to its timeline; None for what is done in one transaction. ``message`` is set when it failed.
    """

    server_id: ServerId
    request_id: RequestId
    action: str
    user_id: UserId
    project_id: ProjectId
    saga_id: SagaId | None
    message: str | None
    started_at: int
    updated_at: int


class ToldAction(ServerAction, frozen=True, kw_only=True):
    """An action as it stands by now. ``waits_for``: the host that has it to do, which does not answer meanwhile."""

    waits_for: HostName | None = None


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """A hypervisor host. Capacities are what may be claimed, after overcommit; memory in MiB, disk in GiB.

    The ``physical`` ones are without overcommit. ``up``: it ``answers``, and is not ``forced_down``.
    ``chassis`` is the OVN chassis name (system-id) that plugs this host's ports. ``availability_zone`` is that of its
    aggregates; ``traits``, sorted, is what it can do, in the words of OpenStack's os-traits and the operator's own.
    ``booted_at`` is when the machine itself came up (µs), within a minute or so; None: it cannot be told.
    ``physical_networks``, sorted, are those that its bridges lead to, ``EVERY_NETWORK`` for all that there are; None:
    nobody has looked yet. ``gateway``: routers' ways out may be there, where it leads to their network.
    ``free_disk_gb`` is what its disk was last seen to have room for, whatever is claimed; None: it cannot be told.
    """

    name: HostName
    chassis: str
    hypervisor_type: str
    vcpus: int
    memory_mb: int
    disk_gb: int
    vcpus_used: int
    memory_mb_used: int
    disk_gb_used: int
    running_vms: int
    enabled: bool
    up: bool
    hypervisor_version: int = 0
    cpu_info: str = ""
    seen_at: int = 0
    updated_at: int = 0
    physical_vcpus: int = 0
    physical_memory_mb: int = 0
    physical_disk_gb: int = 0
    disabled_reason: str | None = None
    forced_down: bool = False
    answers: bool = True
    availability_zone: str = DEFAULT_ZONE
    traits: tuple[str, ...] = ()
    booted_at: int | None = None
    physical_networks: tuple[str, ...] | None = None
    gateway: bool = True
    free_disk_gb: int | None = None


MigrationType = Literal["resize", "migration", "live-migration", "evacuation"]

MigrationStatus = Literal[
    "accepted", "queued", "preparing", "running", "migrating", "post-migrating", "finished", "confirming", "confirmed",
    "reverting", "reverted", "completed", "cancelled", "failed", "error",
]  # fmt: skip
"""Nova's words. ``accepted`` and ``failed`` are an evacuation's. ``finished``: the server waits to be confirmed or
reverted. Of a live migration ``post-migrating`` says that its guest runs at the destination, and nothing leads back.
"""


class Build(msgspec.Struct, frozen=True):
    """What a server's guest is made of, as far as its flavor decides it. ``hardware`` None: as its image asks."""

    disks: tuple[Disk, ...]
    hardware: Hardware | None


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """One move of a server. ``number`` is Nova's id, in the order in which migrations began.

    ``held``: the other place that it has, and the quota of the larger flavor, are taken until it ends. ``image`` is
    what the guest's disks were made from, which may be gone from the image service since. ``before`` is the server's
    state when it began.
    """

    number: int
    id: MigrationId
    server_id: ServerId
    project_id: ProjectId
    user_id: UserId
    type: MigrationType
    status: MigrationStatus
    source: HostName
    destination: HostName
    old_flavor: Flavor
    new_flavor: Flavor
    old_build: Build
    new_build: Build
    image: BaseImage
    before: VmState
    held: bool
    created_at: int
    updated_at: int
    progress: MoveProgress | None = None
    """How far a live one was when that was last seen; None before that, and of others."""

    @property
    def stays(self) -> bool:
        """Whether the server keeps its host."""
        return self.source == self.destination
