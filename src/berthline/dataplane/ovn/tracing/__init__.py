"""ovn-trace: the packet in OVN's words, the program run, and what it says made into passages."""

from berthline.dataplane.ovn.tracing.running import OvnTracer

__all__ = ["OvnTracer"]
