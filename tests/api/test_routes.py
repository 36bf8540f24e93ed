"""Every route of the application, asked one by one: who may come without a token, and that nobody else may."""

import re

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from berthline.api.app import route_handlers
from berthline.api.auth import authenticate
from berthline.api.listing import bounded_query
from berthline.api.query import judge_query
from tests.api.builder import Cloud

PUBLIC = {
    "GET /healthz",
    "GET /metrics",
    "GET /identity",
    "GET /identity/v3",
    "POST /identity/v3/auth/tokens",
    "POST /identity/v3/users/{user_id}/password",
    "GET /image",
    "GET /image/v2",
    "GET /image/versions",
    "GET /network",
    "GET /network/versions",
    "GET /compute",
    "GET /compute/v2",
    "GET /compute/v2.1",
    "GET /console/{server_id}/vnc",
    "GET /console/{server_id}/serial",
    "GET /console/assets/{name}",
}
"""What answers without a token: discovery, health, and what makes a token or needs none (Keystone's own change of a
password), and the pages of
consoles, which know nothing: what opens a console is the token that their script sends. A route that is added here is
open to everybody on the network."""


def every_route() -> list[tuple[str, str]]:
    """Method and path of each route there is."""
    app = Litestar(route_handlers=route_handlers(), openapi_config=None)
    return sorted(
        (method, route.path_format)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in route.route_handler_map
        if method != "OPTIONS"
    )


async def test_only_what_is_listed_answers_without_a_token(cloud: Cloud) -> None:
    routes = every_route()
    assert len(routes) > 150
    client = cloud.anonymous()
    answered: set[str] = set()
    for method, path in routes:
        answer = await client.request(method, re.sub(r"\{[a-z_]+\}", "x", path))
        if answer.status_code != 401:
            answered.add(f"{method} {path}")
    assert answered == PUBLIC


def test_every_route_is_guarded_by_its_token_its_limits_and_its_parameters(cloud: Cloud) -> None:
    for route in cloud.app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            assert [*handler.resolve_guards()][:3] == [authenticate, bounded_query, judge_query], route.path


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "é", " "])
async def test_a_token_that_is_none_opens_no_route(cloud: Cloud, token: str) -> None:
    client = cloud.anonymous()
    for method, path in every_route():
        if f"{method} {path}" not in PUBLIC:
            headers = [(b"x-auth-token", token.encode())]
            answer = await client.request(method, re.sub(r"\{[a-z_]+\}", "x", path), headers=headers)
            assert answer.status_code == 401, (method, path)
