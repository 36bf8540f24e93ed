"""What follows from a story, as sentences: what keeps a server or a port from being as its owner wants it.

Owners are told what concerns them; hosts, chassis and the words of an undo are for admins.
"""

from collections.abc import Iterator
from typing import Final

from berthline.domain.compute import POWER_WORDS
from berthline.workflows.explaining.stories import PortStory, ServerStory, Story, Work

SECOND: Final = 1_000_000
PAUSED: Final = 3
CRASHED: Final = 6
WORDS_OF_WANTED: Final = {1: "running", 3: "paused", 4: "stopped", 7: "suspended"}
IS_WELL: Final = "nothing is in its way: it is as its owner wants it"
RESUME: Final = "resume_after_want_of_room"


def reasons(story: Story, *, admin: bool) -> tuple[str, ...]:
    """Every reason there is, the nearest first; one that says that all is well where there is none."""
    if story.server is not None:
        found = [*_of_server(story, story.server, admin)]
    else:
        assert story.port is not None
        found = [*_of_port(story, story.port, admin)]
    return tuple(found) or (IS_WELL,)


def age(microseconds: int) -> str:
    """How long, in the largest unit that fits."""
    seconds = max(0, microseconds) / SECOND
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _of_server(story: Story, told: ServerStory, admin: bool) -> Iterator[str]:
    server = told.server
    if server.vm_state == "error":
        yield f"it is in ERROR: {server.fault.message if server.fault else 'no fault is recorded'}"
    for work in told.work:
        yield _work(story, work, admin)
    if server.task_state is not None and not told.work:
        yield f"its task is {server.task_state} and no work on it is under way: an admin resets its state"
    yield from _of_place(told, admin)
    if not told.work:
        yield from _of_power(told)
    if told.postponed is not None and told.postponed.until > story.at:
        wait = age(told.postponed.until - story.at)
        yield f"it is left for another {wait}: what was overdue was begun {told.postponed.tries} times in vain"
    if told.elsewhere:
        yield "its ports are at another network service: ask that one for their state"
    for port in told.ports:
        for reason in _of_port(story, port, admin):
            yield f"port {port.port.id}: {reason}"


def _work(story: Story, work: Work, admin: bool) -> str:
    saga = work.saga
    verb = "is being undone" if saga.state == "unwinding" else "is under way"
    said = f"{saga.kind} {verb} since {age(story.at - saga.created_at)}, at {work.step or 'its end'}"
    if saga.attempts:
        said += f", which was tried {saga.attempts} times"
    if saga.failure is not None:
        said += f"; it turned back at {saga.failure.step}" + (f": {saga.failure.message}" if admin else "")
    if saga.undo_error is not None:
        said += f"; it cannot be undone yet: {saga.undo_error}" if admin else "; it cannot be undone yet"
    return said


def _of_place(told: ServerStory, admin: bool) -> Iterator[str]:
    server, host = told.server, told.host
    if server.host is None:
        if server.vm_state not in {"shelved_offloaded", "error"} and not told.work:
            yield "it is on no host"
        return
    name = f"its host {server.host}" if admin else "its host"
    if told.removed or host is None:
        yield f"{name} is not one of the cloud's any more, or is being removed"
    elif told.lost:
        yield f"{name} is lost: the servers on it are brought to others"
    elif host.forced_down:
        yield f"{name} was set down by an admin"
    elif not host.up:
        yield f"{name} does not answer: what is asked of the server waits"


def _of_power(told: ServerStory) -> Iterator[str]:
    server = told.server
    if server.power_state == CRASHED:
        yield "its guest crashed: starting it boots it again"
        return
    if server.power_state == PAUSED and server.vm_state != "paused":
        if any(action.action == RESUME for action in told.actions):
            yield "its host had no room on its disk for what the guest wrote; it goes on as soon as there is some"
        else:
            yield "its guest was paused at its host, by nobody who asked this cloud"
        return
    known = server.vm_state in {"active", "stopped", "paused"} and server.power_state in WORDS_OF_WANTED
    if known and WORDS_OF_WANTED[server.power_state] != server.wanted:
        yield f"its owner wants it {server.wanted}, and its guest is {POWER_WORDS[server.power_state]}"


def _of_port(story: Story, told: PortStory, admin: bool) -> Iterator[str]:
    port, state = told.port, told.state
    if not port.admin_state_up:
        yield "its admin state is down, so it carries nothing"
    if not told.projected:
        yield f"the data plane has yet to get its newest change: {story.changes} changes wait"
    if port.port_security_enabled and not port.security_group_ids and told.is_nic:
        yield "port security is on and it is in no security group, so nothing gets in or out"
    if not port.fixed_ips:
        yield "it has no address"
    if port.binding_vif_type == "binding_failed":
        yield "it could not be bound to its host"
    if state is None:
        yield "the data plane does not answer, so nothing is known of it there"
    elif not state.present:
        if told.projected and port.binding_host:
            yield "the data plane does not have it, though it was told of it: it is put right by itself"
    elif told.server_runs and port.admin_state_up:
        yield from _of_binding(told, admin)
    if not told.is_nic and not told.of_cloud:
        yield "nothing uses it: it is no server's and no router's"


def _of_binding(told: PortStory, admin: bool) -> Iterator[str]:
    """Of a NIC whose guest is on."""
    state = told.state
    assert state is not None
    if state.chassis is None:
        yield "it is not up: no host's controller has claimed it" + (
            f"; it is bound to {told.port.binding_host or 'no host'}" if admin else ""
        )
    elif told.chassis is not None and state.chassis != told.chassis:
        yield "it is up at another host than its server's" + (
            f": at chassis {state.chassis}, and not {told.chassis}" if admin else ""
        )
    elif not state.up:
        yield "its host's controller has claimed it and not set it up yet" + (
            f": chassis {state.chassis}" if admin else ""
        )
