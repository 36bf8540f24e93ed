"""Headless Chromium, driven by its DevTools protocol: open a page, look at it, type, take a picture.

Pictures are kept in build/pictures, or in BERTHLINE_TEST_PICTURES.
"""

import asyncio
import base64
import itertools
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.rfb import SHIFTED

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
PATIENCE: Final = 60.0
"""Seconds; only keeps a broken run from hanging."""
FLAGS: Final = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--remote-debugging-port=0", "--window-size=900,620", "about:blank",
)  # fmt: skip
WITH_SHIFT: Final = 8
SHIFT: Final = {"key": "Shift", "code": "ShiftLeft", "windowsVirtualKeyCode": 16, "modifiers": WITH_SHIFT}
PICTURES: Final = Path(os.environ.get("BERTHLINE_TEST_PICTURES") or Path(__file__).parent.parent / "build/pictures")


class Page:
    """One page of the browser. What its console says is kept in ``said``."""

    def __init__(self, connection: ClientConnection, session: str) -> None:
        self._connection = connection
        self._session = session
        self._numbers = itertools.count(100)
        self.said: list[str] = []

    async def call(self, method: str, **parameters: Any) -> Any:
        """A command of the DevTools protocol, and its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, "sessionId": self._session}
        await self._connection.send(json.dumps(message))
        async with asyncio.timeout(PATIENCE):
            while True:
                answer = json.loads(await self._connection.recv())
                if answer.get("method") in {"Runtime.consoleAPICalled", "Log.entryAdded", "Runtime.exceptionThrown"}:
                    self.said.append(json.dumps(answer["params"])[:2000])
                if answer.get("id") == number:
                    assert "error" not in answer, answer
                    return answer["result"]

    async def open(self, url: str) -> None:
        """Go there."""
        await self.call("Page.navigate", url=url)

    async def value(self, expression: str) -> Any:
        """What the expression is in the page."""
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return result["result"].get("value")

    async def until(self, expression: str) -> Any:
        """The expression's value once it is true."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := await self.value(expression)):  # noqa: ASYNC110 - nobody tells when it changes
                    await asyncio.sleep(0.05)
        except TimeoutError:
            text = await self.value("document.documentElement.innerText")
            raise AssertionError(f"never true: {expression}; the page says {text!r} and {self.said}") from None
        return found

    async def type(self, text: str) -> None:
        """Press and release a key for each letter, with Shift where a keyboard needs it."""
        for letter in text:
            enter = {"key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}
            key: dict[str, Any] = enter if letter == "\n" else {"key": letter, "text": letter}
            shifted = letter in SHIFTED or letter.isupper()
            if shifted:
                key["modifiers"] = WITH_SHIFT
                await self.call("Input.dispatchKeyEvent", type="rawKeyDown", **SHIFT)
            await self.call("Input.dispatchKeyEvent", type="keyDown", **key)
            await self.call("Input.dispatchKeyEvent", type="keyUp", **{**key, "text": ""})
            if shifted:
                await self.call("Input.dispatchKeyEvent", type="keyUp", **SHIFT)

    async def picture(self, name: str) -> Path:
        """A picture of the page, kept where the module says."""
        content = base64.b64decode((await self.call("Page.captureScreenshot"))["data"])
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        path.write_bytes(content)
        return path


def program() -> str:
    """Chromium's; the test is skipped without one, or fails where all that can be tested has to be."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        reason = "there is no Chromium: run scripts/host-packages --test as root"
        if os.environ.get("BERTHLINE_REQUIRE_DATAPLANE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Page]:
    """A page of a browser that knows nothing yet; ``folder`` becomes its own."""
    profile = folder / "chromium"
    with (folder / "chromium.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program(), *FLAGS, f"--user-data-dir={profile}", stdout=log, stderr=log, start_new_session=True
        )
    try:
        port, path = await _listening(process, profile / "DevToolsActivePort")
        async with connect(f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None) as connection:
            yield await _attached(connection)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        await process.wait()


async def _listening(process: asyncio.subprocess.Process, file: Path) -> tuple[int, str]:
    async with asyncio.timeout(PATIENCE):
        while True:
            assert process.returncode is None, "Chromium has ended"
            lines = file.read_text().split() if file.exists() else []
            if len(lines) > 1:
                return int(lines[0]), lines[1]
            await asyncio.sleep(0.05)


async def _attached(connection: ClientConnection) -> Page:
    """A new tab."""
    asked = ({"method": "Target.createTarget", "params": {"url": "about:blank"}}, {"method": "Target.attachToTarget"})
    target = await _result(connection, 1, asked[0])
    attach = {**asked[1], "params": {"targetId": target["targetId"], "flatten": True}}
    session = await _result(connection, 2, attach)
    page = Page(connection, session["sessionId"])
    for domain in ("Page", "Runtime", "Log"):
        await page.call(f"{domain}.enable")
    return page


async def _result(connection: ClientConnection, number: int, message: dict[str, Any]) -> Any:
    await connection.send(json.dumps({"id": number, **message}))
    async with asyncio.timeout(PATIENCE):
        while (answer := json.loads(await connection.recv())).get("id") != number:
            pass
    return answer["result"]
