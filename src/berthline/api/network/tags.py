"""Tags of a noun as a collection of their own below it."""

from collections.abc import Sequence
from typing import Annotated, Final, cast, get_args

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath
from msgspec import Meta

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply
from berthline.api.network.bodies import network_service, read_plain
from berthline.domain.errors import TagNotFound
from berthline.network.tags import Tagged


class TagsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All tags that a thing is to have."""

    tags: list[Annotated[str, Meta(min_length=1, max_length=255)]]


def _paths(end: str) -> list[str]:
    return [f"/v2.0/{noun}/{{object_id:str}}{end}" for noun in get_args(Tagged)]


def _noun(request: ApiRequest) -> Tagged:
    """The noun that the request's path names; the routes are only of nouns with tags."""
    return cast(Tagged, request.scope["path"].split("/")[3])


@get(_paths("/tags"))
async def list_tags(request: ApiRequest, object_id: FromPath[str]) -> Response[bytes]:
    """The tags of one thing."""
    return reply({"tags": await network_service(request).tags(current_caller(request), _noun(request), object_id)})


@put(_paths("/tags"))
async def replace_tags(request: ApiRequest, object_id: FromPath[str]) -> Response[bytes]:
    """Give one thing exactly these tags."""
    asked = await read_plain(request, TagsBody)
    tags = await network_service(request).change_tags(
        current_caller(request), _noun(request), object_id, "replace", asked.tags
    )
    return reply({"tags": tags})


@post(_paths("/tags"), status_code=200)
async def add_tags(request: ApiRequest, object_id: FromPath[str]) -> Response[bytes]:
    """Add tags to one thing."""
    asked = await read_plain(request, TagsBody)
    tags = await network_service(request).change_tags(
        current_caller(request), _noun(request), object_id, "add", asked.tags
    )
    return reply({"tags": tags})


@delete(_paths("/tags"), status_code=204)
async def remove_tags(request: ApiRequest, object_id: FromPath[str]) -> Response[None]:
    """Take every tag off one thing."""
    await network_service(request).change_tags(current_caller(request), _noun(request), object_id, "replace", [])
    return no_content()


@get(_paths("/tags/{tag:str}"), status_code=204)
async def check_tag(request: ApiRequest, object_id: FromPath[str], tag: FromPath[str]) -> Response[None]:
    """204 when the thing has this tag. Raises TagNotFound."""
    if tag not in await network_service(request).tags(current_caller(request), _noun(request), object_id):
        raise TagNotFound(f"Tag {tag} could not be found.")
    return no_content()


@put(_paths("/tags/{tag:str}"), status_code=201)
async def add_tag(request: ApiRequest, object_id: FromPath[str], tag: FromPath[str]) -> Response[None]:
    """Add one tag."""
    await network_service(request).change_tags(current_caller(request), _noun(request), object_id, "add", [tag])
    return no_content(201)


@delete(_paths("/tags/{tag:str}"), status_code=204)
async def remove_tag(request: ApiRequest, object_id: FromPath[str], tag: FromPath[str]) -> Response[None]:
    """Take one tag off. Raises TagNotFound."""
    await network_service(request).change_tags(current_caller(request), _noun(request), object_id, "remove", [tag])
    return no_content()


ROUTES: Final[Sequence[Routes]] = [list_tags, replace_tags, add_tags, remove_tags, check_tag, add_tag, remove_tag]
