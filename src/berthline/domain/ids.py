"""Identifiers. Each noun has its own type, so that a port id does not fit where a server id is asked."""

import threading
import time
import uuid
from typing import Final, NewType

from berthline.domain.chance import random_bits

ProjectId = NewType("ProjectId", str)
UserId = NewType("UserId", str)
RoleId = NewType("RoleId", str)
DomainId = NewType("DomainId", str)
ImageId = NewType("ImageId", str)
NetworkId = NewType("NetworkId", str)
SubnetId = NewType("SubnetId", str)
PortId = NewType("PortId", str)
SecurityGroupId = NewType("SecurityGroupId", str)
SecurityGroupRuleId = NewType("SecurityGroupRuleId", str)
RouterId = NewType("RouterId", str)
FloatingIpId = NewType("FloatingIpId", str)
RbacPolicyId = NewType("RbacPolicyId", str)
AddressScopeId = NewType("AddressScopeId", str)
SubnetPoolId = NewType("SubnetPoolId", str)
AddressGroupId = NewType("AddressGroupId", str)
FlavorId = NewType("FlavorId", str)
ServerId = NewType("ServerId", str)
ServerGroupId = NewType("ServerGroupId", str)
SagaId = NewType("SagaId", str)
MigrationId = NewType("MigrationId", str)
HostName = NewType("HostName", str)
RequestId = NewType("RequestId", str)
CopyId = NewType("CopyId", str)


_MICROSECONDS: Final = 40
"""Bits of an id that count microseconds; they begin anew every 12.7 days."""
_at_least = 0
_lock = threading.Lock()


def new_id() -> str:
    """A fresh UUID of version 8 (RFC 9562) in its canonical, dashed form.

    It begins with 40 bits of the time in microseconds, no two of them the same in one process, then 82 random bits. Ids
    that were made together lie beside each other in every index and are written together; random ones cost a page each,
    and a colder one the more rows there are. A tap is named by the first ten digits of its port, so these must differ.
    """
    global _at_least  # noqa: PLW0603 - one sequence for all threads of the process
    with _lock:
        moment = max(time.time_ns() // 1000, _at_least)
        _at_least = moment + 1
    begin = moment & (1 << _MICROSECONDS) - 1
    noise = random_bits(82)
    head = begin << 24 | (noise >> 74) << 16 | 0x8000 | noise >> 62 & 0xFFF
    digits = f"{head:016x}{1 << 63 | noise & (1 << 62) - 1:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_request_id() -> RequestId:
    """A fresh request id in OpenStack's form, ``req-UUID``."""
    return RequestId("req-" + new_id())


UUID_FORM: Final = r"^[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12}\Z"
"""A pattern of UUIDs, dashed or not, for values that are checked as they are read."""


def is_uuid(text: str) -> bool:
    """True when ``text`` is a UUID, dashed or not, as Nova and Neutron accept it."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
