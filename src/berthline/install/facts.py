"""What can be found out of a machine: nobody has to be asked for it."""

import json
from dataclasses import dataclass

from berthline.install.machine import Machine

RELEASE = "12"


@dataclass(frozen=True)
class Facts:
    """Of this machine. ``address`` and ``nic``: where its way out is; "" without one. Memory in MiB.

    ``kernel_switch``: the kernel has Open vSwitch, else the switch forwards in its own process.
    """

    system: str
    hostname: str
    address: str
    nic: str
    memory_mb: int
    kvm: bool
    kernel_switch: bool


def look(machine: Machine) -> Facts:
    """Look at the machine; changes nothing."""
    release = dict(line.split("=", 1) for line in (machine.read("/etc/os-release") or "").splitlines() if "=" in line)
    system = f"{release.get('ID', '?')} {release.get('VERSION_ID', '?')}".replace('"', "")
    hostname = machine.ask("hostname").said.strip() or "localhost"
    memory = next(
        (line.split()[1] for line in (machine.read("/proc/meminfo") or "").splitlines() if line.startswith("MemTotal")),
        "0",
    )
    address, nic = _way_out(machine)
    return Facts(
        system=system,
        hostname=hostname.partition(".")[0],
        address=address,
        nic=nic,
        memory_mb=int(memory) // 1024,
        kvm=machine.place("/dev/kvm").exists(),
        kernel_switch=machine.place("/sys/module/openvswitch").exists()
        or machine.ask("modprobe", "--dry-run", "--quiet", "openvswitch").status == 0,
    )


def _way_out(machine: Machine) -> tuple[str, str]:
    """The address and the NIC of the default route; those of the only NIC with an address where there is none."""
    said = machine.ask("ip", "-json", "-4", "route", "show", "default")
    routes = json.loads(said.said or "[]") if said.status == 0 else []
    nic = routes[0]["dev"] if routes else ""
    shown = machine.ask("ip", "-json", "-4", "address", "show", "scope", "global", *(("dev", nic) if nic else ()))
    links = [link for link in (json.loads(shown.said or "[]") if shown.status == 0 else []) if link.get("addr_info")]
    if len(links) != 1 and not nic:
        return "", ""
    return links[0]["addr_info"][0]["local"] if links else "", nic or links[0]["ifname"]


def told(facts: Facts) -> str:
    """The facts for people, in a line."""
    virtual = "KVM" if facts.kvm else "no KVM: guests are emulated"
    switch = (
        "Open vSwitch in the kernel" if facts.kernel_switch else "no Open vSwitch in the kernel: it forwards itself"
    )
    where = f"{facts.address} at {facts.nic}" if facts.address else "no address outside"
    return f"{facts.hostname}: {facts.system}, {facts.memory_mb} MiB, {virtual}, {switch}, {where}"
