"""Our own client, in a process of its own: `python -m bench.ovsdb.ours REMOTE {write,read} PRESENT BATCH SECONDS`."""

import asyncio
import json
import os
import sys
import time

import uvloop

from berthline.dataplane.ovn.northbound import OvnDataplane
from berthline.dataplane.ovn.rows import DROP_UNIT, base_rows, rows_of
from berthline.domain.dataplane import Row, Unit
from berthline.domain.ids import NetworkId, PortId, ProjectId, SecurityGroupId, SubnetId, new_id
from berthline.domain.network import FixedIp, SecurityGroup
from berthline.domain.snapshot import NetworkSnapshot, PortSnapshot, SecurityGroupSnapshot, SubnetFacts

NETWORK = NetworkId("22222222-2222-4222-8222-222222222222")
GROUP = SecurityGroupId("33333333-3333-4333-8333-333333333333")
SUBNET = SubnetFacts(
    id=SubnetId("44444444-4444-4444-8444-444444444444"),
    network_id=NETWORK,
    ip_version=4,
    cidr="10.0.0.0/8",
    gateway_ip="10.0.0.1",
    enable_dhcp=True,
    ipv6_ra_mode=None,
    ipv6_address_mode=None,
    dns_nameservers=(),
    host_routes=(),
)


def port(number: int) -> tuple[Unit, tuple[Row, ...]]:
    """A port as the projector makes it: its unit and its rows."""
    port_id = PortId(new_id())
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    snapshot = PortSnapshot(
        id=port_id,
        revision=1,
        network_id=NETWORK,
        mac_address=f"fa:16:3e:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",
        admin_state_up=True,
        device_id="",
        device_owner="",
        port_security_enabled=True,
        chassis="",
        allowed_address_pairs=(),
        extra_dhcp_opts=(),
        fixed_ips=(FixedIp(SUBNET.id, address),),
        security_group_ids=(GROUP,),
        subnets=(SUBNET,),
        mtu=1442,
    )
    return Unit("port", port_id), rows_of(snapshot)


async def ground(dataplane: OvnDataplane) -> None:
    """The switch and the group that all ports are in; nothing when they are there."""
    network = NetworkSnapshot(
        id=NETWORK,
        revision=1,
        mtu=1442,
        network_type="geneve",
        physical_network=None,
        segmentation_id=7,
        subnets=(SUBNET,),
    )
    group = SecurityGroup(
        id=GROUP,
        project_id=ProjectId("bench"),
        name="bench",
        description="",
        stateful=True,
        is_default=True,
        rules=(),
        revision=1,
        created_at=0,
        updated_at=0,
    )
    await dataplane.apply({DROP_UNIT: base_rows()})
    units = {
        Unit("network", NETWORK): rows_of(network),
        Unit("security_group", GROUP): rows_of(SecurityGroupSnapshot(group)),
    }
    await dataplane.apply(units)


async def write(dataplane: OvnDataplane, first: int, batch: int, seconds: float, most: int) -> tuple[int, float]:
    """Ports in transactions of ``batch`` until the time or the number is up; how many, and the seconds it took."""
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds and count < most:
        await dataplane.apply(dict(port(first + count + offset) for offset in range(batch)))
        count += batch
    return count, time.perf_counter() - begun


async def main(remote: str, work: str, present: int, batch: int, seconds: float) -> dict[str, float]:
    """One measurement. ``fill`` puts ``present`` ports there; ``read`` reads all; ``write`` adds beside them."""
    begun, used = time.perf_counter(), time.process_time()
    dataplane = OvnDataplane(remote, "")
    try:
        if work == "read":
            units = await dataplane.observe()
            cpu = time.process_time() - used
            return {"read_s": time.perf_counter() - begun, "units": len(units), "cpu_s": cpu}
        await ground(dataplane)
        used = time.process_time()
        if work == "fill":
            count, taken = await write(dataplane, 0, 200, 3600, present)
        else:
            count, taken = await write(dataplane, present + 1, batch, seconds, 100_000)
        return {"ports_s": count / taken, "ports": count, "cpu_ms": (time.process_time() - used) * 1000 / max(count, 1)}
    finally:
        await dataplane.close()


if __name__ == "__main__":
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(int(os.environ.get("BENCH_DESCRIPTORS", "0")))]
    words = sys.argv[1:]
    run = main(words[0], words[1], int(words[2]), int(words[3]), float(words[4]))
    result = uvloop.run(run) if not held else asyncio.run(run)
    print(json.dumps(result))
