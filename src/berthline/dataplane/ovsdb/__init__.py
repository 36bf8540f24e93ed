"""A client of OVSDB servers (RFC 7047): a replica of chosen columns, kept by notifications, and transactions."""

from berthline.dataplane.ovsdb.replica import Replica
from berthline.dataplane.ovsdb.rpc import Tls
from berthline.dataplane.ovsdb.values import Record, Value

__all__ = ["Record", "Replica", "Tls", "Value"]
