"""What holds for every service: tokens, shapes of errors, limits of bodies, request ids, health."""

from collections.abc import AsyncIterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from berthline.api.frame import BODY_LIMIT
from tests.api.builder import Cloud

SHAPES = [
    ("/network/v2.0/nothing/at/all", "NeutronError"),
    ("/compute/v2.1/nothing/at/all", "itemNotFound"),
    ("/identity/v3/nothing/at/all", "error"),
    ("/image/v2/nothing/at/all", "error"),
    ("/elsewhere", "error"),
]


@pytest.mark.parametrize(("path", "shape"), SHAPES)
async def test_an_unknown_route_is_404_in_the_services_shape(cloud: Cloud, path: str, shape: str) -> None:
    answer = await cloud.anonymous().get(path)
    assert answer.status_code == 404
    assert list(answer.json()) == [shape]
    assert answer.headers["x-openstack-request-id"].startswith("req-")


async def test_a_wrong_method_is_405_in_the_services_shape(cloud: Cloud) -> None:
    answer = await cloud.anonymous().delete("/identity/v3/users")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, 405)


@pytest.mark.parametrize("path", ["/identity/v3/users", "/identity/v3/auth/catalog", "/image/v2/images"])
@pytest.mark.parametrize("headers", [{}, {"x-auth-token": "nonsense"}, {"x-auth-token": "a.b.c"}])
async def test_no_valid_token_is_401_with_keystones_challenge(cloud: Cloud, path: str, headers: dict[str, str]) -> None:
    answer = await cloud.anonymous(**headers).get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Keystone uri="http://cloud.test/identity"'


async def test_each_request_has_an_id_of_its_own(cloud: Cloud) -> None:
    client = cloud.anonymous()
    ids = {(await client.get("/healthz")).headers["x-openstack-request-id"] for _ in range(3)}
    assert len(ids) == 3


async def test_compute_answers_carry_both_request_ids(cloud: Cloud) -> None:
    headers = (await cloud.anonymous().get("/compute/nothing")).headers
    assert headers["x-compute-request-id"] == headers["x-openstack-request-id"]


async def test_a_body_beyond_the_limit_is_413(cloud: Cloud) -> None:
    client = await cloud.client_for("admin")
    answer = await client.post("/identity/v3/roles", content=b" " * (BODY_LIMIT + 1))
    assert answer.status_code == 413


async def test_a_chunked_body_beyond_the_limit_is_413(cloud: Cloud) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1024
            yield b" " * 1024

    client = await cloud.client_for("admin")
    answer = await client.post("/identity/v3/roles", content=endless())
    assert answer.status_code == 413
    assert sent <= BODY_LIMIT + 2048


async def test_a_body_just_below_the_limit_is_read(cloud: Cloud) -> None:
    client = await cloud.client_for("admin")
    body = b'{"role": {"name": "filler"}}'
    answer = await client.post("/identity/v3/roles", content=body + b" " * (BODY_LIMIT - len(body)))
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 50_000,
        b'{"role":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"role": "text"}',
        b'{"role": {"name": 5}}',
        b'{"role": {"name": ""}}',
        b'{"role": {"name": "x"}, "unknown": 1}',
        b'{"role": {"name": "x"}, "other": {}}',
        b'{"role": {"name": "\xff\xfe"}}',
        b"null",
    ],
)
async def test_a_bad_body_is_400_and_changes_nothing(cloud: Cloud, body: bytes) -> None:
    client = await cloud.client_for("admin")
    before = (await client.get("/identity/v3/roles")).json()
    answer = await client.post("/identity/v3/roles", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 400
    assert "Traceback" not in answer.text
    assert (await client.get("/identity/v3/roles")).json() == before


async def test_another_content_type_is_415(cloud: Cloud) -> None:
    client = await cloud.client_for("admin")
    answer = await client.post("/identity/v3/roles", content=b"a=1", headers={"content-type": "text/plain"})
    assert answer.status_code == 415


async def test_an_unexpected_failure_is_500_without_a_word_of_it(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    client = await cloud.client_for("admin")
    cloud.services.store.close()
    answer = await client.get("/identity/v3/roles")
    assert answer.status_code >= 500
    assert "Traceback" not in answer.text
    assert "sqlite" not in answer.text.lower()


async def test_health_is_200_until_the_store_is_closed(cloud: Cloud) -> None:
    client = cloud.anonymous()
    assert (await client.get("/healthz")).status_code == 200
    cloud.services.store.close()
    answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()["parts"]["store"]["ready"]) == (503, False)


async def test_metrics_count_requests(cloud: Cloud) -> None:
    client = cloud.anonymous()

    async def count() -> float:
        families = text_string_to_metric_families((await client.get("/metrics")).text)
        wanted = {"service": "network", "method": "GET", "status": "404"}
        return sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == "berthline_http_requests_total" and sample.labels == wanted
        )

    before = await count()
    await client.get("/network/nothing")
    assert await count() == before + 1
