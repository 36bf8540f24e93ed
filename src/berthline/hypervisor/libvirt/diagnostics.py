"""What a guest has used, from libvirt's bulk statistics (``virConnectGetAllDomainStats`` names the keys)."""

from collections.abc import Mapping
from typing import Any, Final

from berthline.domain.hypervisor import DiskUse, GuestDiagnostics, GuestPower, NicUse

KIB_PER_MIB: Final = 1024


def of_guest(power: GuestPower, hypervisor: str, used: Mapping[str, Any], macs: Mapping[str, str]) -> GuestDiagnostics:
    """Args: ``used`` are the statistics by their keys, ``macs`` the MAC of each tap. What libvirt leaves out is 0."""
    maximum, unused = used.get("balloon.maximum", 0), used.get("balloon.unused")
    return GuestDiagnostics(
        power=power,
        hypervisor=hypervisor.lower(),
        cpu_times=tuple(used.get(f"vcpu.{number}.time", 0) for number in range(used.get("vcpu.current", 0))),
        memory_maximum=maximum // KIB_PER_MIB,
        memory_used=None if unused is None else (used.get("balloon.current", maximum) - unused) // KIB_PER_MIB,
        disks=tuple(_disk(used, f"block.{number}") for number in range(used.get("block.count", 0))),
        nics=tuple(_nic(used, f"net.{number}", macs) for number in range(used.get("net.count", 0))),
    )


def _disk(used: Mapping[str, Any], prefix: str) -> DiskUse:
    return DiskUse(
        device=used.get(f"{prefix}.name", ""),
        read_bytes=used.get(f"{prefix}.rd.bytes", 0),
        read_requests=used.get(f"{prefix}.rd.reqs", 0),
        write_bytes=used.get(f"{prefix}.wr.bytes", 0),
        write_requests=used.get(f"{prefix}.wr.reqs", 0),
        errors=used.get(f"{prefix}.errors"),
    )


def _nic(used: Mapping[str, Any], prefix: str, macs: Mapping[str, str]) -> NicUse:
    tap = used.get(f"{prefix}.name", "")
    return NicUse(
        device=tap,
        mac_address=macs.get(tap, ""),
        rx_octets=used.get(f"{prefix}.rx.bytes", 0),
        rx_packets=used.get(f"{prefix}.rx.pkts", 0),
        rx_errors=used.get(f"{prefix}.rx.errs", 0),
        rx_drop=used.get(f"{prefix}.rx.drop", 0),
        tx_octets=used.get(f"{prefix}.tx.bytes", 0),
        tx_packets=used.get(f"{prefix}.tx.pkts", 0),
        tx_errors=used.get(f"{prefix}.tx.errs", 0),
        tx_drop=used.get(f"{prefix}.tx.drop", 0),
    )
