"""What a world does when it is told that something is wrong with a host, or with the data plane."""

import asyncio

import pytest

from berthline.dataplane.ovn.rows import DROP_UNIT, base_rows
from berthline.domain.errors import Refused, Transient
from berthline.domain.hypervisor import GuestSpec
from berthline.domain.ids import HostName
from berthline.simulated.dataplane import DistantDataplane
from berthline.simulated.faults import Condition, Strike
from berthline.simulated.host import DistantHost
from berthline.simulated.link import Link, Patience
from tests.contract.hypervisor.worlds import FACTS, new_source, new_spec, new_vif
from tests.unit.simulated.serving import served

NAME = "simulated-1"
IMPATIENT = Patience(call=0.2)


def host_of(link: Link) -> DistantHost:
    return DistantHost(HostName(NAME), link)


async def running(host: DistantHost) -> GuestSpec:
    source = new_source()
    spec = new_spec(source.image(), new_vif())
    await host.cache_image(spec.image, source)
    await host.create_disks(spec)
    await host.start_paused(spec)
    await host.resume(spec.server_id)
    return spec


async def test_what_is_refused_is_not_done_and_what_has_no_reply_is() -> None:
    async with served(FACTS) as (_, link):
        host = host_of(link)
        spec = await running(host)
        await link.call("strike", Strike(verb="shutdown", kind="refused"))
        await link.call("strike", Strike(verb="shutdown", kind="lost reply", host=NAME, times=2))
        with pytest.raises(Refused):
            await host.shutdown(spec.server_id, 0)
        assert await host.power(spec.server_id) == "running"
        for _ in range(2):
            with pytest.raises(Transient):
                await host.shutdown(spec.server_id, 0)
            assert await host.power(spec.server_id) == "shutoff"
        await host.shutdown(spec.server_id, 0)


async def test_a_host_without_power_has_lost_its_guests_and_has_them_shut_off_when_it_is_back() -> None:
    async with served(FACTS) as (world, link):
        host = host_of(link)
        spec = await running(host)
        assert world.dataplane.plugged()
        await link.call("set_condition", NAME, Condition(kind="away"))
        with pytest.raises(Transient):
            await host.power(spec.server_id)
        assert not world.dataplane.plugged()
        await link.call("all_well")
        assert await host.power(spec.server_id) == "cut"
        assert (await link.call("content")).powers[HostName(NAME)] == {spec.server_id: "cut"}


async def test_a_silent_host_does_later_what_nobody_waits_for_any_more() -> None:
    async with served(FACTS, patience=IMPATIENT) as (world, link):
        host = host_of(link)
        spec = await running(host)
        await link.call("set_condition", NAME, Condition(kind="silent"))
        with pytest.raises(Transient):
            await host.destroy(spec.server_id)
        assert spec.server_id in await world.hosts[HostName(NAME)].guests()
        gone = asyncio.Event()
        host.on_change(lambda _server: gone.set())
        await link.call("all_well")
        await gone.wait()
        assert spec.server_id not in await world.hosts[HostName(NAME)].guests()


async def test_one_silent_host_keeps_no_other_waiting() -> None:
    async with served(FACTS, hosts=2) as (_, link):
        await link.call("set_condition", NAME, Condition(kind="silent"))
        await link.call("set_condition", "simulated-2", Condition(slow_seconds=0.01))
        assert await DistantHost(HostName("simulated-2"), link).guests() == frozenset()
        await link.call("all_well")


async def test_the_data_plane_is_hit_by_its_own_name_alone() -> None:
    async with served(FACTS) as (_, link):
        plane = DistantDataplane(link)
        await link.call("strike", Strike(verb="apply", kind="refused"))
        assert (await plane.apply({DROP_UNIT: base_rows()})).inserted
        await link.call("strike", Strike(verb="apply", kind="lost reply", host=""))
        with pytest.raises(Transient):
            await plane.apply({DROP_UNIT: ()})
        assert not (await plane.apply({DROP_UNIT: ()})).total
        await link.call("set_condition", "", Condition(kind="away"))
        with pytest.raises(Transient):
            await plane.observe()
