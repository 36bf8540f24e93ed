"""Lost hosts over HTTP, for admins."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from berthline.api.auth import require_admin
from berthline.api.body import read_json
from berthline.api.frame import ApiRequest, current_caller, reply, services
from berthline.domain.hosts.losing import priority_of
from berthline.domain.ids import HostName
from berthline.workflows.loss.losing import Progress


class Loss(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    confirmed: bool = False
    at_once: Annotated[int, Meta(ge=1, le=1000)] | None = None


class LossBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /hosts/NAME/loss."""

    loss: Loss


@post("/hosts/{name:str}/loss", status_code=202)
async def lose_host(request: ApiRequest, name: FromPath[str]) -> Response[bytes]:
    """A host is lost: its power is taken away, unless ``confirmed`` says that it has none, and then its servers are
    made anew on others, ``at_once`` at a time: 202, and it goes on by itself. Admins only.
    """
    caller = current_caller(request)
    require_admin(caller)  # before the body is looked at
    given = (await read_json(request, LossBody)).loss
    losses = services(request).compute.losses
    begun = await losses.begin(caller, HostName(name), confirmed=given.confirmed, at_once=given.at_once)
    return reply({"loss": _view(begun)}, 202)


@get("/hosts/{name:str}/loss")
async def show_loss(request: ApiRequest, name: FromPath[str]) -> Response[bytes]:
    """How far the last loss of a host is: whether it is fenced, what is elsewhere, under way, waits, and is left and
    why. Admins only.
    """
    found = await services(request).compute.losses.progress(current_caller(request), HostName(name))
    return reply({"loss": _view(found)})


def _view(progress: Progress) -> dict[str, Any]:
    loss = progress.loss
    told = {state: [one for one in progress.told if one.state == state] for state in ("moved", "moving", "left")}
    return {
        "host": loss.host,
        "state": loss.stage,
        "lost": progress.lost,
        "fence": loss.fence,
        "reason": loss.reason,
        "at_once": loss.at_once,
        "started_at": loss.started_at,
        "fenced_at": loss.fenced_at,
        "ended_at": loss.ended_at,
        "moved": [{"id": one.server_id, "name": one.name, "host": one.host} for one in told["moved"]],
        "under_way": [
            {"id": one.server_id, "name": one.name, "host": one.host, "migration": one.migration_id}
            for one in told["moving"]
        ],
        "waiting": [
            {"id": one.server_id, "name": one.name, "priority": priority_of(one.extra_specs), "reason": reason}
            for one, reason in progress.waiting
        ],
        "left": [{"id": one.server_id, "name": one.name, "reason": one.reason} for one in told["left"]],
    }
