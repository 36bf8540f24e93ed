"""Compute v2.1 over HTTP."""

from collections.abc import Sequence

from berthline.api.compute import (
    actions,
    extensions,
    external_events,
    flavor_specs,
    flavors,
    hosts,
    instance_actions,
    interfaces_write,
    keypairs,
    quota_sets,
    server_parts,
    server_security,
    servers,
    versions,
)
from berthline.api.frame import Routes


def routers() -> Sequence[Routes]:
    """The handlers below /compute."""
    return (
        *versions.HANDLERS,
        *servers.HANDLERS,
        *server_parts.HANDLERS,
        *interfaces_write.HANDLERS,
        *server_security.HANDLERS,
        *actions.HANDLERS,
        *instance_actions.HANDLERS,
        *flavors.HANDLERS,
        *flavor_specs.HANDLERS,
        *keypairs.HANDLERS,
        *quota_sets.HANDLERS,
        *hosts.HANDLERS,
        *extensions.HANDLERS,
        *external_events.HANDLERS,
    )
