"""Volumes, by the doors that Nova has for them: there are none, which lists say, and none can be made."""

from typing import Final

from litestar import Response, delete, get, post, put
from litestar.params import FromPath

from berthline.api.compute.context import Context, unsupported
from berthline.api.compute.old.door import through
from berthline.api.frame import ApiRequest
from berthline.api.query import query
from berthline.domain.errors import NotFound

PAGES: Final = query("limit", "offset")


@get(["/v2.1/os-volumes", "/v2.1/os-volumes/detail"], opt=dict(PAGES))
async def list_volumes(request: ApiRequest) -> Response[bytes]:
    """GET /os-volumes, until 2.35."""
    context = through(request)
    context.require("os_compute_api:os-volumes:list")
    return context.answer({"volumes": []})


@get(["/v2.1/os-snapshots", "/v2.1/os-snapshots/detail"], opt=dict(PAGES))
async def list_snapshots(request: ApiRequest) -> Response[bytes]:
    """GET /os-snapshots, until 2.35."""
    context = through(request)
    context.require("os_compute_api:os-volumes:snapshots:list")
    return context.answer({"snapshots": []})


@get("/v2.1/os-volumes/{volume_id:str}")
async def show_volume(request: ApiRequest, volume_id: FromPath[str]) -> Response[bytes]:
    """GET /os-volumes/ID: there is none."""
    through(request).require("os_compute_api:os-volumes:show")
    raise NotFound(f"Volume {volume_id[:64]} could not be found.")


@delete("/v2.1/os-volumes/{volume_id:str}", status_code=202)
async def delete_volume(request: ApiRequest, volume_id: FromPath[str]) -> Response[None]:
    """DELETE /os-volumes/ID: there is none."""
    through(request).require("os_compute_api:os-volumes:delete")
    raise NotFound(f"Volume {volume_id[:64]} could not be found.")


@get("/v2.1/os-snapshots/{snapshot_id:str}")
async def show_snapshot(request: ApiRequest, snapshot_id: FromPath[str]) -> Response[bytes]:
    """GET /os-snapshots/ID: there is none."""
    through(request).require("os_compute_api:os-volumes:snapshots:show")
    raise NotFound(f"Snapshot {snapshot_id[:64]} could not be found.")


@delete("/v2.1/os-snapshots/{snapshot_id:str}", status_code=202)
async def delete_snapshot(request: ApiRequest, snapshot_id: FromPath[str]) -> Response[None]:
    """DELETE /os-snapshots/ID: there is none."""
    through(request).require("os_compute_api:os-volumes:snapshots:delete")
    raise NotFound(f"Snapshot {snapshot_id[:64]} could not be found.")


@post("/v2.1/os-volumes")
async def create_volume(request: ApiRequest) -> Response[bytes]:
    """POST /os-volumes: refused by name."""
    through(request).require("os_compute_api:os-volumes:create")
    unsupported("A volume")


@post("/v2.1/os-snapshots")
async def create_snapshot(request: ApiRequest) -> Response[bytes]:
    """POST /os-snapshots: refused by name."""
    through(request).require("os_compute_api:os-volumes:snapshots:create")
    unsupported("A snapshot of a volume")


@post("/v2.1/os-assisted-volume-snapshots")
async def create_assisted_snapshot(request: ApiRequest) -> Response[bytes]:
    """POST /os-assisted-volume-snapshots, which a volume service asks for: refused by name."""
    Context.of(request).require("os_compute_api:os-assisted-volume-snapshots:create")
    unsupported("A snapshot of a volume")


@delete("/v2.1/os-assisted-volume-snapshots/{snapshot_id:str}", status_code=204, opt=query("delete_info"))
async def delete_assisted_snapshot(request: ApiRequest) -> Response[None]:
    """DELETE /os-assisted-volume-snapshots/ID: refused by name."""
    Context.of(request).require("os_compute_api:os-assisted-volume-snapshots:delete")
    unsupported("A snapshot of a volume")


@get("/v2.1/servers/{server_id:str}/os-volume_attachments", opt=dict(PAGES))
async def list_attachments(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """GET /servers/ID/os-volume_attachments: no server has a volume. Raises NotFound for no such server."""
    context = Context.of(request)
    context.require("os_compute_api:os-volumes-attachments:index")
    await context.server(server_id)
    return context.answer({"volumeAttachments": []})


@post("/v2.1/servers/{server_id:str}/os-volume_attachments")
async def attach_volume(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """POST /servers/ID/os-volume_attachments: refused by name."""
    context = Context.of(request)
    context.require("os_compute_api:os-volumes-attachments:create")
    await context.server(server_id)
    unsupported("Attaching a volume")


@get("/v2.1/servers/{server_id:str}/os-volume_attachments/{volume_id:str}")
async def show_attachment(request: ApiRequest, server_id: FromPath[str], volume_id: FromPath[str]) -> Response[bytes]:
    """GET /servers/ID/os-volume_attachments/VOLUME: there is none."""
    await _no_attachment(request, server_id, volume_id, "show")
    return Context.of(request).answer({})


@put("/v2.1/servers/{server_id:str}/os-volume_attachments/{volume_id:str}", status_code=202)
async def update_attachment(request: ApiRequest, server_id: FromPath[str], volume_id: FromPath[str]) -> Response[None]:
    """PUT /servers/ID/os-volume_attachments/VOLUME: there is none."""
    await _no_attachment(request, server_id, volume_id, "update")
    return Context.of(request).empty(202)


@delete("/v2.1/servers/{server_id:str}/os-volume_attachments/{volume_id:str}", status_code=202)
async def detach_volume(request: ApiRequest, server_id: FromPath[str], volume_id: FromPath[str]) -> Response[None]:
    """DELETE /servers/ID/os-volume_attachments/VOLUME: there is none."""
    await _no_attachment(request, server_id, volume_id, "delete")
    return Context.of(request).empty(202)


async def _no_attachment(request: ApiRequest, server_id: str, volume_id: str, verb: str) -> None:
    """Raise NotFound: of the server, or of the volume at it."""
    context = Context.of(request)
    context.require(f"os_compute_api:os-volumes-attachments:{verb}")
    await context.server(server_id)
    raise NotFound(f"Instance {server_id} is not attached to volume {volume_id[:64]}.")


HANDLERS: Final = (
    list_volumes,
    list_snapshots,
    show_volume,
    delete_volume,
    show_snapshot,
    delete_snapshot,
    create_volume,
    create_snapshot,
    create_assisted_snapshot,
    delete_assisted_snapshot,
    list_attachments,
    attach_volume,
    show_attachment,
    update_attachment,
    detach_volume,
)
