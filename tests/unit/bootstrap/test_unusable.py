"""A database that cannot be used: 503 and not ready until it is over, and at a start one line."""

import asyncio
import contextlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from berthline.bootstrap.cloud import Cloud, running_cloud
from berthline.domain.errors import StoreUnavailable
from berthline.domain.start import StartRefused
from berthline.store import Connection

from .test_cloud import END_LIMIT, all_ended, boot, settings, settled, user_of

NETWORKS = "/network/v2.0/networks"
SERVERS = "/compute/v2.1/servers"
IMAGES = "/image/v2/images"
PATIENCE_MS = 500
"""A tenth of what a write waits for a database that another process holds, where it is sure to be held."""
UNAVAILABLE = {
    NETWORKS: {"network": {"name": "n"}},
    "/compute/v2.1/os-keypairs": {"keypair": {"name": "k", "public_key": "ssh-ed25519 AAAA"}},
    IMAGES: {"name": "i"},
    "/network/v2.0/security-groups": {"security_group": {"name": "g"}},
}


async def until_ready(client: httpx.AsyncClient) -> None:
    """Until /healthz says that all is well; nobody asks for anything meanwhile."""
    async with asyncio.timeout(END_LIMIT):
        while True:
            if (await client.get("/healthz")).status_code == 200:
                return
            await asyncio.sleep(0.05)


def _limit(pages: int, connection: Connection) -> None:
    connection.exec_driver_sql(f"PRAGMA max_page_count={pages}").close()


async def _expect_503(client: httpx.AsyncClient) -> None:
    answer = await client.post(NETWORKS, json={"network": {"name": "n"}})
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) >= 1
    error = answer.json()["NeutronError"]
    assert error["type"] == "StoreUnavailable"
    health = await client.get("/healthz")
    assert health.status_code == 503
    assert health.json()["parts"]["store"]["ready"] is False
    assert health.json()["parts"]["store"]["trouble"] in error["message"]
    assert (await client.get(NETWORKS)).status_code == 200, "what is there can be read"


async def test_a_database_that_is_locked_is_503_and_then_all_goes_on(tmp_path: Path) -> None:
    async with (
        running_cloud(settings(tmp_path), durable=False, patience_ms=PATIENCE_MS) as cloud,
        user_of(cloud) as client,
    ):
        await boot(cloud, client, 1)
        assert await all_ended(client) == ["ACTIVE"]
        await settled(cloud)
        with closing(sqlite3.connect(cloud.folder.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await _expect_503(client)
            server = (await client.get(SERVERS)).json()["servers"][0]["id"]
            assert (await client.delete(f"{SERVERS}/{server}")).status_code == 503
            other.execute("ROLLBACK")
        await until_ready(client)
        assert (await client.delete(f"{SERVERS}/{server}")).status_code == 204
        await settled(cloud)
        assert await cloud.leaks() == ()


async def test_a_full_disk_is_503_and_then_all_goes_on(tmp_path: Path) -> None:
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        store = cloud.services.store
        await store.write(lambda connection: _limit(1, connection))
        await _fill(cloud)
        answers = [await client.post(path, json=body) for path, body in UNAVAILABLE.items() for _ in range(40)]
        assert {answer.status_code for answer in answers} <= {201, 400, 503}
        assert 503 in {answer.status_code for answer in answers}
        assert (await client.get("/healthz")).status_code == 503
        store.write_now(lambda connection: _limit(1_000_000, connection))
        await until_ready(client)
        await boot(cloud, client, 2)
        assert await all_ended(client) == ["ACTIVE"] * 2
        await settled(cloud)
        assert await cloud.leaks() == ()


async def _fill(cloud: Cloud) -> None:
    """Use the pages that are free."""

    def work(connection: Connection) -> None:
        connection.exec_driver_sql(
            "INSERT INTO worker_leases (name, owner, epoch) "
            "SELECT 'x' || (SELECT count(*) FROM worker_leases), hex(randomblob(2000)), 1"
        )

    with contextlib.suppress(StoreUnavailable):
        while True:
            await cloud.services.store.write(work)


async def test_an_upload_that_met_a_full_disk_can_be_made_again(tmp_path: Path) -> None:
    octets = {"Content-Type": "application/octet-stream"}
    async with (
        running_cloud(settings(tmp_path), durable=False, patience_ms=PATIENCE_MS) as cloud,
        user_of(cloud) as client,
    ):
        made = (await client.post(IMAGES, json={"disk_format": "raw", "container_format": "bare"})).json()["id"]
        other = sqlite3.connect(cloud.folder.database, isolation_level=None)

        async def chunks() -> Any:
            yield b"a" * 65536
            other.execute("BEGIN IMMEDIATE")
            yield b"b" * 65536

        answer = await client.put(f"{IMAGES}/{made}/file", content=chunks(), headers=octets)
        assert answer.status_code == 503, answer.text
        other.execute("ROLLBACK")
        other.close()
        await until_ready(client)
        await cloud.services.images.tidy()
        assert (await client.get(f"{IMAGES}/{made}")).json()["status"] == "queued"
        assert {path.name for path in cloud.folder.images.iterdir()} == {"cloud-id"}
        assert (await client.put(f"{IMAGES}/{made}/file", content=b"again", headers=octets)).status_code == 204


async def test_a_start_on_a_locked_database_is_one_line(tmp_path: Path) -> None:
    async with running_cloud(settings(tmp_path), durable=False):
        pass
    with closing(sqlite3.connect(tmp_path / "berthline.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StartRefused, match=r"berthline\.db.*another process holds it") as refused:
            async with running_cloud(settings(tmp_path), durable=False):
                pass
        assert "\n" not in refused.value.message
        other.execute("ROLLBACK")


@pytest.mark.parametrize("pages", [slice(0, 1), slice(1, 2), slice(1, None)])
async def test_a_start_on_a_damaged_database_is_one_line(tmp_path: Path, pages: slice) -> None:
    async with running_cloud(settings(tmp_path), durable=False):
        pass
    path = tmp_path / "berthline.db"
    content = bytearray(path.read_bytes())
    whole = range(0, len(content), 4096)
    for start in whole[pages]:
        content[start : start + 4096] = b"\xa5" * 4096
    path.write_bytes(content)
    before = bytes(content)
    with pytest.raises(StartRefused, match=str(path)) as refused:
        async with running_cloud(settings(tmp_path), durable=False):
            pass
    assert "\n" not in refused.value.message
    assert path.read_bytes() == before
