"""Have the guest of a server be again what its owner wants, after its host went off with it and came up.

Nobody asked for it: ``reconcile.guest_starts`` begins it. The guest is defined anew from the server's rows, started
paused, and runs once its ports are up: OVN may come up later than libvirt does. A rescued one starts from the
definition that it has. Nova does this with ``resume_guests_state_on_host_boot``, and at once for all.
"""

from typing import Final, Literal

import msgspec

from berthline.domain.compute import VmState
from berthline.domain.hypervisor import ON
from berthline.domain.ids import HostName, ServerId
from berthline.domain.server_actions import ACTIONS
from berthline.saga import Commit, Definition, Effect, Failure, NotYet, Ready, Wait
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.workflows.outside import Outside
from berthline.workflows.server.boot_steps import HostSteps
from berthline.workflows.server.failures import fault_at_step

KIND: Final = "server_return"
ATTEMPTS: Final = 10_000
"""A host that cannot be reached again is tried for about a day; a delete ends that sooner."""
PORTS_SECONDS: Final = 86_400.0
"""As long: a network that comes up late is no reason to leave the guest off."""
MEANWHILE: Final = ACTIONS["start"].meanwhile


class ServerReturn(msgspec.Struct, frozen=True, kw_only=True):
    """Input of the saga. ``to`` is what the guest shall be; ``vm_state`` is what the server is throughout."""

    server_id: ServerId
    host: HostName
    to: Literal["running", "paused"]
    vm_state: VmState


def definition(outside: Outside) -> Definition[ServerReturn, Connection]:
    """The saga that starts the guest."""
    steps = _Steps(outside)
    forward = "the guest is what its owner wants; the owner may stop it"
    return Definition(
        kind=KIND,
        input_type=ServerReturn,
        steps=(
            Effect("guest", steps.start_guest, None, forward, ATTEMPTS),
            Wait("ports up", steps.ports_up_or_again, PORTS_SECONDS),
            Effect("resume", steps.let_run, None, forward, ATTEMPTS),
            Wait("running", steps.as_wanted, outside.boot_deadline, joins=True),
            Commit("returned", steps.finish),
        ),
        undone=steps.fail,
    )


class _Steps(HostSteps):
    async def start_guest(self, returning: ServerReturn) -> None:
        if returning.vm_state == "rescued":
            await self._outside.host(returning.host).start(returning.server_id)
        else:
            await self._boot.start_paused(returning.server_id, returning.host)

    async def ports_up_or_again(self, returning: ServerReturn) -> Ready | NotYet:
        """As for every guest. One that went off again meanwhile, as its host may have once more, is started anew: the
        ports of a guest that is off never come up.
        """
        found = await self.ports_up(returning)
        if isinstance(found, NotYet):
            power = await self._outside.seen(returning.host).power(returning.server_id)
            if power not in ON:
                await self.start_guest(returning)
        return found

    async def let_run(self, returning: ServerReturn) -> None:
        if returning.to == "running":
            await self.resume(returning)

    async def as_wanted(self, returning: ServerReturn) -> Ready | NotYet:
        return Ready() if returning.to == "paused" else await self.running(returning)

    def finish(self, connection: Connection, returning: ServerReturn) -> None:
        """In the state that it was in; a delete that came meanwhile goes on from here."""
        servers.set_states(
            connection,
            returning.server_id,
            expected_task_state=MEANWHILE,
            task_state=None,
            power_state=1 if returning.to == "running" else 3,
            what="returned",
            at=self._outside.clock.now(),
        )

    def fail(self, connection: Connection, returning: ServerReturn, failure: Failure) -> None:
        """ERROR, with the reason, as in Nova: what is wanted stays, and a hard reboot takes it up. A server that only
        the end of its rescue or of its move leads out of stays as it is, off, and is tried again.
        """
        now = self._outside.clock.now()
        servers.set_states(
            connection,
            returning.server_id,
            expected_task_state=MEANWHILE,
            vm_state=returning.vm_state if returning.vm_state in {"rescued", "resized"} else "error",
            task_state=None,
            fault=fault_at_step(failure, now),
            at=now,
        )
