"""Auto-allocated topologies over HTTP: a network with a way out, made when it is first asked for."""

from collections.abc import Sequence
from typing import Final

from litestar import Response, delete, get
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply
from berthline.api.listing import fields_of
from berthline.api.network.bodies import network_service
from berthline.api.query import query
from berthline.domain.errors import BadRequest
from berthline.domain.ids import ProjectId

DRY_RUN: Final = "dry-run"
"""The one field that may be asked for; it is no field but asks whether the rest would succeed."""


@get("/v2.0/auto-allocated-topology/{project_id:str}", opt=query("fields"))
async def get_auto_allocated_topology(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """The network made for a project (`null`: one's own), made now if need be; `fields=dry-run` only checks."""
    topologies = network_service(request).auto_topologies
    caller = current_caller(request)
    fields = fields_of(request)
    if fields - {DRY_RUN}:
        raise BadRequest(f"Bad auto_allocate request: Unrecognized field. The only one is {DRY_RUN}.")
    if fields:
        return _reply("dry-run=pass", await topologies.check(caller, project_id))
    owner, network_id = await topologies.provide(caller, project_id)
    return _reply(network_id, owner)


@delete("/v2.0/auto-allocated-topology/{project_id:str}", status_code=204)
async def delete_auto_allocated_topology(request: ApiRequest, project_id: FromPath[str]) -> Response[None]:
    """Delete the network made for a project, with its subnets and its router; nothing when there is none."""
    await network_service(request).auto_topologies.remove(current_caller(request), project_id)
    return no_content()


def _reply(found: str, project_id: ProjectId) -> Response[bytes]:
    return reply({"auto_allocated_topology": {"id": found, "tenant_id": project_id, "project_id": project_id}})


ROUTES: Final[Sequence[Routes]] = [get_auto_allocated_topology, delete_auto_allocated_topology]
