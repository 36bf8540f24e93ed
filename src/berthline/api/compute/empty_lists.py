"""Lists that clients ask in passing, of things that this cloud does not have: empty, and true."""

from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.compute.context import Context
from berthline.api.frame import ApiRequest
from berthline.api.query import query


@get("/v2.1/os-server-groups", opt=query("all_projects", "limit", "offset"))
async def list_server_groups(request: ApiRequest) -> Response[bytes]:
    """GET /os-server-groups: there are no server groups here, and nobody can make one."""
    return Context.of(request).answer({"server_groups": []})


@get("/v2.1/servers/{server_id:str}/os-volume_attachments", opt=query("limit", "offset"))
async def list_volume_attachments(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """GET /servers/ID/os-volume_attachments: no server here has a volume. Raises NotFound for no such server."""
    context = Context.of(request)
    await context.server(server_id)
    return context.answer({"volumeAttachments": []})


HANDLERS: Final = (list_server_groups, list_volume_attachments)
