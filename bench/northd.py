"""ovn-northd alone: what it takes to bring a northbound database to the southbound one, by the number of ports.

``python -m bench.northd [--ports 1000 --ports 10000 …] [--turns N]`` runs Debian's ovsdb-server twice and ovn-northd in
a folder of its own, without a chassis and without Berthline's own processes. Ports are as our projector makes them: 200
a network, 1,000 a security group, whose five rules let its own members in and all out. There are no routers.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop

from bench import machine
from berthline.dataplane.ovn.northbound import OvnDataplane
from berthline.dataplane.ovn.rows import DROP_UNIT, base_rows, rows_of
from berthline.dataplane.ovsdb import Replica
from berthline.domain.dataplane import Row, Unit
from berthline.domain.ids import (
    NetworkId,
    PortId,
    ProjectId,
    SecurityGroupId,
    SecurityGroupRuleId,
    SubnetId,
    new_id,
)
from berthline.domain.network import FixedIp, SecurityGroup, SecurityGroupRule
from berthline.domain.snapshot import NetworkSnapshot, PortSnapshot, SecurityGroupSnapshot, SubnetFacts
from berthline.localhost.daemons import OVN_SCHEMAS

SIZES: Final = (1_000, 10_000, 50_000)
PORTS_A_NETWORK: Final = 200
PORTS_A_GROUP: Final = 1_000
BATCH: Final = 200
TURNS: Final = 10
START_SECONDS: Final = 60.0
CATCH_UP_SECONDS: Final = 3_600.0
TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Central:
    """The three processes, and where the databases listen."""

    folder: Path
    north_server: "subprocess.Popen[bytes]"
    south_server: "subprocess.Popen[bytes]"

    @property
    def northbound(self) -> str:
        return f"unix:{self.folder}/nb.sock"

    @property
    def southbound(self) -> str:
        return f"unix:{self.folder}/sb.sock"

    @contextlib.contextmanager
    def northd(self) -> "Iterator[subprocess.Popen[bytes]]":
        """ovn-northd while the block runs."""
        databases = (f"--ovnnb-db={self.northbound}", f"--ovnsb-db={self.southbound}")
        with _running("ovn-northd", *databases, f"--unixctl={self.folder}/northd.ctl") as process:
            yield process


class Sequence:
    """``nb_cfg``, which a client raises, and ``sb_cfg``, which northd raises to it once the southbound has all."""

    def __init__(self, remote: str) -> None:
        self._replica = Replica(remote, "OVN_Northbound", {"NB_Global": ("nb_cfg", "sb_cfg")})
        self._changed = asyncio.Event()
        self._replica.watch(lambda *_: self._changed.set())

    async def caught_up(self) -> float:
        """Seconds until northd has brought across all that is there now."""
        await self._replica.ready()
        begun = time.perf_counter()
        raised = {"op": "mutate", "table": "NB_Global", "where": [], "mutations": [["nb_cfg", "+=", 1]]}
        await self._replica.transact([raised])
        async with asyncio.timeout(CATCH_UP_SECONDS):
            while not self._is_there():
                self._changed.clear()
                await self._changed.wait()
        return time.perf_counter() - begun

    def _is_there(self) -> bool:
        (row,) = self._replica.rows["NB_Global"].values()
        return row["sb_cfg"] == row["nb_cfg"]

    async def close(self) -> None:
        await self._replica.close()


class Ports:
    """Makes ports one after the other, with the networks and groups that they need."""

    def __init__(self) -> None:
        self.count = 0
        self._subnet: SubnetFacts | None = None
        self._group = SecurityGroupId("")

    def some(self, count: int) -> dict[Unit, tuple[Row, ...]]:
        """The units of so many more ports, and what is new beside them."""
        units: dict[Unit, tuple[Row, ...]] = {}
        for _ in range(count):
            if self.count % PORTS_A_NETWORK == 0:
                units |= self._new_network(self.count // PORTS_A_NETWORK)
            if self.count % PORTS_A_GROUP == 0:
                units |= self._new_group()
            units |= self._new_port(self.count)
            self.count += 1
        return units

    def _new_network(self, number: int) -> dict[Unit, tuple[Row, ...]]:
        network = NetworkId(new_id())
        base = f"10.{number >> 8 & 255}.{number & 255}"
        self._subnet = SubnetFacts(
            id=SubnetId(new_id()),
            network_id=network,
            ip_version=4,
            cidr=f"{base}.0/24",
            gateway_ip=f"{base}.1",
            enable_dhcp=True,
            ipv6_ra_mode=None,
            ipv6_address_mode=None,
            dns_nameservers=(),
            host_routes=(),
        )
        snapshot = NetworkSnapshot(
            id=network,
            revision=1,
            mtu=1442,
            network_type="geneve",
            physical_network=None,
            segmentation_id=number + 1,
            subnets=(self._subnet,),
        )
        return {Unit("network", network): rows_of(snapshot)}

    def _new_group(self) -> dict[Unit, tuple[Row, ...]]:
        self._group = SecurityGroupId(new_id())
        group = SecurityGroup(
            id=self._group,
            project_id=ProjectId("bench"),
            name="bench",
            description="",
            stateful=True,
            is_default=True,
            rules=_rules(self._group),
            revision=1,
            created_at=0,
            updated_at=0,
        )
        return {Unit("security_group", self._group): rows_of(SecurityGroupSnapshot(group))}

    def _new_port(self, number: int) -> dict[Unit, tuple[Row, ...]]:
        assert self._subnet is not None
        port = PortId(new_id())
        address = f"{self._subnet.cidr.rpartition('.')[0]}.{10 + number % PORTS_A_NETWORK}"
        snapshot = PortSnapshot(
            id=port,
            revision=1,
            network_id=self._subnet.network_id,
            mac_address=f"fa:16:3e:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",
            admin_state_up=True,
            device_id="",
            device_owner="",
            port_security_enabled=True,
            chassis="",
            allowed_address_pairs=(),
            extra_dhcp_opts=(),
            fixed_ips=(FixedIp(self._subnet.id, address),),
            security_group_ids=(self._group,),
            subnets=(self._subnet,),
            mtu=1442,
        )
        return {Unit("port", port): rows_of(snapshot)}


def _rules(group: SecurityGroupId) -> tuple[SecurityGroupRule, ...]:
    """Those of a default group, and SSH from everywhere."""

    def rule(direction: str, ethertype: str, *, own: bool = False, ssh: bool = False) -> SecurityGroupRule:
        return SecurityGroupRule(
            id=SecurityGroupRuleId(new_id()),
            security_group_id=group,
            project_id=ProjectId("bench"),
            description="",
            direction="ingress" if direction == "ingress" else "egress",
            ethertype="IPv4" if ethertype == "IPv4" else "IPv6",
            protocol="tcp" if ssh else None,
            port_range_min=22 if ssh else None,
            port_range_max=22 if ssh else None,
            remote_ip_prefix=None,
            remote_group_id=group if own else None,
            revision=1,
            created_at=0,
            updated_at=0,
        )

    return (
        rule("egress", "IPv4"),
        rule("egress", "IPv6"),
        rule("ingress", "IPv4", own=True),
        rule("ingress", "IPv6", own=True),
        rule("ingress", "IPv4", ssh=True),
    )


async def measure(size: int, turns: int = TURNS) -> dict[str, float]:
    """One size: a northd that starts beside a full northbound, then single ports and batches beside it."""
    ports = Ports()
    with central() as here:
        dataplane, sequence = OvnDataplane(here.northbound, ""), Sequence(here.northbound)
        try:
            await dataplane.apply({DROP_UNIT: base_rows()})
            while ports.count < size:
                await dataplane.apply(ports.some(min(BATCH, size - ports.count)))
            begun = time.perf_counter()
            with here.northd() as northd:
                await sequence.caught_up()
                found = {"ports": float(size), "start_s": time.perf_counter() - begun}
                cpu = cpu_seconds(northd.pid)
                found["start_cpu_s"] = cpu
                for name, count in (("one", 1), ("fifty", 50)):
                    waits = []
                    for _ in range(turns):
                        await dataplane.apply(ports.some(count))
                        waits.append(await sequence.caught_up())
                    found[f"{name}_s"] = statistics.median(waits)
                found["cpu_s_a_turn"] = (cpu_seconds(northd.pid) - cpu) / (2 * turns)
                found["northd_mib"] = machine.pss_of(northd.pid)
                found["north_mib"] = machine.pss_of(here.north_server.pid)
                found["south_mib"] = machine.pss_of(here.south_server.pid)
                found["flows"] = float(logical_flows(here.southbound))
        finally:
            await dataplane.close()
            await sequence.close()
    return {name: round(value, 3) for name, value in found.items()}


def logical_flows(remote: str) -> int:
    """How many rows Logical_Flow has. A server that has just sent much answers late: nothing here loses patience."""
    table = ("OVN_Southbound", "Logical_Flow", "_uuid")
    dump = ("ovsdb-client", "--no-headings", "--format=csv", "dump", remote, *table)
    _title, *rows = subprocess.run(dump, check=True, capture_output=True).stdout.splitlines()
    return len(rows)


def cpu_seconds(pid: int) -> float:
    """What the process has used of processors."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextlib.contextmanager
def central() -> Iterator[Central]:
    """Both databases, empty, in a folder of their own while the block runs."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="blnd-")))
        servers = []
        for name in ("nb", "sb"):
            database = folder / f"{name}.db"
            schema = OVN_SCHEMAS / f"ovn-{name}.ovsschema"
            subprocess.run(["ovsdb-tool", "create", str(database), str(schema)], check=True)
            listening = folder / f"{name}.sock"
            words = (f"--remote=punix:{listening}", f"--unixctl={folder}/{name}.ctl", str(database))
            servers.append(stack.enter_context(_running("ovsdb-server", *words)))
            _wait_for(listening)
        subprocess.run(["ovn-nbctl", f"--db=unix:{folder}/nb.sock", "init"], check=True)
        yield Central(folder, *servers)


@contextlib.contextmanager
def _running(program: str, *words: str) -> "Iterator[subprocess.Popen[bytes]]":
    process = subprocess.Popen(
        [program, "--no-chdir", "--verbose=console:off", *words], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(listening: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not listening.exists():
        if time.monotonic() > deadline:
            raise SystemExit(f"nothing listens at {listening}")
        time.sleep(0.02)


def main() -> None:
    """Print a line of JSON for each size."""
    parser = argparse.ArgumentParser(description="Measure ovn-northd alone.")
    parser.add_argument("--ports", type=int, action="append", help="a number of ports; may be said again")
    parser.add_argument("--turns", type=int, default=TURNS, help=f"how often one port, and fifty, are added ({TURNS})")
    asked = parser.parse_args()
    for size in asked.ports or SIZES:
        print(json.dumps(uvloop.run(measure(size, asked.turns))), flush=True)


if __name__ == "__main__":
    main()
