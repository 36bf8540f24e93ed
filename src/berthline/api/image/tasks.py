"""/v2/images/ID/tasks: what is being done to an image beside its uploads. Nothing ever is."""

from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, reply, services


@get("/v2/images/{image_id:str}/tasks")
async def list_tasks(request: ApiRequest, image_id: FromPath[str]) -> Response[bytes]:
    """The tasks of an image that the caller sees: none."""
    await services(request).images.show(current_caller(request), image_id)
    return reply({"tasks": []})


HANDLERS: Final[tuple[Routes, ...]] = (list_tasks,)
