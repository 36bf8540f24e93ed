"""What may be done with a server in which state, and what it becomes: one table, for the code, its tests and the docs.

The states and the words are Nova's (``nova.compute.api``, ``check_instance_state``).
"""

from typing import Final, get_args

import msgspec

from berthline.domain.compute import PowerState, Server, TaskState, VmState, WantedPower

AT_REST: Final[frozenset[TaskState | None]] = frozenset({None})
NOT_GOING: Final[frozenset[TaskState | None]] = frozenset({None, *get_args(TaskState)}) - {"deleting"}
"""Whatever is done to it, as long as its guest stays."""
LEAVING: Final[frozenset[TaskState | None]] = frozenset({"deleting", "soft-deleting"})
"""A delete that came while something else was done, and goes on from where that ends: its task state stays."""

NOT_LEAVING: Final[frozenset[TaskState | None]] = NOT_GOING - LEAVING
"""Whatever is done to it, unless that is a delete."""


class ActionRule(msgspec.Struct, frozen=True, kw_only=True):
    """From which states an action may start, what the server shows meanwhile, and where it ends.

    ``vm_states`` and ``task_states`` None: any. ``launched``: only a server whose guest has run once. ``meanwhile``
    None: nothing is shown; ``vm_state`` and ``power_state`` None: they stay as they are. ``wants``: what its owner
    wants the guest to be from then on; None: what was wanted before.
    """

    vm_states: frozenset[VmState] | None
    task_states: frozenset[TaskState | None] | None = AT_REST
    launched: bool = True
    meanwhile: TaskState | None = None
    vm_state: VmState | None = None
    power_state: PowerState | None = None
    wants: WantedPower | None = None

    def refused_for(self, server: Server) -> tuple[str, str] | None:
        """The attribute that keeps the server from it and its value, in the order in which Nova looks; None: it may."""
        if self.vm_states is not None and server.vm_state not in self.vm_states:
            return "vm_state", server.vm_state
        if self.task_states is not None and server.task_state not in self.task_states:
            return "task_state", str(server.task_state)
        if self.launched and server.launched_at is None:
            return "launched_at", "None"
        return None


def _of(*states: VmState) -> frozenset[VmState]:
    return frozenset(states)


_WITH_A_DISK: Final = _of("active", "stopped", "paused", "suspended")

ACTIONS: Final[dict[str, ActionRule]] = {
    "start": ActionRule(
        vm_states=_of("stopped"), meanwhile="powering-on", vm_state="active", power_state=1, wants="running"
    ),
    "stop": ActionRule(
        vm_states=_of("active", "error"), meanwhile="powering-off", vm_state="stopped", power_state=4, wants="stopped"
    ),
    "reboot": ActionRule(vm_states=_of("active"), meanwhile="rebooting", vm_state="active", power_state=1),
    "hard_reboot": ActionRule(
        vm_states=_of("active", "stopped", "paused", "suspended", "error"),
        task_states=frozenset(
            {None, "rebooting", "reboot_started_hard", "pausing", "unpausing", "suspending", "resuming"}
        ),
        meanwhile="reboot_started_hard",
        vm_state="active",
        power_state=1,
        wants="running",
    ),
    "pause": ActionRule(vm_states=_of("active"), meanwhile="pausing", vm_state="paused", power_state=3, wants="paused"),
    "unpause": ActionRule(
        vm_states=_of("paused"), meanwhile="unpausing", vm_state="active", power_state=1, wants="running"
    ),
    "suspend": ActionRule(
        vm_states=_of("active"), meanwhile="suspending", vm_state="suspended", power_state=4, wants="suspended"
    ),
    "resume": ActionRule(
        vm_states=_of("suspended"), meanwhile="resuming", vm_state="active", power_state=1, wants="running"
    ),
    "rebuild": ActionRule(vm_states=_of("active", "stopped", "error"), meanwhile="rebuilding", vm_state="active"),
    # Whatever was being done with it on the host that is down is ended by it.
    "evacuate": ActionRule(
        vm_states=_of("active", "stopped", "error"),
        task_states=NOT_LEAVING,
        launched=False,
        meanwhile="rebuilding",
        vm_state="active",
    ),
    "rescue": ActionRule(
        vm_states=_of("active", "stopped", "error"), meanwhile="rescuing", vm_state="rescued", power_state=1
    ),
    "unrescue": ActionRule(
        vm_states=_of("rescued"), meanwhile="unrescuing", vm_state="active", power_state=1, wants="running"
    ),
    "changePassword": ActionRule(
        vm_states=_of("active"), meanwhile="updating_password", vm_state="active", power_state=1
    ),
    "trigger_crash_dump": ActionRule(vm_states=_of("active", "paused", "error")),
    "attach_interface": ActionRule(vm_states=_of("active", "paused", "stopped")),
    "detach_interface": ActionRule(vm_states=_of("active", "paused", "stopped")),
    "createImage": ActionRule(vm_states=_WITH_A_DISK, meanwhile="image_snapshot_pending"),
    "createBackup": ActionRule(vm_states=_WITH_A_DISK, meanwhile="image_backup"),
    "get_vnc_console": ActionRule(vm_states=None, task_states=NOT_GOING, launched=False),
    "get_serial_console": ActionRule(vm_states=None, task_states=NOT_GOING, launched=False),
    "soft_delete": ActionRule(vm_states=None, task_states=None, meanwhile="soft-deleting", vm_state="soft-delete"),
    "restore": ActionRule(
        vm_states=_of("soft-delete"), meanwhile="restoring", vm_state="active", power_state=1, wants="running"
    ),
    "shelve": ActionRule(vm_states=_WITH_A_DISK, meanwhile="shelving", vm_state="shelved_offloaded", power_state=4),
    "shelveOffload": ActionRule(
        vm_states=_of("shelved"), meanwhile="shelving_offloading", vm_state="shelved_offloaded", power_state=4
    ),
    "unshelve": ActionRule(
        vm_states=_of("shelved", "shelved_offloaded"),
        meanwhile="unshelving",
        vm_state="active",
        power_state=1,
        wants="running",
    ),
    "resize": ActionRule(vm_states=_of("active", "stopped"), meanwhile="resize_prep", vm_state="resized"),
    "migrate": ActionRule(vm_states=_of("active", "stopped"), meanwhile="resize_prep", vm_state="resized"),
    "os-migrateLive": ActionRule(vm_states=_of("active", "paused"), meanwhile="migrating"),
    "confirmResize": ActionRule(vm_states=_of("resized")),
    # In ERROR when a way back failed half way, or a delete did: then nothing else but a delete leads out of it.
    "revertResize": ActionRule(vm_states=_of("resized", "error"), meanwhile="resize_reverting"),
    "delete": ActionRule(vm_states=None, task_states=None, launched=False, meanwhile="deleting", vm_state="deleted"),
}
"""By the name that a refusal tells."""

WANTED: Final[dict[VmState, WantedPower]] = {
    "active": "running",
    "stopped": "stopped",
    "paused": "paused",
    "suspended": "suspended",
}
"""What is wanted of the guest of a server that is at rest in one of these states; others do not tell."""
