"""The consoles' pages in a real browser: the guest's screen is seen, and what is typed arrives in the guest."""

from pathlib import Path

import pytest

from tests.api.compute.conftest import Ground
from tests.api.compute.world import World
from tests.api.consoles.test_sockets import SERVERS, ask
from tests.browser import browser

CONNECTED = "document.documentElement.dataset.state === 'connected'"
STATUS = "document.getElementById('status').textContent"


async def console_log(ground: Ground, server: str) -> str:
    """What the guest said on its console."""
    answer = await ground.red.post(f"{SERVERS}/{server}/action", json={"os-getConsoleOutput": {}})
    return str(answer.json()["output"])


@pytest.mark.slow
async def test_a_screen_in_a_browser(ground: Ground, world: World, url: str, tmp_path: Path) -> None:
    server = await ground.boot(world)
    async with browser(tmp_path) as page:
        await page.open(await ask(ground, url, server, "vnc", "novnc"))
        await page.until(CONNECTED)
        assert "token" not in await page.value("location.href")
        lit = (
            "(() => { const c = document.querySelector('canvas'); if (!c || !c.width) return 0;"
            "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;"
            "for (let i = 1; i < d.length; i += 4) n += d[i] > 100; return n; })()"
        )
        before = await page.until(lit)
        await page.type("echo typed in a browser\n")
        await page.until(f"{lit} > {before}")
        while "typed in a browser" not in (await console_log(ground, server)).splitlines():
            await page.until("true")
        assert str(await page.value(STATUS)).startswith("Connected: simulated ")
        picture = await page.picture("console-vnc-simulated")
        assert picture.stat().st_size > 1000
        assert not [said for said in page.said if "Content Security Policy" in said]
        await ground.red.post(f"{SERVERS}/{server}/action", json={"os-stop": None})
        await page.until("document.documentElement.dataset.state === 'closed'")
        assert str(await page.value(STATUS)).endswith("(the console ended)")


@pytest.mark.slow
async def test_a_serial_console_in_a_browser(ground: Ground, world: World, url: str, tmp_path: Path) -> None:
    server = await ground.boot(world)
    async with browser(tmp_path) as page:
        await page.open(await ask(ground, url, server, "serial", "serial"))
        await page.until(CONNECTED)
        await page.type("echo typed in a terminal\n")
        await page.until("document.querySelector('.xterm-rows').innerText.includes('echo typed in a terminal')")
        await page.until("document.querySelector('.xterm-rows').innerText.split('typed in a terminal').length > 2")
        assert "typed in a terminal" in (await console_log(ground, server)).splitlines()
        await page.picture("console-serial-simulated")
        assert not [said for said in page.said if "Content Security Policy" in said]
        await ground.red.post(f"{SERVERS}/{server}/action", json={"os-stop": None})
        await page.until("document.documentElement.dataset.state === 'closed'")


@pytest.mark.slow
async def test_a_url_opens_its_console_once(ground: Ground, world: World, url: str, tmp_path: Path) -> None:
    server = await ground.boot(world)
    address = await ask(ground, url, server, "serial", "serial")
    async with browser(tmp_path) as page:
        await page.open(address)
        await page.until(CONNECTED)
        await page.open(address)
        await page.until("document.documentElement.dataset.state === 'closed'")
        assert "ask for a new one" in await page.value(STATUS)
