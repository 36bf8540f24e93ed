"""Tags of a noun as a collection of their own below it."""

from collections.abc import Sequence
from typing import Annotated, Final, cast, get_args

import msgspec
from litestar import Response, delete, get, post, put
from msgspec import Meta

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply
from berthline.api.network.bodies import network_service, read_plain
from berthline.domain.errors import NotFound, TagNotFound
from berthline.network.tags import Tagged


class TagsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All tags that a thing is to have."""

    tags: list[Annotated[str, Meta(min_length=1, max_length=255)]]


@get("/v2.0/{noun:str}/{object_id:str}/tags")
async def list_tags(request: ApiRequest, noun: str, object_id: str) -> Response[bytes]:
    """The tags of one thing."""
    return reply({"tags": await network_service(request).tags(current_caller(request), _noun(noun), object_id)})


@put("/v2.0/{noun:str}/{object_id:str}/tags")
async def replace_tags(request: ApiRequest, noun: str, object_id: str) -> Response[bytes]:
    """Give one thing exactly these tags."""
    asked = await read_plain(request, TagsBody)
    tags = await network_service(request).change_tags(
        current_caller(request), _noun(noun), object_id, "replace", asked.tags
    )
    return reply({"tags": tags})


@post("/v2.0/{noun:str}/{object_id:str}/tags", status_code=200)
async def add_tags(request: ApiRequest, noun: str, object_id: str) -> Response[bytes]:
    """Add tags to one thing."""
    asked = await read_plain(request, TagsBody)
    tags = await network_service(request).change_tags(
        current_caller(request), _noun(noun), object_id, "add", asked.tags
    )
    return reply({"tags": tags})


@delete("/v2.0/{noun:str}/{object_id:str}/tags", status_code=204)
async def remove_tags(request: ApiRequest, noun: str, object_id: str) -> Response[None]:
    """Take every tag off one thing."""
    await network_service(request).change_tags(current_caller(request), _noun(noun), object_id, "replace", [])
    return no_content()


@get("/v2.0/{noun:str}/{object_id:str}/tags/{tag:str}", status_code=204)
async def check_tag(request: ApiRequest, noun: str, object_id: str, tag: str) -> Response[None]:
    """204 when the thing has this tag. Raises TagNotFound."""
    if tag not in await network_service(request).tags(current_caller(request), _noun(noun), object_id):
        raise TagNotFound(f"Tag {tag} could not be found.")
    return no_content()


@put("/v2.0/{noun:str}/{object_id:str}/tags/{tag:str}", status_code=201)
async def add_tag(request: ApiRequest, noun: str, object_id: str, tag: str) -> Response[None]:
    """Add one tag."""
    await network_service(request).change_tags(current_caller(request), _noun(noun), object_id, "add", [tag])
    return no_content(201)


@delete("/v2.0/{noun:str}/{object_id:str}/tags/{tag:str}", status_code=204)
async def remove_tag(request: ApiRequest, noun: str, object_id: str, tag: str) -> Response[None]:
    """Take one tag off. Raises TagNotFound."""
    await network_service(request).change_tags(current_caller(request), _noun(noun), object_id, "remove", [tag])
    return no_content()


def _noun(text: str) -> Tagged:
    if text not in get_args(Tagged):
        raise NotFound("The resource could not be found.")
    return cast(Tagged, text)


ROUTES: Final[Sequence[Routes]] = [list_tags, replace_tags, add_tags, remove_tags, check_tag, add_tag, remove_tag]
