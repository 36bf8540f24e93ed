"""From Berthline's states to the one word that Nova's users know, and back for filters."""

from collections.abc import Collection
from typing import Final

from berthline.domain.compute import TaskState, VmState

_PLAIN: Final[dict[VmState, str]] = {
    "building": "BUILD",
    "active": "ACTIVE",
    "paused": "PAUSED",
    "suspended": "SUSPENDED",
    "stopped": "SHUTOFF",
    "rescued": "RESCUE",
    "shelved": "SHELVED",
    "shelved_offloaded": "SHELVED_OFFLOADED",
    "soft-delete": "SOFT_DELETED",
    "resized": "VERIFY_RESIZE",
    "error": "ERROR",
    "deleted": "DELETED",
}
REBUILT: Final[tuple[VmState, ...]] = ("active", "stopped", "error")
REBUILDING: Final[tuple[TaskState, ...]] = ("rebuilding", "rebuild_block_device_mapping", "rebuild_spawning")
MOVED: Final[tuple[VmState, ...]] = ("active", "stopped")
MOVING: Final[tuple[TaskState, ...]] = ("resize_prep", "resize_migrating", "resize_migrated", "resize_finish")
LIVE: Final[tuple[VmState, ...]] = ("active", "paused")
_BUSY: Final[dict[tuple[VmState, TaskState], str]] = {
    ("active", "rebooting"): "REBOOT",
    ("active", "reboot_started_hard"): "HARD_REBOOT",
    ("resized", "resize_reverting"): "REVERT_RESIZE",
    **{(vm_state, "migrating"): "MIGRATING" for vm_state in LIVE},
    **{(vm_state, task): "RESIZE" for vm_state in MOVED for task in MOVING},
    ("active", "updating_password"): "PASSWORD",
    **{(vm_state, task): "REBUILD" for vm_state in REBUILT for task in REBUILDING},
}


KNOWN: Final = frozenset(
    {
        *_PLAIN.values(), *_BUSY.values(), "PASSWORD", "PAUSED", "REBUILD", "RESCUE", "RESIZE",
        "REVERT_RESIZE", "SHELVED", "SHELVED_OFFLOADED", "SOFT_DELETED", "SUSPENDED", "VERIFY_RESIZE",
    }
)  # fmt: skip
"""Nova's words; servers here are in some of them only."""


def any_is_known(statuses: Collection[str]) -> bool:
    """Whether one of them is a word of Nova's."""
    return any(word.upper() in KNOWN for word in statuses)


def status(vm_state: VmState, task_state: TaskState | None) -> str:
    """The status of a server, as ``nova.api.openstack.common.status_from_state`` maps it."""
    busy = None if task_state is None else _BUSY.get((vm_state, task_state))
    return busy or _PLAIN[vm_state]


def states_of(statuses: Collection[str]) -> tuple[tuple[VmState, ...], tuple[TaskState, ...] | None]:
    """The vm_states that show one of these statuses, and the task states that are needed (None: any).

    Like Nova, a plain status does not look at the task, so ACTIVE finds a server that reboots too. Unknown words find
    nothing.
    """
    wanted = {word.upper() for word in statuses}
    plain = tuple(vm_state for vm_state, word in _PLAIN.items() if word in wanted)
    if plain:
        return plain, None
    busy = [states for states, word in _BUSY.items() if word in wanted]
    return tuple({vm_state for vm_state, _ in busy}), tuple(task_state for _, task_state in busy)
