"""Start, stop and reboot a server: one effect on its host, then the new state in one commit.

What was accepted is done when the host can be reached again, and the server shows meanwhile that it is being done.
"""

from collections.abc import Awaitable, Callable
from typing import Final, Literal

import msgspec

from berthline.domain.compute import Fault, TaskState, VmState
from berthline.domain.ids import HostName, ServerId
from berthline.saga import Commit, Definition, Effect, Failure
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.workflows.outside import Outside

Action = Literal["start", "stop", "reboot", "hard_reboot"]
ATTEMPTS: Final = 10_000
"""A host that cannot be reached is tried for about a day; a delete ends that sooner."""


class PowerRule(msgspec.Struct, frozen=True, kw_only=True):
    """From which states an action may start, what it shows meanwhile, and where it ends. The states are Nova's."""

    allowed: tuple[VmState, ...]
    task_state: TaskState
    vm_state: VmState
    power_state: Literal[1, 4]


RULES: Final[dict[Action, PowerRule]] = {
    "start": PowerRule(allowed=("stopped",), task_state="powering-on", vm_state="active", power_state=1),
    "stop": PowerRule(allowed=("active", "error"), task_state="powering-off", vm_state="stopped", power_state=4),
    "reboot": PowerRule(allowed=("active",), task_state="rebooting", vm_state="active", power_state=1),
    "hard_reboot": PowerRule(
        allowed=("active", "stopped", "error"), task_state="reboot_started_hard", vm_state="active", power_state=1
    ),
}


class ServerPower(msgspec.Struct, frozen=True):
    """Input of the saga. ``before`` is the vm_state to go back to when the host refuses."""

    server_id: ServerId
    host: HostName
    action: Action
    before: VmState


def kind(action: Action) -> str:
    """The saga kind of an action."""
    return f"server_{action}"


KINDS: Final = tuple(map(kind, RULES))


def definitions(outside: Outside) -> tuple[Definition[ServerPower, Connection], ...]:
    """One saga kind per action."""
    return tuple(_definition(outside, action) for action in RULES)


def _definition(outside: Outside, action: Action) -> Definition[ServerPower, Connection]:
    rule = RULES[action]

    def finish(connection: Connection, power: ServerPower) -> None:
        servers.set_states(
            connection,
            power.server_id,
            expected_task_state=rule.task_state,
            vm_state=rule.vm_state,
            task_state=None,
            power_state=rule.power_state,
            at=outside.clock.now(),
        )

    def fail(connection: Connection, power: ServerPower, failure: Failure) -> None:
        now = outside.clock.now()
        servers.set_states(
            connection,
            power.server_id,
            expected_task_state=rule.task_state,
            vm_state=power.before,
            task_state=None,
            fault=Fault(code=failure.status, message=failure.message, details=failure.type, created_at=now),
            at=now,
        )

    why = "the opposite action is the user's to choose; the state shown is brought back"
    return Definition(
        kind=kind(action),
        input_type=ServerPower,
        steps=(Effect(action, _effect(outside, action), None, why, ATTEMPTS), Commit("state", finish)),
        undone=fail,
    )


def _effect(outside: Outside, action: Action) -> Callable[[ServerPower], Awaitable[None]]:
    async def act(power: ServerPower) -> None:
        host = outside.host(power.host)
        if action == "start":
            await host.start(power.server_id)
        elif action == "stop":
            await host.shutdown(power.server_id, outside.stop_grace)
        else:
            await host.reboot(power.server_id, hard=action == "hard_reboot")

    return act
