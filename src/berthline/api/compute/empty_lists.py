"""Lists that clients ask in passing, of things that this cloud does not have: empty, and true."""

from typing import Final

from litestar import Response, get

from berthline.api.compute.context import Context
from berthline.api.frame import ApiRequest
from berthline.api.query import query


@get("/v2.1/os-server-groups", opt=query("all_projects", "limit", "offset"))
async def list_server_groups(request: ApiRequest) -> Response[bytes]:
    """GET /os-server-groups: there are no server groups here, and nobody can make one."""
    return Context.of(request).answer({"server_groups": []})


HANDLERS: Final = (list_server_groups,)
