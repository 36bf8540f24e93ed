"""os-baremetal-nodes until 2.35: there is no service of bare metal behind it."""

from typing import Final

from litestar import Response, get, post, route
from litestar.params import FromPath

from berthline.api.compute.old.door import through
from berthline.api.frame import ApiRequest
from berthline.domain.errors import BadRequest, NotFound


@get("/v2.1/os-baremetal-nodes")
async def list_nodes(request: ApiRequest) -> Response[bytes]:
    """GET /os-baremetal-nodes: there are none."""
    context = through(request)
    context.require("os_compute_api:os-baremetal-nodes:list")
    return context.answer({"nodes": []})


@get("/v2.1/os-baremetal-nodes/{node_id:str}")
async def show_node(request: ApiRequest, node_id: FromPath[str]) -> Response[bytes]:
    """GET /os-baremetal-nodes/ID: there is none."""
    through(request).require("os_compute_api:os-baremetal-nodes:show")
    raise NotFound(f"Node {node_id[:64]} could not be found.")


@post("/v2.1/os-baremetal-nodes", status_code=200)
async def create_node(request: ApiRequest) -> Response[bytes]:
    """POST /os-baremetal-nodes: Nova refers to another service."""
    through(request)
    raise BadRequest("Command not supported. Please use Ironic command node-create to perform this action.")


@route("/v2.1/os-baremetal-nodes/{node_id:str}", http_method="DELETE", status_code=200)
async def delete_node(request: ApiRequest) -> Response[bytes]:
    """DELETE /os-baremetal-nodes/ID: likewise."""
    through(request)
    raise BadRequest("Command not supported. Please use Ironic command node-delete to perform this action.")


@post("/v2.1/os-baremetal-nodes/{node_id:str}/action", status_code=200)
async def act_on_node(request: ApiRequest) -> Response[bytes]:
    """POST /os-baremetal-nodes/ID/action: likewise."""
    through(request)
    raise BadRequest("Command not supported. Please use Ironic's ports to perform this action.")


HANDLERS: Final = (list_nodes, show_node, create_node, delete_node, act_on_node)
