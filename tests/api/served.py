"""A test cloud behind a real socket, for clients that will not speak ASGI."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from berthline.bootstrap.serve import address_of, bind, serving
from berthline.config.model import Http
from berthline.listener.room import Room
from tests.api.builder import Cloud


@asynccontextmanager
async def served(cloud: Cloud, **limits: Any) -> AsyncIterator[str]:
    """The URL of the cloud on a free port of this machine; ``limits`` are settings of the table [http]."""
    async with served_room(cloud, **limits) as (url, _):
        yield url


@asynccontextmanager
async def served_room(cloud: Cloud, **limits: Any) -> AsyncIterator[tuple[str, Room]]:
    """``served``, with the room that its connections are in."""
    listening = bind("127.0.0.1", 0)
    if cloud.services.compute is not None:
        cloud.services.compute.consoles.listens_at(*listening.getsockname()[:2])
    async with serving(cloud.app, listening, Http(**limits)) as room:
        yield f"http://{address_of(listening)}", room
