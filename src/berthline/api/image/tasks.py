"""/v2/images/ID/tasks and /v2/tasks: imports of images, as long as they are told of."""

from typing import Final
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.frame import ApiRequest, Routes, current_caller, reply, services
from berthline.api.image.views import task_stub_view, task_view
from berthline.api.listing import parse_page
from berthline.api.query import query
from berthline.domain.errors import BadRequest, Forbidden
from berthline.store.images.tasks import TaskFilters

DEFAULT_LIMIT: Final = 25
STATUSES: Final = ("pending", "processing", "success", "failure")
TYPES: Final = ("import", "api_image_import", "location_import")


@get("/v2/images/{image_id:str}/tasks")
async def list_tasks_of_image(request: ApiRequest, image_id: FromPath[str]) -> Response[bytes]:
    """The imports of an image, for its project."""
    found = await services(request).images.imports.tasks_of(current_caller(request), image_id)
    return reply({"tasks": [task_view(task) for task in found]})


@get("/v2/tasks", opt=query("limit", "marker", "sort_key", "sort_dir", "status", "type", "owner"))
async def list_tasks(request: ApiRequest) -> Response[bytes]:
    """The imports of all images, for admins, the newest first unless ``sort_dir`` says otherwise."""
    page = parse_page(request, sortable=("created_at",))
    limit = DEFAULT_LIMIT if page.limit is None else page.limit
    asked = request.query_params
    _check("status", asked.get("status"), STATUSES)
    _check("sort_dir", asked.get("sort_dir"), ("asc", "desc"))
    _check("type", asked.get("type"), TYPES)
    values = {column: asked[name] for name, column in (("status", "status"), ("owner", "project_id")) if name in asked}
    if asked.get("type", "api_image_import") != "api_image_import":
        limit = 0  # there are none of another type
    found = await services(request).images.imports.list_tasks(
        current_caller(request), TaskFilters(values, asked.get("sort_dir", "desc") == "desc"), page.marker, limit
    )
    pairs = [(name, value) for name, value in asked.multi_items() if name != "marker"]
    body: dict[str, object] = {
        "tasks": [task_stub_view(task) for task in found],
        "first": _path(pairs),
        "schema": "/v2/schemas/tasks",
    }
    if found and len(found) == limit:
        body["next"] = _path([*pairs, ("marker", found[-1].id)])
    return reply(body)


@get("/v2/tasks/{task_id:str}")
async def show_task(request: ApiRequest, task_id: FromPath[str]) -> Response[bytes]:
    """One import, for admins."""
    return reply(task_view(await services(request).images.imports.show_task(current_caller(request), task_id)))


@post("/v2/tasks")
async def create_task(request: ApiRequest) -> Response[bytes]:
    """Refused: Glance has deprecated it, and an import makes its task itself."""
    if not current_caller(request).is_admin:
        raise Forbidden("only an admin may look at all tasks")
    await read_json(request, dict[str, object])
    raise BadRequest("Tasks are not created by themselves here: import an image by POST /v2/images/ID/import.")


def _check(name: str, value: str | None, choices: tuple[str, ...]) -> None:
    if value is not None and value not in choices:
        raise BadRequest(f"Invalid {name} value: {value[:64]}; the choices are {', '.join(choices)}")


def _path(pairs: list[tuple[str, str]]) -> str:
    return f"/v2/tasks?{urlencode(pairs)}" if pairs else "/v2/tasks"


HANDLERS: Final[tuple[Routes, ...]] = (list_tasks_of_image, list_tasks, show_task, create_task)
