"""What a simulated host takes of memory for each guest that it has again: a hundred thousand may be in one process."""

import tracemalloc
from typing import Final

from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.hypervisor import HostFacts
from berthline.domain.ids import HostName, PortId, ServerId, new_id
from berthline.domain.network_info import device_name
from berthline.hypervisor.kept_guests import KeptGuest, KeptNic
from berthline.hypervisor.memory import SimulatedHost

FACTS: Final = HostFacts(hypervisor_type="fake", hypervisor_version=1, vcpus=1, memory_mb=1, disk_gb=1, cpu_info="")
GUESTS: Final = 500
MOST: Final = 720
"""Bytes a guest, without what says who it is."""


def kept() -> KeptGuest:
    port_id = PortId(new_id())
    nic = KeptNic(port_id, "fa:16:3e:00:00:01", device_name(port_id))
    return KeptGuest(server_id=ServerId(new_id()), name="kept", nics=(nic,), power="running")


def test_a_guest_that_is_put_back_takes_little() -> None:
    host = SimulatedHost(HostName("one"), FACTS, SimulatedDataplane())
    guests = [kept() for _ in range(GUESTS)]
    host.put_back(kept())
    tracemalloc.start()
    try:
        for guest in guests:
            host.put_back(guest)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / GUESTS < MOST
