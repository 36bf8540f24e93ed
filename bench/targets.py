"""What Berthline is to reach, and what the real thing took on a machine like this. One line of the page each."""

from typing import Literal, NamedTuple


class Target(NamedTuple):
    """A bound on the median of one series. ``real`` is what Neutron and Nova were measured at, in words."""

    work: str
    where: str
    quantity: str
    sense: Literal["at least", "at most"]
    bound: float
    real: str

    def met(self, median: float) -> bool:
        """Whether the bound is kept."""
        return median >= self.bound if self.sense == "at least" else median <= self.bound


SCALED = "PostgreSQL, 2 api and 2 worker"
FULL_CLOUD = "1,000 hosts, 100,000 servers"

TARGETS = (
    Target("POST port, unbound", "32 clients", "requests/s", "at least", 2000, "8 to 20"),
    Target("POST port, bound", "32 clients", "requests/s", "at least", 2000, "8 to 20"),
    Target("POST port, unbound", "1 client", "p50 ms", "at most", 1, "88"),
    Target("SQL a port", "10 and 10,000 ports present", "statements", "at most", 6, "132"),
    Target("growth of POST port, unbound", "1,000,000 ports present", "times p50", "at most", 1.1, "6.6 at 10,000"),
    Target("growth of POST port, bound", "1,000,000 ports present", "times p50", "at most", 1.1, "6.6 at 10,000"),
    Target("GET ports", "10,000 ports", "total ms", "at most", 250, "5,800"),
    Target("GET ports", "10,000 ports", "first byte ms", "at most", 20, ""),
    Target("POST 50 ports in bulk", "1 client", "p50 ms", "at most", 25, "4,600"),
    Target("allocate, in process", "1 NIC", "p50 ms", "at most", 2, "411"),
    Target("allocate, in process", "10 NICs", "p50 ms", "at most", 6, "3,818"),
    Target("boot, simulated", "one by one", "p50 ms", "at most", 15, "1,200 to 1,500"),
    Target("boot, simulated", "50 clients", "boots/min", "at least", 9000, "84 to 100"),
    Target("boot, simulated", "1,000 by one request", "all ACTIVE s", "at most", 8, ""),
    Target("boot, real", "until the guest is ready", "s more than libvirt alone", "at most", 0.3, ""),
    Target("action, simulated", "the slowest action", "p50 ms", "at most", 20, ""),
    Target("action, real", "the slowest action", "s more than libvirt alone", "at most", 0.3, ""),
    Target("saga", "one durable step", "p50 ms", "at most", 0.5, ""),
    Target("memory", "after load", "PSS MiB", "at most", 120, "2,389"),
    Target("memory", "after boots and ports", "PSS MiB", "at most", 120, "2,389"),
    Target("start to ready", "empty", "s", "at most", 1, "36"),
    Target("start to ready", "1,000,000 ports", "s", "at most", 1, ""),
    Target("full cloud", FULL_CLOUD, "CPU s a minute at rest", "at most", 3, ""),
    Target("full cloud", FULL_CLOUD, "slowest filter ms", "at most", 100, ""),
    Target("full cloud", FULL_CLOUD, "start to ready s", "at most", 10, ""),
    Target("full cloud", FULL_CLOUD, "PSS MiB at rest", "at most", 400, ""),
    Target("full cloud", FULL_CLOUD, "doctor s", "at most", 8, ""),
    Target("scale, POST port", f"{SCALED}, 32 clients, 32 projects", "requests/s", "at least", 1500, "8 to 20"),
    Target("scale, boot", f"{SCALED}, 50 clients, 32 projects", "boots/min", "at least", 6000, "84 to 100"),
    Target("scale, kill -9 of a worker", f"{SCALED}, 100 boots under way", "all ACTIVE s", "at most", 10, ""),
    Target("installed", "without tests", "MB", "at most", 200, "623"),
    Target("installed", "without tests", "packages", "at most", 65, "190"),
)
