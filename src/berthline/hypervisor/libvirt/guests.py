"""What is done with one guest by libvirt's calls on an open connection: found, its power told and changed.

Each is done again without harm. What a guest's state does not allow raises Refused, with what to do instead.
"""

from berthline.domain.errors import Refused
from berthline.domain.hypervisor import HELD, ON, GuestDiagnostics, GuestPower
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt import binding, diagnostics, xml
from berthline.hypervisor.libvirt.binding import Connection, Domain, libvirt_error
from berthline.hypervisor.libvirt.connection import is_lost

AGENT_SECONDS = 10
"""How long a guest's agent may take to answer."""

RUNNING_STATES = frozenset({binding.STATE_RUNNING, binding.STATE_BLOCKED, binding.STATE_SHUTDOWN})
PAUSED_STATES = frozenset({binding.STATE_PAUSED, binding.STATE_SUSPENDED})


def found(connection: Connection, server_id: ServerId) -> Domain | None:
    """The guest, None where the host has none of Berthline's with this id."""
    try:
        domain = connection.lookupByUUIDString(server_id)
    except libvirt_error as error:
        if error.get_error_code() in binding.MISSING_CODES:
            return None
        raise
    # A guest of someone else's that happens to have this UUID is not ours to touch.
    return domain if xml.server_of(domain.name()) == server_id else None


def guest(connection: Connection, server_id: ServerId) -> Domain:
    """The guest. Raises Refused where the host has none."""
    domain = found(connection, server_id)
    if domain is None:
        raise Refused(f"The host has no guest {server_id}. Create it anew.")
    return domain


def power(domain: Domain) -> GuestPower:
    """Its power now."""
    return shown(*domain.state())


def shown(state: int, reason: int) -> GuestPower:
    """The power that libvirt's numbers of a domain's state and its reason stand for."""
    if state in RUNNING_STATES:
        return "running"
    if state in PAUSED_STATES:
        return "stalled" if (state, reason) == (binding.STATE_PAUSED, binding.REASON_IO_ERROR) else "paused"
    if state == binding.STATE_CRASHED or reason == binding.REASON_CRASHED:
        return "crashed"
    return "cut" if reason == binding.REASON_UNKNOWN else "shutoff"


def take_power(domain: Domain) -> None:
    """Cut its power, if it is on."""
    if not domain.isActive():
        return
    try:
        domain.destroyFlags(0)
    except libvirt_error as error:
        # It may have stopped by itself since we looked.
        if error.get_error_code() not in binding.INVALID_STATE_CODES or domain.isActive():
            raise


def resume(connection: Connection, server_id: ServerId) -> None:
    """Let a paused guest run on."""
    domain = guest(connection, server_id)
    now = power(domain)
    if now == "running":
        return
    if now not in HELD:
        raise Refused(f"Guest {server_id} is {now} and cannot be resumed. Start it.")
    domain.resume()


def pause(connection: Connection, server_id: ServerId) -> None:
    """Stop the guest's processors."""
    domain = guest(connection, server_id)
    now = power(domain)
    if now in HELD:
        return
    if now != "running":
        raise Refused(f"Guest {server_id} is {now} and cannot be paused. Start it.")
    domain.suspend()


def suspend(connection: Connection, server_id: ServerId) -> None:
    """Write the guest's memory to disk and shut it off."""
    domain = guest(connection, server_id)
    if domain.isActive():
        domain.managedSave()
    elif not domain.hasManagedSaveImage():
        raise Refused(f"Guest {server_id} is {power(domain)} and has no memory to save. Start it.")


def inject_nmi(connection: Connection, server_id: ServerId) -> None:
    """Send the guest a non-maskable interrupt."""
    domain = guest(connection, server_id)
    if not domain.isActive():
        raise Refused(f"Guest {server_id} is {power(domain)} and takes no interrupt. Start it.")
    domain.injectNMI()


def set_password(connection: Connection, server_id: ServerId, user: str, password: str) -> None:
    """Set a user's password by the guest's agent."""
    domain = guest(connection, server_id)
    if not domain.isActive():
        raise Refused(f"Guest {server_id} is {power(domain)} and its agent does not answer. Start it.")
    try:
        domain.agentSetResponseTimeout(AGENT_SECONDS)
        domain.setUserPassword(user, password)
    except libvirt_error as error:
        if is_lost(error):
            raise
        raise Refused(
            f"The agent of guest {server_id} did not change {user}'s password. See that it runs, and has that user."
        ) from error


def use_of(connection: Connection, server_id: ServerId) -> GuestDiagnostics:
    """What the guest has used."""
    domain = guest(connection, server_id)
    if not domain.isActive():
        raise Refused(f"Guest {server_id} is {power(domain)} and uses nothing. Start it.")
    ((_, used),) = connection.domainListGetStats([domain], binding.STATS_USE)
    return diagnostics.of_guest(power(domain), connection.getType(), used, xml.macs_of(domain.XMLDesc()))


def start(connection: Connection, server_id: ServerId) -> None:
    """Start a guest that is shut off, from its saved memory if there is some."""
    domain = guest(connection, server_id)
    now = power(domain)
    if now in HELD:
        raise Refused(f"Guest {server_id} is {now}, not shut off. Resume it.")
    if now != "running":
        domain.createWithFlags(0)


def ask_to_power_off(connection: Connection, server_id: ServerId) -> None:
    """Press its power button, if it runs."""
    domain = guest(connection, server_id)
    if power(domain) == "running":
        domain.shutdown()


def reboot(connection: Connection, server_id: ServerId) -> None:
    """Reboot it by its power."""
    domain = guest(connection, server_id)
    now = power(domain)
    if now in ON:
        domain.reset(0)
        if now in HELD:
            domain.resume()
    else:
        domain.createWithFlags(binding.START_ANEW)
