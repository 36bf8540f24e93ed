"""Every route says which query parameters it takes; any other is refused by its name before anything is done."""

import re

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from berthline.api.app import route_handlers
from berthline.api.query import READS_ITS_QUERY
from tests.api.builder import Cloud

READ_BY_THE_HANDLER = re.compile(
    r"(DELETE /compute/v2\.1/os-keypairs/\{name\}|(PUT|DELETE) /compute/v2\.1/os-quota-sets/\{project_id\}"
    r"|GET /(network/v2\.0/(networks|subnets|ports|security-groups|security-group-rules|routers|floatingips)"
    r"|network/v2\.0/(rbac-policies|subnetpools|address-scopes|address-groups)"
    r"|image/v2/images"
    r"|compute/v2\.1/(servers|servers/detail|flavors|flavors/detail|os-keypairs|os-services|os-server-groups|os-hypervisors"
    r"|os-migrations|os-hypervisors/detail|os-hypervisors/\{hypervisor_id\}|servers/\{server_id\}/os-instance-actions"
    r"|images|images/detail|os-security-groups|os-hosts|os-simple-tenant-usage(/\{project_id\})?"
    r"|os-keypairs/\{name\}|limits|os-quota-sets/\{project_id\}(/detail)?)))"
)
"""Routes whose parameters depend on the caller or the microversion. Their own tests ask for what they do not know."""


def every_handler() -> list[tuple[str, str, object]]:
    """Method, path and declaration of each route; the declaration is None for one that reads its query itself."""
    app = Litestar(route_handlers=route_handlers(), openapi_config=None)
    return sorted(
        (method, route.path_format, handler.opt.get("query", frozenset()))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if method not in {"OPTIONS", "HEAD"}
    )


def test_only_these_read_their_query_themselves() -> None:
    reading = {f"{method} {path}" for method, path, declared in every_handler() if declared is None}
    assert len(reading) > 10
    assert [route for route in reading if not READ_BY_THE_HANDLER.fullmatch(route)] == []
    assert list(READS_ITS_QUERY.values()) == [None]


@pytest.mark.parametrize("query", ["nonsense=1", "nonsense", "a=%FF&b", "limits=5&limits=6"])
async def test_what_is_not_declared_is_refused_by_name(cloud: Cloud, query: str) -> None:
    client = await cloud.client_for("admin")
    name = re.split("[=&]", query)[0]
    asked = 0
    for method, path, declared in every_handler():
        if declared is not None and not path.startswith("/identity"):
            answer = await client.request(method, f"{re.sub(r'{[a-z_]+}', 'x', path)}?{query}")
            assert answer.status_code == 400, (method, path)
            assert f"unknown query parameter {name}:" in answer.text, (method, path)
            asked += 1
    assert asked > 100
