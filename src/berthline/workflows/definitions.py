"""Every kind of saga there is, for whoever makes an engine."""

from typing import Any

from berthline.saga import Definition
from berthline.store import Connection
from berthline.workflows.enrolment import removal as host_removal
from berthline.workflows.hosts import cached_images
from berthline.workflows.interfaces import attach as interface_attach
from berthline.workflows.interfaces import detach as interface_detach
from berthline.workflows.outside import Outside
from berthline.workflows.server import create as server_create
from berthline.workflows.server import delete as server_delete
from berthline.workflows.server import evacuate as server_evacuate
from berthline.workflows.server import network_release, password, returning, soft_delete
from berthline.workflows.server import power as server_power
from berthline.workflows.server import rebuild as server_rebuild
from berthline.workflows.server import rescue as server_rescue
from berthline.workflows.server.live import finish, migrate
from berthline.workflows.server.resize import confirm, move, revert
from berthline.workflows.server.shelving import shelve, unshelve
from berthline.workflows.server.snapshots import create_image


def definitions(outside: Outside) -> tuple[Definition[Any, Connection], ...]:
    """The sagas over these seams."""
    return (
        server_create.definition(outside),
        server_delete.definition(outside),
        *server_power.definitions(outside),
        server_rebuild.definition(outside),
        server_evacuate.definition(outside),
        server_rescue.rescue_definition(outside),
        server_rescue.unrescue_definition(outside),
        create_image.definition(outside),
        soft_delete.soft_delete_definition(outside),
        soft_delete.restore_definition(outside),
        password.definition(outside),
        returning.definition(outside),
        *shelve.definitions(outside),
        *unshelve.definitions(outside),
        *move.definitions(outside),
        confirm.definition(outside),
        revert.definition(outside),
        migrate.definition(outside),
        finish.definition(outside),
        interface_attach.definition(outside),
        interface_detach.definition(outside),
        network_release.definition(outside),
        cached_images.definition(outside),
        host_removal.definition(outside),
    )
