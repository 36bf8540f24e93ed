"""/v2/images/ID/members"""

from typing import Annotated, Final

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath
from msgspec import Meta

from berthline.api.body import read_json
from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.image.views import member_view
from berthline.domain.image import MemberStatus
from berthline.images.sharing import Sharing


# Glance reads one member of each of these bodies and lets others pass, which its clients send.
class NewMember(msgspec.Struct):
    member: Annotated[str, Meta(min_length=1, max_length=36)]


class MemberChange(msgspec.Struct):
    status: MemberStatus


def _sharing(request: ApiRequest) -> Sharing:
    return services(request).images.sharing


@get("/v2/images/{image_id:str}/members")
async def list_members(request: ApiRequest, image_id: FromPath[str]) -> Response[bytes]:
    """The projects that the image is shared with."""
    found = await _sharing(request).list(current_caller(request), image_id)
    return reply({"members": [member_view(each) for each in found], "schema": "/v2/schemas/members"})


@post("/v2/images/{image_id:str}/members")
async def add_member(request: ApiRequest, image_id: FromPath[str]) -> Response[bytes]:
    """Share the image with a project."""
    body = await read_json(request, NewMember)
    return reply(member_view(await _sharing(request).add(current_caller(request), image_id, body.member)))


@get("/v2/images/{image_id:str}/members/{member_id:str}")
async def show_member(request: ApiRequest, image_id: FromPath[str], member_id: FromPath[str]) -> Response[bytes]:
    """One of them."""
    return reply(member_view(await _sharing(request).show(current_caller(request), image_id, member_id)))


@put("/v2/images/{image_id:str}/members/{member_id:str}")
async def update_member(request: ApiRequest, image_id: FromPath[str], member_id: FromPath[str]) -> Response[bytes]:
    """Accept or reject, by the member itself."""
    body = await read_json(request, MemberChange)
    found = await _sharing(request).set_status(current_caller(request), image_id, member_id, body.status)
    return reply(member_view(found))


@delete("/v2/images/{image_id:str}/members/{member_id:str}", status_code=204)
async def remove_member(request: ApiRequest, image_id: FromPath[str], member_id: FromPath[str]) -> Response[None]:
    """Share no longer."""
    await _sharing(request).remove(current_caller(request), image_id, member_id)
    return no_content()


HANDLERS: Final[tuple[Routes, ...]] = (list_members, add_member, show_member, update_member, remove_member)
