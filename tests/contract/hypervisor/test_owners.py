"""Of two workers that hold a host for its owner, the newer one is."""

from collections.abc import Awaitable, Callable

import pytest

from berthline.domain.errors import LeaseLost
from berthline.domain.hypervisor import FoundNic

from .worlds import World, new_vif, prepared

EACH = ["simulated", "distant", pytest.param("libvirt", marks=pytest.mark.dataplane)]


@pytest.mark.parametrize("world", EACH, indirect=True)
async def test_a_guest_is_its_newest_owners(world: World) -> None:
    """Another worker has taken the host over; the one before is still about to do what it had begun."""
    vif = new_vif()
    spec = await prepared(world, new_vif())
    old, new = world.host.at_epoch(3), world.host.at_epoch(4)
    await old.start_paused(spec)
    await old.resume(spec.server_id)
    await new.start_paused(spec)  # begun again by who took it over: it is there, and the new owner's
    late: list[Callable[[], Awaitable[None]]] = [
        lambda: old.start_paused(spec),
        lambda: old.resume(spec.server_id),
        lambda: old.pause(spec.server_id),
        lambda: old.suspend(spec.server_id),
        lambda: old.inject_nmi(spec.server_id),
        lambda: old.shutdown(spec.server_id, 0),
        lambda: old.start(spec.server_id),
        lambda: old.reboot(spec.server_id),
        lambda: old.attach_interface(spec.server_id, vif),
        lambda: old.detach_interface(spec.server_id, spec.vifs[0]),
        lambda: old.destroy(spec.server_id),
    ]
    for verb in late:
        with pytest.raises(LeaseLost):
            await verb()
    assert await old.power(spec.server_id) == "running"
    assert await world.host.interfaces([spec.server_id]) == {spec.server_id: {FoundNic(spec.vifs[0].id)}}
    await new.destroy(spec.server_id)
    await new.delete_disks(spec.server_id)
