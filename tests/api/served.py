"""A test cloud behind a real socket, for clients that will not speak ASGI."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from berthline.bootstrap.serve import address_of, bind, serving
from tests.api.builder import Cloud


@asynccontextmanager
async def served(cloud: Cloud, *, connections: int | None = None) -> AsyncIterator[str]:
    """The URL of the cloud on a free port of this machine; see ``serving`` for ``connections``."""
    listening = bind("127.0.0.1", 0)
    async with serving(cloud.app, listening, connections=connections):
        yield f"http://{address_of(listening)}"
