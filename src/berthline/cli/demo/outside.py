"""Which addresses the external network of the demonstration has: some that this machine has no other use for."""

import json
import subprocess
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path
from typing import Final

from berthline.cli.errors import CommandFailed

CANDIDATES: Final = (IPv4Network("198.51.100.0/24"), IPv4Network("203.0.113.0/24"), IPv4Network("192.0.2.0/24"))
"""The networks for documentation (RFC 5737), which no real network uses."""

POOL: Final = (20, 99)
"""First and last host number that routers and floating IPs take; 1 is the machine's own."""


class External:
    """The external network ``network``, on which this machine has the first address."""

    def __init__(self, network: IPv4Network) -> None:
        self.network = network

    @property
    def machine(self) -> IPv4Interface:
        """The address of this machine, by which guests go out."""
        return IPv4Interface(f"{self.network[1]}/{self.network.prefixlen}")

    @property
    def pool(self) -> tuple[IPv4Address, IPv4Address]:
        """First and last address to be given away."""
        first, last = POOL
        return self.network[first], self.network[last]


def choose(*, look: bool) -> External:
    """A network that is in nobody's way here; without ``look`` the first. Raises CommandFailed when all are used."""
    used = list(_used()) if look else []
    for network in CANDIDATES:
        if not any(network.overlaps(other) for other in used):
            return External(network)
    raise CommandFailed(
        "each of the networks for documentation is routed or used on this machine already: "
        f"{', '.join(str(network) for network in CANDIDATES)}; free one of them"
    )


def _used() -> Iterator[IPv4Network]:
    """Networks that this machine routes by more than its default route, and where its name servers are."""
    try:
        routes = subprocess.run(["ip", "-json", "-4", "route"], capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise CommandFailed(f"cannot look at this machine's routes: {error}") from None
    for route in json.loads(routes or "[]"):
        if route["dst"] != "default":
            yield IPv4Network(route["dst"], strict=False)
    resolvers = Path("/etc/resolv.conf")
    for line in resolvers.read_text(encoding="utf-8").splitlines() if resolvers.exists() else ():
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver" and ":" not in words[1]:
            yield IPv4Network(words[1])
