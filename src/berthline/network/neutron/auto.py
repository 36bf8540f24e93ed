"""A network for ``auto`` from a Neutron: its auto-allocated topology, asked for as the user, as Nova asks."""

from berthline.domain.auth import Caller
from berthline.domain.errors import BadRequest, BerthlineError, Conflict, PortLimitExceeded, UnableToAutoAllocateNetwork
from berthline.domain.ids import ProjectId
from berthline.network.neutron import wire
from berthline.network.neutron.calls import AUTO_TOPOLOGY, NeutronCalls, as_user

NOT_YET = wire.Network(id="auto", name="auto_allocated_network", subnets=("auto",))
"""What a plan shows of a network that Neutron would make: it has no id before it is there."""


async def auto_network(calls: NeutronCalls, caller: Caller, project: ProjectId, *, dry_run: bool) -> wire.Network:
    """The project's auto-allocated network; Neutron makes it now unless it is there, or with ``dry_run`` only looks.

    What is made stays there when the server that it was made for fails, as with Nova. Raises
    UnableToAutoAllocateNetwork where Neutron cannot, and where the network is down.
    """
    if AUTO_TOPOLOGY not in await calls.extensions():
        raise _unable(project, "the network service makes none")
    try:
        await calls.check_auto_topology(as_user(caller), project)
        if dry_run:
            return NOT_YET
        network_id = await calls.auto_topology(as_user(caller), project)
    except (BadRequest, Conflict, PortLimitExceeded) as error:
        raise _unable(project, error.message.rstrip(".")) from error
    for network in await calls.usable_networks(as_user(caller), project):
        if network.id == network_id:
            return network
    raise _unable(project, f"its auto-allocated network {network_id} is down")


def _unable(project: ProjectId, reason: str) -> BerthlineError:
    return UnableToAutoAllocateNetwork(
        f"Unable to automatically allocate a network for project {project}: it has none that is up, and {reason}. "
        "Create a network with a subnet, or ask for 'none'.",
        {"reasons": [reason]},
    )
