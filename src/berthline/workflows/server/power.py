"""What is done to a server's guest by an effect on its host, then the new state in one commit: its power above all.

What was accepted is done when the host can be reached again, and the server shows meanwhile that it is being done.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, Literal, get_args

import msgspec

from berthline.domain.compute import VmState
from berthline.domain.errors import Refused
from berthline.domain.ids import HostName, ServerId
from berthline.domain.server_actions import ACTIONS, AT_REST, WANTED
from berthline.saga import Commit, Definition, Effect, Failure, NotYet, Ready, Wait
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import unfinished
from berthline.workflows.outside import Outside
from berthline.workflows.server import rebuild
from berthline.workflows.server.boot_steps import BootSteps
from berthline.workflows.server.failures import fault_of

Action = Literal[
    "start", "stop", "reboot", "hard_reboot", "pause", "unpause", "suspend", "resume", "trigger_crash_dump"
]
OTHERS_DEADLINE_SECONDS: Final = 86_400.0
ATTEMPTS: Final = 10_000
"""A host that cannot be reached is tried for about a day; a delete ends that sooner."""


class ServerPower(msgspec.Struct, frozen=True):
    """Input of the saga. ``before`` is the vm_state to go back to when the host refuses."""

    server_id: ServerId
    host: HostName
    action: Action
    before: VmState


def kind(action: Action) -> str:
    """The saga kind of an action."""
    return f"server_{action}"


KINDS: Final = tuple(map(kind, get_args(Action)))


def definitions(outside: Outside) -> tuple[Definition[ServerPower, Connection], ...]:
    """One saga kind per action."""
    return tuple(_definition(outside, action) for action in get_args(Action))


def _definition(outside: Outside, action: Action) -> Definition[ServerPower, Connection]:
    rule = ACTIONS[action]

    def finish(connection: Connection, power: ServerPower) -> None:
        if rule.meanwhile is None or rule.vm_state is None or rule.power_state is None:
            return
        servers.set_states(
            connection,
            power.server_id,
            expected_task_state=rule.meanwhile,
            vm_state=rule.vm_state,
            task_state=None,
            power_state=rule.power_state,
            fault=None,
            at=outside.clock.now(),
        )

    def fail(connection: Connection, power: ServerPower, failure: Failure) -> None:
        if rule.meanwhile is None:  # it shows in the action alone: the server is as it was
            return
        now = outside.clock.now()
        servers.set_states(
            connection,
            power.server_id,
            expected_task_state=rule.meanwhile,
            vm_state=power.before,
            task_state=None,
            wanted=WANTED.get(power.before),
            fault=fault_of(failure, now),
            at=now,
        )

    effects = _soft_reboot(outside) if action == "reboot" else (_effect(action, _EFFECTS[action](outside)),)
    alone = Wait("earlier work ended", _alone(outside, action), OTHERS_DEADLINE_SECONDS)
    return Definition(
        kind=kind(action),
        input_type=ServerPower,
        steps=(*((alone,) if rule.task_states != AT_REST else ()), *effects, Commit("state", finish)),
        undone=fail,
    )


def _effect(name: str, act: "Act") -> Effect[ServerPower]:
    why = "the opposite action is the user's to choose; the state shown is brought back"
    return Effect(name, act, None, why, ATTEMPTS)


def _soft_reboot(outside: Outside) -> tuple[Effect[ServerPower] | Wait[ServerPower], ...]:
    """The guest is asked to power off, and given time to; then its power is cut, if need be, and it is started.

    To cut and to start are steps apart, so that after a crash a guest that has started is not cut off again.
    """
    boot = BootSteps(outside)

    async def ask(power: ServerPower) -> None:
        if await outside.seen(power.host).power(power.server_id) == "running":
            await outside.host(power.host).ask_to_power_off(power.server_id)

    async def off(power: ServerPower) -> Ready | NotYet:
        """One that is held by its host does not hear: it is not waited for."""
        runs = await outside.seen(power.host).power(power.server_id) == "running"
        return NotYet("the guest still runs", retry_after=outside.look_again * 2) if runs else Ready()

    async def cut(power: ServerPower) -> None:
        await boot.power_off(power.server_id, power.host, 0.0)

    return (
        _effect("ask", ask),
        Wait("the guest is off", off, outside.soft_reboot_seconds, joins=True, lapses=True),
        _effect("power off", cut),
        _effect("start", _start_or_make(outside)),
    )


def _alone(outside: Outside, action: Action) -> Callable[[ServerPower], Awaitable[Ready | NotYet]]:
    """For an action that may begin while another is under way, which was cancelled then: wait for its end."""

    async def look(power: ServerPower) -> Ready | NotYet:
        others = await outside.store.read_short(lambda connection: unfinished(connection, power.server_id))
        earlier = [saga for saga in others if saga.kind in KINDS and saga.kind != kind(action)]
        return NotYet(f"{earlier[0].kind} is not ended", retry_after=outside.look_again) if earlier else Ready()

    return look


Act = Callable[[ServerPower], Awaitable[None]]


def _start(outside: Outside) -> Act:
    return lambda power: outside.host(power.host).start(power.server_id)


def _start_or_make(outside: Outside) -> Act:
    return _or_make(outside, _start(outside))


def _hard_reboot(outside: Outside) -> Act:
    return _or_make(outside, lambda power: outside.host(power.host).reboot(power.server_id))


def _or_make(outside: Outside, act: Act) -> Act:
    """``act`` on a guest that is there; one that someone undefined is made anew, from its server's rows and disks.

    Not where a rebuild has failed amid the disks: the guest would run from those of another image than is shown.
    """
    boot = BootSteps(outside)

    async def act_or_make(power: ServerPower) -> None:
        if await outside.seen(power.host).power(power.server_id) == "absent":
            if await outside.store.read(partial(rebuild.left_old_disks, server_id=power.server_id)):
                raise Refused("A rebuild of the server failed amid its disks. Rebuild it again.")
            await boot.start_paused(power.server_id, power.host)
            await boot.resume(power.server_id, power.host)
        else:
            await act(power)

    return act_or_make


def _stop(outside: Outside) -> Act:
    return lambda power: outside.host(power.host).shutdown(power.server_id, outside.stop_grace)


def _pause(outside: Outside) -> Act:
    return lambda power: outside.host(power.host).pause(power.server_id)


def _unpause(outside: Outside) -> Act:
    return lambda power: outside.host(power.host).resume(power.server_id)


def _suspend(outside: Outside) -> Act:
    return lambda power: outside.host(power.host).suspend(power.server_id)


def _crash_dump(outside: Outside) -> Act:
    return lambda power: outside.host(power.host).inject_nmi(power.server_id)


_EFFECTS: Final[Mapping[str, Callable[[Outside], Act]]] = {
    "start": _start_or_make,
    "stop": _stop,
    "hard_reboot": _hard_reboot,
    "pause": _pause,
    "unpause": _unpause,
    "suspend": _suspend,
    "resume": _start,
    "trigger_crash_dump": _crash_dump,
}
"""A suspended guest is one that is shut off and finds its memory again when it starts."""
