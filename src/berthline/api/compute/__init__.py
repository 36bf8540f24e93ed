"""Compute v2.1 over HTTP."""

from collections.abc import Sequence

from berthline.api.compute import audit_log, extensions, quota_classes, quota_sets, server_groups, usage, versions
from berthline.api.compute.flavors import flavors
from berthline.api.compute.flavors import specs as flavor_specs
from berthline.api.compute.hosts import aggregates, hypervisors, services, zones
from berthline.api.compute.keypairs import keypairs
from berthline.api.compute.old import (
    bare_metal,
    floating_ips,
    gone,
    groups,
    hosts,
    image_metadata,
    images,
    networks,
    volumes,
)
from berthline.api.compute.servers import (
    actions,
    consoles,
    diagnostics,
    external_events,
    guest_passwords,
    instance_actions,
    live_migration,
    migrations,
    servers,
)
from berthline.api.compute.servers import interfaces as interfaces_write
from berthline.api.compute.servers import parts as server_parts
from berthline.api.compute.servers import security as server_security
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
        *consoles.HANDLERS,
        *diagnostics.HANDLERS,
        *guest_passwords.HANDLERS,
        *instance_actions.HANDLERS,
        *migrations.HANDLERS,
        *live_migration.HANDLERS,
        *flavors.HANDLERS,
        *flavor_specs.HANDLERS,
        *keypairs.HANDLERS,
        *quota_sets.HANDLERS,
        *quota_classes.HANDLERS,
        *hypervisors.HANDLERS,
        *services.HANDLERS,
        *zones.HANDLERS,
        *aggregates.HANDLERS,
        *server_groups.HANDLERS,
        *extensions.HANDLERS,
        *external_events.HANDLERS,
        *images.HANDLERS,
        *image_metadata.HANDLERS,
        *groups.HANDLERS,
        *floating_ips.HANDLERS,
        *networks.HANDLERS,
        *volumes.HANDLERS,
        *bare_metal.HANDLERS,
        *gone.HANDLERS,
        *hosts.HANDLERS,
        *usage.HANDLERS,
        *audit_log.HANDLERS,
    )
