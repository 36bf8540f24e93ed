"""/servers/ID/os-server-password: what the guest left of its password, encrypted for the owner's key by the guest."""

from typing import Final

from litestar import Response, delete, get
from litestar.params import FromPath

from berthline.api.compute.context import Context, visible_server
from berthline.api.frame import ApiRequest
from berthline.store import Connection
from berthline.store.compute.servers import guest_passwords


@get("/v2.1/servers/{server_id:str}/os-server-password")
async def show_password(request: ApiRequest, server_id: FromPath[str]) -> Response[bytes]:
    """An empty text where the guest left none."""
    context = Context.of(request)

    def read(connection: Connection) -> str:
        server = visible_server(connection, context.caller, server_id)
        return guest_passwords.get(connection, server.id)

    return context.answer({"password": await context.services.store.read_short(read)})


@delete("/v2.1/servers/{server_id:str}/os-server-password", status_code=204)
async def clear_password(request: ApiRequest, server_id: FromPath[str]) -> Response[None]:
    """Forget it here; the guest's own password stays, and it may leave another one."""
    context = Context.of(request)
    context.require_writer("os_compute_api:os-server-password:clear")

    def write(connection: Connection) -> None:
        server = visible_server(connection, context.caller, server_id)
        guest_passwords.forget(connection, server.id)

    await context.services.store.write(write)
    return context.empty()


HANDLERS: Final = (show_password, clear_password)
