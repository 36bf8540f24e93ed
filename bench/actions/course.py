"""The course of actions: each begins where the one before it ended, and the last leaves the server as it was."""

import time
from dataclasses import dataclass
from typing import Final

import msgspec

from bench.api import Api, Failed
from bench.endpoint import Endpoint, api_of
from bench.waiting import until

LIMIT_SECONDS: Final = 180.0
SNAPSHOT: Final = "action-snapshot"
MICROVERSION: Final = "compute 2.45"
"""From it on createImage tells the image in its answer."""


@dataclass(frozen=True)
class Action:
    """What is asked, and the status that the server has when it is done. ``starts``: a guest starts in it anew."""

    name: str
    body: dict[str, object]
    status: str
    starts: bool = False


def course(image: str, larger: str) -> tuple[Action, ...]:
    """All of it. ``larger`` is a flavor with a larger disk; confirming keeps it, so the last resize is reverted."""
    resize: dict[str, object] = {"resize": {"flavorRef": larger}}
    return (
        Action("pause", {"pause": None}, "PAUSED"),
        Action("unpause", {"unpause": None}, "ACTIVE"),
        Action("suspend", {"suspend": None}, "SUSPENDED"),
        Action("resume", {"resume": None}, "ACTIVE"),
        Action("stop", {"os-stop": None}, "SHUTOFF"),
        Action("start", {"os-start": None}, "ACTIVE", starts=True),
        Action("hard reboot", {"reboot": {"type": "HARD"}}, "ACTIVE", starts=True),
        Action("rescue", {"rescue": {}}, "RESCUE", starts=True),
        Action("unrescue", {"unrescue": None}, "ACTIVE", starts=True),
        Action("createImage", {"createImage": {"name": SNAPSHOT}}, "ACTIVE"),
        Action("resize", resize, "VERIFY_RESIZE", starts=True),
        Action("revertResize", {"revertResize": None}, "ACTIVE", starts=True),
        Action("resize", resize, "VERIFY_RESIZE", starts=True),
        Action("confirmResize", {"confirmResize": None}, "ACTIVE"),
        Action("rebuild", {"rebuild": {"imageRef": image}}, "ACTIVE", starts=True),
        Action("shelve", {"shelve": None}, "SHELVED_OFFLOADED"),
        Action("unshelve", {"unshelve": None}, "ACTIVE", starts=True),
    )


def larger_flavor(endpoint: Endpoint, memory_mb: int) -> str:
    """A flavor with twice the disk; its id."""
    with api_of(endpoint, endpoint.compute) as compute:
        flavor = {"name": "larger", "id": "larger", "ram": memory_mb, "vcpus": 1, "disk": 2}
        compute.call("POST", "/flavors", {"flavor": flavor})
    return "larger"


def taken(endpoint: Endpoint, server_id: str, action: Action, look_seconds: float) -> float:
    """Do it; seconds from the request until it is done. Raises Failed.

    A snapshot is done when its image can be used; it is deleted again, which is not counted.
    """
    with api_of(endpoint, endpoint.compute) as compute, api_of(endpoint, endpoint.image) as images:
        begun = time.perf_counter()
        asked = ("POST", f"/servers/{server_id}/action", action.body)
        status, text, _ = compute.exchange(*asked, **{"OpenStack-API-Version": MICROVERSION})
        if status >= 400:
            raise Failed(f"{action.name} of server {server_id}: {status} {text[:300]!r}")
        until(lambda: _is_done(compute, server_id, action), action.name, LIMIT_SECONDS, look_seconds)
        made = msgspec.json.decode(text).get("image_id") if text else None
        if made is not None:
            image = f"/v2/images/{made}"
            until(lambda: images.call("GET", image)["status"] == "active", action.name, LIMIT_SECONDS, look_seconds)
        seconds = time.perf_counter() - begun
        if made is not None:
            images.call("DELETE", f"/v2/images/{made}")
    return seconds


def wait_until(endpoint: Endpoint, server_id: str, status: str, look_seconds: float) -> None:
    """Wait until nothing is done to the server and it has this status. Raises Failed."""
    wanted = Action("boot", {}, status)
    with api_of(endpoint, endpoint.compute) as compute:
        until(lambda: _is_done(compute, server_id, wanted), wanted.name, LIMIT_SECONDS, look_seconds)


def _is_done(compute: Api, server_id: str, action: Action) -> bool:
    server = compute.call("GET", f"/servers/{server_id}")["server"]
    if server["status"] == "ERROR":
        raise Failed(f"{action.name} of server {server_id}: {server.get('fault')}")
    # A confirmation shows no task: its server is VERIFY_RESIZE until it is done.
    return bool(server["OS-EXT-STS:task_state"] is None and server["status"] == action.status)
