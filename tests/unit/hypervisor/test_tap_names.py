"""The names of taps, which are the beginnings of port ids: Linux has room for no more."""

from berthline.domain.ids import PortId, new_id
from berthline.domain.network_info import device_name


def test_ports_made_at_the_same_moment_have_taps_of_different_names() -> None:
    """A host has each name once: a guest whose tap is called like another's does not start."""
    ids = [PortId(new_id()) for _ in range(2000)]
    assert len({device_name(port_id) for port_id in ids}) == len(ids)
