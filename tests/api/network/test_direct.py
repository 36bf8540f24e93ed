"""The short way to handlers answers as Litestar's own way does, and leaves to it what is out of the ordinary."""

from typing import Any

import pytest
from litestar import Litestar, get
from litestar.params import FromPath, FromQuery
from litestar.routes import HTTPRoute

from berthline.api.direct import METHODS, Direct
from tests.api.builder import Cloud
from tests.api.network.conftest import Api

PREFIX = "/network/v2.0"
NOT_THERE = "0a4ed9ea-0000-8000-8000-000000000000"
OF_EACH_REQUEST = {b"x-openstack-request-id", b"x-compute-request-id"}
TARGETS = [
    ("GET", f"{PREFIX}/networks", b""),
    ("GET", f"{PREFIX}/networks/{{network}}", b""),
    ("GET", f"{PREFIX}/networks/{{network}}?fields=id&fields=name", b""),
    ("GET", f"{PREFIX}/networks/{NOT_THERE}", b""),
    ("GET", f"{PREFIX}/ports?limit=nonsense", b""),
    ("POST", f"{PREFIX}/ports", b"{"),
    ("POST", f"{PREFIX}/ports", b'{"port": {"network_id": "nothing", "color": "red"}}'),
    ("POST", f"{PREFIX}/networks", b" " * 200_000),
    ("PUT", f"{PREFIX}/networks/{NOT_THERE}", b'{"network": {"name": "new"}}'),
    ("DELETE", f"{PREFIX}/networks/{NOT_THERE}", b""),
    ("PUT", f"{PREFIX}/networks/{{network}}/tags/blue", b""),
    ("GET", f"{PREFIX}/networks/{{network}}/tags/blue", b""),
    ("GET", "/identity/v3/users", b""),
    ("GET", "/identity/v3", b""),
    ("GET", "/identity", b""),
    ("POST", "/identity/v3/auth/tokens", b'{"auth": {}}'),
    ("GET", "/image/v2/images", b""),
    ("GET", "/healthz", b""),
]


class Answer:
    """What an application sent: its status, headers in their order, and the whole body."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""

    async def take(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.body += message.get("body", b"")

    def comparable(self) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        return self.status, sorted(pair for pair in self.headers if pair[0] not in OF_EACH_REQUEST), self.body


def request(method: str, target: str, body: bytes = b"", **headers: str) -> tuple[dict[str, Any], Any]:
    """A scope, and who gives the body."""
    path, _, query = target.partition("?")
    sent = [(b"host", b"cloud.test"), (b"content-length", b"%d" % len(body))]
    sent += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": sent,
        "scheme": "http",
        "server": ("cloud.test", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        "http_version": "1.1",
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return scope, receive


@pytest.mark.parametrize(("method", "target", "body"), TARGETS, ids=[f"{each[0]} {each[1][-40:]}" for each in TARGETS])
@pytest.mark.parametrize("known", [True, False])
async def test_both_ways_answer_alike(
    cloud: Cloud, red: Api, method: str, target: str, body: bytes, known: bool
) -> None:
    network = await red.make("network", name="one")
    target = target.replace("{network}", network["id"])
    token = {"x_auth_token": await cloud.token_for("red-member")} if known else {}
    direct, own = Answer(), Answer()
    scope, receive = request(method, target, body, **token)
    assert Direct(cloud.app).find(scope) is not None  # type: ignore[arg-type]
    await cloud.app(scope, receive, direct.take)  # type: ignore[arg-type]
    scope, receive = request(method, target, body, **token)
    await Litestar.__call__(cloud.app, scope, receive, own.take)  # type: ignore[arg-type]
    assert direct.comparable() == own.comparable()
    assert direct.status


WITH_SLASHES = {"/console/assets/{name:path}"}
"""Parts of a path that may hold slashes are Litestar's to find."""


def test_every_handler_of_ours_can_be_called_directly(cloud: Cloud) -> None:
    direct = Direct(cloud.app)
    for route in cloud.app.routes:
        assert isinstance(route, HTTPRoute)
        for method in METHODS & set(route.route_handler_map):
            path = "/".join(part if isinstance(part, str) else "x" for part in ("", *route.path_components)) or "/"
            found = direct.find(request(method, path)[0])  # type: ignore[arg-type]
            if route.path in WITH_SLASHES:
                assert found is None
                continue
            assert found is not None, f"{method} {route.path}"
            assert found.handler.handler is route.route_handler_map[method][0]  # type: ignore[index]
            assert list(found.values) == list(route.path_parameters)


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("HEAD", f"{PREFIX}/networks", {}),
        ("OPTIONS", f"{PREFIX}/networks", {}),
        ("PATCH", f"{PREFIX}/networks", {}),
        ("GET", f"{PREFIX}/networks/", {}),
        ("GET", f"{PREFIX}//networks", {}),
        ("GET", f"{PREFIX}/networks/one/two/three/four", {}),
        ("GET", f"{PREFIX}/nothing", {}),
        ("GET", f"{PREFIX}/networks", {"host": "cloud test"}),
    ],
)
def test_what_is_out_of_the_ordinary_goes_litestars_way(
    cloud: Cloud, method: str, path: str, headers: dict[str, str]
) -> None:
    scope, _ = request(method, path)
    if headers:
        scope["headers"] = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert Direct(cloud.app).find(scope) is None  # type: ignore[arg-type]
    assert Direct(cloud.app).find(request("GET", f"{PREFIX}/networks")[0]) is not None  # type: ignore[arg-type]


def test_a_handler_that_wants_more_than_the_request_is_left_to_litestar() -> None:
    @get("/plain/{name:str}", sync_to_thread=False)
    def plain(name: FromPath[str]) -> str:
        return name

    @get("/query")
    async def query(wanted: FromQuery[str] = "") -> str:
        return wanted

    @get("/number/{number:int}")
    async def number(number: FromPath[int]) -> int:
        return number

    direct = Direct(Litestar([plain, query, number]))
    for path in ("/plain/x", "/query", "/number/1"):
        assert direct.find(request("GET", path)[0]) is None  # type: ignore[arg-type]
