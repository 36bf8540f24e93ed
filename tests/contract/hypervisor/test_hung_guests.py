"""A guest whose QEMU answers libvirt no more, as one may that libvirtd died beside: it holds up nobody but itself."""

import os
import signal
from contextlib import suppress

import msgspec
import pytest

from berthline.domain.errors import Transient
from berthline.hypervisor.libvirt.xml import domain_name

from . import programs
from .libvirt_world import LibvirtWorld, brisk_settings, connect, reached
from .test_boots import running
from .worlds import Source, new_spec

pytestmark = pytest.mark.dataplane


async def test_what_is_asked_of_a_guest_that_hangs_is_given_up_and_its_end_goes_through(real: LibvirtWorld) -> None:
    source = Source(programs.disk("here"))
    hung, well = [await running(real, new_spec(source.image()), source) for _ in range(2)]
    file = real.endpoints.instances.parent / f"private/run/libvirt/qemu/{domain_name(hung.server_id)}.pid"
    process = int(file.read_text())
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
        assert await reached(real.host) == {hung.server_id, well.server_id}
        await real.host.destroy(hung.server_id)
        assert await real.host.powers() == {well.server_id: "paused"}
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
    finally:
        await hasty.close()
        await afar.close()
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)
