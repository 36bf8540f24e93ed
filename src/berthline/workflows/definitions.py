"""Every kind of saga there is, for whoever makes an engine."""

from typing import Any

from berthline.saga import Definition
from berthline.store import Connection
from berthline.workflows import (
    interface_attach,
    interface_detach,
    network_release,
    server_create,
    server_delete,
    server_power,
)
from berthline.workflows.outside import Outside


def definitions(outside: Outside) -> tuple[Definition[Any, Connection], ...]:
    """The sagas over these seams."""
    return (
        server_create.definition(outside),
        server_delete.definition(outside),
        *server_power.definitions(outside),
        interface_attach.definition(outside),
        interface_detach.definition(outside),
        network_release.definition(outside),
    )
