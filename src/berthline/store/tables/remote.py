"""NICs of servers whose ports a Neutron outside has: what was claimed of it, and what it was last seen to have made."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text

from berthline.store.tables.base import Id, Json, Name, flag, metadata

remote_nics = Table(
    "remote_nics",
    metadata,
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("network_id", Id, nullable=False),
    Column("port_id", Id, unique=True),
    Column("mac_address", String(17), nullable=False, unique=True),
    Column("fixed_ip", String(64)),
    Column("tag", Name),
    flag("preserve_on_delete", default=False),
    Column("project_id", Id, nullable=False),
    Column("group_ids", Json),
    Column("dhcp_options", Json, nullable=False, server_default="[]"),
    Column("revision", BigInteger),
    Column("label", Name, nullable=False, server_default=""),
    Column("network", Json, nullable=False),
    Column("bound_host", Name),
    flag("maybe_sent", default=False),
)
"""The intent: written with the server, before any request. The MAC is chosen here, by which what was made is found.

``port_id`` is of a port that was there before, or known once Neutron answered. ``project_id`` is the one that Neutron
knows. ``group_ids`` null: Neutron's choice. ``revision`` is the port's at which it was seen to be free. ``network`` are
the facts of the network that do not depend on the NIC. ``bound_host`` is the host that the port was last bound to.
``maybe_sent``: a request may have named the MAC. The process that claimed it remembers that none did, and need not
write so before its first; any other one does.
"""

remote_network_info = Table(
    "remote_network_info",
    metadata,
    Column("server_id", Id, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("info", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
"""NetworkInfo as Neutron last told it, each VIF with the revision of the port that it was read at.

``generation`` is raised by each write: a write that was prepared from an older one has to look again.
"""

remote_released = Table(
    "remote_released",
    metadata,
    Column("server_id", Id, primary_key=True),
    Column("mac_address", String(17), primary_key=True),
    Column("released_at", BigInteger, nullable=False, index=True),
    Column("nic", Text, nullable=False),
)
"""NICs that were given back, for a while: a request that came late may have made or bound their port after all."""
