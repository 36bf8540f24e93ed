"""GET /servers/ID/os-security-groups: the groups of a server's ports, as Nova has always written groups."""

from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.compute.context import Context
from berthline.api.compute.old.group_view import group_view
from berthline.api.compute.old.groups import remote_of
from berthline.api.frame import ApiRequest


@get("/v2.1/servers/{server_id:str}/os-security-groups")
async def list_groups(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """Each group once, in order of NICs."""
    context = Context.of(request)
    server = await context.server(server_id)
    groups = await context.services.compute.interfaces.security_groups(server.id)
    remote = await remote_of(context, groups)
    return context.answer({"security_groups": [group_view(group, remote) for group in groups]})


HANDLERS: Final = (list_groups,)
