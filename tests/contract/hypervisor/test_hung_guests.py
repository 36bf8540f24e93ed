"""A guest whose QEMU answers libvirt no more, as one may that libvirtd died beside: it holds up nobody but itself."""

import os
import signal
from contextlib import suppress

import msgspec
import pytest

from berthline.domain.errors import Transient
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt.xml import domain_name

from . import programs
from .libvirt_world import LibvirtWorld, brisk_settings, connect, reached
from .test_boots import running
from .test_consoles import started
from .worlds import DistantWorld, SimulatedWorld, Source, new_spec


@pytest.mark.parametrize("world", ["simulated", "distant"], indirect=True)
async def test_a_simulated_guest_that_hangs_is_named_until_it_is_destroyed(
    world: SimulatedWorld | DistantWorld,
) -> None:
    hung, well = [await started(world) for _ in range(2)]
    assert set(await world.host.hung_guests()) == set()
    world.in_memory().guest_hangs(hung.server_id)
    assert set(await world.host.hung_guests()) == {hung.server_id}
    assert await world.host.powers() == {hung.server_id: "running", well.server_id: "running"}
    with pytest.raises(Transient, match="took too long"):
        await world.host.pause(hung.server_id)
    await world.host.pause(well.server_id)
    await world.host.destroy(hung.server_id)
    await world.host.start_paused(hung)
    assert set(await world.host.hung_guests()) == set()


@pytest.mark.dataplane
async def test_what_is_asked_of_a_guest_that_hangs_is_given_up_and_its_end_goes_through(real: LibvirtWorld) -> None:
    source = Source(programs.disk("here"))
    hung, well = [await running(real, new_spec(source.image()), source) for _ in range(2)]
    process, other = [qemu_of(real, guest.server_id) for guest in (hung, well)]
    real.kill_libvirt()
    os.kill(process, signal.SIGSTOP)
    settings = msgspec.structs.replace(brisk_settings(real.endpoints), call_seconds=2.0)
    hasty = connect(real.endpoints, settings)
    afar = connect(real.endpoints, settings, real.access.tls_uri(real.access.wire("tls")))
    try:
        real.start_libvirt()
        assert await hasty.powers() == {hung.server_id: "running", well.server_id: "running"}
        with pytest.raises(Transient, match=f"The host took too long to pause guest {hung.server_id}"):
            await hasty.pause(hung.server_id)
        await hasty.pause(well.server_id)
        for words in ("took too long to show the screen of", "has not answered yet"):
            with pytest.raises(Transient, match=words):
                await afar.open_screen(hung.server_id)
        await (await afar.open_screen(well.server_id)).close()
        assert await hasty.hung_guests() == {hung.server_id}, "something was asked of it, and waits"
        assert await reached(real.host) == {hung.server_id, well.server_id}
        await real.host.destroy(hung.server_id)
        assert await real.host.powers() == {well.server_id: "paused"}
        assert await afar.hung_guests() == frozenset()
        os.kill(other, signal.SIGSTOP)
        assert await afar.hung_guests() == {well.server_id}, "nobody had asked it anything"
        os.kill(other, signal.SIGCONT)
        await real.host.resume(well.server_id)
        assert await afar.hung_guests() == frozenset()
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
    finally:
        await hasty.close()
        await afar.close()
        for each in (process, other):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGCONT)


def qemu_of(world: LibvirtWorld, server_id: ServerId) -> int:
    """Its process."""
    file = world.endpoints.instances.parent / f"private/run/libvirt/qemu/{domain_name(server_id)}.pid"
    return int(file.read_text())
