"""The real Neutron and Nova on this machine, from PyPI and Debian, for tests and benchmarks to run beside Berthline.

``real_openstack(folder)`` starts a private one and stops it; ``prepare()`` installs what it needs, once.
"""

from bench.openstack.packages import prepare
from bench.openstack.processes import StackFailed
from bench.openstack.stack import Stack, real_openstack

__all__ = ["Stack", "StackFailed", "prepare", "real_openstack"]
