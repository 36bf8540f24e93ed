"""A server's disk becomes an image, and another server boots from it with what was on that disk."""

import base64
from collections.abc import Callable
from typing import Any, Final

from berthline.cli.client import Client
from berthline.cli.demo import plan, resources
from berthline.cli.errors import CommandFailed
from berthline.cli.things import Thing

NOTE: Final = "/persist/note"
"""A file on the guest's own disk; all else of the tiny guest lies in memory."""
PAGE: Final = "note"
SECONDS: Final = 60.0

PUBLISH: Final = f"#!/bin/sh\ncp {NOTE} /www/{PAGE}\n"
"""What the copy does when it has booted: show as a page what it found on its disk."""


def take(user: Client, server: resources.Server, told: Callable[[str], None]) -> resources.Image:
    """The image of the server's disk, once it is there; those of an earlier run go.

    Raises CommandFailed where it does not come.
    """
    remove(user)
    user.act("compute", f"/servers/{server.id}/action", {"createImage": {"name": plan.SNAPSHOT}})

    def look() -> tuple[resources.Image, ...]:
        found = user.list("image", "/images", "images", resources.Image, name=plan.SNAPSHOT)
        if not found:
            raise CommandFailed(f"{server.name} could not be copied: openstack server event list {server.id}")
        told(f"the image is {found[0].status}")
        return found if found[0].status == "active" else ()

    return resources.wait_until(look, f"the image of {server.name}", SECONDS)[0]


def remove(user: Client) -> int:
    """Remove such images; how many there were."""
    mine = user.list("image", "/images", "images", Thing, name=plan.SNAPSHOT)
    return sum(user.delete("image", f"/images/{image.id}") for image in mine)


def publishing() -> dict[str, Any]:
    """Fields of a request for a server that shows as a page what it found on its disk."""
    return {"user_data": base64.b64encode(PUBLISH.encode()).decode()}
