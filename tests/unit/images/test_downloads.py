"""Downloads: what is fetched, and all that is refused before, while and after it is asked for."""

from collections.abc import AsyncIterator
from ipaddress import ip_address

import pytest

from berthline.domain.errors import BadRequest, RequestTooLarge
from berthline.images.addresses import Address, parse_networks
from berthline.images.downloads import REDIRECTS, Downloader, DownloadSettings
from tests.api.builder import HandClock
from tests.unit.images.source import Source, said, source

MOST = 1024 * 1024


class Names:
    """A resolver that knows what a test tells it, and counts how often it is asked."""

    def __init__(self) -> None:
        self.known: dict[str, list[tuple[str, ...]]] = {}
        self.asked = 0

    async def __call__(self, host: str, port: int) -> tuple[Address, ...]:
        self.asked += 1
        try:
            return (ip_address(host),)
        except ValueError:
            pass
        if host not in self.known:
            raise OSError
        answers = self.known[host]
        return tuple(ip_address(each) for each in (answers.pop(0) if len(answers) > 1 else answers[0]))


@pytest.fixture
async def web() -> AsyncIterator[Source]:
    async with source() as made:
        yield made


@pytest.fixture
def names() -> Names:
    return Names()


def downloader(web: Source, names: Names, **settings: object) -> Downloader:
    chosen = {"hosts": ("*",), "ports": (web.port, 80, 443), "inner": parse_networks(["127.0.0.1"]), **settings}
    return Downloader(DownloadSettings(**chosen), HandClock(), names)  # type: ignore[arg-type]  # as a test names them


async def got(loader: Downloader, uri: str, most: int = MOST) -> bytes:
    return b"".join([chunk async for chunk in loader.fetch(uri, most)])


async def test_the_bytes_come_as_they_are_and_the_host_is_named(web: Source, names: Names) -> None:
    names.known["mirror.example"] = [("127.0.0.1",)]
    web.answers["/tiny.raw?a=1"] = said(b"of the web")
    assert await got(downloader(web, names), web.url("/tiny.raw?a=1", "mirror.example")) == b"of the web"
    (head,) = web.asked
    assert f"Host: mirror.example:{web.port}\r\n" in head
    assert "Accept-Encoding: identity\r\n" in head


@pytest.mark.parametrize(
    "uri",
    [
        *("file:///etc/passwd", "ftp://mirror.example/x", "//mirror.example/x", "mirror.example/x", "", "http://"),
        *("http://user@mirror.example/x", "http://user:secret@mirror.example/x", "http://:secret@mirror.example/x"),
        *("http://mirror.example:22/x", "http://mirror.example:99999/x", f"http://mirror.example/{'x' * 3000}"),
        *("http://other.example/x", "http://mirror.example.evil.example/x", "http://evilmirror.example/x"),
        *("http://[::1/x", "http://mirror.example\\@other.example/x", "http://exa mple/"),
    ],
)
async def test_a_uri_that_is_not_chosen_is_refused_before_anything_is_asked(
    web: Source, names: Names, uri: str
) -> None:
    loader = downloader(web, names, hosts=("mirror.example", "*.good.example"), ports=(80, 443))
    with pytest.raises(BadRequest, match="URI for web-download does not pass filtering"):
        loader.check(uri)
    assert names.asked == 0


def test_hosts_are_chosen_by_name_in_any_case_and_below_a_name(web: Source, names: Names) -> None:
    loader = downloader(web, names, hosts=("Mirror.example", "*.good.example"), ports=(80, 443))
    for host in ("mirror.example", "MIRROR.EXAMPLE", "mirror.example.", "a.good.example", "a.b.good.example"):
        loader.check(f"https://{host}/x")
    with pytest.raises(BadRequest):
        loader.check("https://good.example/x")


@pytest.mark.parametrize("inner", ["127.0.0.2", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "100.64.1.1"])
async def test_a_name_with_an_inner_address_is_refused_and_nobody_is_asked(
    web: Source, names: Names, inner: str
) -> None:
    """Also when another of its addresses is a good one; and what is said tells no address."""
    names.known["mirror.example"] = [("127.0.0.1", inner)]
    loader = downloader(web, names, inner=parse_networks(["127.0.0.1"] if inner != "::ffff:127.0.0.1" else []))
    with pytest.raises(BadRequest, match="may not be downloaded from") as refused:
        await got(loader, web.url("/x", "mirror.example"))
    assert inner not in refused.value.message
    assert web.asked == []


async def test_an_address_in_the_uri_is_judged_in_every_spelling(web: Source, names: Names) -> None:
    from berthline.images.downloads import resolve

    settings = DownloadSettings(hosts=("*",), ports=(web.port,))
    loader = Downloader(settings, HandClock(), resolve)
    for host in ("127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "0"):
        with pytest.raises(BadRequest):
            await got(loader, web.url("/x", host))
    assert web.asked == []


async def test_the_connection_is_made_to_the_address_that_was_judged(web: Source, names: Names) -> None:
    """A name that leads elsewhere when it is asked again is not asked again."""
    names.known["rebinding.example"] = [("127.0.0.1",), ("127.0.0.2",)]
    web.answers["/x"] = said(b"once")
    assert await got(downloader(web, names), web.url("/x", "rebinding.example")) == b"once"
    assert names.asked == 1


async def test_a_redirect_is_judged_like_the_first_request(web: Source, names: Names) -> None:
    names.known |= {"mirror.example": [("127.0.0.1",)], "inner.example": [("10.0.0.1",)]}
    web.answers["/whole"] = said(b"found")
    web.answers["/a"] = said(b"", 302, "Location: /b")
    web.answers["/b"] = said(b"", 307, f"Location: {web.url('/whole', 'mirror.example')}")
    web.answers["/inner"] = said(b"", 301, f"Location: {web.url('/x', 'inner.example')}")
    web.answers["/named"] = said(b"", 301, "Location: http://169.254.169.254/latest/meta-data")
    web.answers["/file"] = said(b"", 302, "Location: file:///etc/passwd")
    web.answers["/nowhere"] = said(b"", 302)
    loader = downloader(web, names)
    assert await got(loader, web.url("/a", "mirror.example")) == b"found"
    for path in ("/inner", "/named", "/file"):
        with pytest.raises(BadRequest):
            await got(loader, web.url(path, "mirror.example"))
    with pytest.raises(BadRequest, match=f"more than {REDIRECTS} times"):
        await got(loader, web.url("/nowhere", "mirror.example"))


async def test_size_is_bounded_by_what_is_said_and_answers_that_are_no_image_are_refused(
    web: Source, names: Names
) -> None:
    loader = downloader(web, names)
    web.answers["/large"] = said(b"", length=MOST + 1)
    with pytest.raises(RequestTooLarge):
        await got(loader, web.url("/large"))
    web.answers["/packed"] = said(b"x", 200, "Content-Encoding: gzip")
    with pytest.raises(BadRequest, match="compressed"):
        await got(loader, web.url("/packed"))
    with pytest.raises(BadRequest, match="answered 404"):
        await got(loader, web.url("/missing"))
    web.answers["/cut"] = said(b"half", length=8)
    with pytest.raises(BadRequest, match="connection was lost"):
        await got(loader, web.url("/cut"))
    web.answers["/noise"] = b"\0\1\2 no HTTP\r\n\r\n"
    with pytest.raises(BadRequest, match="does not speak HTTP"):
        await got(loader, web.url("/noise"))


async def test_a_name_that_is_none_and_a_port_that_is_closed_are_told_without_addresses(
    web: Source, names: Names
) -> None:
    loader = downloader(web, names, ports=(1,))
    with pytest.raises(BadRequest, match=r"The name gone\.example could not be found"):
        await got(loader, "http://gone.example:1/x")
    names.known["closed.example"] = [("127.0.0.1",)]
    with pytest.raises(BadRequest, match="cannot be reached") as failed:
        await got(loader, "http://closed.example:1/x")
    assert "127.0.0.1" not in failed.value.message


async def test_a_download_has_a_time_that_it_may_take(web: Source, names: Names) -> None:
    clock = HandClock()
    settings = DownloadSettings(hosts=("*",), ports=(web.port,), inner=parse_networks(["127.0.0.1"]), seconds=60)
    web.answers["/slow"] = said(b"first<hold>second", length=11)
    chunks = Downloader(settings, clock, names).fetch(web.url("/slow"), MOST)
    assert await anext(chunks) == b"first"
    clock.advance(61)
    with pytest.raises(BadRequest, match="more than 60 seconds"):
        await anext(chunks)


async def test_a_proxy_of_the_environment_is_not_asked(
    web: Source, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    web.answers["/x"] = said(b"straight")
    assert await got(downloader(web, names), web.url("/x")) == b"straight"


async def test_hosts_of_the_cloud_itself_are_refused(web: Source, names: Names) -> None:
    names.known |= {"api.example": [("8.8.4.4",)], "alias.example": [("8.8.4.4",)]}
    loader = downloader(web, names, own=("api.example",))
    with pytest.raises(BadRequest, match="may not be downloaded from"):
        await got(loader, web.url("/x", "alias.example"))
