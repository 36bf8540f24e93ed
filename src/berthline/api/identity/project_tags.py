"""/v3/projects/ID/tags"""

from collections.abc import Callable, Mapping
from typing import Annotated, Final

import msgspec
from litestar import Response, delete, get, put, route
from litestar.params import FromPath
from msgspec import Meta

from berthline.api.body import read_json
from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.identity.bodies import LOOK, MOST_TAGS, Tag
from berthline.domain.errors import BadRequest, NotFound
from berthline.domain.identity import Project
from berthline.identity.directory import Directory


class TagsBody(msgspec.Struct, forbid_unknown_fields=True):
    tags: Annotated[tuple[Tag, ...], Meta(max_length=MOST_TAGS)]


CHOOSE: Final[Mapping[str, Callable[[frozenset[str], frozenset[str]], bool]]] = {
    "tags": lambda wanted, tags: wanted <= tags,
    "tags-any": lambda wanted, tags: not wanted.isdisjoint(tags),
    "not-tags": lambda wanted, tags: not wanted <= tags,
    "not-tags-any": lambda wanted, tags: wanted.isdisjoint(tags),
}
"""The filters by tags, as the API-SIG has them: what is wanted, and what a project has."""


def _directory(request: ApiRequest) -> Directory:
    return services(request).identity.directory


def read_tags(request: ApiRequest) -> Callable[[Project], bool]:
    """Which projects the filters ``tags``, ``tags-any``, ``not-tags`` and ``not-tags-any`` of a list choose."""
    given = {name: frozenset(text.split(",")) for name in CHOOSE if (text := request.query_params.get(name))}

    def choose(project: Project) -> bool:
        tags = frozenset(project.tags)
        return all(CHOOSE[name](wanted, tags) for name, wanted in given.items())

    return choose


@get("/v3/projects/{project_id:str}/tags")
async def list_project_tags(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """The tags of a project."""
    return reply({"tags": (await _directory(request).project(current_caller(request), project_id)).tags})


@put("/v3/projects/{project_id:str}/tags")
async def replace_project_tags(request: ApiRequest, project_id: FromPath[str]) -> Response[bytes]:
    """Have exactly these tags on a project."""
    body = await read_json(request, TagsBody)
    wanted = tuple(dict.fromkeys(body.tags))
    project = await _directory(request).update_project_tags(current_caller(request), project_id, lambda _: wanted)
    return reply({"tags": project.tags})


@delete("/v3/projects/{project_id:str}/tags", status_code=204)
async def remove_project_tags(request: ApiRequest, project_id: FromPath[str]) -> Response[None]:
    """Take all tags off a project."""
    await _directory(request).update_project_tags(current_caller(request), project_id, lambda _: ())
    return no_content()


@route("/v3/projects/{project_id:str}/tags/{tag:str}", http_method=LOOK, status_code=204)
async def check_project_tag(request: ApiRequest, project_id: FromPath[str], tag: FromPath[str]) -> Response[None]:
    """Whether a project has the tag: 204 or 404."""
    if tag not in (await _directory(request).project(current_caller(request), project_id)).tags:
        raise NotFound(f"Could not find project tag: {tag[:64]}.")
    return no_content()


@put("/v3/projects/{project_id:str}/tags/{tag:str}")
async def add_project_tag(request: ApiRequest, project_id: FromPath[str], tag: FromPath[str]) -> Response[None]:
    """Have the tag on a project; idempotent."""
    try:
        msgspec.convert(tag, Tag)
    except msgspec.ValidationError:
        raise BadRequest("a tag has 1 to 255 characters and no comma") from None

    def change(tags: tuple[str, ...]) -> tuple[str, ...]:
        after = tags if tag in tags else (*tags, tag)
        if len(after) > MOST_TAGS:
            raise BadRequest(f"a project has at most {MOST_TAGS} tags")
        return after

    await _directory(request).update_project_tags(current_caller(request), project_id, change)
    return no_content(201)


@delete("/v3/projects/{project_id:str}/tags/{tag:str}", status_code=204)
async def remove_project_tag(request: ApiRequest, project_id: FromPath[str], tag: FromPath[str]) -> Response[None]:
    """Take the tag off a project; 404 when it is not on it."""

    def change(tags: tuple[str, ...]) -> tuple[str, ...]:
        if tag not in tags:
            raise NotFound(f"Could not find project tag: {tag[:64]}.")
        return tuple(each for each in tags if each != tag)

    await _directory(request).update_project_tags(current_caller(request), project_id, change)
    return no_content()


HANDLERS: Final[tuple[Routes, ...]] = (
    list_project_tags,
    replace_project_tags,
    remove_project_tags,
    check_project_tag,
    add_project_tag,
    remove_project_tag,
)
