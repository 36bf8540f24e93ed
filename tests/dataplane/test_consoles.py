"""A real guest's consoles in a real browser: its screen is seen, and what is typed in either arrives in the guest."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from berthline.cli.demo import screen
from tests.browser import Page, browser

from .cloud import eventually
from .ground import Ground

pytestmark = [pytest.mark.dataplane, pytest.mark.slow]

CONNECTED = "document.documentElement.dataset.state === 'connected'"
BRIGHT = (
    "(() => { const c = document.querySelector('canvas'); if (!c || !c.width) return 0;"
    "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;"
    "for (let i = 1; i < d.length; i += 4) n += d[i] > 100; return n; })()"
)


@pytest.fixture(scope="module")
def server(ground: Ground) -> Iterator[str]:
    """A guest that has started its shells."""
    made = ground.boot("seen")
    ground.cloud.active(made)
    eventually(lambda: "ready host=seen" in ground.cloud.console(made), "the guest is ready")
    yield made
    ground.cloud.delete_server(made)
    assert ground.traces(made) == []


async def said(look: Callable[[], str], wanted: str) -> None:
    """Wait until the console shows it."""
    async with asyncio.timeout(60):
        while wanted not in await asyncio.to_thread(look):  # noqa: ASYNC110 - a guest tells nobody
            await asyncio.sleep(0.1)


def url_of(ground: Ground, server: str, protocol: str, kind: str) -> str:
    """A console's URL."""
    wanted = {"protocol": protocol, "type": kind}
    path = f"/servers/{server}/remote-consoles"
    return ground.cloud.user.create("compute", path, "remote_console", wanted, screen.Console).url


async def opened(page: Page, url: str) -> None:
    """The console is there."""
    await page.open(url)
    await page.until(CONNECTED)


async def test_the_screen_of_a_guest(ground: Ground, server: str, tmp_path: Path) -> None:
    async with browser(tmp_path) as page:
        await opened(page, url_of(ground, server, "vnc", "novnc"))
        before = await page.until(BRIGHT)
        await page.type("hostname; echo typed at $((6*7)) keys >/dev/ttyS0\n")
        await page.until(f"{BRIGHT} > {before}")
        await said(lambda: ground.cloud.console(server), "typed at 42 keys")
        assert (await page.picture("console-vnc-real")).stat().st_size > 1000


async def test_the_serial_console_of_a_guest(ground: Ground, server: str, tmp_path: Path) -> None:
    async with browser(tmp_path) as page:
        await opened(page, url_of(ground, server, "serial", "serial"))
        await page.type("echo typed in $((6*7)) terminals\n")
        await page.until("document.querySelector('.xterm-rows').innerText.includes('typed in 42 terminals')")
        await said(lambda: ground.cloud.console(server), "typed in 42 terminals")
        await page.picture("console-serial-real")
