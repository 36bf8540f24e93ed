"""Who asks a Neutron, and what its refusals mean."""

import asyncio
import json
from typing import Any

import msgspec
import pytest

from berthline.domain.clock import SystemClock
from berthline.domain.errors import (
    BerthlineError,
    FixedIpAlreadyInUse,
    Forbidden,
    NetworkServiceUnavailable,
    NoMoreFixedIps,
    PortInUse,
    PortLimitExceeded,
    Refused,
    Transient,
)
from berthline.network.neutron.errors import error_of
from berthline.network.neutron.service import NeutronNetworkService
from berthline.network.neutron.settings import NeutronSettings
from tests.interop.proxy import FaultProxy

from .ground import Ground, neutron_settings

pytestmark = pytest.mark.asyncio(loop_scope="session")


def proxy_of(ground: Ground) -> FaultProxy:
    assert ground.proxy is not None
    return ground.proxy


def again(ground: Ground, **changes: Any) -> NeutronNetworkService:
    """The service of a new process: it remembers nothing."""
    settings = neutron_settings(ground.cloud, proxy_of(ground).url, **changes)
    return NeutronNetworkService(settings, ground.store, SystemClock())


async def test_a_project_that_does_not_let_us_in_is_forbidden(remote: Ground) -> None:
    made = (await remote.project.client.post("/identity/v3/projects", json={"project": {"name": "closed"}})).json()
    caller = msgspec.structs.replace(remote.project.caller(), project_id=made["project"]["id"], project_name="closed")
    with pytest.raises(Forbidden):
        await remote.service.validate_networks(caller, caller.project_id, None)


async def test_projects_are_found_by_name(remote: Ground) -> None:
    service = again(remote, projects="name")
    await remote.project.network()
    caller = msgspec.structs.replace(remote.project.caller(), project_id="of-our-own")
    validated = await service.validate_networks(caller, caller.project_id, None)
    assert validated.outside_project == remote.project.project_id
    assert validated.nics is not None
    assert len(validated.nics) == 1
    service.close()


async def test_wrong_credentials_are_no_users_fault(remote: Ground) -> None:
    settings = neutron_settings(remote.cloud, proxy_of(remote).url, password="wrong")
    service = NeutronNetworkService(settings, remote.store, SystemClock())
    with pytest.raises(Refused) as caught:
        await service.extensions()
    assert "wrong" not in caught.value.message
    assert settings.password not in repr(settings)
    service.close()


async def test_nobody_at_the_address_is_transient(remote: Ground) -> None:
    service = NeutronNetworkService(NeutronSettings(endpoint="http://127.0.0.1:9"), remote.store, SystemClock())
    with pytest.raises(Transient):
        await service.extensions()
    service.close()


async def test_without_authentication_the_headers_say_who_asks(remote: Ground) -> None:
    heads: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode().lower())
        body = json.dumps({"networks": [], "extensions": []}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    service = NeutronNetworkService(NeutronSettings(endpoint=url), remote.store, SystemClock())
    caller = remote.project.caller()
    await service.extensions()
    await service.validate_networks(caller, caller.project_id, None)
    of_service, of_user = heads
    assert "x-roles: admin,service\r\n" in of_service
    assert "get /v2.0/networks?" in of_user
    assert f"x-project-id: {caller.project_id}\r\n" in of_user
    assert f"x-user-id: {caller.user_id}\r\n" in of_user
    assert "x-roles: member,reader\r\n" in of_user
    assert f"x-openstack-request-id: {caller.request_id}\r\n" in of_user
    service.close()
    server.close()


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (409, "OverQuota", PortLimitExceeded),
        (409, "IpAddressGenerationFailure", NoMoreFixedIps),
        (409, "IpAddressAlreadyAllocated", FixedIpAlreadyInUse),
        (409, "MacAddressInUse", PortInUse),
        (403, "PolicyNotAuthorized", Forbidden),
        (500, "HTTPInternalServerError", NetworkServiceUnavailable),
        (503, "", NetworkServiceUnavailable),
        (429, "", NetworkServiceUnavailable),
        (418, "", Refused),
    ],
)
async def test_refusals_are_known_by_their_type(status: int, kind: str, error: type[BerthlineError]) -> None:
    body = json.dumps({"NeutronError": {"type": kind, "message": "Quota exceeded, no address left", "detail": ""}})
    assert type(error_of(status, body.encode())) is error
    assert type(error_of(503, b"<html>proxy</html>")) is NetworkServiceUnavailable
