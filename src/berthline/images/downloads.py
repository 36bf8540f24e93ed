"""Bytes of images from URLs that users name, fetched without being led to where only the cloud itself may go.

A name is looked up once for each request; every address that it has is judged, and the connection is made to one of
those that were judged. A redirect is a new request, which is judged like the first one.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from berthline.domain.clock import Clock
from berthline.domain.errors import BadRequest
from berthline.images.addresses import Address, Network, may_be_asked, plain
from berthline.images.uploads import too_large

if TYPE_CHECKING:
    import httpx

log = structlog.get_logger("berthline.images")

LONGEST_URI: Final = 2048
REDIRECTS: Final = 5
CONNECT_SECONDS: Final = 10.0
SILENT_SECONDS: Final = 60.0
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_PORTS: Final = {"http": 80, "https": 443}
_MOST_ADDRESSES: Final = 4
"""Of a name that are tried."""

Resolve = Callable[[str, int], Awaitable[tuple[Address, ...]]]
"""From a host's name and a port, its addresses. Raises OSError."""


class DownloadSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``hosts``: names, ``*.NAME`` or ``*``; ``inner``: networks that would be refused; ``own``: hosts of the cloud's.

    ``seconds`` that one download may take at most.
    """

    hosts: tuple[str, ...]
    schemes: tuple[str, ...] = ("https", "http")
    ports: tuple[int, ...] = (80, 443)
    inner: tuple[Network, ...] = ()
    own: tuple[str, ...] = ()
    seconds: float = 3600.0


async def resolve(host: str, port: int) -> tuple[Address, ...]:
    """The addresses of a host as this machine finds them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ip_address(str(each[4][0]).partition("%")[0]) for each in found))


class Downloader:
    """Fetches what may be fetched; see the module."""

    def __init__(self, settings: DownloadSettings, clock: Clock, resolve: Resolve = resolve) -> None:
        """Nothing is looked up yet."""
        self._settings = settings
        self._clock = clock
        self._resolve = resolve
        self._trusted: ssl.SSLContext | None = None

    def check(self, uri: str) -> None:
        """Raise BadRequest unless images may be fetched from such a URI; where its name leads is seen later."""
        self._checked(uri)

    async def fetch(self, uri: str, most: int) -> AsyncGenerator[bytes]:
        """The bytes that are at the URI. Raises BadRequest, RequestTooLarge for more than ``most``."""
        import httpx  # with the first download: a start does without it

        due = self._clock.now() + int(self._settings.seconds * 1_000_000)
        if self._trusted is None:
            self._trusted = await asyncio.to_thread(ssl.create_default_context)
        url = self._checked(uri)
        try:
            for _ in range(REDIRECTS + 1):
                client = httpx.AsyncClient(
                    verify=self._trusted,
                    trust_env=False,
                    follow_redirects=False,
                    timeout=httpx.Timeout(SILENT_SECONDS, connect=CONNECT_SECONDS),
                )
                async with client:
                    response = await self._in_time(due, partial(self._ask, client, url))
                    async with aclosing(response):
                        if response.status_code not in _MOVED:
                            _refuse_unfit(response, most)
                            async with aclosing(response.aiter_raw()) as chunks:
                                while chunk := await self._in_time(due, partial(anext, chunks, b"")):
                                    yield chunk
                            return
                        url = self._followed(url, response)
        except httpx.HTTPError as error:
            log.info("an image could not be downloaded", host=url.host, error=type(error).__name__)
            raise BadRequest(f"The download from {url.host} failed: {_words(error)}.") from None
        raise BadRequest(f"The URI was redirected more than {REDIRECTS} times.")

    async def _in_time(self, due: int, ask: Callable[[], Awaitable[Any]]) -> Any:
        """What ``ask`` gives. Raises BadRequest once the time of the whole download is up."""
        left = (due - self._clock.now()) / 1_000_000
        try:
            async with asyncio.timeout(max(left, 0)):
                return await ask()
        except TimeoutError:
            raise BadRequest(
                f"The download took more than {self._settings.seconds:g} seconds, which is the most it may."
            ) from None

    async def _ask(self, client: "httpx.AsyncClient", url: "httpx.URL") -> "httpx.Response":
        """The answer of the first address that can be reached."""
        import httpx

        addresses = await self._addresses(url)
        headers = {"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity", "User-Agent": "berthline"}
        for place, address in enumerate(addresses[:_MOST_ADDRESSES], 1):
            request = client.build_request(
                "GET", url.copy_with(host=str(address)), headers=headers, extensions={"sni_hostname": url.host}
            )
            try:
                return await client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if place == min(len(addresses), _MOST_ADDRESSES):
                    raise
        raise httpx.ConnectError("it has no address")

    async def _addresses(self, url: "httpx.URL") -> tuple[Address, ...]:
        """All addresses of the host. Raises BadRequest when a download may not go to one of them."""
        port = url.port or _PORTS[url.scheme]
        try:
            found = await self._resolve(url.host, port)
        except (OSError, UnicodeError):
            raise BadRequest(f"The name {url.host} could not be found.") from None
        own: set[Address] = set()
        for host in self._settings.own:
            try:
                own.update(plain(address) for address in await self._resolve(host, port))
            except (OSError, UnicodeError):
                continue  # no name that a download could have either
        if not all(may_be_asked(address, self._settings.inner, own) for address in found):
            log.warning("a download was refused by its address", host=url.host)
            raise BadRequest(f"{url.host} has an address that images may not be downloaded from.")
        return found

    def _followed(self, url: "httpx.URL", response: "httpx.Response") -> "httpx.URL":
        """Where a redirect leads. Raises BadRequest as ``check``, and where it leads away from TLS."""
        import httpx

        try:
            following = url.join(response.headers.get("location", ""))
        except httpx.InvalidURL:
            raise BadRequest("The URI is redirected to what is no URI.") from None
        if url.scheme == "https" and following.scheme != "https":
            raise BadRequest("The URI is redirected from https to a connection that is not safe.")
        return self._checked(str(following))

    def _checked(self, uri: str) -> "httpx.URL":
        import httpx

        settings = self._settings
        try:
            url = httpx.URL(uri)
        except (httpx.InvalidURL, UnicodeError):
            raise _refused("it is no URI") from None
        if len(uri) > LONGEST_URI:
            raise _refused(f"it is longer than {LONGEST_URI} characters")
        if url.scheme not in settings.schemes or not url.host:
            raise _refused(f"it does not begin with {' or '.join(f'{scheme}://' for scheme in settings.schemes)}")
        if url.userinfo:
            raise _refused("it has a name or a password in it, which the task would show")
        if (url.port or _PORTS[url.scheme]) not in settings.ports:
            raise _refused(f"its port is none of {', '.join(str(port) for port in settings.ports)}")
        if not any(_fits(url.host, pattern) for pattern in settings.hosts):
            raise _refused("images may be downloaded from chosen hosts alone, and it is none of them")
        return url


def _fits(host: str, pattern: str) -> bool:
    host, pattern = host.lower().rstrip("."), pattern.lower()
    return pattern in {"*", host} or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def _refused(why: str) -> BadRequest:
    return BadRequest(f"URI for web-download does not pass filtering: {why}.")


def _refuse_unfit(response: "httpx.Response", most: int) -> None:
    """Raise BadRequest for an answer that has no image's bytes, RequestTooLarge for one that says it is too long."""
    if response.status_code != 200:
        raise BadRequest(f"The host answered {response.status_code} to the download.")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise BadRequest("The host sends the image compressed, though it was asked not to.")
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise too_large(most)


def _words(error: "httpx.HTTPError") -> str:
    """What its owner is told; what a library says may hold addresses."""
    import httpx

    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return "it cannot be reached, or its certificate is not trusted"
    if isinstance(error, httpx.TimeoutException):
        return f"it said nothing for {SILENT_SECONDS:g} seconds"
    return "the connection was lost, or it does not speak HTTP"
