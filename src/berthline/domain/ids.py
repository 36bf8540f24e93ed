"""Identifiers. Each noun has its own type, so that a port id does not fit where a server id is asked."""

import uuid
from typing import NewType

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
FlavorId = NewType("FlavorId", str)
ServerId = NewType("ServerId", str)
SagaId = NewType("SagaId", str)
HostName = NewType("HostName", str)
RequestId = NewType("RequestId", str)


def new_id() -> str:
    """A fresh random UUID in its canonical, dashed form."""
    return str(uuid.uuid4())


def new_request_id() -> RequestId:
    """A fresh request id in OpenStack's form, ``req-UUID``."""
    return RequestId("req-" + new_id())


def is_uuid(text: str) -> bool:
    """True when ``text`` is a UUID, dashed or not, as Nova and Neutron accept it."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
