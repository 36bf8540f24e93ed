"""The pages of consoles, and noVNC and xterm.js, which they load from here and from nowhere else."""

import secrets
from functools import lru_cache
from importlib import resources
from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.auth import PUBLIC
from berthline.api.frame import ApiRequest, services
from berthline.api.query import query
from berthline.domain.errors import NotFound

FOLDER: Final = resources.files(__package__) / "pages"
TYPES: Final = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css"}
"""What is served besides the pages."""

PAGE: Final = {**PUBLIC, **query("path", "token", "title")}
"""The page itself knows nothing: what opens the console is the token, which its script sends by the WebSocket."""

_HEADERS: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


@get("/console/{server_id:str}/vnc", opt=PAGE)
async def vnc_page(request: ApiRequest, server_id: FromPath[str]) -> Response[str]:  # noqa: ARG001 - its script reads it
    """The page that shows a server's screen."""
    return _page(request, "vnc.html")


@get("/console/{server_id:str}/serial", opt=PAGE)
async def serial_page(request: ApiRequest, server_id: FromPath[str]) -> Response[str]:  # noqa: ARG001 - likewise
    """The page that shows a server's serial console."""
    return _page(request, "serial.html")


@get("/console/assets/{name:path}", opt=PUBLIC)
async def asset(name: FromPath[str]) -> Response[bytes]:
    """A script or a style of the pages."""
    content, kind = _asset(name.strip("/"))
    return Response(content, media_type=kind, headers={**_HEADERS, "Cache-Control": "public, max-age=3600"})


def _page(request: ApiRequest, name: str) -> Response[str]:
    nonce = secrets.token_urlsafe(16)
    headers = {
        **_HEADERS,
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy(nonce, services(request).compute.consoles.settings.origins),
    }
    return Response(_text(name).replace("NONCE", nonce), media_type="text/html", headers=headers)


def policy(nonce: str, origins: tuple[str, ...]) -> str:
    """What the page may do: load from here, talk to here, and be shown by pages from here and ``origins``.

    xterm.js writes style sheets of its own, which carry the nonce, and styles of single letters, which cannot.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src-elem 'self' 'nonce-{nonce}'",
            "style-src-attr 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            " ".join(("frame-ancestors", "'self'", *origins)),
        )
    )


@lru_cache(maxsize=8)
def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Every file that may be asked for; no other name reaches the disk."""
    found: set[str] = set()
    waiting = [("", FOLDER)]
    while waiting:
        prefix, folder = waiting.pop()
        for entry in folder.iterdir():
            if entry.is_dir():
                waiting.append((f"{prefix}{entry.name}/", entry))
            elif any(entry.name.endswith(ending) for ending in TYPES):
                found.add(prefix + entry.name)
    return frozenset(found)


@lru_cache(maxsize=128)
def _asset(name: str) -> tuple[bytes, str]:
    if name not in _names():
        raise NotFound("there is no such file")
    kind = next(kind for ending, kind in TYPES.items() if name.endswith(ending))
    return FOLDER.joinpath(*name.split("/")).read_bytes(), kind


HANDLERS: Final = (vnc_page, serial_page, asset)
